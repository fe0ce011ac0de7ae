"""What people decide: corrections, invitations, the ladder, accounts that become one."""

from datetime import date, timedelta

import pytest

from members.models import Member
from members.services import merging as merging_members
from points.selectors import balances
from tests.tiers.making import LADDER, NOON, gift, grow, ladder, level_of, noon, standing
from tests.tiers.test_climbing import night
from tiers import exceptions
from tiers.models import (
    GrowthCorrection,
    GrowthDay,
    Level,
    LevelBenefit,
    Standing,
    StandingChange,
    TierProgram,
    UpgradeGift,
)
from tiers.policies.ladders import Step, problems
from tiers.selectors import benefits, simulation
from tiers.selectors import ladder as ladders
from tiers.services import decisions, giving, merging, program
from tiers.services.climbing import day_of
from tiers.services.program import LadderInput, LevelInput

pytestmark = pytest.mark.django_db


def correct(member: Member, amount: int, reference: str = "c") -> GrowthCorrection:
    return decisions.correct_growth(
        member=member, amount=amount, reason="补录", actor="staff:1", at=NOON, reference=reference
    )


def invite(member: Member, level: Level, until: date | None = None) -> StandingChange:
    return decisions.invite(
        member=member, level=level, reason="贵宾", actor="staff:1", at=NOON, until=until
    )


def test_a_correction_counts_at_once_and_once(lin: Member) -> None:
    ladder()
    for _twice in range(2):
        correct(lin, 1000)
    assert (level_of(lin), GrowthCorrection.objects.count()) == ("silver", 1)
    assert GrowthDay.objects.get().adjusted == 1000
    correct(lin, -1000, "back")
    assert level_of(lin) == "silver"  # not lowered before its period ends


@pytest.mark.parametrize("amount", [0, 10**12 + 1, True])
def test_a_correction_is_a_number_that_moves_something(lin: Member, amount: int) -> None:
    with pytest.raises(exceptions.AmountInvalid):
        correct(lin, amount)


def test_an_invitation_holds_until_its_day(lin: Member) -> None:
    levels = ladder({**LADDER, "black": None}, grace_days=30)
    grow(lin, 1000)
    invite(lin, levels["black"], date(2026, 6, 30))
    assert (level_of(lin), standing(lin).by) == ("black", "invitation")

    night(noon(2026, 6, 30))
    assert level_of(lin) == "black"
    assert night(noon(2026, 7, 1))["ended"] == 1
    assert level_of(lin) == "silver"


def test_an_invitation_without_an_end_stays(lin: Member) -> None:
    levels = ladder({**LADDER, "black": None})
    invite(lin, levels["black"])
    night(noon(2036, 1, 1))
    assert level_of(lin) == "black"


def test_a_level_given_by_staff_is_kept_by_growth_like_any_other(lin: Member) -> None:
    levels = ladder(window="year")
    invite(lin, levels["gold"])
    assert (standing(lin).by, standing(lin).valid_until) == ("staff", date(2027, 12, 31))
    grow(lin, 5000, at=noon(2027, 5, 1))
    night(noon(2028, 1, 1))
    assert (level_of(lin), standing(lin).by) == ("gold", "growth")


def test_invitations_are_refused_with_a_reason(lin: Member) -> None:
    levels = ladder({**LADDER, "black": None})
    grow(lin, 1000)
    with pytest.raises(exceptions.NotHigher):
        invite(lin, levels["silver"])
    with pytest.raises(exceptions.UntilPast):
        invite(lin, levels["black"], NOON.date() - timedelta(days=1))
    with pytest.raises(exceptions.ReasonMissing):
        decisions.invite(member=lin, level=levels["gold"], reason=" ", actor="x", at=NOON)


def test_two_accounts_become_one(lin: Member, chen: Member) -> None:
    levels = ladder()
    gift(levels["silver"], 50)
    grow(lin, 1000, cause="a")
    grow(chen, 5000, cause="b")
    for _twice in range(2):
        merging.merge(kept_id=lin.pk, gone_id=chen.pk, at=NOON, actor="staff:1")

    assert level_of(lin) == "gold"
    assert GrowthDay.objects.get().spent == 6000 * 10_000
    assert not Standing.objects.filter(member=chen).exists()
    assert StandingChange.objects.filter(member=lin).count() == 3
    # Both had the gift of silver: one stands, and it does not come a third time.
    assert UpgradeGift.objects.filter(member=lin, taken_back_at=None).count() == 1


def test_merging_members_merges_their_levels(lin: Member, chen: Member) -> None:
    """Through the door that staff use, with everything that the other apps move."""
    levels = ladder()
    gift(levels["silver"], 50)
    grow(lin, 600)
    grow(chen, 1200, cause="b")
    merging_members.merge(kept_id=lin.pk, gone_id=chen.pk, actor="staff:1", at=NOON)
    assert level_of(lin) == "silver"
    assert GrowthDay.objects.get().member_id == lin.pk


def test_growth_that_together_reaches_more_counts_at_once(lin: Member, chen: Member) -> None:
    ladder()
    grow(lin, 600)
    grow(chen, 600)
    merging.merge(kept_id=lin.pk, gone_id=chen.pk, at=NOON, actor="staff:1")
    assert level_of(lin) == "silver"


