"""From a reward to an order: choose, see what it takes and leaves, redeem."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from mall.forms.ordering import OrderForm
from mall.selectors.cards import Card, short
from mall.services import deliveries, quoting, redemption
from mall.services.orders import Order
from mall.services.quoting import Quote
from mall.views.catalogue import card_or_404
from members.models import Address, Member
from members.policies import regions
from members.views.visitors import member_required
from points.exceptions import ReferenceConflict
from stores.exceptions import Refusal
from stores.models import Store


@require_http_methods(["GET", "POST"])
@member_required
def confirm(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """Everything before it counts: price, balance after, which points, where to, what if not."""
    now = timezone.now()
    card = card_or_404(request, code, now)
    form = _form(request, member, card)
    order = form.order() if form.is_valid() else None
    is_final = "confirmed" in request.POST
    if is_final and order is not None:
        try:
            done = redemption.redeem(
                member_id=member.pk,
                order=order,
                caller=f"member:{member.pk}",
                key=form.cleaned_data["key"],
                actor=f"member:{member.pk}",
                at=now,
            )
        except Refusal as refusal:
            _refuse(form, refusal)
        else:
            return redirect(f"{reverse('mall:redemption', args=[done.redemption.number])}?new=1")
    status = 422 if is_final else 200
    return _page(request, member, card, form, order, now=now, status=status)


def _form(request: HttpRequest, member: Member, card: Card) -> OrderForm:
    reward = card.reward
    ways = deliveries.ways_of(reward)
    addresses = list(Address.objects.of(member.pk)) if "ship" in ways else []
    given: dict[str, Any] = {
        "card": card,
        "ways": ways,
        "addresses": addresses,
        "stores": deliveries.stores_of(reward) if "pick_up" in ways else [],
    }
    if request.method == "POST":
        return OrderForm(request.POST, **given)
    chosen = request.GET.get("variant", "")
    known = {offer.sku for offer in card.offers}
    first = card.offer.sku if card.offer else (card.offers[0].sku if card.offers else "")
    quantity = request.GET.get("quantity", "1")
    # The page opens as if it had been sent: what it shows is what its form says.
    data = {
        "variant": chosen if chosen in known else first,
        "quantity": quantity if quantity.isascii() and quantity.isdigit() else "1",
        "delivery": ways[0],
        "address": str(addresses[0].pk) if addresses else "",
        "pick_up_store": _usual_store(member, given["stores"]),
        "key": uuid.uuid4().hex,
    }
    return OrderForm(data, **given)


def _usual_store(member: Member, stores: list[Store]) -> str:
    """The store that the member prefers, or their home store, if it hands this over."""
    wanted = (member.preferred_store_id, member.home_store_id)
    found = (store.code for pk in wanted for store in stores if store.pk == pk)
    return next(found, stores[0].code if len(stores) == 1 else "")


def _refuse(form: OrderForm, refusal: Refusal) -> None:
    names = {"address_id": "address", "store": "pick_up_store"}
    field = names.get(refusal.field or "", refusal.field)
    is_shown = field in form.fields and not form.fields[field].widget.is_hidden
    form.add_error(field if is_shown else None, str(refusal))
    if isinstance(refusal, ReferenceConflict):
        # The key belongs to another order by now; what is chosen here is a new one.
        form.data = {**form.data.dict(), "key": uuid.uuid4().hex}  # type: ignore[attr-defined]  # a QueryDict


def _page(
    request: HttpRequest,
    member: Member,
    card: Card,
    form: OrderForm,
    order: Order | None,
    *,
    now: datetime,
    status: int,
) -> HttpResponse:
    quote = _quote(member, order, now) if order is not None else None
    begins = quote.offer.stock.starts_at if quote else None
    context = {
        "tab": "mall",
        "card": card,
        "reward": card.reward,
        "form": form,
        "quote": quote,
        "now": now,
        "addresses": [(row, regions.name(row.region)) for row in form.addresses],
        "chosen": order,
        "blocked": _blocked(card, quote),
        "way": order.delivery if order else form.data.get("delivery", ""),
        "cancel_until": begins - timedelta(hours=card.reward.cancel_hours) if begins else None,
    }
    return render(request, "mall/confirm.html", context, status=status)


def _blocked(card: Card, quote: Quote | None) -> str:
    """Why the chosen variant cannot be had at all, in a few words; points aside."""
    if quote is None:
        return ""
    reason = card.reason_of(quote.offer)
    return short(reason) if reason is not None and reason.code != "gap" else ""


def _quote(member: Member, order: Order, now: datetime) -> Quote | None:
    try:
        return quoting.quote(member_id=member.pk, order=order, at=now)
    except Refusal:
        return None
