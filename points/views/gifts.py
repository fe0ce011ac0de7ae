"""Giving points to relatives and friends: how much, a last look, done."""

import uuid
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from members.models import Member
from members.selectors import relations
from members.selectors.relations import Bond
from members.views import member_required
from points import selectors
from points.forms import GiftForm, GiftsForm
from points.selectors import gifts as gift_selectors
from points.services import gifts
from stores.exceptions import Refusal

PAGE = 20


@require_safe
@member_required
def overview(request: HttpRequest, member: Member) -> HttpResponse:
    """To whom I can give, what limits leave, and what was given and received."""
    form = GiftsForm(request.GET)
    if not form.is_valid():
        raise Http404
    now = timezone.now()
    rows = gift_selectors.gifts_of(member.pk)
    if form.cleaned_data["before"]:
        rows = rows.filter(pk__lt=form.cleaned_data["before"])
    found = list(rows[: PAGE + 1])
    allowance = gift_selectors.allowance(member.pk, now)
    context = {
        "tab": "me",
        "member": member,
        "allowance": allowance,
        "bonds": [(bond, _free_from(bond, allowance)) for bond in relations.bonds(member.pk)],
        "now": now,
        "gifts": found[:PAGE],
        "next_before": found[PAGE - 1].pk if len(found) > PAGE else None,
    }
    return render(request, "points/gifts.html", context)


@require_http_methods(["GET", "POST"])
@member_required
def give(request: HttpRequest, member: Member, relation_id: int) -> HttpResponse:
    """Type the points, see what they are and what is left, then give. It cannot be undone."""
    bond = relations.bond(member.pk, relation_id)
    if bond is None:
        raise Http404
    now = timezone.now()
    form = GiftForm(
        request.POST if request.method == "POST" else None, initial={"key": uuid.uuid4().hex}
    )
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid() and "confirmed" in request.POST:
            try:
                gifts.give(
                    giver_id=member.pk,
                    receiver_id=bond.other.pk,
                    points=form.cleaned_data["points"],
                    words=form.cleaned_data["words"],
                    key=form.cleaned_data["key"],
                    actor=f"member:{member.pk}",
                    at=now,
                )
            except Refusal as refusal:
                field = refusal.field if refusal.field in form.fields else None
                form.add_error(field, str(refusal))
            else:
                return redirect("points:gifts")
        elif form.is_valid():
            status = 200
    return _page(request, member, bond, form, status=status)


def _page(
    request: HttpRequest, member: Member, bond: Bond, form: GiftForm, *, status: int
) -> HttpResponse:
    now = timezone.now()
    balance = selectors.balance(member.pk, now)
    allowance = gift_selectors.allowance(member.pk, now)
    free_from = _free_from(bond, allowance)
    points = form.cleaned_data.get("points") if form.is_bound and form.is_valid() else None
    context = {
        "tab": "me",
        "bond": bond,
        "form": form,
        "balance": balance,
        "allowance": allowance,
        "most": max(0, min(allowance.most, balance.available)),
        "free_from": free_from,
        "is_free": free_from <= now,
        "points": points,
        "after": balance.available - points if points else None,
        "uses": gift_selectors.would_use(member.pk, points, now) if points else [],
    }
    return render(request, "points/give.html", context, status=status)


def _free_from(bond: Bond, allowance: gift_selectors.Allowance) -> datetime:
    return gift_selectors.free_from(bond.bound_at, allowance.settings)
