"""People of the ledger's tests, and the time they live in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from members.models import Member
from points.services import ledger
from points.services.rows import Posting

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Noon in Shanghai on an ordinary Monday."""

_numbers = count(1)


def make_member(name: str = "") -> Member:
    number = next(_numbers)
    return Member.objects.create(number=f"T{number:08}", name=name, joined_at=NOON)


@pytest.fixture
def lin(db: None) -> Member:
    return make_member("林小雨")


@pytest.fixture
def chen(db: None) -> Member:
    return make_member("陈大明")


@pytest.fixture
def grant() -> Callable[..., Posting]:
    """Grant points that last `days` from noon (None: for ever)."""

    def _grant(
        member: Member, points: int, *, days: int | None = 365, reference: str = "", **extra: object
    ) -> Posting:
        values: dict[str, object] = {
            "member_id": member.pk,
            "points": points,
            "reference": reference or f"grant:{next(_numbers)}",
            "source": "purchase",
            "actor": "test",
            "at": NOON,
            "expires_at": None if days is None else NOON + timedelta(days=days),
        }
        return ledger.earn(**(values | extra))  # type: ignore[arg-type]

    return _grant
