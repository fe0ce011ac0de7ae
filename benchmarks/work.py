"""One unit of each operation, as a caller of the product does it."""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from django.test import Client

from members.models import Member
from members.selectors import look_up as people
from members.services import sessions
from members.views import SESSION_COOKIE
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


def look_up(member: int) -> None:
    """A till asks who has this number, and is told points and level."""
    kind, value = "number", f"B{member:010}"
    found = people.look_up(kind, value, at=datetime.now(UTC))
    if found is None:
        raise LookupError(value)


def member_page(member: int) -> None:
    """A member's home page through the whole stack, on a device that signs in for it."""
    opened = sessions.open_session(
        member=Member(pk=member), kind="web", user_agent="bench", at=datetime.now(UTC)
    )
    browser = Client(headers={"host": "localhost"})
    browser.cookies[SESSION_COOKIE] = opened.access_token
    page = browser.get("/", secure=True)
    if page.status_code != 200 or b"book__figure" not in page.content:
        raise LookupError(f"page of member {member}: {page.status_code}")


OPERATIONS: dict[str, Callable[[int], object]] = {
    "earn": earn,
    "spend": spend,
    "hold + capture": hold_and_capture,
    "spend + restore": spend_and_restore,
    "statement page": statement,
}
# Through more of the product than the ledger: for the figures of growth.
DOORS: dict[str, Callable[[int], object]] = {
    "till look-up": look_up,
    "member's home page": member_page,
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
