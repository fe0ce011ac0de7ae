"""Requests released together, on PostgreSQL: what was granted is counted, not only the sums."""

from datetime import timedelta

import pytest
from django.test import override_settings

from points import selectors
from points.exceptions import InsufficientPoints
from points.models import Account, Entry, Hold
from points.selectors import audit
from points.services import accounts, expiry, holds, ledger, transfers
from points.services.rows import Posting
from tests.points.conftest import NOON, make_member
from tests.racing import refused, succeeded, together

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
N = 24


@pytest.fixture(params=["stored", "portable"], autouse=True)
def _path(request: pytest.FixtureRequest) -> object:
    with override_settings(POINTS_PORTABLE=request.param == "portable"):
        yield
    assert audit.run().breaches == {}


def earn(member_id: int, points: int, reference: str = "start", days: int = 30) -> Posting:
    return ledger.earn(
        member_id=member_id,
        points=points,
        reference=reference,
        source="purchase",
        actor="test",
        at=NOON,
        expires_at=NOON + timedelta(days=days),
    )


def test_spends_of_one_balance_that_affords_one() -> None:
    member = make_member().pk
    earn(member, 100)
    answers = together(
        N,
        lambda n: ledger.spend(
            member_id=member, points=100, reference=f"s{n}", source="mall", actor="t", at=NOON
        ),
    )
    assert len(succeeded(answers)) == 1
    assert {type(error) for error in refused(answers)} == {InsufficientPoints}
    assert Entry.objects.filter(kind="spend").count() == 1
    assert selectors.balance(member, NOON).available == 0


def test_spends_of_a_balance_that_affords_seven() -> None:
    member = make_member().pk
    for lot in range(10):
        earn(member, 7, f"lot{lot}", days=lot + 1)
    answers = together(
        N,
        lambda n: ledger.spend(
            member_id=member, points=10, reference=f"s{n}", source="mall", actor="t", at=NOON
        ),
    )
    assert len(succeeded(answers)) == 7
    assert Entry.objects.filter(kind="spend").count() == 7


def test_copies_of_one_request_have_one_effect_and_one_answer() -> None:
    member = make_member().pk
    answers = succeeded(together(N, lambda n: earn(member, 50, "once")))
    assert len(answers) == N
    assert sum(not answer.is_replay for answer in answers) == 1
    assert len({answer.entry_id for answer in answers}) == 1
    assert Entry.objects.count() == 1
    assert Account.objects.count() == 1


def test_gifts_of_a_whole_balance_conserve_points() -> None:
    giver, *receivers = (make_member().pk for _ in range(N + 1))
    earn(giver, 100)
    answers = together(
        N,
        lambda n: transfers.transfer(
            from_member_id=giver,
            to_member_id=receivers[n],
            points=100,
            reference=f"gift{n}",
            actor="t",
            at=NOON,
        ),
    )
    assert len(succeeded(answers)) == 1
    assert {type(error) for error in refused(answers)} == {InsufficientPoints}
    assert sum(Account.objects.values_list("available", flat=True)) == 100


def test_opposite_gifts_do_not_deadlock() -> None:
    first, second = make_member().pk, make_member().pk
    earn(first, 1000)
    earn(second, 1000)
    pairs = [(first, second), (second, first)]
    answers = together(
        N,
        lambda n: transfers.transfer(
            from_member_id=pairs[n % 2][0],
            to_member_id=pairs[n % 2][1],
            points=10,
            reference=f"gift{n}",
            actor="t",
            at=NOON,
        ),
    )
    assert len(succeeded(answers)) == N
    assert sorted(Account.objects.values_list("available", flat=True)) == [1000, 1000]


def test_expiry_against_spend_at_the_boundary_is_used_or_expired_never_both() -> None:
    members = [make_member().pk for _ in range(12)]
    boundary = NOON + timedelta(days=1)
    for member in members:
        earn(member, 100, days=1)
    before = boundary - timedelta(microseconds=1)

    def act(n: int) -> object:
        if n >= len(members):
            return expiry.expire_due(cutoff_at=boundary, recorded_at=boundary)
        return ledger.spend(
            member_id=members[n], points=100, reference="s", source="mall", actor="t", at=before
        )

    together(len(members) + 4, act)
    expiry.expire_due(cutoff_at=boundary, recorded_at=boundary)
    for account in Account.objects.all():
        kinds = sorted(account.entries.values_list("kind", flat=True))
        assert kinds in (["earn", "expire"], ["earn", "spend"])
        assert account.available == 0


def test_a_hold_is_captured_or_released_never_both() -> None:
    member = make_member().pk
    earn(member, 100)
    holds.hold(
        member_id=member,
        points=100,
        reference="h",
        source="till",
        actor="t",
        at=NOON,
        until=NOON + timedelta(hours=1),
    )
    verbs = [holds.capture, holds.release]
    answers = together(
        N,
        lambda n: verbs[n % 2](
            member_id=member, hold_reference="h", reference=f"x{n}", actor="t", at=NOON
        ),
    )
    assert len(succeeded(answers)) == 1
    account = Account.objects.get()
    captured = Hold.objects.get().state == Hold.State.CAPTURED
    assert (account.available, account.held) == ((0, 0) if captured else (100, 0))


def test_restores_of_one_spend_give_back_no_more_than_was_used() -> None:
    member = make_member().pk
    earn(member, 100)
    ledger.spend(member_id=member, points=90, reference="s", source="mall", actor="t", at=NOON)
    answers = together(
        N,
        lambda n: ledger.restore(
            member_id=member, spend_reference="s", reference=f"r{n}", actor="t", at=NOON, points=40
        ),
    )
    assert len(succeeded(answers)) == 2
    assert selectors.balance(member, NOON).available == 90


def test_freezing_against_spending_leaves_no_debit_after_the_freeze() -> None:
    member = make_member().pk
    earn(member, 1000)

    def act(n: int) -> Posting:
        if n == 5:
            return accounts.freeze(
                member_id=member, reason="核查", reference="f", actor="staff:1", at=NOON
            )
        return ledger.spend(
            member_id=member, points=1, reference=f"s{n}", source="mall", actor="t", at=NOON
        )

    together(N, act)
    kinds = list(Entry.objects.order_by("seq").values_list("kind", flat=True))
    assert "spend" not in kinds[kinds.index("freeze") :]
