"""Programs, rules and baskets for the tests of the rule engine."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from campaigns.policies import judging, programs
from campaigns.policies.judging import Judgement
from campaigns.policies.numbers import scaled
from campaigns.policies.occasions import PURCHASE, Line, Occasion, Person
from campaigns.policies.programs import Program, ProgramTerms, RuleTerms

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 1, 1, tzinfo=SHANGHAI)
THURSDAY = datetime(2026, 3, 5, 12, 0, tzinfo=SHANGHAI)
FRIDAY = datetime(2026, 3, 6, 12, 0, tzinfo=SHANGHAI)


def rule(key: str, effect: str, *conditions: dict[str, Any], **values: Any) -> RuleTerms:
    for name in ("yuan", "factor"):
        if name in values:
            values[name] = Decimal(values[name])
    return RuleTerms(key=key, name=key, effect=effect, conditions=conditions, **values)


def terms(*rules: RuleTerms, **values: Any) -> ProgramTerms:
    """`basic="10/100"`: ten points for every whole hundred yuan; `"1:1"`: one per yuan."""
    basic = values.pop("basic", None)
    if basic:
        method = programs.PER_BLOCK if "/" in basic else programs.PER_YUAN
        points, yuan = basic.replace(":", "/").split("/")
        values |= {
            "basic_method": method,
            "basic_points": int(points),
            "basic_yuan": Decimal(yuan),
        }
    if values.get("ceiling") is not None:
        values["ceiling"] = Decimal(values["ceiling"])
    facts: dict[str, Any] = {"number": 7, "starts_at": START, "rules": rules}
    return ProgramTerms(**(facts | values))


def program(*rules: RuleTerms, **values: Any) -> Program:
    made = terms(*rules, **values)
    assert list(programs.problems(made)) == []
    return programs.compiled(made)


def line(no: int, amount: str, **facts: Any) -> Line:
    facts = {name: frozenset(v) if name == "labels" else v for name, v in facts.items()}
    return Line(line_no=no, amount=scaled(Decimal(amount)), **facts)


def purchase(*lines: Line | str, at: datetime = FRIDAY, **facts: Any) -> Occasion:
    made = [line(no, one) if isinstance(one, str) else one for no, one in enumerate(lines, start=1)]
    basic: dict[str, Any] = {"trigger": PURCHASE, "at": at, "lines": made}
    return Occasion(**(basic | facts))


def judged(made: Program, occasion: Occasion, used: Any = None) -> Judgement:
    """Judged, and judged again from its own explanation with the same result."""
    judgement = judging.judge(made, occasion, used or {})
    again = judging.judge_again(made, judgement.explanation)
    assert again.explanation == judgement.explanation
    assert sum(part.points for part in judgement.parts) == judgement.points
    assert sum(judgement.gave.values()) == judgement.points
    for part in judgement.parts:
        assert sum(points for _no, points in part.lines) == part.points
        assert all(points > 0 for _no, points in part.lines)
    return judgement


def points(made: Program, *lines: Line | str, used: Any = None, **facts: Any) -> int:
    return judged(made, purchase(*lines, **facts), used).points


_CATEGORIES = [(), ("food",), ("food", "tea"), ("toys",)]
_CONDITIONS: list[dict[str, Any]] = [
    {"kind": "category", "in": ["food"]},
    {"kind": "category", "in": ["tea"], "not": True},
    {"kind": "label", "in": ["new"]},
    {"kind": "brand", "in": ["b1", "b2"]},
    {"kind": "amount", "from": "20"},
    {"kind": "quantity", "to": "5"},
    {"kind": "weekday", "in": [4, 5]},
    {"kind": "tag", "in": ["vip"]},
    {"kind": "birthday", "span": "month"},
    {"kind": "nth_purchase", "period": "month", "from": 2},
    {"kind": "hours", "from": "10:00", "to": "14:00"},
]
_LIMITS: list[dict[str, Any]] = [
    {"per": "order", "points": 15},
    {"per": "member", "period": "day", "points": 40},
    {"per": "member", "period": "month", "times": 2},
    {"per": "all", "period": "ever", "yuan": "2"},
]
_VALIDITIES: list[dict[str, Any]] = [
    {},
    {"kind": "days", "count": 30},
    {"kind": "quarter_end", "count": 0},
    {"kind": "never"},
]


@st.composite
def any_rule(draw: st.DrawFn, key: str) -> RuleTerms:
    effect = draw(st.sampled_from(programs.EFFECTS))
    values: dict[str, Any] = {
        "combine": draw(st.sampled_from(["base", "extra"])),
        "is_multiplied": draw(st.booleans()),
        "limits": draw(st.lists(st.sampled_from(_LIMITS), max_size=2, unique_by=str)),
        "timing": draw(st.sampled_from([{}, {"kind": "days", "days": 7}, {"kind": "at_once"}])),
    }
    if effect == programs.MULTIPLIER:
        values["factor"] = draw(st.sampled_from(["0.5", "1.25", "1.5", "2", "3"]))
    elif effect == programs.BANDS:
        values["bands"] = [{"from": "10", "points": 3}, {"from": "50", "points": 30}]
    elif effect == programs.BAND_MULTIPLIER:
        values["bands"] = [{"from": "10", "factor": "1.5"}, {"from": "50", "factor": "2"}]
    else:
        values["points"] = draw(st.integers(1, 20))
        values["yuan"] = draw(st.sampled_from(["1", "10", "0.3"]))
    reduces = effect == programs.MULTIPLIER and Decimal(values["factor"]) < 1
    values["validity"] = {} if reduces else draw(st.sampled_from(_VALIDITIES))
    conditions = draw(st.lists(st.sampled_from(_CONDITIONS), max_size=2, unique_by=str))
    return rule(key, effect, *conditions, **values)


@st.composite
def any_program(draw: st.DrawFn) -> Program:
    count = draw(st.integers(0, 6))
    return program(
        *(draw(any_rule(f"r{n}")) for n in range(count)),
        basic=draw(st.sampled_from([None, "1:1", "10/100", "3/7"])),
        floor_at=draw(st.sampled_from(["receipt", "line"])),
        stacking=draw(st.sampled_from(programs.STACKINGS)),
        ceiling=draw(st.sampled_from([None, "2.5"])),
        freight_earns=draw(st.booleans()),
        coupon_part_earns=draw(st.booleans()),
        excluded=draw(st.sampled_from([{}, {"label": ["gift_card"]}, {"category": ["toys"]}])),
        order_cap=draw(st.sampled_from([None, 33])),
        day_cap=draw(st.sampled_from([None, 60])),
    )


@st.composite
def any_purchase(draw: st.DrawFn) -> Occasion:
    lines = [
        Line(
            line_no=no,
            amount=scaled(draw(st.decimals("0", "120", places=2))),
            quantity=draw(st.decimals("0.001", "9", places=3)),
            is_priced=draw(st.sampled_from([True, True, True, False])),
            kind=draw(st.sampled_from(["goods", "goods", "freight"])),
            sku=f"s{no}",
            category=draw(st.sampled_from(_CATEGORIES)),
            brand=draw(st.sampled_from(["", "b1", "b3"])),
            labels=frozenset(draw(st.lists(st.sampled_from(["new", "gift_card"]), max_size=2))),
        )
        for no in range(1, draw(st.integers(1, 6)) + 1)
    ]
    whole = sum(one.amount for one in lines)
    return purchase(
        *lines,
        at=draw(st.sampled_from([THURSDAY, FRIDAY])),
        person=Person(
            birthday=draw(st.sampled_from([None, date(1990, 3, 20)])),
            tags=frozenset(draw(st.sampled_from([[], ["vip"]]))),
        ),
        purchases={"month": draw(st.integers(0, 2))},
        paid_by_coupon=whole // draw(st.sampled_from([2, 3, whole + 1])),
    )


def any_use() -> st.SearchStrategy[Any]:
    """Something that the limits may have counted before."""
    keys = st.tuples(st.sampled_from(["", "r0", "r1"]), st.sampled_from(["member"]), st.just("day"))
    return st.dictionaries(keys, st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=2)
