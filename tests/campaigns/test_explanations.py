"""Every point says where it came from, in two languages."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from campaigns.policies import judging, returns
from campaigns.policies.programs import RuleTerms
from campaigns.policies.returns import SoldLine
from campaigns.selectors import explanations
from tests.campaigns.making import THURSDAY, line, program, purchase, rule

MEMBER_DAY = RuleTerms(
    key="day",
    name="会员日",
    name_en="member day",
    effect="multiplier",
    factor=Decimal(2),
    conditions=[{"kind": "weekday", "in": [4]}],
)
TEA = rule("tea", "multiplier", {"kind": "category", "in": ["tea"]}, factor="3")
GIFT = rule("gift", "fixed", points=5, combine="extra")


def earned(*amounts: Any, rules: tuple[RuleTerms, ...] = (), **settings: Any) -> dict[str, Any]:
    facts = {name: settings.pop(name) for name in ("at",) if name in settings}
    return judging.judge(program(*rules, **settings), purchase(*amounts, **facts)).explanation


def returned(now: str, before: str = "0") -> dict[str, Any]:
    told = judging.judge(program(basic="1:1"), purchase("25")).explanation
    was, one = (
        SoldLine(1, Decimal(25), Decimal(25), Decimal(2), Decimal(quantity))
        for quantity in (before, now)
    )
    (part,) = returns.back_from(told, sale="S-1", before=[was], after=[one])
    return part.explanation


CASES: list[tuple[dict[str, Any], str, str]] = [
    (
        earned("250", basic="10/100", rules=(MEMBER_DAY,), at=THURSDAY),
        "¥250 ÷ 100 rounded down 2 × 10 × member day 2 = 40, rule v7",
        "¥250 ÷ 100 取整 2 × 10 × 会员日2 = 40，规则 v7",
    ),
    (
        earned("250", basic="10/100"),
        "¥250 ÷ 100 rounded down 2 × 10 = 20, rule v7",
        "¥250 ÷ 100 取整 2 × 10 = 20，规则 v7",
    ),
    (
        earned("88.80", basic="1:1"),
        "¥88.80 × 1 rounded down = 88, rule v7",
        "¥88.80 × 1 向下取整 = 88，规则 v7",
    ),
    (
        earned("88.80", basic="1:1", rules=(MEMBER_DAY,), at=THURSDAY),
        "¥88.80 × 1 rounded down 88 × member day 2 = 176, rule v7",
        "¥88.80 × 1 向下取整 88 × 会员日2 = 176，规则 v7",
    ),
    (
        earned("88.80", basic="1:10"),
        "¥88.80 ÷ 10 × 1 rounded down = 8, rule v7",
        "¥88.80 ÷ 10 × 1 向下取整 = 8，规则 v7",
    ),
    (
        earned("1.50", "2.50", basic="1:1", floor_at="line"),
        "¥4 in 2 lines, 1 for every 1, each line rounded down = 3, rule v7",
        "¥4 共 2 行，每 1 元 1，逐行向下取整 = 3，规则 v7",
    ),
    (
        earned("10", line(2, "20", category=("tea",)), basic="1:1", rules=(TEA,)),
        "¥30 × 1 rounded down 30 = 30; tea × 3: +40, rule v7",
        "¥30 × 1 向下取整 30 = 30；tea × 3：+40，规则 v7",
    ),
    (
        earned("10", basic="1:1", rules=(GIFT,), order_cap=12),
        (
            "¥10 × 1 rounded down = 10; gift: 5; together 15; at most 12 points per purchase, "
            "so 15 becomes 12, rule v7"
        ),
        (
            "¥10 × 1 向下取整 = 10；gift：5；合计 15；每笔消费最多 12 分，"
            "本次由 15 分减为 12 分，规则 v7"
        ),
    ),
    (
        earned(line(1, "10"), line(2, "8", kind="freight"), basic="1:1"),
        "¥10 × 1 rounded down = 10; 1 line does not count, rule v7",
        "¥10 × 1 向下取整 = 10；1 行不计积分，规则 v7",
    ),
    (
        earned("10"),
        "¥10: no rule applied = 0, rule v7",
        "¥10：没有适用的规则 = 0，规则 v7",
    ),
    (
        returned("1"),
        "Receipt S-1 earned 25; returned of it: line 1 25 × 1/2 = 12",
        "小票 S-1 获得 25；退回：第 1 行 25 × 1/2 = 12",
    ),
    (
        returned("2", before="1"),
        (
            "Receipt S-1 earned 25; returned so far: line 1 25 = 25, of them taken back before: "
            "12, now: 13"
        ),
        "小票 S-1 获得 25；累计退回：第 1 行 25 = 25，其中此前已扣回 12，本次扣回 13",
    ),
]
_OLD: dict[str, Any] = {
    "type": "purchase",
    "rule": 3,
    "method": "block",
    "points": 10,
    "block": "100",
    "floor_at": "receipt",
    "currency": "CNY",
    "base": "250",
    "result": 20,
}


@pytest.mark.parametrize(("data", "english", "chinese"), CASES)
def test_an_explanation_reads_as_a_sentence(
    data: dict[str, Any], english: str, chinese: str
) -> None:
    # As it comes out of the database.
    data = json.loads(json.dumps(data))

    with translation.override("en"):
        assert explanations.sentence(data) == english
    with translation.override("zh-hans"):
        assert explanations.sentence(data) == chinese


def test_explanations_of_the_first_kind_are_still_told() -> None:
    with translation.override("en"):
        assert explanations.sentence(_OLD) == "¥250.00 ÷ 100 rounded down 2 × 10 = 20, rule v3"
    with translation.override("zh-hans"):
        assert explanations.sentence(_OLD) == "¥250.00 ÷ 100 取整 2 × 10 = 20，规则 v3"


def test_other_currencies_are_named() -> None:
    assert explanations.money("2.5", "GBP") == "GBP 2.50"
    assert explanations.money("0.0375", "CNY") == "¥0.0375"
