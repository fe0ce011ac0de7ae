"""Returns that wait for their sale: the sweep, and what a person decides when it never comes."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from sales.models import Receipt
from sales.services import intake
from stores.models import Store

_WINDOW = 200


def settle_due(*, actor: str, now: datetime) -> int:
    """Settle every waiting return whose sale is there by now; returns how many.

    In windows, each its own transaction; safe to run twice and beside the intake.
    """
    arrived = Receipt.objects.filter(store=OuterRef("store"), number=OuterRef("original_number"))
    due = Receipt.objects.filter(Exists(arrived), state=Receipt.State.WAITING)
    by_store: dict[int, set[str]] = {}
    for store_id, number in due.values_list("store_id", "original_number")[:10_000]:
        by_store.setdefault(store_id, set()).add(number)
    settled = 0
    for store in Store.objects.filter(pk__in=by_store).order_by("pk"):
        numbers = sorted(by_store[store.pk])
        for start in range(0, len(numbers), _WINDOW):
            window = numbers[start : start + _WINDOW]
            settled += intake.settle_waiting(store=store, numbers=window, actor=actor, now=now)
    return settled
