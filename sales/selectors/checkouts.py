"""Checkouts as services, pages and doors read them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from points.selectors import ledger_settings
from sales.exceptions import DEDUCTION_MESSAGES
from sales.models import Checkout, CheckoutSettings
from sales.policies.deductions import Reason, Terms

OPEN = (Checkout.State.HELD, Checkout.State.CAPTURED)


def checkout_settings() -> CheckoutSettings:
    """The merchant's settings of points as money, or their defaults."""
    return CheckoutSettings.objects.first() or CheckoutSettings()


def terms() -> Terms:
    """What the arithmetic needs of the merchant's settings. Two queries."""
    return checkout_settings().terms(points_per_yuan=ledger_settings().points_per_yuan)


def of_store(store_id: int, number: str) -> Checkout | None:
    return (
        Checkout.objects.filter(store_id=store_id, number=number)
        .select_related("store", "receipt")
        .first()
    )


def of_member(member_id: int) -> QuerySet[Checkout]:
    """The member's checkouts, newest first."""
    return Checkout.objects.filter(member_id=member_id).select_related("store").order_by("-pk")


def held_by(member_id: int, at: datetime) -> QuerySet[Checkout]:
    """What the member has set aside for orders that are not finished."""
    return of_member(member_id).filter(state=Checkout.State.HELD, expires_at__gt=at)


def by_number(*, store_id: int, numbers: Iterable[str]) -> dict[str, Checkout]:
    """A store's checkouts with these numbers; receipts pay with them. One query."""
    rows = Checkout.objects.filter(store_id=store_id, number__in=list(numbers))
    return {row.number: row for row in rows.select_related("member", "receipt")}


def open_of(rows: Any) -> Q:
    """Whether a member of the outer query has a checkout that a receipt may still pay with."""
    return Q(member_id=rows, receipt__isnull=True, state__in=OPEN)


def state_at(checkout: Checkout, at: datetime) -> Checkout.State:
    """What the checkout counts as at this instant, whether or not the job has run."""
    state = Checkout.State(checkout.state)
    is_over = state is Checkout.State.HELD and checkout.expires_at <= at
    return Checkout.State.TIMED_OUT if is_over else state


def sentence(reason: Reason) -> str:
    """Why points pay no more, in the active language."""
    message = str(DEDUCTION_MESSAGES[reason.code])
    return message % reason.params if reason.params else message
