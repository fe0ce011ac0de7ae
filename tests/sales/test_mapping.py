"""Which column of a file means what."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from sales.policies.receipts import LineInput, MemberRef
from sales.services import mapping
from sales.services.mapping import Reader, RowFaultError
from stores.exceptions import FileRefused
from tests.sales.conftest import NOON

SHANGHAI = ZoneInfo("Asia/Shanghai")
STANDARD = mapping.DEFAULT.read_text(encoding="utf-8")
HEADER = ["单号", "类型", "时间", "会员", "商品编码", "商品名称", "数量", "单价", "金额",
          "原单号", "原单行号", "渠道"]  # fmt: skip
ROW = ["S1", "销售", "2026-03-02 12:00", "13800138001", "TEA", " 龙井 ", "2", "¥1,025.50", "",
       "", "", "门店"]  # fmt: skip


@pytest.fixture
def reader() -> Reader:
    return mapping.load(STANDARD).bind(HEADER, SHANGHAI, NOON)


def test_a_row_becomes_a_line(reader: Reader) -> None:
    line = reader.line(ROW)

    assert line == mapping.RowLine(
        number="S1",
        kind="sale",
        occurred_at=int(datetime(2026, 3, 2, 4, tzinfo=UTC).timestamp() * 1_000_000),
        member="13800138001",
        line=LineInput("TEA", "龙井", Decimal(2), Decimal("1025.50"), None, None),
        original_number="",
        channel="门店",
    )
    assert mapping.moment(line.occurred_at) == datetime(2026, 3, 2, 4, tzinfo=UTC)
    assert reader.member_ref("13800138001") == MemberRef("phone", "13800138001")
    assert reader.member_ref("K-77") == MemberRef("external", "K-77")


MORE_HEADER = ["业态", "完成时间", "券支付", "积分支付", "行类型", "品类"]
MORE_ROW = ["餐饮", "2026-04-01 12:00", "¥10.50", "1,000", "运费", "tea"]


@pytest.fixture
def more_reader() -> Reader:
    return mapping.load(STANDARD).bind([*HEADER, *MORE_HEADER], SHANGHAI, NOON)


def test_a_row_may_say_more(reader: Reader, more_reader: Reader) -> None:
    line = more_reader.line([*ROW, *MORE_ROW])

    assert line.line == reader.line(ROW).line._replace(kind="freight", category="tea")
    assert line.more == mapping.More(
        business="餐饮",
        completed_at=int(datetime(2026, 4, 1, 4, tzinfo=UTC).timestamp() * 1_000_000),
        paid_by_coupon=Decimal("10.50"),
        paid_by_points=Decimal(1000),
    )


@pytest.mark.parametrize("said", [[""] * 6, ["", "", "0", "0.00", "商品", ""], []])
def test_a_row_that_says_nothing_more_is_as_ever(
    reader: Reader, more_reader: Reader, said: list[str]
) -> None:
    assert more_reader.line([*ROW, *said]) == reader.line(ROW)


@pytest.mark.parametrize(
    ("place", "text", "code", "field"),
    [
        (1, "later", "not_a_time", "completed_at"),
        (1, "0001-01-01", "not_a_time", "completed_at"),
        (2, "ten", "not_a_number", "paid_by_coupon"),
        (3, "1e5", "not_a_number", "paid_by_points"),
        (4, "赠品", "line_kind_unknown", "line_kind"),
        (5, "x" * 65, "text_too_long", "category"),
    ],
)
def test_what_a_row_may_not_say_is_told_with_its_column(
    more_reader: Reader, place: int, text: str, code: str, field: str
) -> None:
    with pytest.raises(RowFaultError) as fault:
        more_reader.line([*ROW, *MORE_ROW[:place], text, *MORE_ROW[place + 1 :]])

    assert (fault.value.fault.code, fault.value.fault.field) == (code, field)
    assert more_reader.column(field) == MORE_HEADER[place]


@pytest.mark.parametrize(
    ("place", "text", "code", "field"),
    [
        (0, "", "required", "number"),
        (0, "x" * 65, "text_too_long", "number"),
        (0, "a\x00", "unsafe_characters", "number"),
        (1, "赠送", "kind_unknown", "kind"),
        (1, "", "kind_unknown", "kind"),
        (2, "昨天", "not_a_time", "occurred_at"),
        (2, "", "not_a_time", "occurred_at"),
        (2, "2026-02-30 12:00", "not_a_time", "occurred_at"),
        (2, "0001-01-01", "not_a_time", "occurred_at"),
        (2, "1999-12-31", "date_too_old", "occurred_at"),
        (2, "2099-01-01", "date_in_future", "occurred_at"),
        (6, "two", "not_a_number", "quantity"),
        (6, "1e5", "not_a_number", "quantity"),
        (6, "NaN", "not_a_number", "quantity"),
        (6, "\uff12", "not_a_number", "quantity"),
        (6, "1,5", "not_a_number", "quantity"),
        (6, "", "required", "quantity"),
        (6, "-1", "quantity_not_positive", "quantity"),
        (7, "-0.01", "price_negative", "unit_price"),
        (7, "9" * 5000, "not_a_number", "unit_price"),
        (5, "x" * 10_000_000, "text_too_long", "name"),
        (10, "1.5", "not_a_number", "sale_line_no"),
    ],
)
def test_what_cannot_be_is_told_with_its_column(
    reader: Reader, place: int, text: str, code: str, field: str
) -> None:
    row = [*ROW[:place], text, *ROW[place + 1 :]]

    with pytest.raises(RowFaultError) as fault:
        reader.line(row)

    assert (fault.value.fault.code, fault.value.fault.field) == (code, field)
    assert reader.column(field) == HEADER[place]


def test_cells_that_a_spreadsheet_leaves_out_are_empty(reader: Reader) -> None:
    assert reader.line(ROW[:8]).channel == ""
    assert reader.line([*ROW, "", ""]) == reader.line(ROW)


@pytest.mark.parametrize("row", [ROW[:6], [*ROW, "more"], ["S1"], []])
def test_a_row_of_another_width_is_refused_and_its_receipt_told(
    reader: Reader, row: list[str]
) -> None:
    with pytest.raises(RowFaultError) as fault:
        reader.line(row)

    assert fault.value.fault.code == "wrong_cell_count"
    assert fault.value.number == ("S1" if row else "")


def test_returns_by_prefix_have_negative_quantities() -> None:
    text = (mapping.DEFAULT.parent / "online_retail.toml").read_text(encoding="utf-8")
    header = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
              "CustomerID", "Country"]  # fmt: skip
    reader = mapping.load(text).bind(header, ZoneInfo("Europe/London"), NOON)

    line = reader.line(["C536379", "D", "Discount", "-1", "2010-12-01 09:41:00", "27.5", "14527",
                        "United Kingdom"])  # fmt: skip

    assert (line.kind, line.line.quantity) == ("return", Decimal(1))
    assert reader.member_ref("14527") == MemberRef("external", "14527")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("number = ", "numbr = "), "mapping_invalid"),
        (("[columns]", "[column]"), "mapping_invalid"),
        (('by = "auto"', 'by = "name"'), "mapping_invalid"),
        (('encoding = "auto"', 'encoding = "latin1"'), "mapping_invalid"),
        (('delimiter = "auto"', 'delimiter = "--"'), "mapping_invalid"),
        (("[kind]", "[kind"), "mapping_invalid"),
        (("freight = ", "fright = "), "mapping_invalid"),
        (('"number"]', "7]"), "mapping_invalid"),
        (('"number"]', '"other"]'), None),
    ],
)
def test_a_mapping_with_a_mistake_is_refused(change: tuple[str, str], code: str | None) -> None:
    text = STANDARD.replace(*change, 1)
    assert text != STANDARD
    if code is None:
        mapping.load(text)
        return
    with pytest.raises(FileRefused) as refused:
        mapping.load(text)

    assert refused.value.code == code


def test_a_missing_or_doubled_column_is_named() -> None:
    plan = mapping.load(STANDARD)

    with pytest.raises(FileRefused) as missing:
        plan.bind([name for name in HEADER if name != "数量"], SHANGHAI, NOON)
    with pytest.raises(FileRefused) as twice:
        plan.bind([*HEADER, "number"], SHANGHAI, NOON)

    assert (missing.value.code, missing.value.params) == (
        "column_missing", {"column": "数量 / quantity"}
    )  # fmt: skip
    assert twice.value.code == "column_twice"


def test_optional_columns_may_be_missing() -> None:
    header = ["number", "occurred_at", "sku", "quantity", "unit_price"]
    reader = mapping.load(STANDARD).bind(header, SHANGHAI, NOON)

    line = reader.line(["S1", "2026-03-02T12:00:00+08:00", "TEA", "1", "2"])

    assert (line.kind, line.member, line.line.name) == ("sale", "", "")
