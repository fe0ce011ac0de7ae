"""Balances now, and as of any instant, by either clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from members.models import Member
from points import selectors
from points.models import LedgerSettings
from points.services import expiry, holds, ledger, maturity
from points.services.rows import Posting
from tests.points.conftest import NOON

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]


def day(number: float) -> datetime:
    return NOON + timedelta(days=number)


def spend(member: Member, points: int, at: datetime) -> Posting:
    return ledger.spend(
        member_id=member.pk, points=points, reference=f"s{at}", source="mall", actor="t", at=at
    )


def test_a_stranger_has_nothing(chen: Member) -> None:
    balance = selectors.balance(chen.pk, NOON)
    assert (balance.available, balance.debt, balance.account_id) == (0, 0, None)
    assert selectors.balance_as_of(chen.pk, NOON).net == 0


def test_balance_tells_what_expires_next(lin: Member, grant: Grant) -> None:
    grant(lin, 10, days=5)
    grant(lin, 20, days=5)
    grant(lin, 40, days=29)
    grant(lin, 80, days=31)
    grant(lin, 160, days=None)
    balance = selectors.balance(lin.pk, NOON)
    assert (balance.available, balance.expiring) == (310, 70)
    assert (balance.next_expiry_at, balance.next_expiry_points) == (day(5), 30)
    assert balance.value_in_yuan(LedgerSettings(points_per_yuan=7)) == Decimal("44.28")


def test_the_figures_of_a_balance_add_up(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=2)
    grant(lin, 50, days=90)
    spend(lin, 30, NOON)
    for at in (day(1), day(3)):
        balance = selectors.balance(lin.pk, at)
        assert (
            balance.earned_total
            - balance.spent_total
            - balance.expired_total
            - balance.clawed_total
            == balance.available + balance.held - balance.debt
        )


def test_a_balance_is_one_query(lin: Member, grant: Grant, django_assert_num_queries: Any) -> None:
    for lots in (1, 3):
        for _ in range(lots):
            grant(lin, 5)
        with django_assert_num_queries(1):
            selectors.balance(lin.pk, NOON)


@pytest.mark.parametrize("is_booked", [True, False])
def test_as_of_is_the_same_whether_the_job_ran_or_not(
    lin: Member, grant: Grant, is_booked: bool
) -> None:
    grant(lin, 100, days=2)
    grant(lin, 50, days=90, at=day(1))
    spend(lin, 30, day(1.5))
    if is_booked:
        expiry.expire_due(cutoff_at=day(4), recorded_at=day(4))
    expected = {
        -1: (0, 0),
        0.5: (100, 0),
        1.2: (150, 0),
        1.9: (120, 0),
        2: (50, 70),
        3: (50, 70),
        5: (50, 70),
        100: (0, 120),
    }
    for number, (available, expired) in expected.items():
        found = selectors.balance_as_of(lin.pk, day(number))
        assert (found.available, found.expired) == (available, expired), number
        total = selectors.totals_as_of(day(number))
        assert (total.available, total.expired) == (available, expired), number


def test_as_of_by_the_booking_clock_shows_what_a_screen_showed(lin: Member, grant: Grant) -> None:
    grant(lin, 100, at=day(0), recorded_at=day(5))
    assert selectors.balance_as_of(lin.pk, day(1)).available == 100
    assert selectors.balance_as_of(lin.pk, day(1), clock="created_at").available == 0
    assert selectors.balance_as_of(lin.pk, day(6), clock="created_at").available == 100


def test_as_of_knows_pending_held_and_debt(lin: Member, grant: Grant) -> None:
    grant(lin, 40, usable_at=day(3), days=10)
    assert selectors.balance_as_of(lin.pk, day(1)).pending == 40
    maturity.release_pending(now=day(3))
    grant(lin, 10, at=day(3), days=30)
    holds.hold(
        member_id=lin.pk,
        points=45,
        reference="h",
        source="till",
        actor="t",
        at=day(4),
        until=day(5),
    )
    ledger.claw_back(
        member_id=lin.pk, points=15, reference="c", source="return", actor="t", at=day(4.5)
    )
    holds.release(member_id=lin.pk, hold_reference="h", reference="r", actor="t", at=day(6))
    held = selectors.balance_as_of(lin.pk, day(4.2))
    assert (held.available, held.held, held.net) == (5, 45, 50)
    owing = selectors.balance_as_of(lin.pk, day(4.7))
    assert (owing.available, owing.held, owing.debt, owing.net) == (0, 45, 10, 35)
    after = selectors.balance_as_of(lin.pk, day(7))
    assert (after.available, after.held, after.debt) == (35, 0, 0)
    assert selectors.balance_as_of(lin.pk, day(11)).available == 5


def test_the_totals_command_tells_the_whole_programme(
    lin: Member, chen: Member, grant: Grant
) -> None:
    grant(lin, 100, days=20)
    ledger.claw_back(
        member_id=chen.pk, points=15, reference="c", source="return", actor="t", at=NOON
    )
    out = StringIO()
    call_command("points_totals", "--as-of", "2026-03-02", "--json", stdout=out)
    assert '"net": 85' in out.getvalue()
    assert '"in_debt": 1' in out.getvalue()
    assert '"dying": 100' in out.getvalue()
