"""The stock of variants: conditional updates, each with its movement (I7).

An update says itself what must be there, so two buyers of the last piece meet at its row and one
of them finds nothing. Run inside a transaction, after the member's account is locked; several
variants in the order of their ids (docs/architecture.md).
"""

from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from mall.exceptions import RedemptionRefused
from mall.models import Reward, StockMovement, Variant
from mall.policies import stocks
from mall.services import writing

QUANTITY_MAX = 10**9
NOTE_MAX = 120
_KIND = StockMovement.Kind


class _Change(NamedTuple):
    """What one kind of movement does to the counters, and what has to be there for it."""

    update: str
    needs: str


_CHANGES = {
    _KIND.RESTOCK: _Change("stocked = stocked + %(n)s, remaining = remaining + %(n)s", ""),
    _KIND.RETURN: _Change("stocked = stocked + %(n)s, remaining = remaining + %(n)s", ""),
    _KIND.RESERVE: _Change(
        "remaining = remaining - %(n)s, reserved = reserved + %(n)s", "remaining"
    ),
    _KIND.RELEASE: _Change(
        "reserved = reserved - %(n)s, remaining = remaining + %(n)s", "reserved"
    ),
    _KIND.FULFIL: _Change("reserved = reserved - %(n)s, fulfilled = fulfilled + %(n)s", "reserved"),
    _KIND.WRITE_OFF: _Change(
        "remaining = remaining - %(n)s, written_off = written_off + %(n)s", "remaining"
    ),
}


def move(
    *,
    kind: StockMovement.Kind,
    variant_id: int,
    quantity: int,
    actor: str,
    at: datetime,
    redemption_id: int | None = None,
    note: str = "",
) -> int | None:
    """One movement of a variant whose stock is counted; returns what remains.

    Raises `sold_out` or `stock_short` when there is too little to reserve. None where nothing is
    counted.
    """
    change = _CHANGES[kind]
    condition = f" AND {change.needs} >= %(n)s" if change.needs else ""
    sql = (
        f"UPDATE mall_variant SET {change.update} "  # noqa: S608 - constants
        f"WHERE id = %(id)s AND is_counted{condition} RETURNING remaining"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"n": quantity, "id": variant_id})
        row = cursor.fetchone()
    if row is None:
        _refuse(variant_id)
        return None
    movement = StockMovement(
        variant_id=variant_id,
        kind=kind,
        quantity=quantity,
        remaining_after=row[0],
        redemption_id=redemption_id,
        note=note,
        actor=actor,
        at=at,
    )
    writing.insert([movement])
    return int(row[0])


def _refuse(variant_id: int) -> None:
    variant = Variant.objects.only("is_counted", "remaining").get(pk=variant_id)
    if not variant.is_counted:
        return
    if variant.remaining:
        raise RedemptionRefused("stock_short", field="quantity", left=variant.remaining)
    raise RedemptionRefused("sold_out", field="quantity")


def restock(*, variant_id: int, quantity: int, note: str, actor: str, at: datetime) -> int:
    """Staff: so many pieces came in. Returns what remains to be redeemed.

    Raises `quantity_invalid`, `stock_not_counted`, `stock_by_codes`.
    """
    return _by_staff(_KIND.RESTOCK, variant_id, quantity, note, actor, at)


def write_off(*, variant_id: int, quantity: int, note: str, actor: str, at: datetime) -> int:
    """Staff: so many pieces are broken, lost or spoilt; why, the note has to say.

    Raises as `restock`, and `reason_needed`, `stock_too_little`.
    """
    if not note.strip():
        raise RedemptionRefused("reason_needed", field="note")
    return _by_staff(_KIND.WRITE_OFF, variant_id, quantity, note, actor, at)


def _by_staff(
    kind: StockMovement.Kind, variant_id: int, quantity: int, note: str, actor: str, at: datetime
) -> int:
    if type(quantity) is not int or not 1 <= quantity <= QUANTITY_MAX:
        raise RedemptionRefused("quantity_invalid", field="quantity")
    with transaction.atomic():
        variant = Variant.objects.select_related("reward").get(pk=variant_id)
        if not variant.is_counted:
            raise RedemptionRefused("stock_not_counted", field="quantity")
        if variant.reward.kind == Reward.Kind.VIRTUAL:
            raise RedemptionRefused("stock_by_codes", field="quantity")
        try:
            remaining = move(
                kind=kind,
                variant_id=variant_id,
                quantity=quantity,
                actor=actor,
                at=at,
                note=stocks.note(note, NOTE_MAX),
            )
        except RedemptionRefused as refusal:
            raise RedemptionRefused(
                "stock_too_little", field="quantity", left=variant.remaining
            ) from refusal
    return remaining or 0


def take_down_empty(*, at: datetime) -> int:
    """Take rewards off the shelf of which nothing is left, where the merchant wants it so."""
    left = Variant.objects.filter(is_on=True).exclude(is_counted=True, remaining=0)
    empty = Reward.objects.filter(state=Reward.State.ON, leaves_when_empty=True)
    return empty.exclude(variants__in=left).update(state=Reward.State.OFF)
