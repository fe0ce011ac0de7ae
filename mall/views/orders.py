"""A member's orders: the list, one with its timeline, and what can still be done about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mall.forms.browsing import OrdersForm
from mall.forms.ordering import ReturnForm
from mall.models import Redemption
from mall.selectors import catalogue
from mall.selectors.redemptions import TABS, order_of, orders_of
from mall.selectors.timelines import timeline
from mall.services import codes, handover, payments, progress, returns
from members.models import Member
from members.views.codes import svg_path
from members.views.visitors import member_required
from stores.exceptions import Refusal

PAGE = 20
_DIGITS_IN_A_GROUP = 4


@require_safe
@member_required
def orders(request: HttpRequest, member: Member) -> HttpResponse:
    form = OrdersForm(request.GET)
    if not form.is_valid():
        raise Http404
    tab = form.cleaned_data["tab"] or "all"
    rows = orders_of(member.pk, tab=tab)
    if form.cleaned_data["before"]:
        rows = rows.filter(pk__lt=form.cleaned_data["before"])
    found = list(rows[: PAGE + 1])
    page = found[:PAGE]
    covers = catalogue.covers({row.reward_id for row in page})
    context = {
        "tab": "orders",
        "show": tab,
        "tabs": list(TABS),
        "rows": [(row, covers.get(row.reward_id)) for row in page],
        "next_before": page[-1].pk if len(found) > PAGE else None,
        "now": timezone.now(),
    }
    return render(request, "mall/orders.html", context)


@require_safe
@member_required
def order(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    """One order. Its code at the counter changes by itself; the page asks for the next one."""
    found = _own(member, number)
    now = timezone.now()
    if request.headers.get("X-Part") == "code":
        shown = _code(found, now)
        if shown is None:  # handed over meanwhile: the page is asked for as a whole
            return HttpResponse(status=409)
        return render(request, "mall/_code.html", {"code": shown})
    return _page(request, found, now=now)


@require_POST
@member_required
def cancel(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    return _act(
        request,
        member,
        number,
        lambda found, now: progress.cancel(
            redemption_id=found.pk, actor=f"member:{member.pk}", at=now, member_id=member.pk
        ),
    )


@require_POST
@member_required
def received(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    return _act(
        request,
        member,
        number,
        lambda found, now: progress.complete(
            redemption_id=found.pk, actor=f"member:{member.pk}", at=now, member_id=member.pk
        ),
    )


@require_POST
@member_required
def open_code(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    """Show the virtual codes: in this answer only, kept by nobody on the way."""
    found = _own(member, number)
    now = timezone.now()
    if found.delivery != Redemption.Delivery.DIGITAL or found.state != Redemption.State.COMPLETED:
        raise Http404
    return _page(request, found, now=now, opened=codes.opened(redemption=found, at=now))


@require_POST
@member_required
def pay(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    """Begin to pay: in the browser of a phone, or by a QR code for another device."""
    found = _own(member, number)
    now = timezone.now()
    way = "h5" if request.POST.get("way") == "h5" else "native"
    try:
        told = payments.start(
            redemption=found,
            way=way,
            at=now,
            ip=request.META.get("REMOTE_ADDR", ""),
            return_url=request.build_absolute_uri(reverse("mall:redemption", args=[number])),
        )
    except Refusal as refusal:
        return _page(request, found, now=now, refused=str(refusal))
    if "h5_url" in told:
        return HttpResponseRedirect(told["h5_url"])
    return _page(request, found, now=now, pay_code=told.get("code_url", ""))


@require_http_methods(["GET", "POST"])
@member_required
def ask_return(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    """Ask to send pieces back."""
    found = _own(member, number)
    now = timezone.now()
    form = ReturnForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            returns.ask(
                redemption_id=found.pk,
                member_id=member.pk,
                quantity=form.cleaned_data["quantity"],
                reason=form.cleaned_data["reason"],
                words=form.cleaned_data["words"],
                at=now,
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("mall:redemption", number=found.number)
    context = {
        "tab": "orders",
        "order": found,
        "form": form,
        "left": found.quantity - found.returned_quantity,
        "closes_at": returns.closes_at(found),
    }
    return render(request, "mall/return.html", context, status=422 if form.errors else 200)


@require_POST
@member_required
def withdraw_return(
    request: HttpRequest, member: Member, number: str, return_id: int
) -> HttpResponse:
    return _act(
        request,
        member,
        number,
        lambda _found, now: returns.withdraw(return_id=return_id, member_id=member.pk, at=now),
    )


def _act(
    request: HttpRequest,
    member: Member,
    number: str,
    act: Callable[[Redemption, datetime], object],
) -> HttpResponse:
    """Do it and lead back to the order; or show the order with the reason why not."""
    found = _own(member, number)
    now = timezone.now()
    try:
        act(found, now)
    except Refusal as refusal:
        return _page(request, _own(member, number), now=now, refused=str(refusal))
    return redirect("mall:redemption", number=number)


def _own(member: Member, number: str) -> Redemption:
    found = order_of(member.pk, number)
    if found is None:
        raise Http404
    return found


def _code(found: Redemption, now: datetime) -> dict[str, Any] | None:
    shown = handover.code_of(found, at=now)
    if shown is None:
        return None
    digits = shown.digits
    step = _DIGITS_IN_A_GROUP
    return {
        "qr": svg_path(digits),
        "groups": [digits[start : start + step] for start in range(0, len(digits), step)],
        "refresh_after": shown.seconds + 1,
    }


def _page(
    request: HttpRequest,
    found: Redemption,
    *,
    now: datetime,
    refused: str = "",
    opened: list[str] | None = None,
    pay_code: str = "",
) -> HttpResponse:
    closes_at = returns.closes_at(found)
    asked = list(found.returns.order_by("-pk"))
    is_open = any(one.state in ("asked", "approved") for one in asked)
    left = found.quantity - found.returned_quantity
    context = {
        "tab": "orders",
        "order": found,
        "now": now,
        "picture": catalogue.covers({found.reward_id}).get(found.reward_id),
        "stops": timeline(found),
        "code": _code(found, now),
        "can_cancel": progress.can_cancel(found, at=now),
        "cancel_until": progress.cancel_until(found) if found.is_open else None,
        "can_return": closes_at is not None and closes_at > now and not is_open and left > 0,
        "closes_at": closes_at,
        "returns": asked,
        "payment": found.payment if found.state == Redemption.State.UNPAID else None,
        "pay_code": svg_path(pay_code) if pay_code else None,
        "is_new": request.GET.get("new") == "1",
        "refused": refused,
        "has_codes": found.reward.kind == "virtual" and found.state == "completed",
        "opened": opened,
    }
    return render(request, "mall/order.html", context, status=409 if refused else 200)
