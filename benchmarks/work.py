"""One unit of each operation, as a caller of the product does it."""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from points import selectors
from points.services import holds, ledger

_serial = count()
_mark = f"{os.getpid():x}"


def _reference(verb: str) -> str:
    return f"{verb}:{_mark}:{next(_serial)}"


def earn(member: int) -> None:
    now = datetime.now(UTC)
    ledger.earn(
        member_id=member,
        points=20,
        reference=_reference("e"),
        source="purchase",
        actor="bench",
        at=now,
        expires_at=now + timedelta(days=365),
    )


def spend(member: int, points: int = 3) -> str:
    reference = _reference("s")
    ledger.spend(
        member_id=member,
        points=points,
        reference=reference,
        source="mall",
        actor="bench",
        at=datetime.now(UTC),
    )
    return reference


def hold_and_capture(member: int) -> None:
    now = datetime.now(UTC)
    reference = _reference("h")
    holds.hold(
        member_id=member,
        points=3,
        reference=reference,
        source="mall",
        actor="bench",
        at=now,
        until=now + timedelta(minutes=30),
    )
    holds.capture(
        member_id=member,
        hold_reference=reference,
        reference=f"{reference}:c",
        actor="bench",
        at=now,
    )


def spend_and_restore(member: int) -> None:
    reference = spend(member)
    ledger.restore(
        member_id=member,
        spend_reference=reference,
        reference=f"{reference}:r",
        actor="bench",
        at=datetime.now(UTC),
    )


def statement(member: int) -> None:
    selectors.balance(member, datetime.now(UTC))
    list(
        selectors.entries(member).values(
            "id", "kind", "d_available", "available_after", "explanation", "occurred_at"
        )[:20]
    )


OPERATIONS: dict[str, Callable[[int], object]] = {
    "earn": earn,
    "spend": spend,
    "hold + capture": hold_and_capture,
    "spend + restore": spend_and_restore,
    "statement page": statement,
}


def pick(first: int, last: int) -> int:
    return random.randint(first, last)


def spend_and_restore_of(member: int, points: int) -> None:
    """Take `points`, however many lots that is, and put them back into the very lots."""
    reference = spend(member, points)
    ledger.restore(
        member_id=member,
        spend_reference=reference,
        reference=f"{reference}:r",
        actor="bench",
        at=datetime.now(UTC),
    )
