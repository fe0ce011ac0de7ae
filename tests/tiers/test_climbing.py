"""Growth and levels at every edge of thresholds and windows (F88, F89, N14)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from members.models import Member
from points.selectors import audit, balances
from tests.points.conftest import make_member
from tests.tiers.making import LADDER, NOON, gift, grow, ladder, level_of, noon, standing
from tiers.models import GrowthDay, Standing, StandingChange, TierProgram, UpgradeGift
from tiers.policies.growth import Figures, Movement
from tiers.policies.standings import Why
from tiers.services import reevaluation
from tiers.services.climbing import Climb

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def lin(db: None) -> Member:
    return make_member("林小雨")


def night(at: datetime) -> dict[str, int]:
    """The job of one night, twice: the second run finds nothing to do."""
    report = reevaluation.run(now=at).as_json()
    assert reevaluation.run(now=at).changed == 0
    return report


@pytest.mark.parametrize("window", ["lifetime", "rolling", "year"])
@pytest.mark.parametrize(
    ("growth", "code"),
    [
        (1, "basic"),
        (999, "basic"),
        (1000, "silver"),
        (1001, "silver"),
        (4999, "silver"),
        (5000, "gold"),
        (5001, "gold"),
    ],
)
def test_each_level_begins_at_its_threshold(
    lin: Member, window: str, growth: int, code: str
) -> None:
    ladder(window=window)
    assert grow(lin, growth) == code
    assert level_of(lin) == code
    # The night finds nothing that the purchase has left.
    assert night(NOON)["changed"] == 0


@pytest.mark.parametrize(
    ("window", "at", "last_out", "first_in"),
    [
        ("rolling", noon(2026, 3, 2), "2025-03-02", "2025-03-03"),
        ("rolling", noon(2013, 2, 28), "2012-02-28", "2012-02-29"),
        ("rolling", noon(2012, 2, 29), "2011-02-28", "2011-03-01"),
        ("year", noon(2026, 12, 31), "2024-12-31", "2025-01-01"),
        ("lifetime", noon(2026, 3, 2), None, "1990-01-01"),
    ],
)
def test_a_level_counts_from_the_first_day_of_its_window(
    lin: Member, window: str, at: datetime, last_out: str | None, first_in: str
) -> None:
    ladder(window=window)
    if last_out:
        assert grow(lin, 1000, on=date.fromisoformat(last_out), at=at) == "basic"
    assert grow(lin, 999, on=date.fromisoformat(first_in), at=at) == "basic"
    assert grow(lin, 1, on=date.fromisoformat(first_in), at=at) == "silver"


def test_a_day_ends_at_midnight_in_shanghai(lin: Member) -> None:
    ladder(window="year")
    new_year = noon(2027, 1, 1) - timedelta(hours=12)

    assert grow(lin, 600, at=new_year - timedelta(seconds=1)) == "basic"
    assert grow(lin, 600, at=new_year) == "basic"  # 600 of each year
    assert set(GrowthDay.objects.values_list("day", flat=True)) == {
        date(2026, 12, 31),
        date(2027, 1, 1),
    }


def test_what_was_bought_on_the_last_day_counts_though_it_comes_later(lin: Member) -> None:
    """A till that was offline over the turn of the year."""
    ladder(window="year")
    assert grow(lin, 1000, on=date(2026, 12, 31), at=noon(2027, 1, 2)) == "silver"
    assert standing(lin).valid_until == date(2027, 12, 31)


def test_a_level_rises_in_the_same_transaction_with_its_period(lin: Member) -> None:
    levels = ladder(window="rolling")
    grow(lin, 1200, cause="receipt:1:7")

    now = standing(lin)
    assert (now.level, now.since, now.valid_until) == (
        levels["silver"],
        date(2026, 3, 2),
        date(2027, 3, 1),
    )
    change = StandingChange.objects.get()
    assert (change.before, change.after, change.why, change.growth, change.cause) == (
        levels["basic"],
        levels["silver"],
        Why.RAISED,
        1200,
        "receipt:1:7",
    )


@pytest.mark.parametrize(
    ("kept", "fall", "code"),
    [
        (4999, "one", "silver"),
        (5000, "one", "gold"),
        (5001, "one", "gold"),
        (0, "one", "silver"),
        (0, "growth", "basic"),
        (999, "growth", "basic"),
        (1000, "growth", "silver"),
    ],
)
@pytest.mark.parametrize("window", ["rolling", "year"])
def test_the_end_of_a_period(lin: Member, window: str, kept: int, fall: str, code: str) -> None:
    ladder(window=window, fall=fall)
    grow(lin, 5000)
    end = standing(lin).valid_until
    assert end is not None
    if kept:
        # Within the period, and after the purchases that had reached the level are out of it.
        grow(lin, kept, on=end, at=noon(end.year, end.month, end.day))
        if window == "rolling":
            GrowthDay.objects.filter(day=date(2026, 3, 2)).delete()
    at_end = noon(end.year, end.month, end.day)

    night(at_end)
    assert level_of(lin) == "gold"  # the last day is part of the period
    night(at_end + DAY)
    # Of twelve months, the purchase that reached the level is in the first period: it keeps it.
    assert level_of(lin) == ("gold" if window == "rolling" and not kept else code)


def test_growth_to_keep_may_be_less(lin: Member) -> None:
    ladder(window="year", keep={"gold": 3000})
    grow(lin, 5000)
    grow(lin, 3000, at=noon(2027, 6, 1))
    night(noon(2028, 1, 1))
    now = standing(lin)
    assert (level_of(lin), now.valid_until) == ("gold", date(2028, 12, 31))
    assert StandingChange.objects.latest("pk").why == Why.KEPT


def test_warning_grace_and_fall(lin: Member) -> None:
    ladder(window="year", warn_days=30, grace_days=10)
    grow(lin, 5000)

    assert night(noon(2027, 11, 30))["changed"] == 0
    assert night(noon(2027, 12, 1)) == {"members": 1, "changed": 1, "warned": 1}
    assert night(noon(2027, 12, 31))["changed"] == 0
    assert night(noon(2028, 1, 1))["grace"] == 1
    assert standing(lin).grace_until == date(2028, 1, 10)
    assert night(noon(2028, 1, 10))["changed"] == 0
    assert night(noon(2028, 1, 11))["fell"] == 1
    assert level_of(lin) == "silver"
    assert standing(lin).valid_until == date(2029, 12, 31)


def test_what_is_bought_in_the_grace_keeps_the_level_at_once(lin: Member) -> None:
    ladder(window="year", grace_days=10)
    grow(lin, 5000)
    grow(lin, 4000, at=noon(2027, 6, 1))
    night(noon(2028, 1, 1))

    grow(lin, 999, at=noon(2028, 1, 10))
    assert standing(lin).grace_until == date(2028, 1, 10)
    grow(lin, 1, at=noon(2028, 1, 10))

    now = standing(lin)
    assert (level_of(lin), now.grace_until, now.valid_until) == ("gold", None, date(2028, 12, 31))


def test_a_job_that_was_away_finds_the_same_end(lin: Member) -> None:
    ladder(window="year", grace_days=10, warn_days=30)
    grow(lin, 5000)
    night(noon(2028, 3, 1))
    assert level_of(lin) == "silver"


def test_a_late_return_lowers_growth_and_not_the_level(lin: Member) -> None:
    ladder(window="rolling")
    grow(lin, 1000, cause="receipt:1:A")
    assert grow(lin, -1000, cause="receipt:1:A", returns="receipt:1:A") == "silver"
    assert GrowthDay.objects.get().spent == 0
    night(NOON + 365 * DAY)
    assert level_of(lin) == "basic"


def test_a_returned_purchase_takes_its_level_back_if_the_merchant_says_so(lin: Member) -> None:
    levels = ladder(window="rolling", undo_returned=True)
    gift(levels["silver"], 100)
    grow(lin, 400, cause="receipt:1:A")
    grow(lin, 600, cause="receipt:1:B")
    assert balances.balance(lin.pk, at=NOON).available == 100

    # Another purchase's return does not; the one that reached the level does.
    assert grow(lin, -400, cause="receipt:1:A", returns="receipt:1:A") == "silver"
    assert grow(lin, -1, cause="receipt:1:B", returns="receipt:1:B") == "basic"
    assert StandingChange.objects.latest("pk").why == Why.UNDONE
    assert balances.balance(lin.pk, at=NOON).available == 0

    # Reached again, it gives its gift again; there is one that stands.
    assert grow(lin, 401, cause="receipt:1:C") == "silver"
    assert balances.balance(lin.pk, at=NOON).available == 100
    assert UpgradeGift.objects.filter(taken_back_at=None).count() == 1
    assert audit.run().breaches == {}


def test_a_gift_comes_once_for_every_level_that_is_passed(lin: Member) -> None:
    levels = ladder(window="year")
    gift(levels["silver"], 100)
    gift(levels["gold"], 500)

    grow(lin, 5000)
    assert balances.balance(lin.pk, at=NOON).available == 600
    night(noon(2028, 1, 1))
    night(noon(2028, 1, 2))
    grow(lin, 5000, at=noon(2028, 6, 1))
    assert level_of(lin) == "gold"
    assert UpgradeGift.objects.count() == 2  # once for ever


def test_a_yearly_gift_comes_again_in_another_year(lin: Member) -> None:
    levels = ladder(window="year")
    gift(levels["silver"], 100, repeat="year")
    grow(lin, 1000)
    night(noon(2028, 1, 1))
    assert level_of(lin) == "basic"
    grow(lin, 1000, at=noon(2028, 6, 1))
    assert sorted(UpgradeGift.objects.values_list("period", flat=True)) == [2026, 2028]


def test_a_level_by_invitation_is_not_reached_by_growth(lin: Member) -> None:
    ladder({**LADDER, "black": None})
    assert grow(lin, 10**9) == "gold"


def test_growth_that_is_there_before_the_ladder_counts_at_night(lin: Member) -> None:
    grow(lin, 5000)
    assert Standing.objects.count() == 0
    ladder()
    assert night(NOON)["raised"] == 1
    assert level_of(lin) == "gold"


def test_periods_come_and_go_with_the_window(lin: Member) -> None:
    ladder(window="lifetime")
    grow(lin, 1000)
    assert standing(lin).valid_until is None

    TierProgram.objects.update(window="year")
    night(NOON + DAY)
    assert standing(lin).valid_until == date(2027, 12, 31)
    TierProgram.objects.update(window="lifetime")
    night(NOON + DAY)
    assert standing(lin).valid_until is None


@pytest.mark.parametrize("members", [1, 3])
def test_queries_do_not_grow_with_members(members: int, django_assert_num_queries: Any) -> None:
    ladder()
    people = [make_member() for _ in range(members)]
    for member in people:
        grow(member, 1)
    load, save = 2, 1
    climb = Climb(at=NOON, actor="test")
    with django_assert_num_queries(load):
        climb.load(member.pk for member in people)
    for member in people:
        climb.note(Movement(member.pk, NOON.date(), Figures(spent=1), "x"))
    with django_assert_num_queries(save):
        climb.save()
