"""Every point says where it came from, in two languages."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from campaigns import policies
from campaigns.selectors import explanations
from campaigns.services import earning
from tests.campaigns.test_policies import basket, rule


def purchase(*amounts: str, **terms: Any) -> dict[str, Any]:
    return policies.judge(rule(**terms), basket(*amounts)).explanation


BLOCK: dict[str, Any] = {"method": "block", "points": 10, "block_yuan": Decimal(100)}
TEN: dict[str, Any] = {"points": 1, "block_yuan": Decimal(10)}
RETURNED = policies.SoldLine(1, Decimal(25), Decimal(25), Decimal(2), Decimal(1))


def linked(before: int) -> dict[str, Any]:
    return earning.linked_return(
        sale_number="S-1",
        sale_explanation=purchase("25"),
        lines=[RETURNED],
        taken_before=before,
        base=Decimal(0),
    ).explanation


@pytest.mark.parametrize(
    ("data", "english", "chinese"),
    [
        (
            purchase("250", **BLOCK),
            "¥250.00 ÷ 100 rounded down 2 × 10 = 20, rule v7",
            "¥250.00 ÷ 100 取整 2 × 10 = 20，规则 v7",
        ),
        (
            purchase("88.80"),
            "¥88.80 × 1 rounded down = 88, rule v7",
            "¥88.80 × 1 向下取整 = 88，规则 v7",
        ),
        (
            purchase("88.80", **TEN),
            "¥88.80 ÷ 10 × 1 rounded down = 8, rule v7",
            "¥88.80 ÷ 10 × 1 向下取整 = 8，规则 v7",
        ),
        (
            purchase("1.5", "2.5", floor_at="line"),
            "1 + 2 = 3, each line rounded down, rule v7",
            None,
        ),
        (
            purchase(*["1.5"] * 9, floor_at="line"),
            "1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + … (9 lines) = 9, each line rounded down, rule v7",
            None,
        ),
        (
            policies.unearned(basket("5"), "no_rule").explanation,
            "¥5.00: no earning rule was in force at that time",
            None,
        ),
        (
            policies.unearned(basket("5"), "no_member").explanation,
            "¥5.00 without a member: no points",
            None,
        ),
        (
            purchase("30.90") | {"type": "purchase_return"},
            "Returned without its sale: ¥30.90 × 1 rounded down = 30, rule v7",
            None,
        ),
        (linked(0), "Receipt S-1 earned 25; the returned part of it: 12", None),
        (
            linked(5),
            "Receipt S-1 earned 25; returned so far: 12, of them taken back before: 5, now: 7",
            None,
        ),
        (
            policies.judge(rule(), policies.Basket(basket("5").lines, currency="GBP")).explanation,
            "GBP 5.00 × 1 rounded down = 5, rule v7",
            None,
        ),
    ],
)
def test_explanations_read(data: dict[str, Any], english: str, chinese: str | None) -> None:
    with translation.override("en"):
        assert explanations.sentence(data) == english
    with translation.override("zh-hans"):
        sentence = explanations.sentence(data)
    if chinese is not None:
        assert sentence == chinese
    assert any("\u4e00" <= character <= "\u9fff" for character in sentence), sentence


def test_every_explanation_survives_json() -> None:
    data = purchase("1.5", "2.5", floor_at="line")

    assert json.loads(json.dumps(data)) == data
    assert policies.recomputed(data) == 3
