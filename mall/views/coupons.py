"""The coupon wallet, a coupon with its code for the till, and claiming one with a code."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from mall.forms.coupons import ClaimForm, WalletForm
from mall.policies.coupon_codes import Status
from mall.selectors import coupon_words
from mall.selectors import coupons as selectors
from mall.services import coupon_claims
from members.models import Member
from members.views import member_required
from members.views.codes import svg_path
from stores.exceptions import Refusal

PAGE = 20
_TAB_NAMES = {
    "open": pgettext_lazy("coupons", "Usable"),
    "used": pgettext_lazy("coupons", "Used"),
    "expired": pgettext_lazy("coupons", "Expired"),
}


@require_safe
@member_required
def wallet(request: HttpRequest, member: Member) -> HttpResponse:
    """The member's coupons by tab."""
    form = WalletForm(request.GET)
    if not form.is_valid():
        raise Http404
    return _wallet(
        request,
        member,
        ClaimForm(),
        show=form.cleaned_data["show"] or "open",
        page=form.cleaned_data["page"] or 1,
    )


@require_http_methods(["POST"])
@member_required
def claim(request: HttpRequest, member: Member) -> HttpResponse:
    """Claim with a code, then show the coupon; a refusal stays at the code."""
    form = ClaimForm(request.POST)
    if form.is_valid():
        try:
            claimed = coupon_claims.claim(
                member_id=member.pk,
                typed=form.cleaned_data["code"],
                ip=request.META.get("REMOTE_ADDR", ""),
                actor=f"member:{member.pk}",
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error("code", str(refusal))
        else:
            address = reverse("mall:coupon", args=[claimed.coupon.pk])
            return redirect(f"{address}?claimed={'new' if claimed.is_new else 'again'}")
    return _wallet(request, member, form, show="open", page=1, status=422)


@require_safe
@member_required
def coupon(request: HttpRequest, member: Member, coupon_id: int) -> HttpResponse:
    """One coupon: what it means, and its code as QR and signs while it can be used."""
    found = selectors.own(member.pk, coupon_id)
    if found is None:
        raise Http404
    now = timezone.now()
    (ticket,) = selectors.tickets([found], now)
    known = coupon_words.names([found.template])
    context = {
        "tab": "me",
        "ticket": ticket,
        "claimed": request.GET.get("claimed"),
        "what": coupon_words.what(found.template, known),
        "terms": [*ticket.scope, *coupon_words.together(found.template)],
        "qr": svg_path(found.code) if ticket.status is Status.OPEN else None,
        "groups": found.grouped_code.split("-"),
    }
    return render(request, "mall/coupon.html", context)


def _wallet(
    request: HttpRequest,
    member: Member,
    form: ClaimForm,
    *,
    show: str,
    page: int,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    start = (page - 1) * PAGE
    found = list(selectors.wallet(member.pk, show, now)[start : start + PAGE + 1])
    counts = selectors.counts(member.pk, now)
    context = {
        "tab": "me",
        "form": form,
        "show": show,
        "tabs": [(tab, name, counts[tab]) for tab, name in _TAB_NAMES.items()],
        "tickets": selectors.tickets(found[:PAGE], now),
        "next_page": page + 1 if len(found) > PAGE else None,
    }
    return render(request, "mall/coupons.html", context, status=status)
