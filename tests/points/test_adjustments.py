"""Corrections by hand: a reason, an actor, and above the threshold two people (I17)."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from members.models import Member
from points import selectors
from points.exceptions import (
    AdjustmentConflict,
    AdjustmentDecided,
    InsufficientPoints,
    InvalidPoints,
    InvalidText,
    ReasonRequired,
    SecondPersonRequired,
)
from points.models import Adjustment, Entry, LedgerSettings
from points.services import adjustments
from points.services.rows import Posting
from tests.points.conftest import NOON, make_member
from tests.racing import refused, succeeded, together

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]


@pytest.fixture
def wang(db: None) -> User:
    return User.objects.create(username="wang", is_staff=True)


@pytest.fixture
def zhao(db: None) -> User:
    return User.objects.create(username="zhao", is_staff=True)


@pytest.fixture(autouse=True)
def _limits(db: None) -> None:
    LedgerSettings.objects.create(adjustment_threshold=100, adjustment_daily_cap=250)


def ask(member: Member, points: int, by: User, **extra: object) -> Adjustment:
    values: dict[str, object] = {
        "key": str(uuid.uuid4()),
        "member_id": member.pk,
        "points": points,
        "reason": "goodwill",
        "note": "咖啡洒了",
        "requested_by": by,
        "at": NOON,
    }
    return adjustments.request(**(values | extra))  # type: ignore[arg-type]


def test_a_small_adjustment_is_posted_at_once_with_reason_and_actor(
    lin: Member, wang: User
) -> None:
    done = ask(lin, 100, wang)
    assert done.state == Adjustment.State.POSTED
    entry = Entry.objects.get(kind="adjust")
    assert (entry.amount, entry.actor) == (100, f"staff:{wang.pk}")
    assert "note" not in entry.explanation, "an entry can never be blanked"
    balance = selectors.balance(lin.pk, NOON)
    assert (balance.available, balance.next_expiry_points) == (100, 100)


def test_a_deduction_takes_points_but_never_makes_debt(
    lin: Member, wang: User, grant: Grant
) -> None:
    grant(lin, 50)
    ask(lin, -30, wang)
    assert selectors.balance(lin.pk, NOON).available == 20
    with pytest.raises(InsufficientPoints):
        ask(lin, -21, wang)
    assert Adjustment.objects.count() == 1


def test_above_the_threshold_nothing_happens_until_another_person_approves(
    lin: Member, wang: User, zhao: User
) -> None:
    waiting = ask(lin, 101, wang)
    assert waiting.state == Adjustment.State.WAITING
    assert selectors.balance(lin.pk, NOON).available == 0
    with pytest.raises(SecondPersonRequired):
        adjustments.approve(adjustment_id=waiting.pk, decided_by=wang, at=NOON)
    adjustments.approve(adjustment_id=waiting.pk, decided_by=zhao, at=NOON)
    assert selectors.balance(lin.pk, NOON).available == 101
    assert Entry.objects.get(kind="adjust").explanation["approved_by"] == zhao.pk
    for decide in (adjustments.approve, adjustments.reject):
        with pytest.raises(AdjustmentDecided):
            decide(adjustment_id=waiting.pk, decided_by=zhao, at=NOON)
    assert Entry.objects.count() == 1


def test_splitting_does_not_help(lin: Member, wang: User, zhao: User) -> None:
    states = [ask(lin, 90, wang).state for _ in range(4)]
    assert states == ["posted", "posted", "waiting", "waiting"]
    assert ask(lin, 90, zhao).state == "posted"
    assert ask(lin, 90, wang, at=NOON + timedelta(hours=13)).state == "posted"  # the next day


def test_rejected_adjustments_have_no_effect(lin: Member, wang: User, zhao: User) -> None:
    waiting = ask(lin, 200, wang)
    adjustments.reject(adjustment_id=waiting.pk, decided_by=zhao, at=NOON)
    assert Entry.objects.count() == 0
    assert Adjustment.objects.get().state == Adjustment.State.REJECTED


@pytest.mark.parametrize("points", [50, 200])
def test_the_same_request_again_is_answered_with_the_first(
    lin: Member, wang: User, points: int
) -> None:
    first = ask(lin, points, wang, key="k")
    again = ask(lin, points, wang, key="k", note=" 咖啡洒了 ", at=NOON + timedelta(seconds=1))
    assert (again.pk, again.state, again.requested_at) == (first.pk, first.state, NOON)
    assert Adjustment.objects.count() == 1
    assert Entry.objects.count() == (points == 50)


@pytest.mark.parametrize(
    "other",
    [
        {"points": 51},
        {"reason": "other"},
        {"note": "茶洒了"},
        {"expires_at": NOON + timedelta(days=3)},
        {"requested_by": "zhao"},
        {"member_id": "chen"},
    ],
)
def test_the_same_key_with_other_content_is_refused(
    lin: Member, wang: User, zhao: User, other: dict[str, object]
) -> None:
    ask(lin, 50, wang, key="k")
    others = {"zhao": zhao, "chen": make_member().pk}
    other = {name: others.get(str(value), value) for name, value in other.items()}
    with pytest.raises(AdjustmentConflict) as refused:
        ask(lin, **({"points": 50, "by": wang, "key": "k"} | other))  # type: ignore[arg-type]
    assert refused.value.code == "reference_conflict"
    assert Entry.objects.count() == Adjustment.objects.count() == 1


def test_a_refused_adjustment_does_not_use_its_key_up(
    lin: Member, wang: User, grant: Grant
) -> None:
    with pytest.raises(InsufficientPoints):
        ask(lin, -30, wang, key="k")
    grant(lin, 30)
    assert ask(lin, -30, wang, key="k").state == "posted"


@pytest.mark.parametrize(
    ("extra", "error"),
    [
        ({"key": ""}, InvalidText),
        ({"key": "x" * 65}, InvalidText),
        ({"note": "  "}, ReasonRequired),
        ({"reason": "because"}, ReasonRequired),
        ({"points": 0}, InvalidPoints),
        ({"points": 1.5}, InvalidPoints),
        ({"points": 10**16}, InvalidPoints),
    ],
)
def test_bad_requests_leave_no_trace(
    lin: Member, wang: User, extra: dict[str, object], error: type[Exception]
) -> None:
    points = extra.pop("points", 5)
    with pytest.raises(error):
        ask(lin, points, wang, **extra)  # type: ignore[arg-type]
    assert not Adjustment.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_burst_of_small_adjustments_does_not_pass_the_daily_cap(lin: Member, wang: User) -> None:
    answers = succeeded(together(24, lambda n: ask(lin, 50, wang).state))
    assert len(answers) == 24
    assert answers.count("posted") == 5
    assert selectors.balance(lin.pk, NOON).available == 250


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_approvals_released_together_post_once(lin: Member, wang: User, zhao: User) -> None:
    waiting = ask(lin, 200, wang)
    answers = together(
        24,
        lambda n: adjustments.approve(adjustment_id=waiting.pk, decided_by=zhao, at=NOON),
    )
    assert len(succeeded(answers)) == 1
    assert Entry.objects.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("points", [50, 200])
def test_copies_of_one_request_are_one_adjustment(lin: Member, wang: User, points: int) -> None:
    answers = succeeded(together(24, lambda n: ask(lin, points, wang, key="k")))
    assert len(answers) == 24
    assert len({(answer.pk, answer.state) for answer in answers}) == 1
    assert Adjustment.objects.count() == 1
    assert selectors.balance(lin.pk, NOON).available == (50 if points == 50 else 0)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_key_of_two_people_is_one_adjustment(lin: Member, wang: User, zhao: User) -> None:
    answers = together(24, lambda n: ask(lin, 50, (wang, zhao)[n % 2], key="k"))
    assert len({answer.pk for answer in succeeded(answers)}) == 1
    assert {type(error) for error in refused(answers)} == {AdjustmentConflict}
    assert selectors.balance(lin.pk, NOON).available == 50
