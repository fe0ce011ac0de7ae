"""The everyday writes of the ledger, on either database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation

from members.models import Member
from points import selectors
from points.exceptions import (
    AccountFrozen,
    EntryNotFound,
    HoldClosed,
    HoldNotFound,
    InsufficientPoints,
    InvalidPoints,
    InvalidText,
    ReferenceConflict,
    RestoreExceedsUse,
)
from points.models import Entry, Hold, LedgerSettings, Lot, LotUse
from points.policies import LIMIT, DebtPolicy
from points.selectors import audit, explanations
from points.services import accounts, batch, expiry, holds, ledger, maturity
from points.services.rows import Posting
from tests.points.conftest import NOON

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _books_are_clean() -> Any:
    """Whatever a test does, the ledger must audit clean afterwards."""
    yield
    assert audit.run().breaches == {}


def spend(member: Member, points: int, reference: str = "s", **extra: Any) -> Posting:
    values: dict[str, Any] = {
        "member_id": member.pk,
        "points": points,
        "reference": reference,
        "source": "mall",
        "actor": "test",
        "at": NOON + HOUR,
    }
    return ledger.spend(**(values | extra))


def claw(member: Member, points: int, reference: str = "c", **extra: Any) -> Posting:
    values: dict[str, Any] = {
        "member_id": member.pk,
        "points": points,
        "reference": reference,
        "source": "return",
        "actor": "test",
        "at": NOON + HOUR,
    }
    return ledger.claw_back(**(values | extra))


def remaining(member: Member) -> list[int]:
    return list(
        Lot.objects.filter(account__member=member)
        .order_by("id")
        .values_list("remaining", flat=True)
    )


def test_earn_shows_in_the_balance_at_once(lin: Member, grant: Grant) -> None:
    answer = grant(lin, 88)
    assert (answer.kind, answer.amount, answer.available, answer.seq) == ("earn", 88, 88, 1)
    assert selectors.balance(lin.pk, NOON).available == 88


def test_spend_takes_the_soonest_expiry_first_then_the_oldest(lin: Member, grant: Grant) -> None:
    grant(lin, 10, days=None)
    grant(lin, 10, days=30)
    grant(lin, 10, days=10)
    grant(lin, 10, days=30)
    spend(lin, 25)
    assert remaining(lin) == [10, 0, 0, 5]
    taken = LotUse.objects.filter(entry__reference="s").order_by("id")
    assert [use.amount for use in taken] == [10, 10, 5]


def test_spend_of_a_lapsed_lot_is_refused_however_late_the_job_is(
    lin: Member, grant: Grant
) -> None:
    grant(lin, 100, days=1)
    grant(lin, 30, days=2)
    at = NOON + timedelta(days=1)
    with pytest.raises(InsufficientPoints) as refusal:
        spend(lin, 31, at=at)
    assert refusal.value.params == {"needed": 31, "available": 30}
    assert selectors.balance(lin.pk, at).available == 30
    assert selectors.balance(lin.pk, at - timedelta(microseconds=1)).available == 130
    assert spend(lin, 30, at=at).available == 100  # booked figure: the job has not run
    assert remaining(lin) == [100, 0]


def test_repeat_of_a_reference_answers_the_same_and_writes_nothing(
    lin: Member, grant: Grant
) -> None:
    grant(lin, 100)
    first = spend(lin, 40)
    spend(lin, 10, "other")
    again = spend(lin, 40, at=NOON + timedelta(days=2))
    assert again.is_replay
    assert (again.entry_id, again.available) == (first.entry_id, 60)
    assert Entry.objects.count() == 3


def test_reference_with_other_content_is_a_conflict(lin: Member, grant: Grant) -> None:
    grant(lin, 100)
    spend(lin, 40)
    with pytest.raises(ReferenceConflict) as refusal:
        spend(lin, 41)
    assert refusal.value.code == "reference_conflict"
    with pytest.raises(ReferenceConflict):
        claw(lin, 40, "s")
    with pytest.raises(ReferenceConflict):
        grant(lin, 1, reference="s")
    assert selectors.balance(lin.pk, NOON).available == 60


def test_same_reference_of_another_member_is_another_effect(
    lin: Member, chen: Member, grant: Grant
) -> None:
    grant(lin, 10, reference="r")
    grant(chen, 20, reference="r")
    assert selectors.balance(chen.pk, NOON).available == 20


@pytest.mark.parametrize("points", [0, -1, LIMIT + 1, True, 1.0, "5", None, 10**400])
def test_points_that_are_not_a_number_of_points_are_refused(lin: Member, points: Any) -> None:
    with pytest.raises(InvalidPoints):
        spend(lin, points)
    assert Entry.objects.count() == 0


@pytest.mark.parametrize("text", ["", "x" * 101, "a\x00b", "a\nb", "\ud800", None, 7])
def test_references_that_no_database_should_see_are_refused(lin: Member, text: Any) -> None:
    with pytest.raises(InvalidText):
        spend(lin, 1, text)


def test_earnings_beyond_the_limit_are_refused_by_the_database(lin: Member, grant: Grant) -> None:
    from django.db import DatabaseError

    grant(lin, LIMIT)
    with pytest.raises(DatabaseError), transaction.atomic():
        grant(lin, 1)
    assert selectors.balance(lin.pk, NOON).available == LIMIT


# -- pending


def test_pending_points_are_credited_by_the_job_and_pay_debt_first(
    lin: Member, grant: Grant
) -> None:
    grant(lin, 50, usable_at=NOON + timedelta(days=7))
    assert selectors.balance(lin.pk, NOON).pending == 50
    with pytest.raises(InsufficientPoints):
        spend(lin, 1)
    claw(lin, 20)
    assert maturity.release_pending(now=NOON + timedelta(days=6)) == (0, 0)
    assert maturity.release_pending(now=NOON + timedelta(days=7)) == (1, 50)
    assert maturity.release_pending(now=NOON + timedelta(days=7)) == (0, 0)
    balance = selectors.balance(lin.pk, NOON + timedelta(days=7))
    assert (balance.available, balance.pending, balance.debt) == (30, 0, 0)


def test_return_before_crediting_takes_the_pending_points(lin: Member, grant: Grant) -> None:
    grant(lin, 50, reference="sale", usable_at=NOON + timedelta(days=7))
    grant(lin, 9)
    claw(lin, 50, earn_reference="sale")
    balance = selectors.balance(lin.pk, NOON)
    assert (balance.available, balance.pending, balance.debt) == (9, 0, 0)
    assert maturity.release_pending(now=NOON + timedelta(days=8)) == (0, 0)


# -- claw-back and debt


def test_claw_back_takes_the_own_lot_then_the_soonest_then_debt(lin: Member, grant: Grant) -> None:
    grant(lin, 10, days=5)
    grant(lin, 40, days=90, reference="sale")
    grant(lin, 10, days=30)
    spend(lin, 25)  # 10 of the first, 10 of the third, 5 of the sale
    claw(lin, 40, earn_reference="sale")
    assert remaining(lin) == [0, 0, 0]
    entry = Entry.objects.get(reference="c")
    assert (entry.d_available, entry.d_debt) == (-35, 5)
    assert entry.explanation["clawback"] == {
        "policy": "owe",
        "points": 40,
        "own": 35,
        "others": 0,
        "lapsed": 0,
        "debt": 5,
        "shortfall": 0,
    }


def test_later_earnings_pay_the_debt_before_they_enter_a_lot(lin: Member, grant: Grant) -> None:
    claw(lin, 30)
    assert selectors.balance(lin.pk, NOON).debt == 30
    assert grant(lin, 20).available == 0
    assert not Lot.objects.exists()
    answer = grant(lin, 25)
    assert (answer.available, answer.debt) == (15, 0)
    assert remaining(lin) == [15]


@pytest.mark.parametrize(
    ("policy", "debt", "shortfall"),
    [(DebtPolicy.OWE, 20, 0), (DebtPolicy.FORGIVE, 0, 20), (DebtPolicy.TILL, 0, 20)],
)
def test_debt_policy_decides_what_becomes_of_the_rest(
    lin: Member, grant: Grant, policy: DebtPolicy, debt: int, shortfall: int
) -> None:
    grant(lin, 10)
    claw(lin, 30, policy=policy)
    balance = selectors.balance(lin.pk, NOON + HOUR)
    assert (balance.available, balance.debt) == (0, debt)
    assert Entry.objects.get(reference="c").explanation["clawback"]["shortfall"] == shortfall


@pytest.mark.parametrize(
    ("policy", "shortfall", "deduct", "english", "chinese"),
    [
        (DebtPolicy.OWE, 0, None, "205 recorded as debt", "205 记为欠分"),
        (DebtPolicy.FORGIVE, 205, None, "205 could not be taken", "205 未能扣回"),
        (
            DebtPolicy.TILL,
            205,
            Decimal("1.03"),
            "205 points are deducted from the refund at the till: ¥1.03",
            "205 积分未能扣回，由收银从退款中扣除 ¥1.03",
        ),
    ],
)
def test_a_shortfall_is_answered_the_same_again_and_told(
    lin: Member,
    grant: Grant,
    policy: DebtPolicy,
    shortfall: int,
    deduct: Decimal | None,
    english: str,
    chinese: str,
) -> None:
    LedgerSettings.objects.create(points_per_yuan=200)
    grant(lin, 10)
    first = claw(lin, 215, policy=policy)
    assert (first.shortfall, first.deduct) == (shortfall, deduct)
    LedgerSettings.objects.update(points_per_yuan=1)
    assert claw(lin, 215, policy=DebtPolicy.OWE) == replace(first, is_replay=True)
    entry = Entry.objects.get(reference="c")
    assert entry.explanation["clawback"]["policy"] == policy.value
    for language, sentence in (("en", english), ("zh-hans", chinese)):
        with translation.override(language):
            assert explanations.render(entry).endswith(sentence)


def test_a_claw_back_that_finds_enough_leaves_nothing_to_the_till(
    lin: Member, grant: Grant
) -> None:
    grant(lin, 30)
    answer = claw(lin, 30, policy=DebtPolicy.TILL)
    assert (answer.shortfall, answer.deduct) == (0, None)
    assert (grant(lin, 5).shortfall, spend(lin, 5).shortfall) == (0, 0)


def test_points_that_lapsed_unused_are_not_taken_a_second_time(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=1, reference="sale")
    grant(lin, 100)
    spend(lin, 60)
    expiry.expire_due(cutoff_at=NOON + timedelta(days=2), recorded_at=NOON + timedelta(days=2))
    later = NOON + timedelta(days=3)
    claw(lin, 50, "c1", earn_reference="sale", at=later)  # 40 had lapsed, 10 from the other lot
    claw(lin, 50, "c2", earn_reference="sale", at=later)  # nothing of it is left to lapse
    assert remaining(lin) == [0, 40]
    told = [
        e.explanation["clawback"] for e in Entry.objects.filter(kind="clawback").order_by("seq")
    ]
    assert [(t["lapsed"], t["others"]) for t in told] == [(40, 10), (0, 50)]


def test_claw_back_never_takes_what_another_checkout_holds(lin: Member, grant: Grant) -> None:
    grant(lin, 100)
    holds.hold(
        member_id=lin.pk,
        points=70,
        reference="h",
        source="till",
        actor="test",
        at=NOON,
        until=NOON + HOUR,
    )
    claw(lin, 50, at=NOON)
    balance = selectors.balance(lin.pk, NOON)
    assert (balance.available, balance.held, balance.debt) == (0, 70, 20)
    holds.release(member_id=lin.pk, hold_reference="h", reference="r", actor="test", at=NOON)
    balance = selectors.balance(lin.pk, NOON)
    assert (balance.available, balance.held, balance.debt) == (50, 0, 0)


# -- holds


def hold(member: Member, points: int, reference: str = "h") -> Posting:
    return holds.hold(
        member_id=member.pk,
        points=points,
        reference=reference,
        source="till",
        actor="test",
        at=NOON,
        until=NOON + timedelta(minutes=30),
    )


def close(verb: str, member: Member, of: str = "h", reference: str = "x") -> Posting:
    call = holds.capture if verb == "capture" else holds.release
    return call(member_id=member.pk, hold_reference=of, reference=reference, actor="test", at=NOON)


def test_hold_reserves_and_capture_uses(lin: Member, grant: Grant) -> None:
    grant(lin, 100)
    assert (hold(lin, 60).available, selectors.balance(lin.pk, NOON).held) == (40, 60)
    with pytest.raises(InsufficientPoints):
        spend(lin, 41, at=NOON)
    answer = close("capture", lin)
    assert (answer.available, answer.held, answer.amount) == (40, 0, -60)
    assert close("capture", lin).is_replay
    with pytest.raises(HoldClosed):
        close("release", lin, reference="y")
    with pytest.raises(HoldNotFound):
        close("release", lin, of="nothing", reference="z")


def test_release_gives_back_into_the_very_lots(lin: Member, grant: Grant) -> None:
    grant(lin, 10, days=5)
    grant(lin, 10, days=9)
    hold(lin, 15)
    assert close("release", lin).available == 20
    assert remaining(lin) == [10, 10]
    assert Hold.objects.get().state == Hold.State.RELEASED


def test_stale_holds_are_released_by_the_job(lin: Member, grant: Grant) -> None:
    grant(lin, 100)
    hold(lin, 60)
    assert holds.release_stale(now=NOON + timedelta(minutes=29)) == 0
    assert holds.release_stale(now=NOON + timedelta(minutes=30)) == 1
    assert holds.release_stale(now=NOON + timedelta(minutes=31)) == 0
    assert Hold.objects.get().state == Hold.State.TIMED_OUT
    assert selectors.balance(lin.pk, NOON).available == 100


def test_what_timed_out_is_free_at_once_however_late_the_job(lin: Member, grant: Grant) -> None:
    grant(lin, 100)
    hold(lin, 60)
    due = NOON + timedelta(minutes=30)

    before, after = selectors.balance(lin.pk, due - HOUR), selectors.balance(lin.pk, due)
    assert (before.available, before.held) == (40, 60)
    assert (after.available, after.held, after.expired_total) == (100, 0, 0)

    assert spend(lin, 90, at=due).available == 10
    assert Hold.objects.get().state == Hold.State.TIMED_OUT
    assert selectors.balance(lin.pk, due).available == 10


def test_what_timed_out_pays_a_debt_first(lin: Member, grant: Grant) -> None:
    grant(lin, 100)
    hold(lin, 100)
    claw(lin, 30, at=NOON)
    due = NOON + timedelta(minutes=30)

    counted = selectors.balance(lin.pk, due)
    assert (counted.available, counted.held, counted.debt) == (70, 0, 0)
    holds.release_stale(now=due)

    booked = selectors.balance(lin.pk, due)
    assert (booked.available, booked.held, booked.debt) == (70, 0, 0)
    assert booked.clawed_total == counted.clawed_total


def test_a_hold_releases_what_timed_out_before_it(lin: Member, grant: Grant) -> None:
    grant(lin, 100)
    hold(lin, 60)
    due = NOON + timedelta(minutes=30)

    holds.hold(
        member_id=lin.pk,
        points=100,
        reference="h2",
        source="till",
        actor="test",
        at=due,
        until=due + HOUR,
    )

    assert selectors.balance(lin.pk, due).held == 100
    assert holds.release_expired(member_id=lin.pk, at=due) == 0


def test_held_points_wait_for_their_hold_before_they_expire(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=1)
    hold(lin, 60)
    day_2 = NOON + timedelta(days=2)
    assert expiry.expire_due(cutoff_at=day_2, recorded_at=day_2).points == 0
    close("release", lin)
    assert selectors.balance(lin.pk, day_2).available == 0
    assert expiry.expire_due(cutoff_at=day_2, recorded_at=day_2).points == 100


# -- restore


def restore(member: Member, reference: str, points: int | None = None, **extra: Any) -> Posting:
    values: dict[str, Any] = {
        "member_id": member.pk,
        "spend_reference": "s",
        "reference": reference,
        "actor": "test",
        "at": NOON + HOUR,
        "points": points,
    }
    return ledger.restore(**(values | extra))


def test_restore_puts_points_into_the_very_lots_with_their_own_expiry(
    lin: Member, grant: Grant
) -> None:
    grant(lin, 10, days=5)
    grant(lin, 20, days=9)
    spend(lin, 25)
    restore(lin, "r1", 8)
    assert remaining(lin) == [0, 13]
    restore(lin, "r2", 8)
    assert remaining(lin) == [1, 20]
    restore(lin, "r3")
    assert remaining(lin) == [10, 20]
    with pytest.raises(RestoreExceedsUse) as refusal:
        restore(lin, "r4")
    assert refusal.value.params == {"left": 0}


def test_restore_more_than_was_used_is_refused_whole(lin: Member, grant: Grant) -> None:
    grant(lin, 30)
    spend(lin, 25)
    with pytest.raises(RestoreExceedsUse):
        restore(lin, "r", 26)
    with pytest.raises(EntryNotFound):
        restore(lin, "r", 1, spend_reference="unknown")
    assert remaining(lin) == [5]


def test_restore_after_the_lots_day_gives_grace_or_nothing_and_only_once(
    lin: Member, grant: Grant
) -> None:
    grant(lin, 10, days=1)
    grant(lin, 10, days=9)
    spend(lin, 20)
    late = NOON + timedelta(days=2)
    restore(lin, "r1", 15, at=late)  # 10 alive, 5 lapsed without grace
    assert selectors.balance(lin.pk, late).available == 10
    restore(lin, "r2", at=late, grace_until=late + timedelta(days=7))
    assert selectors.balance(lin.pk, late).available == 15
    assert Lot.objects.last().expires_at == late + timedelta(days=7)  # type: ignore[union-attr]
    with pytest.raises(RestoreExceedsUse):
        restore(lin, "r3", 1, at=late)


def test_restore_pays_debt_first(lin: Member, grant: Grant) -> None:
    grant(lin, 100)
    spend(lin, 100)
    claw(lin, 30)
    answer = restore(lin, "r")
    assert (answer.available, answer.debt) == (70, 0)


# -- freezing


def test_frozen_account_earns_pending_and_cannot_be_debited(
    lin: Member, chen: Member, grant: Grant
) -> None:
    from points.services import transfers

    grant(lin, 100)
    hold(lin, 10)
    accounts.freeze(
        member_id=lin.pk, reason="异常交易核查", reference="f", actor="staff:1", at=NOON
    )
    for call in (
        lambda: spend(lin, 1),
        lambda: hold(lin, 1, "h2"),
        lambda: close("capture", lin),
        lambda: transfers.transfer(
            from_member_id=lin.pk, to_member_id=chen.pk, points=1, reference="t", actor="a", at=NOON
        ),
        lambda: transfers.transfer(
            from_member_id=chen.pk, to_member_id=lin.pk, points=1, reference="t", actor="a", at=NOON
        ),
    ):
        with pytest.raises(AccountFrozen) as refusal:
            call()
        assert refusal.value.params == {"reason": "异常交易核查"}
    grant(lin, 7)
    balance = selectors.balance(lin.pk, NOON)
    assert (balance.is_frozen, balance.available, balance.pending) == (True, 90, 7)
    assert maturity.release_pending(now=NOON + HOUR) == (0, 0)
    accounts.unfreeze(member_id=lin.pk, reason="已核实", reference="u", actor="staff:1", at=NOON)
    assert maturity.release_pending(now=NOON + HOUR) == (1, 7)
    assert spend(lin, 97).available == 0


# -- batches and single writes are one ledger


def test_batch_gives_what_single_writes_give(lin: Member, chen: Member) -> None:
    steps = [("earn", 30), ("claw", 50), ("earn", 45), ("claw", 10), ("earn", 5)]
    orders: list[batch.Order] = []
    for number, (verb, points) in enumerate(steps):
        at = NOON + timedelta(days=number)
        common: dict[str, Any] = {
            "points": points,
            "reference": f"o{number}",
            "source": "purchase",
            "actor": "test",
            "at": at,
        }
        if verb == "earn":
            expires_at = at + timedelta(days=9 - number)
            ledger.earn(member_id=lin.pk, expires_at=expires_at, recorded_at=NOON, **common)
            orders.append(batch.Earn(member_id=chen.pk, expires_at=expires_at, **common))
        else:
            ledger.claw_back(member_id=lin.pk, recorded_at=NOON, **common)
            orders.append(batch.ClawBack(member_id=chen.pk, **common))
    with transaction.atomic():
        batch.lock([chen.pk], at=NOON)
        answers = batch.post(orders, recorded_at=NOON)
    assert [a.amount for a in answers] == [30, -50, 45, -10, 5]
    one, other = (
        list(
            Entry.objects.filter(account__member=member)
            .order_by("seq")
            .values_list(
                "kind", "d_available", "d_debt", "available_after", "debt_after", "fingerprint"
            )
        )
        for member in (lin, chen)
    )
    assert one == other
    assert remaining(lin) == remaining(chen)
    with transaction.atomic():
        again = batch.post(orders, recorded_at=NOON)
    assert [a.entry_id for a in again] == [a.entry_id for a in answers]
    assert all(a.is_replay for a in again)
    with pytest.raises(ReferenceConflict):
        ledger.earn(
            member_id=chen.pk,
            points=31,
            reference="o0",
            source="purchase",
            actor="t",
            at=NOON,
            expires_at=None,
        )


def test_batch_claw_back_finds_an_earning_of_the_same_batch(lin: Member, grant: Grant) -> None:
    grant(lin, 10, days=1)
    common: dict[str, Any] = {"member_id": lin.pk, "source": "purchase", "actor": "t", "at": NOON}
    with transaction.atomic():
        batch.post(
            [
                batch.Earn(points=40, reference="sale", expires_at=NOON + HOUR * 99, **common),
                batch.ClawBack(points=15, reference="back", of_reference="sale", **common),
            ],
            recorded_at=NOON,
        )
    assert remaining(lin) == [10, 25]


def test_a_batch_takes_no_more_queries_for_many_than_for_one(
    lin: Member, chen: Member, django_assert_max_num_queries: Any
) -> None:
    def orders(member: Member, count: int, mark: str) -> list[batch.Order]:
        return [
            batch.Earn(
                member_id=member.pk,
                points=5,
                reference=f"{mark}{n}",
                source="purchase",
                actor="t",
                at=NOON,
                expires_at=None,
            )
            for n in range(count)
        ]

    accounts.open_accounts([lin.pk, chen.pk], at=NOON)
    for count, mark in ((1, "a"), (6, "b"), (60, "c")):
        with transaction.atomic(), django_assert_max_num_queries(7):
            batch.post(orders(lin, count, mark), recorded_at=NOON)
