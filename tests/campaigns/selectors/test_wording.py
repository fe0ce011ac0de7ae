"""Terms in plain words: every kind, both languages, and half-filled ones."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from campaigns.policies import conditions, findings, judging, periods, programs
from campaigns.policies.occasions import TRIGGERS, Line, Occasion, Person
from campaigns.policies.programs import ProgramTerms, RuleTerms
from campaigns.selectors import wording
from campaigns.selectors.wording import Names

SHANGHAI = ZoneInfo("Asia/Shanghai")
LANGUAGES = ("zh-hans", "en")
NAMES = Names(
    {
        "store": {"WL": "西湖店", "XH": "徐汇店"},
        "category": {"D": "数码"},
        "tier": {"gold": "金卡"},
        "segment": {"vip": "大客户"},
        "tag": {"老客": "老客"},
    },
    leap_day="feb28",
)
CASES: dict[str, list[dict[str, Any]]] = {
    "tier": [{"in": ["gold"]}],
    "segment": [{"in": ["vip"]}],
    "tag": [{"in": ["老客"]}],
    "new_member": [{"days": 30}],
    "birthday": [{"span": "day"}, {"span": "week"}, {"span": "month"}],
    "nth_purchase": [
        *({"period": period, "from": 3} for period in periods.PERIODS),
        {"period": "month", "from": 3, "to": 3},
        {"period": "month", "from": 3, "to": 5},
        {"period": "month", "from": 3, "every": 2},
    ],
    "store": [{"in": ["WL"]}, {"in": ["WL", "XH"]}],
    "channel": [{"in": ["小程序"]}],
    "business": [{"in": ["餐饮"]}],
    "category": [{"in": ["D"]}],
    "sku": [{"in": ["1001"]}],
    "brand": [{"in": ["青瓷"]}],
    "label": [{"in": ["特价"]}],
    "amount": [{"from": "200"}, {"to": "500"}, {"from": "200", "to": "500.50"}],
    "quantity": [{"from": "3"}, {"to": "6"}, {"from": "3", "to": "6"}],
    "dates": [
        {"from": "2026-11-01", "to": "2026-11-11"},
        {"from": "2026-11-11", "to": "2026-11-11"},
    ],
    "season": [{"from": "12-20", "to": "01-05"}],
    "weekday": [{"in": [4]}, {"in": [6, 7]}],
    "day_of_month": [{"in": [8, 18]}, {"in": [-1]}, {"in": [-2]}],
    "hours": [{"from": "14:00", "to": "16:00"}, {"from": "22:00", "to": "02:00"}],
    "attribute": [{"name": "平台", "in": ["抖音"]}],
}


def every_condition() -> list[dict[str, Any]]:
    return [
        {"kind": kind, **params, **more}
        for kind, cases in CASES.items()
        for params in cases
        for more in ({}, {"not": True})
    ]


def rule(effect: str = "per_block", **values: Any) -> RuleTerms:
    facts: dict[str, Any] = {"key": "r", "name": "会员日", "name_en": "Member day"}
    facts |= {"effect": effect, "points": 10, "yuan": Decimal(100)}
    return RuleTerms(**(facts | values))


def every_rule() -> Iterator[RuleTerms]:
    for effect, combine, is_multiplied in product(
        ("per_yuan", "per_block", "per_item", "fixed"), ("base", "extra"), (False, True)
    ):
        if combine == "extra" or not is_multiplied:
            yield rule(effect, combine=combine, is_multiplied=is_multiplied)
    yield rule("bands", bands=[{"from": "200", "points": 50}, {"from": "500", "points": 150}])
    yield rule("multiplier", factor=Decimal(2))
    yield rule("band_multiplier", bands=[{"from": "500", "factor": "1.5"}])
    yield from (rule("fixed", trigger=t, code="8") for t in TRIGGERS if t != "purchase")


def limits() -> list[dict[str, Any]]:
    return [
        {"per": scope, "period": period, measure: 5}
        for scope, period, measure in product(programs.SCOPES, periods.PERIODS, programs.MEASURES)
        if scope != "order" or (measure != "times" and period == "ever")
    ]


VALIDITIES: list[dict[str, Any]] = [
    {"kind": "months", "count": 12},
    {"kind": "days", "count": 30},
    {"kind": "never"},
    {"kind": "date", "date": "2027-12-31"},
    *({"kind": kind, "count": n} for kind in ("year_end", "quarter_end") for n in (0, 1, 2, 3)),
]
TIMINGS: list[dict[str, Any]] = [
    {"kind": "at_once"},
    {"kind": "days", "days": 0},
    {"kind": "days", "days": 7},
    {"kind": "date", "date": "2026-12-31"},
]


def phrases() -> list[str]:
    """Everything that can be said of one rule."""
    return [
        *(wording.condition_phrase(params, NAMES) for params in every_condition()),
        *(wording.rule_sentence(one, names=NAMES) for one in every_rule()),
        *(wording.limit_phrase(limit) for limit in limits()),
        *(wording.validity_phrase(data) for data in VALIDITIES),
        *(wording.timing_phrase(data) for data in TIMINGS),
    ]


def test_the_cases_are_all_there_are() -> None:
    assert set(CASES) == set(conditions.KINDS)
    assert {data["kind"] for data in VALIDITIES} == set(periods.VALIDITIES)
    assert {data["kind"] for data in TIMINGS} | {"inherit"} == set(programs.TIMINGS)
    assert {one.effect for one in every_rule()} == set(programs.EFFECTS)
    assert not list(conditions.problems(every_condition()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_said_and_nothing_twice(language: str) -> None:
    with translation.override(language):
        said = phrases()

    assert not [text for text in said if "…" in text or not text]
    assert len(said) == len(set(said))


def test_the_chinese_is_chinese() -> None:
    with translation.override("zh-hans"):
        said = phrases()

    assert not [text for text in said if re.search("[A-Za-z]", text)]


ONE_SENTENCE = [
    (
        rule("multiplier", factor=Decimal(2), conditions=[{"kind": "weekday", "in": [4]}]),
        "每周四，积分 × 2。",
        "On Thursdays, points × 2.",
    ),
    (
        rule(combine="extra", limits=[{"per": "member", "period": "day", "points": 100}]),
        "每消费满 100 元得 10 分，每人每天最多 100 分；在其他积分之外另得，不参与翻倍。",
        (
            "10 points for every full ¥100 spent, at most 100 points per member and day; "
            "on top of other points, never multiplied."
        ),
    ),
    (
        rule("multiplier", factor=Decimal(3), conditions=[{"kind": "birthday", "span": "day"}]),
        "生日当天（2 月 29 日出生的，平年按 2 月 28 日），积分 × 3。",
        (
            "On the birthday (for those born on 29 February, 28 February in other years), "
            "points × 3."
        ),
    ),
    (
        rule(
            "fixed",
            trigger="check_in",
            points=1,
            combine="extra",
            limits=[{"per": "member", "period": "day", "times": 1}],
        ),
        "签到，得 1 分，每人每天最多 1 次。",
        "For a check-in, gives 1 point, at most once per member and day.",
    ),
]


@pytest.mark.parametrize(("terms", "chinese", "english"), ONE_SENTENCE)
def test_a_rule_is_one_sentence(terms: RuleTerms, chinese: str, english: str) -> None:
    with translation.override("zh-hans"):
        assert wording.rule_sentence(terms, names=NAMES) == chinese
    with translation.override("en"):
        assert wording.rule_sentence(terms, names=NAMES) == english


def test_long_lists_are_cut_where_somebody_types_and_whole_where_it_counts() -> None:
    many = {"kind": "sku", "in": [f"A{n}" for n in range(20)]}

    with translation.override("en"):
        assert wording.condition_phrase(many, NAMES).endswith("and 8 more")
        assert "A19" in wording.condition_phrase(many, Names({}, shown=None))


# What a half-filled form may hand over, anywhere.
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**9) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("kind", "in", "from", "to", "span", "days", "period", "every", "not", "name"),
                    *("per", "points", "times", "yuan", "count", "date", "factor"),
                ]
            ),
            inner | st.sampled_from([*conditions.KINDS, *periods.VALIDITIES, *programs.TIMINGS]),
            max_size=5,
        )
    ),
    max_leaves=8,
)


@given(JUNK, JUNK, JUNK, st.sampled_from([*programs.EFFECTS, ""]), st.sampled_from([*TRIGGERS, ""]))
def test_half_filled_terms_never_raise(
    first: Any, second: Any, third: Any, effect: str, trigger: str
) -> None:
    terms = RuleTerms(
        key="r",
        name="",
        effect=effect,
        trigger=trigger,
        bands=first,
        conditions=[first, second],
        limits=[third, second],
        validity=third,
        timing=second,
    )

    assert wording.rule_sentence(terms, names=NAMES)
    assert wording.condition_phrase(first, NAMES)
    assert wording.limit_phrase(second)
    program = programs.compiled(ProgramTerms(1, datetime(2026, 1, 1, tzinfo=UTC)))
    assert wording.example_of(program, terms) is None


# --- examples and findings -------------------------------------------------------------------


def program_of(*rules: RuleTerms, **values: Any) -> programs.Program:
    start = datetime(2026, 11, 1, tzinfo=SHANGHAI)
    return programs.compiled(ProgramTerms(7, start, rules=rules, **values))


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (rule(), "例：消费 ¥250 → 20 分"),
        (rule("multiplier", factor=Decimal(2)), "例：消费 ¥250 → 共 500 分，其中按本规则 250 分"),
        (rule("per_item", points=5), "例：2 件 → 10 分"),
        (rule("fixed", trigger="share", points=5), "例：一次 → 5 分"),
        (rule(conditions=[{"kind": "amount", "from": "3000"}]), "例：消费 ¥3,000 → 300 分"),
    ],
)
def test_the_example_comes_from_the_engine(terms: RuleTerms, expected: str) -> None:
    with translation.override("zh-hans"):
        assert wording.example_of(program_of(terms, basic_points=1), terms) == expected


@pytest.mark.parametrize("params", [c for c in every_condition() if not c.get("not")])
def test_there_is_an_example_under_every_condition(params: dict[str, Any]) -> None:
    terms = rule("fixed", points=5, conditions=[params])

    assert wording.example_of(program_of(terms), terms) is not None


def test_what_no_purchase_can_meet_has_no_example() -> None:
    terms = rule(conditions=[{"kind": "weekday", "in": [1]}, {"kind": "weekday", "in": [2]}])

    assert wording.example_of(program_of(terms), terms) is None


def told(*rules: RuleTerms, used: Any = (), language: str = "zh-hans", **values: Any) -> list[str]:
    program = program_of(*rules, basic_points=1)
    facts: dict[str, Any] = {
        "trigger": "purchase",
        "at": datetime(2026, 11, 20, 12, tzinfo=SHANGHAI),
    }
    facts |= {"lines": [Line(1, 1_800_000, category=("食品",))], "store": "XH"}
    judged = judging.judge(program, Occasion(**(facts | values)), dict(used))
    with translation.override(language):
        found = findings.findings(program, judged.explanation)
        return [wording.finding_sentence(finding, NAMES) for finding in found]


@pytest.mark.parametrize(
    ("params", "there"),
    [
        ({"kind": "weekday", "in": [4]}, "会员日：仅限每周四；这天是星期五。"),
        (
            {"kind": "category", "in": ["D"]},
            "会员日：仅限「数码」品类的商品；这次的商品属于「食品」。",
        ),
        ({"kind": "store", "in": ["WL"]}, "会员日：仅限在西湖店消费；这次是在「徐汇店」。"),
        ({"kind": "amount", "from": "200"}, "会员日：仅限消费满 200 元；整单合计 180 元。"),
        (
            {"kind": "nth_purchase", "period": "month", "from": 3},
            "会员日：仅限当月第 3 次消费起；这是第 1 次消费。",
        ),
        (
            {"kind": "hours", "from": "14:00", "to": "16:00"},
            "会员日：仅限每天 14:00 至 16:00；当时是 12:00。",
        ),
    ],
)
def test_why_not_names_what_was_there_instead(params: dict[str, Any], there: str) -> None:
    assert told(rule(conditions=[params]))[0] == there


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("params", every_condition())
def test_every_unmet_condition_is_told(params: dict[str, Any], language: str) -> None:
    text = told(
        rule(conditions=[params | {"not": False}]),
        language=language,
        person=Person(),
        lines=[Line(1, 1, category=())],
        at=datetime(2026, 7, 14, 3, tzinfo=SHANGHAI),
        store="",
    )

    assert "…" not in text[0]


def test_a_limit_that_is_used_up_says_so() -> None:
    terms = rule(limits=[{"per": "member", "period": "day", "times": 2}])
    used = {("r", "member", "day"): (2, 40)}

    assert told(terms, used=used)[0] == "会员日：每人每天最多 2 次，已用完（2/2 次）。"


def test_a_cut_says_what_became_of_the_points() -> None:
    terms = rule(points=100, limits=[{"per": "member", "period": "day", "points": 120}])
    used = {("r", "member", "day"): (1, 90)}

    text = told(terms, used=used)[0]
    assert text == "会员日：每人每天最多 120 分，此前已得 90 分，本次由 100 分减为 30 分。"


def test_each_plain_reason_has_its_words() -> None:
    for reason in (
        *("other_event", "not_first_order", "nothing_counts", "other_base"),
        *("superseded", "too_little", "no_base", "broken"),
    ):
        found = findings.Finding("r", "会员日", "Member day", 0, reason)
        for language in LANGUAGES:
            with translation.override(language):
                assert "…" not in wording.finding_sentence(found, NAMES)


@pytest.mark.parametrize(("language", "told"), [("zh-hans", "新品"), ("en", "new")])
def test_usual_labels_have_words_and_the_merchants_own_are_their_word(
    language: str, told: str
) -> None:
    with translation.override(language):
        assert Names().of("label", "new") == told
        assert Names({"label": {}}).listed("label", ["new", "应季"]).startswith(told)
        assert Names().of("label", "应季") == "应季"