def test_an_erased_member_leaves_no_words(lin: Member) -> None:
    ladder()
    correct(lin, 1000)
    merging.erase(member_id=lin.pk, at=NOON)
    assert GrowthCorrection.objects.get().reason == StandingChange.objects.get().reason == ""


@pytest.mark.parametrize(
    ("thresholds", "found"),
    [
        ([], ["no_levels"]),
        ([0, 100, 200], []),
        ([0, None], []),
        ([1, 100], ["lowest_not_zero"]),
        ([None, 0], ["lowest_not_zero"]),
        ([0, 100, 100], ["not_rising"]),
        ([0, 200, None, 100], ["not_rising"]),
        ([0, 10**12 + 1], ["threshold_range"]),
        ([0, *range(1, 13)], ["too_many_levels"]),
    ],
)
def test_a_ladder_that_contradicts_itself(thresholds: list[int | None], found: list[str]) -> None:
    steps = [Step(n, f"l{n}", n, value) for n, value in enumerate(thresholds)]
    assert [problem.code for problem in problems(steps)] == found


def given(*levels: tuple[str, int | None], **rules: object) -> LadderInput:
    known = {level.code: level.pk for level in Level.objects.all()}
    return LadderInput(
        TierProgram(**rules),
        [
            LevelInput(known.get(code), code, code.upper(), "", threshold, None, "plain")
            for code, threshold in levels
        ],
    )


def test_a_ladder_is_saved_as_it_was_tried(lin: Member, chen: Member) -> None:
    grow(lin, 1500)
    grow(chen, 10)
    first = given(("basic", 0), ("silver", 1000))
    tried = program.trial(first, at=NOON)
    assert (tried.members, tried.up, [row.then for row in tried.rows]) == (2, 1, [1, 1])
    program.save(first, at=NOON, tried=first.mark)
    night(NOON)
    assert level_of(lin) == "silver"

    raised = given(("basic", 0), ("bronze", 500), ("silver", 2000))
    tried = program.trial(raised, at=NOON)
    assert [(row.code, row.now, row.then, row.up, row.down) for row in tried.rows] == [
        ("basic", 1, 1, 0, 0),
        ("bronze", 0, 1, 0, 1),
        ("silver", 1, 0, 0, 0),
    ]
    with pytest.raises(exceptions.LadderRefused) as refused:
        program.save(given(("basic", 0), ("silver", 1)), at=NOON, tried=raised.mark)
    assert refused.value.code == "stale_simulation"
    program.save(raised, at=NOON, tried=raised.mark)
    assert [level.code for level in ladders.levels()] == ["basic", "bronze", "silver"]
    assert level_of(lin) == "silver"  # nobody falls before the end of a period


def test_a_level_that_somebody_had_cannot_go(lin: Member) -> None:
    ladder()
    grow(lin, 1000)
    with pytest.raises(exceptions.LadderRefused) as refused:
        program.save(given(("basic", 0), ("gold", 5000)), at=NOON)
    assert refused.value.code == "level_in_use"
    program.save(given(("basic", 0), ("silver", 1000)), at=NOON)  # nobody had gold


def test_a_simulation_agrees_with_what_the_night_does(lin: Member, chen: Member) -> None:
    grow(lin, 5000)
    grow(chen, 1000)
    ladder()
    current = ladders.current()
    assert current is not None
    told = simulation.simulate(current, on=day_of(NOON))
    night(NOON)
    after = simulation.simulate(current, on=day_of(NOON))
    assert [row.then for row in told.rows] == [row.now for row in after.rows] == [0, 1, 1]


@pytest.mark.parametrize(
    ("kind", "values", "wrong"),
    [
        ("discount", {"percent": "5"}, None),
        ("discount", {"percent": "0"}, "percent"),
        ("discount", {"percent": "NaN"}, "percent"),
        ("discount", {}, "percent"),
        ("upgrade_gift", {"points": 100, "days": 30, "repeat": "ever"}, None),
        ("upgrade_gift", {"points": "1.5", "days": 30, "repeat": "ever"}, "points"),
        ("upgrade_gift", {"points": 1, "days": 30, "repeat": "daily"}, "repeat"),
        ("contact", {"name": "小周", "phone": "0571-1234"}, None),
        ("contact", {"name": "x" * 41, "phone": "1"}, "name"),
        ("contact", {"name": "a\\x00", "phone": "1\x00"}, "phone"),
        ("member_price", {}, None),
    ],
)
def test_values_of_benefits_are_checked(
    db: None, kind: str, values: dict[str, object], wrong: str | None
) -> None:
    level = ladder()["gold"]
    known = benefits.kind(kind)
    assert known is not None
    if wrong is None:
        row = giving.put(level=level, kind=known, values=values)
        assert benefits.wording(row)
        return
    with pytest.raises(exceptions.BenefitInvalid) as refused:
        giving.put(level=level, kind=known, values=values)
    assert refused.value.field == wrong
    assert not LevelBenefit.objects.exists()


def test_a_gift_comes_with_an_invitation_too(lin: Member) -> None:
    levels = ladder({**LADDER, "black": None})
    gift(levels["black"], 888)
    invite(lin, levels["black"])
    assert balances.balance(lin.pk, at=NOON).available == 888
