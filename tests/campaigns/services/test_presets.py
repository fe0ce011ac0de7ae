"""The presets hold what they say, and make exactly the drafts that they describe."""

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.exceptions import InvalidPreset, InvalidRule, UnknownPreset
from campaigns.models import EarningRule, EarningRuleVersion, RulebookEdition
from campaigns.policies.presets.reading import GOALS, MARKETS, TRADES
from campaigns.selectors import rules as selectors
from campaigns.services import presets, replays, rules
from mall.models import CouponTemplate, MallSettings, Reward
from members.models import Segment, Tag
from points.selectors import balances
from points.services import settings as ledger_settings
from stores.models import Category
from tiers.models import Level, TierProgram

pytestmark = pytest.mark.django_db
START = datetime(2027, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
NUMBERS = [f"P{number:02d}" for number in range(1, 23)]

# What each preset waits for, and in how many cases: nothing becomes open, or done, unseen.
OPEN = {
    "P01": {},
    "P02": {},
    "P03": {"referral": 1},
    "P04": {},
    "P05": {"reminders": 1, "day_notice": 1},
    "P06": {"challenge": 1},
    "P07": {},
    "P08": {},
    "P09": {},
    "P10": {"event_codes": 1, "tracked_links": 1, "sms_reminders": 1, "email_reminders": 1},
    "P11": {},
    "P12": {},
    "P13": {"member_price": 1},
    "P14": {"draw": 1},
    "P15": {"partner_exchange": 2},
    "P16": {},
    "P17": {},
    "P18": {"check_in": 1, "reviews": 1},
    "P19": {},
    "P20": {"tracked_links": 1},
    "P21": {},
    "P22": {
        "check_in": 1,
        "tracked_links": 1,
        "transfer": 1,
        "return_difference": 2,
    },
}


def test_there_are_all_of_them() -> None:
    assert [preset.id for preset in presets.available()] == NUMBERS == list(OPEN)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_case_holds_or_is_named_as_open(number: str) -> None:
    report = presets.check(number)

    assert [o.vector.title_en for o in report.failures] == []
    assert report.open_by_need() == OPEN[number]
    assert report.count(replays.OPEN) == sum(OPEN[number].values())
    # A preset that shows nothing today is none.
    assert report.count(replays.PASSED) >= 3


@pytest.mark.parametrize("number", NUMBERS)
def test_every_rule_is_shown_by_a_case(number: str) -> None:
    """Each rule, left out of its preset, makes some case come out otherwise."""
    preset = presets.find(number)
    for rule in preset.terms.rules:
        left = [other for other in preset.terms.rules if other is not rule]
        terms = dataclasses.replace(preset.terms, rules=left)
        without = dataclasses.replace(preset, terms=terms)
        assert replays.replay(without).failures, rule.key


@pytest.mark.parametrize("number", NUMBERS)
def test_the_settings_are_shown_by_cases(number: str) -> None:
    """Another rate, validity or delay makes some case come out otherwise."""
    preset = presets.find(number)
    terms = preset.terms
    changes: list[dict[str, Any]] = [{"validity": {"kind": "days", "count": 5}}]
    if terms.pending_days:
        changes.append({"pending_days": terms.pending_days + 1})
    if terms.basic_points:
        changes.append({"basic_points": terms.basic_points + 1})
    for change in changes:
        other = dataclasses.replace(preset, terms=dataclasses.replace(terms, **change))
        assert replays.replay(other).failures, change


def test_an_equal_key_means_the_same_act_in_every_preset() -> None:
    """Limits count by the key: a merchant who changes presets must not mix up two rules."""
    acts: dict[str, set[tuple[str, str]]] = {}
    for preset in presets.available():
        for rule in preset.terms.rules:
            acts.setdefault(rule.key, set()).add((rule.trigger, rule.code))
    assert [key for key, found in acts.items() if len(found) > 1] == []


def test_every_goal_market_and_trade_has_a_preset() -> None:
    found = presets.available()
    assert {goal for preset in found for goal in preset.goals} == set(GOALS)
    assert {market for preset in found for market in preset.markets} == set(MARKETS)
    assert {trade for preset in found for trade in preset.trades} == set(TRADES)


def test_the_small_shop_has_exactly_one_rate_and_one_rule_for_a_group() -> None:
    terms = presets.find("P11").terms
    assert terms.basic_points == 1
    assert [[c["kind"] for c in rule.conditions] for rule in terms.rules] == [["tag"]]


@pytest.mark.parametrize("name", ["P08", "p08", "p08_member_day", " p08_member_day.toml "])
def test_a_preset_is_found_by_its_number_or_file(name: str) -> None:
    assert presets.find(name).slug == "p08_member_day"


@pytest.mark.parametrize("name", ["", "P", "P00", "p8", "member_day", "../p08", "P08x"])
def test_what_is_no_preset_is_refused(name: str) -> None:
    with pytest.raises(UnknownPreset):
        presets.find(name)


def test_a_broken_file_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "p99_broken.toml"
    path.write_text('id = "P99"\nname = 1\n', encoding="utf-8")
    with pytest.raises(InvalidPreset, match=r"p99_broken\.toml.* name: "):
        presets.read(path)
    path.write_text("id = ", encoding="utf-8")
    with pytest.raises(InvalidPreset, match=r"p99_broken\.toml"):
        presets.read(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidPreset, match=r"p99_broken\.toml"):
        presets.read(path)


def test_a_wrong_expectation_is_told_with_both_values() -> None:
    preset = presets.find("P08")
    vector = preset.vectors[0]
    step = dataclasses.replace(vector.steps[0], points=(21,))
    wrong = dataclasses.replace(preset, vectors=[dataclasses.replace(vector, steps=(step,))])

    (outcome,) = replays.replay(wrong).failures

    assert outcome.differences == (replays.Difference(1, "points", "21", "20"),)


def test_an_open_case_that_comes_out_wrong_has_failed() -> None:
    preset = presets.find("P22")
    vector = next(v for v in preset.vectors if v.need == "check_in" and v.steps)
    step = dataclasses.replace(vector.steps[0], points=(99,))
    wrong = dataclasses.replace(preset, vectors=[dataclasses.replace(vector, steps=(step,))])
    assert replays.replay(wrong).count(replays.FAILED) == 1


def test_checking_leaves_nothing_behind() -> None:
    before = _counts()
    for number in NUMBERS:
        presets.check(number)
    assert _counts() == before


def test_a_preset_without_a_mall_asks_the_database_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        presets.check("P08")
    assert len(queries) == 0


def test_a_case_of_the_mall_that_comes_out_otherwise_is_told() -> None:
    preset = presets.find("P16")
    dearer = dataclasses.replace(preset.mall.rewards[0], stock=11, tier="gold")
    mall = dataclasses.replace(preset.mall, rewards=(dearer,))
    report = replays.replay(dataclasses.replace(preset, mall=mall))
    told = [one._asdict() for o in report.failures for one in o.differences]
    assert [(one["step"], one["what"], one["expected"], one["actual"]) for one in told] == [
        (2, "given", "9", "10"),
        (2, "refused", "sold_out", ""),
        (1, "refused", "level_needed", ""),
        (1, "left", "500", "0"),
    ]


def test_a_closed_mall_and_levels_of_the_merchants_change_no_case() -> None:
    MallSettings.objects.create(is_open=False)
    program = TierProgram.objects.create()
    Level.objects.create(program=program, code="black", name="黑", rank=1, threshold=0)
    assert [o.vector.title_en for o in presets.check("P16").failures] == []
    assert not MallSettings.objects.get().is_open


def test_the_mall_is_made_as_drafts_once_and_only_when_asked() -> None:
    presets.load(name="P21", starts_at=START)
    assert (Reward.objects.count(), CouponTemplate.objects.count()) == (0, 0)
    made = presets.load(name="P21", starts_at=START, make_mall_at=START).mall
    assert made.created == ["p21-one", "p21-free-delivery", "p21-voucher", "p21-delivery"]
    assert set(Reward.objects.values_list("state", flat=True)) == {"draft"}
    assert not CouponTemplate.objects.filter(is_on=True).exists()
    voucher = Reward.objects.get(code="p21-voucher")
    assert (voucher.points, voucher.coupon_template and voucher.coupon_template.code) == (
        100,
        "p21-one",
    )
    again = presets.load(name="P21", starts_at=START, make_mall_at=START).mall
    assert (again.created, len(again.kept)) == ([], 4)


def test_a_reward_whose_gate_is_missing_waits() -> None:
    made = presets.load(name="P16", starts_at=START, make_mall_at=START).mall
    assert (made.created, made.waiting) == ([], ["p16-edition"])
    program = TierProgram.objects.create()
    Level.objects.create(program=program, code="black", name="黑", rank=1, threshold=0)
    Segment.objects.create(code="p16-invited", name="受邀", kind="list", created_at=START)
    made = presets.load(name="P16", starts_at=START, make_mall_at=START).mall
    assert made.created == ["p16-edition"]
    edition = Reward.objects.get()
    assert (edition.level and edition.level.code, edition.is_by_invitation) == ("black", True)
    assert edition.variants.get().remaining == 10


@pytest.mark.parametrize("number", NUMBERS)
def test_a_draft_is_exactly_its_preset(number: str) -> None:
    before = _counts()

    loaded = presets.load(name=number, starts_at=START)

    preset = presets.find(number)
    version = EarningRuleVersion.objects.get()
    assert version.pk == loaded.version.pk
    assert not version.is_published
    asked = dataclasses.replace(preset.terms_from(START), id=version.pk)
    assert selectors.terms_of(version) == asked
    for name, text in preset.words.items():
        assert getattr(version, name) == text
    grown = {model: n - before[model] for model, n in _counts().items() if n != before[model]}
    rows = {"campaigns.EarningRuleVersion": 1}
    if asked.rules:
        rows["campaigns.EarningRule"] = len(asked.rules)
    assert grown == rows


@pytest.mark.parametrize("number", NUMBERS)
def test_a_draft_can_be_published_once_its_names_are_there(number: str) -> None:
    loaded = presets.load(name=number, starts_at=START, create_missing=True)
    if loaded.missing:
        with pytest.raises(InvalidRule):
            rules.publish(version=loaded.version, by=None, now=START)
        assert {each.kind for each in loaded.missing} <= {"segment", "tier", "store"}
    else:
        assert rules.publish(version=loaded.version, by=None, now=START).number == 1


def test_every_preset_can_be_published_once_its_names_are_there() -> None:
    waiting = {
        preset.id: [(each.kind, each.code) for each in presets.missing(preset)]
        for preset in presets.available()
    }
    assert {number: names for number, names in waiting.items() if names} == {
        "P11": [("tag", "老顾客")],
        "P15": [("category", "rooms")],
    }


def test_loading_twice_makes_two_drafts_and_touches_no_version() -> None:
    live = rules.publish(
        version=presets.load(name="P13", starts_at=START).version, by=None, now=START
    )
    mark = live.mark

    first = presets.load(name="P08", starts_at=START).version
    second = presets.load(name="P08", starts_at=START, title="另一份").version

    assert (first.name, second.name) == ("P08 门店会员日", "另一份")
    assert EarningRuleVersion.objects.drafts().count() == 2
    assert EarningRule.objects.filter(version=second).count() == 2
    live.refresh_from_db()
    assert (live.mark, selectors.in_force(START)) == (mark, live)


def test_missing_categories_and_tags_are_made_only_when_asked() -> None:
    assert [each.code for each in presets.load(name="P15", starts_at=START).missing] == ["rooms"]
    assert not Category.objects.exists()

    loaded = presets.load(name="P15", starts_at=START, create_missing=True)
    assert ([each.code for each in loaded.created], loaded.missing) == (["rooms"], ())
    assert Category.objects.get(code="rooms").name == "客房"

    presets.load(name="P11", starts_at=START, create_missing=True)
    assert list(Tag.objects.values_list("name", flat=True)) == ["老顾客"]


def test_a_category_that_is_there_keeps_its_name() -> None:
    Category.objects.create(code="rooms", name="客房与套房")
    loaded = presets.load(name="P15", starts_at=START, create_missing=True)
    assert (loaded.created, Category.objects.get().name) == ((), "客房与套房")


def test_the_ledgers_settings_are_proposed_and_applied_only_when_asked() -> None:
    settings = balances.ledger_settings()
    settings.points_per_yuan = 200
    settings.hold_minutes = 7
    settings.save()

    proposed = presets.load(name="P22", starts_at=START)
    assert proposed.ledger == {"points_per_yuan": (200, 100)}
    assert balances.ledger_settings().points_per_yuan == 200

    applied = presets.load(name="P22", starts_at=START, set_ledger_at=START)
    assert applied.ledger == {}
    after = balances.ledger_settings()
    assert (after.points_per_yuan, after.hold_minutes) == (100, 7)


def test_the_rules_page_follows_the_ledgers_settings_of_a_preset_at_once() -> None:
    ledger_settings.set_worth(points_per_yuan=200, at=START)
    rules.publish(version=presets.load(name="P13", starts_at=START).version, by=None, now=START)
    before = RulebookEdition.objects.count()

    presets.load(name="P22", starts_at=START, set_ledger_at=START + timedelta(days=1))

    assert RulebookEdition.objects.count() == before + 1


def _counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}
