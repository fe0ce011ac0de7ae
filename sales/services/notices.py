"""What members are told of their purchases."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notifications.models import Notice
from notifications.services import noting
from notifications.services.telling import Fact
from points.services import batch
from sales.models import Receipt
from sales.services.drafts import Draft
from sales.services.planning import Planner

# A receipt that comes later than this is history, and no news.
_NEWS = timedelta(days=2)


def tell(planner: Planner, *, at: datetime) -> None:
    """Note what live receipts did to points: one statement, none where nothing moved."""
    usable = {
        number: order.usable_at
        for number, order in zip(planner.numbers, planner.orders, strict=True)
        if isinstance(order, batch.Earn) and order.usable_at is not None and order.usable_at > at
    }
    drafts = [draft for draft in planner.drafts.values() if _is_news(draft, at)]
    if drafts:
        noting.note(list(_facts(planner, drafts, usable)), at=at)


def _is_news(draft: Draft, at: datetime) -> bool:
    outcome = draft.outcome
    has_moved = outcome.member_id is not None and outcome.points != 0
    return has_moved and draft.receipt.occurred_at > at - _NEWS


def _facts(planner: Planner, drafts: list[Draft], usable: dict[str, datetime]) -> Iterator[Fact]:
    store = planner.store
    for draft in drafts:
        outcome, number = draft.outcome, draft.receipt.number
        if outcome.member_id is None:
            continue
        is_sale = draft.receipt.kind == Receipt.Kind.SALE
        label = _("purchase") if is_sale else _("return of goods")
        context = {
            "points": abs(outcome.points),
            "balance": outcome.available,
            "store": store.name,
            "source" if is_sale else "reason": noting.in_languages(label),
        }
        if is_sale and number in usable:
            context["day"] = usable[number].isoformat()
        yield Fact(
            member_id=outcome.member_id,
            kind=Notice.Kind.POINTS_EARNED if is_sale else Notice.Kind.POINTS_RETURNED,
            event=_event(outcome.points, is_sale=is_sale, is_pending=number in usable),
            reference=f"receipt:{store.pk}:{number}",
            context=context,
            link=reverse("points:entries"),
            points=outcome.points,
        )


def _event(points: int, *, is_sale: bool, is_pending: bool) -> str:
    if is_sale:
        return "pending" if is_pending else ""
    return "returned" if points > 0 else "taken"
