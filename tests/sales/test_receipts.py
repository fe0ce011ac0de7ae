"""What a receipt may say, and what makes it the same one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sales.policies import receipts
from sales.policies.receipts import LineInput, ReceiptInput
from tests.sales.conftest import NOON

PRESALE: dict[str, Any] = {
    "business": "餐饮",
    "completed_at": NOON + timedelta(days=30),
    "paid_by_coupon": Decimal(10),
    "paid_by_points": Decimal("5.50"),
}


def sale(**fields: Any) -> ReceiptInput:
    lines = [
        LineInput("TEA", "龙井", Decimal(2), Decimal("44.40")),
        LineInput("BAG", "", Decimal(1), Decimal(0), Decimal(0)),
    ]
    plain: dict[str, Any] = {
        "number": "S-1",
        "kind": "sale",
        "occurred_at": NOON,
        "lines": lines,
        "channel": "门店",
    }
    return ReceiptInput(**(plain | fields))


def faults(**fields: Any) -> list[tuple[str, str, int | None]]:
    found = receipts.faults(sale(**fields), now=NOON)
    return [(fault.code, fault.field, fault.line_no) for fault in found]


def test_a_receipt_that_says_nothing_new_has_the_fingerprint_of_ever() -> None:
    """Literally those of the first version: stored receipts are recognised for ever."""
    back = ReceiptInput(
        number="R-1",
        kind="return",
        occurred_at=NOON,
        lines=[LineInput("TEA", "龙井", Decimal(1), Decimal("44.40"), Decimal(40), 1)],
        original_number="S-1",
    )
    assert receipts.fingerprint(sale()) == "988afd497d7e50c822ad2db0fd321733"
    assert receipts.fingerprint(back) == "9a56a85b005790b9899d4a51cad3282d"
    said = sale(paid_by_coupon=Decimal("-0.00"), paid_by_points=Decimal("0.0"), completed_at=None)
    assert receipts.fingerprint(said) == receipts.fingerprint(sale())


def test_everything_said_besides_makes_another_receipt() -> None:
    tea = sale().lines[0]
    others = [
        sale(),
        *(sale(**{name: value}) for name, value in PRESALE.items()),
        sale(paid_by_coupon=Decimal("5.5"), paid_by_points=Decimal(10)),
        sale(**PRESALE),
        sale(lines=[tea._replace(kind="freight"), *sale().lines[1:]]),
        sale(lines=[tea._replace(category="tea"), *sale().lines[1:]]),
        sale(lines=[tea, sale().lines[1]._replace(category="tea")]),
        sale(lines=[tea._replace(category="freight"), *sale().lines[1:]]),
    ]
    assert len({receipts.fingerprint(one) for one in others}) == len(others)


def test_the_notation_does_not_matter() -> None:
    noted = PRESALE | {
        "completed_at": datetime(2026, 4, 1, 4, tzinfo=UTC).astimezone(),
        "paid_by_coupon": Decimal("10.0000"),
    }
    assert receipts.fingerprint(sale(**noted)) == receipts.fingerprint(sale(**PRESALE))


@pytest.mark.parametrize(
    "fields",
    [
        PRESALE,
        {"completed_at": NOON},
        {"completed_at": NOON + timedelta(days=400)},
        {"paid_by_coupon": Decimal("88.8")},
        {"paid_by_coupon": Decimal(80), "paid_by_points": Decimal("8.8")},
        {"business": "x" * 32},
    ],
)
def test_what_a_sale_may_say(fields: dict[str, Any]) -> None:
    assert faults(**fields) == []


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"business": "x" * 33}, "text_too_long", "business"),
        ({"business": "a\tb"}, "unsafe_characters", "business"),
        ({"completed_at": NOON - timedelta(seconds=1)}, "completed_before_sale", "completed_at"),
        ({"completed_at": NOON + timedelta(days=400, seconds=1)}, "completed_too_late",
         "completed_at"),
        ({"completed_at": datetime(9999, 12, 31, tzinfo=UTC)}, "completed_too_late",
         "completed_at"),
        ({"kind": "return", "completed_at": NOON}, "not_on_return", "completed_at"),
        ({"kind": "return", "paid_by_coupon": Decimal(1)}, "not_on_return", "paid_by_coupon"),
        ({"kind": "return", "paid_by_points": Decimal(1)}, "not_on_return", "paid_by_points"),
        ({"paid_by_coupon": Decimal(-1)}, "amount_out_of_range", "paid_by_coupon"),
        ({"paid_by_points": Decimal("NaN")}, "amount_out_of_range", "paid_by_points"),
        ({"paid_by_points": Decimal("Infinity")}, "amount_out_of_range", "paid_by_points"),
        ({"paid_by_points": Decimal("0.00001")}, "too_many_decimals", "paid_by_points"),
        ({"paid_by_coupon": Decimal("88.81")}, "paid_more_than_total", "paid_by_coupon"),
        ({"paid_by_coupon": Decimal(80), "paid_by_points": Decimal("8.8001")},
         "paid_more_than_total", "paid_by_points"),
    ],
)  # fmt: skip
def test_what_it_may_not_say(fields: dict[str, Any], code: str, field: str) -> None:
    assert faults(**fields) == [(code, field, None)]


@pytest.mark.parametrize("kind", ["sale", "return"])
def test_lines_have_a_kind_and_a_category(kind: str) -> None:
    tea = sale().lines[0]
    freight = tea._replace(kind="freight", category="no such category")
    assert faults(kind=kind, lines=[freight]) == []
    wrong = [tea, tea._replace(kind="service"), tea._replace(category="x" * 65),
             tea._replace(category="a\x00")]  # fmt: skip
    assert faults(kind=kind, lines=wrong) == [
        ("line_kind_unknown", "kind", 2),
        ("text_too_long", "category", 3),
        ("unsafe_characters", "category", 4),
    ]
