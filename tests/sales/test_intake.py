"""The one way of a receipt into the house."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from campaigns.models import EarningRuleVersion
from members.models import Member
from points.models import LedgerSettings
from points.selectors import balances
from sales.exceptions import AlreadySettled, DuplicateNumber, ReceiptRefused
from sales.models import Receipt, ReceiptLine
from sales.policies.receipts import LineInput, MemberRef
from sales.selectors import explanations
from sales.services import intake, waiting
from stores.models import Store
from tests.sales.conftest import (
    CHEN,
    LIN,
    NOON,
    back,
    net,
    publish,
    receipt,
    take,
    take_one,
)

pytestmark = pytest.mark.usefixtures("rule")

TEA = LineInput("TEA", "龙井 250g", Decimal(4), Decimal("25.5"))
CAKE = LineInput("CAKE", "桂花糕", Decimal("0.335"), Decimal("59.9"))


def settle(policy: str, **settings: int) -> None:
    """Let the merchant settle what becomes of points that a return finds gone."""
    own, _ = LedgerSettings.objects.get_or_create()
    for name, value in {"debt_policy": policy, **settings}.items():
        setattr(own, name, value)
    own.save()


def part(line: LineInput, quantity: str, **changes: Any) -> LineInput:
    return line._replace(quantity=Decimal(quantity), **changes)


def test_a_sale_earns_by_the_rule_and_answers_with_the_balance(store: Store, lin: Member) -> None:
    outcome = take_one(store, receipt("1", "88.80"))

    assert (outcome.points, outcome.state, outcome.is_replay) == (88, "posted", False)
    assert (outcome.available, outcome.pending, outcome.debt) == (88, 0, 0)
    row = Receipt.objects.get()
    assert (row.number, row.member, row.total, row.points_earned) == (
        "1", lin, Decimal("88.80"), 88
    )  # fmt: skip
    assert row.explanation == outcome.explanation
    assert row.rule_version == EarningRuleVersion.objects.get()


def test_a_guests_receipt_is_kept_and_earns_nothing(store: Store) -> None:
    outcome = take_one(store, receipt("1", "88.80", member=None))

    assert (outcome.points, outcome.available) == (0, None)
    assert outcome.explanation["type"] == "no_member"
    assert Receipt.objects.get().member is None


def test_the_same_receipt_again_gets_the_first_answer(store: Store, lin: Member) -> None:
    first = take_one(store, receipt("1", "88.80"))
    take_one(store, receipt("2", "10"))

    again = take_one(store, receipt("1", "88.8000"))

    assert again.is_replay
    assert (again.points, again.available) == (first.points, first.available) == (88, 88)
    assert Receipt.objects.count() == 2
    assert net(lin) == 98


def test_a_member_may_be_named_differently_in_a_repeat(store: Store, lin: Member) -> None:
    take_one(store, receipt("1", "88.80"))

    assert take_one(
        store, receipt("1", "88.80", member=MemberRef("phone", "138 0013 8001"))
    ).is_replay


@pytest.mark.parametrize(
    "other",
    [
        receipt("1", "88.81"),
        receipt("1", "88.80", at=NOON - timedelta(minutes=1)),
        receipt("1", "88.80", member=CHEN),
        receipt("1", "88.80", member=None),
        receipt("1", "88.80", channel="mini"),
        receipt("1", "88.80", kind="return"),
    ],
)
def test_a_taken_number_with_other_content_is_refused(
    store: Store, lin: Member, chen: Member, other: Any
) -> None:
    take_one(store, receipt("1", "88.80"))

    with pytest.raises(DuplicateNumber) as refused:
        take_one(store, other)

    assert (refused.value.code, refused.value.field) == ("duplicate_number", "number")
    assert (net(lin), net(chen)) == (88, 0)


def test_two_stores_may_use_the_same_number(store: Store, lin: Member) -> None:
    other = Store.objects.create(code="HZ2", name="湖滨店")

    take_one(store, receipt("1", "10"))
    take_one(other, receipt("1", "20"))

    assert net(lin) == 30


def test_a_refused_receipt_leaves_the_others_of_its_batch_alone(store: Store, lin: Member) -> None:
    outcomes = take(
        store,
        receipt("1", "10"),
        receipt("2", "-1"),
        receipt("3", "5", member=MemberRef("number", "999")),
        receipt("1", "10"),
        receipt("1", "11"),
        receipt("4", "20"),
    )

    assert [o.refusal.code if o.refusal else o.is_replay for o in outcomes] == [
        False, "price_negative", "unknown_member", True, "duplicate_number", False
    ]  # fmt: skip
    assert outcomes[3].receipt_id == outcomes[0].receipt_id
    assert net(lin) == 30
    assert Receipt.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"at": NOON + timedelta(days=2)}, "date_in_future", "occurred_at"),
        ({"at": NOON.replace(year=2099)}, "date_in_future", "occurred_at"),
        ({"at": NOON.replace(year=1999)}, "date_too_old", "occurred_at"),
        ({"number": "A\x00"}, "unsafe_characters", "number"),
        ({"number": "9" * 65}, "text_too_long", "number"),
        ({"number": " 1"}, "outer_blanks", "number"),
        ({"number": ""}, "required", "number"),
        ({"lines": []}, "lines_missing", "lines"),
        ({"lines": [TEA] * 2001}, "too_many_lines", "lines"),
        ({"lines": [part(TEA, "0")]}, "quantity_not_positive", "quantity"),
        ({"lines": [part(TEA, "-1")]}, "quantity_not_positive", "quantity"),
        ({"lines": [part(TEA, "NaN")]}, "quantity_out_of_range", "quantity"),
        ({"lines": [part(TEA, "Infinity")]}, "quantity_out_of_range", "quantity"),
        ({"lines": [part(TEA, "1.0001")]}, "too_many_decimals", "quantity"),
        ({"lines": [part(TEA, "1", unit_price=Decimal("-0.01"))]}, "price_negative", "unit_price"),
        ({"lines": [part(TEA, "1", unit_price=Decimal("1e20"))]},
         "price_out_of_range", "unit_price"),
        ({"lines": [part(TEA, "1", amount=Decimal(-1))]}, "amount_out_of_range", "amount"),
        ({"lines": [part(TEA, "1", amount=Decimal(26))]}, "amount_above_price", "amount"),
        ({"lines": [part(TEA, "1", name="x" * 10_000_000)]}, "text_too_long", "name"),
        ({"lines": [part(TEA, "1", sku="\ud800")]}, "unsafe_characters", "sku"),
        ({"lines": [part(TEA, "1", sku="")]}, "required", "sku"),
        ({"lines": [part(TEA, "1", sale_line_no=1)]}, "sale_line_without_sale", "sale_line_no"),
        ({"lines": [TEA._replace(quantity=Decimal(999999999), unit_price=Decimal(9999999999))]},
         "total_too_large", "amount"),
        ({"currency": "yuan"}, "currency_unknown", "currency"),
        ({"kind": "gift"}, "kind_unknown", "kind"),
        ({"original_number": "7"}, "original_on_sale", "original_number"),
        ({"channel": "x" * 33}, "text_too_long", "channel"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_code_and_field(
    store: Store, lin: Member, changes: dict[str, Any], code: str, field: str
) -> None:
    fields = {"number": "1", "lines": [TEA]} | changes

    with pytest.raises(ReceiptRefused) as refused:
        take_one(store, receipt(**fields))

    assert (refused.value.code, refused.value.field) == (code, field)
    assert str(refused.value)
    assert Receipt.objects.count() == 0


def test_what_was_really_paid_counts(store: Store, lin: Member) -> None:
    outcome = take_one(store, receipt("1", lines=[part(TEA, "4", amount=Decimal("81.60"))]))

    assert (outcome.points, outcome.total) == (81, Decimal("81.60"))


def test_weighed_goods_are_exact(store: Store, lin: Member) -> None:
    take_one(store, receipt("1", lines=[CAKE]))

    line = ReceiptLine.objects.get()
    assert (line.quantity, line.amount) == (Decimal("0.335"), Decimal("20.0665"))


def test_pending_days_delay_the_points(store: Store, lin: Member) -> None:
    publish(starts_at=NOON - timedelta(days=1), pending_days=7)

    outcome = take_one(store, receipt("1", "50"))

    assert (outcome.available, outcome.pending) == (0, 50)


def test_the_version_of_the_receipts_own_time_judges_it(store: Store, lin: Member) -> None:
    publish(starts_at=NOON - timedelta(days=1), points=2)

    late = take_one(store, receipt("1", "50", at=NOON - timedelta(days=2)))
    today = take_one(store, receipt("2", "50"))

    assert (late.points, today.points) == (50, 100)
    assert late.explanation["rule"] == 1
    assert today.explanation["rule"] == 2


def test_a_receipt_from_before_the_first_rule_says_why_it_earned_nothing(
    store: Store, lin: Member
) -> None:
    outcome = take_one(store, receipt("1", "50", at=NOON - timedelta(days=800)))

    assert (outcome.points, outcome.explanation["type"]) == (0, "no_rule")
    assert outcome.available == 0


# --- members -------------------------------------------------------------------------------------


def test_unknown_people_are_registered_when_asked(store: Store) -> None:
    people = [
        MemberRef("external", "E-1"),
        MemberRef("phone", "13800138009"),
        MemberRef("external", "E-1"),
    ]
    receipts = [receipt(str(n), "10", member=ref) for n, ref in enumerate(people)]

    outcomes = take(store, *receipts, create_members=True)

    assert [o.refusal for o in outcomes] == [None] * 3
    assert outcomes[0].member_id == outcomes[2].member_id
    made = Member.objects.order_by("pk")
    assert [(m.external_number, m.phone) for m in made] == [("E-1", None), (None, "+8613800138009")]
    assert [net(m) for m in made] == [20, 10]


def test_an_unknown_member_number_is_never_invented(store: Store) -> None:
    ref = MemberRef("number", "123456789012")

    (outcome,) = take(store, receipt("1", "10", member=ref), create_members=True)

    assert outcome.refusal is not None
    assert outcome.refusal.code == "unknown_member"
    assert Member.objects.count() == 0


def test_a_phone_that_is_none_stays_unknown(store: Store) -> None:
    ref = MemberRef("phone", "12")

    (outcome,) = take(store, receipt("1", "10", member=ref), create_members=True)

    assert outcome.refusal is not None
    assert outcome.refusal.code == "unknown_member"


# --- returns -------------------------------------------------------------------------------------


def test_an_unlinked_return_takes_what_its_goods_would_earn(store: Store, lin: Member) -> None:
    take_one(store, receipt("1", "100"))

    outcome = take_one(store, receipt("R", "30.90", kind="return"))

    assert outcome.points == -30
    assert outcome.explanation["type"] == "unlinked_return"
    assert net(lin) == 70


def test_a_return_of_more_than_there_is_becomes_debt(store: Store, lin: Member) -> None:
    outcome = take_one(store, receipt("R", "30", kind="return"))

    assert (outcome.available, outcome.debt) == (0, 30)
    assert take_one(store, receipt("2", "50")).available == 20


@pytest.mark.parametrize(
    ("policy", "shortfall", "deduct", "debt"),
    [("owe", 0, None, 20), ("forgive", 20, None, 0), ("till", 20, Decimal("0.67"), 0)],
)
def test_the_merchant_decides_what_becomes_of_points_that_are_gone(
    store: Store, lin: Member, policy: str, shortfall: int, deduct: Decimal | None, debt: int
) -> None:
    settle(policy, points_per_yuan=30)
    take_one(store, receipt("1", "10"))

    first = take_one(store, receipt("R", "30", kind="return"))

    assert (first.points, first.shortfall, first.deduct) == (-30, shortfall, deduct)
    assert first.debt == debt
    settle("owe", points_per_yuan=1)
    again = take_one(store, receipt("R", "30", kind="return"))
    assert again == replace(first, is_replay=True)


def test_a_batch_tells_each_of_its_returns_what_the_till_keeps(store: Store, lin: Member) -> None:
    settle("till", points_per_yuan=100)
    both = receipt("R2", "12", kind="return")

    outcomes = take(store, receipt("1", "20"), receipt("R1", "15", kind="return"), both, both)

    assert [(o.points, o.shortfall, o.deduct) for o in outcomes] == [
        (20, 0, None),
        (-15, 0, None),
        (-12, 7, Decimal("0.07")),
        (-12, 7, Decimal("0.07")),
    ]


def test_a_return_that_waited_keeps_what_the_till_is_to_deduct(store: Store, lin: Member) -> None:
    settle("till", points_per_yuan=100)
    assert take_one(store, back("R", "1", part(TEA, "4"))).deduct is None
    settle("owe")
    take_one(store, receipt("D", "50", kind="return"))
    settle("till", points_per_yuan=100)

    take_one(store, receipt("1", lines=[TEA]))  # 102, of which 50 pay the debt

    now = take_one(store, back("R", "1", part(TEA, "4")))
    assert (now.points, now.shortfall, now.deduct) == (-102, 50, Decimal("0.50"))


def test_partial_returns_end_exactly_at_what_the_sale_earned(store: Store, lin: Member) -> None:
    sale = take_one(store, receipt("1", lines=[TEA, CAKE]))  # 102 + 20.0665: 122 points
    steps = [
        take_one(store, back("R1", "1", part(TEA, "1"))),
        take_one(store, back("R2", "1", part(CAKE, "0.1"))),
        take_one(store, back("R3", "1", part(TEA, "3"))),
        take_one(store, back("R4", "1", part(CAKE, "0.235"))),
    ]

    assert sale.points == 122
    assert [step.points for step in steps] == [-25, -6, -76, -15]
    assert net(lin) == 0
    row = Receipt.objects.get(number="1")
    assert (row.points_clawed, row.returned_total) == (122, row.total)
    assert [line.returned for line in row.lines.order_by("line_no")] == [
        Decimal(4), Decimal("0.335")
    ]  # fmt: skip


def test_a_sale_and_its_returns_in_one_batch(store: Store, lin: Member) -> None:
    outcomes = take(
        store,
        receipt("1", lines=[TEA]),
        back("R1", "1", part(TEA, "1")),
        back("R2", "1", part(TEA, "3")),
        back("R3", "1", part(TEA, "1")),
    )

    assert [o.points for o in outcomes[:3]] == [102, -25, -77]
    assert outcomes[3].refusal is not None
    assert outcomes[3].refusal.code == "return_exceeds_quantity"
    assert net(lin) == 0
    assert Receipt.objects.get(number="1").points_clawed == 102


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (part(TEA, "4.001"), "return_exceeds_quantity"),
        (part(TEA, "1", sku="COFFEE"), "sku_not_sold"),
        (part(TEA, "1", sale_line_no=2), "sale_line_mismatch"),
        (part(TEA, "1", sale_line_no=9), "sale_line_unknown"),
        (part(TEA, "1", unit_price=Decimal(200)), "return_exceeds_amount"),
    ],
)
def test_a_return_that_does_not_fit_its_sale_is_refused(
    store: Store, lin: Member, line: LineInput, code: str
) -> None:
    take_one(store, receipt("1", lines=[TEA, CAKE]))

    with pytest.raises(ReceiptRefused) as refused:
        take_one(store, back("R", "1", line))

    assert refused.value.code == code
    assert net(lin) == 122


def test_a_return_of_a_return_is_refused(store: Store, lin: Member) -> None:
    take_one(store, receipt("R", "5", kind="return"))

    with pytest.raises(ReceiptRefused) as refused:
        take_one(store, back("R2", "R", LineInput("A0", "", Decimal(1), Decimal(5))))

    assert refused.value.code == "return_of_return"


def test_a_return_belongs_to_its_sales_member(store: Store, lin: Member, chen: Member) -> None:
    take_one(store, receipt("1", lines=[TEA]))

    nameless = take_one(store, back("R1", "1", part(TEA, "1"), member=None))
    with pytest.raises(ReceiptRefused) as refused:
        take_one(store, back("R2", "1", part(TEA, "1"), member=CHEN))

    assert (nameless.member_id, nameless.points) == (lin.pk, -25)
    assert take_one(store, back("R1", "1", part(TEA, "1"), member=None)).is_replay
    assert refused.value.code == "member_mismatch"


def test_the_version_that_gave_the_points_decides_what_is_taken_back(
    store: Store, lin: Member
) -> None:
    take_one(store, receipt("1", lines=[TEA], at=NOON - timedelta(days=2)))
    publish(starts_at=NOON - timedelta(days=1), points=5)

    assert take_one(store, back("R", "1", part(TEA, "2"))).points == -51


def test_points_of_a_block_rule_come_back_in_proportion(store: Store, lin: Member) -> None:
    publish(starts_at=NOON - timedelta(days=1), method="block", points=10, block_yuan=100)
    goods = LineInput("POT", "紫砂壶", Decimal(2), Decimal(125))

    sale = take_one(store, receipt("1", lines=[goods]))
    first = take_one(store, back("R1", "1", part(goods, "1")))
    second = take_one(store, back("R2", "1", part(goods, "1")))

    assert (sale.points, first.points, second.points) == (20, -10, -10)


def test_a_return_before_its_sale_waits_for_it(store: Store, lin: Member) -> None:
    early = take_one(store, back("R", "1", part(TEA, "1")))

    assert (early.state, early.points) == ("waiting", 0)
    assert net(lin) == 0

    take_one(store, receipt("1", lines=[TEA]))

    assert net(lin) == 77
    now = take_one(store, back("R", "1", part(TEA, "1")))
    assert (now.state, now.points, now.is_replay) == ("posted", -25, True)
    assert Receipt.objects.get(number="R").sale == Receipt.objects.get(number="1")


def test_a_waiting_return_that_does_not_fit_is_left_for_a_person(store: Store, lin: Member) -> None:
    take_one(store, back("R", "1", part(TEA, "9")))

    assert take_one(store, receipt("1", lines=[TEA])).points == 102

    row = Receipt.objects.get(number="R")
    assert (row.state, row.fault, row.points_clawed) == ("disputed", "return_exceeds_quantity", 0)
    with translation.override("en"):
        assert explanations.sentence(row.explanation) == (
            "Does not fit its sale: More comes back than was sold: only 4 left to return."
        )
    assert net(lin) == 102


def test_a_return_that_stands_before_its_sale_in_a_batch(store: Store, lin: Member) -> None:
    outcomes = take(store, back("R", "1", part(TEA, "1")), receipt("1", lines=[TEA]))

    assert [(o.state, o.points) for o in outcomes] == [("posted", -25), ("posted", 102)]
    assert net(lin) == 77


def test_a_sweep_settles_returns_that_missed_their_sale(store: Store, lin: Member) -> None:
    take_one(store, receipt("1", lines=[TEA]))
    take_one(store, back("R", "2", part(TEA, "1")))
    # As if two processes had not seen each other.
    Receipt.objects.filter(number="R").update(original_number="1")

    assert waiting.settle_due(actor="sweep", now=NOON) == 1
    assert waiting.settle_due(actor="sweep", now=NOON) == 0

    row = Receipt.objects.get(number="R")
    assert (row.state, row.points_clawed) == ("posted", 25)
    assert net(lin) == 77


def test_a_person_settles_a_return_whose_sale_never_came(store: Store, lin: Member) -> None:
    take_one(store, back("R", "0", part(TEA, "1")))
    row = Receipt.objects.get(number="R")

    done = intake.settle_alone(receipt=row, actor="wang", now=NOON)

    assert (done.state, done.points, done.sale) == ("posted", -25, None)
    assert done.explanation["type"] == "unlinked_return"
    assert net(lin) == -25
    with pytest.raises(AlreadySettled):
        intake.settle_alone(receipt=row, actor="wang", now=NOON)
    # Should the sale come after all, its return is settled already.
    assert take_one(store, receipt("0", lines=[TEA])).points == 102
    assert net(lin) == 77


# --- speed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 3])
def test_the_number_of_queries_depends_on_nothing(
    store: Store, lin: Member, chen: Member, lines: int
) -> None:
    with CaptureQueriesContext(connection) as queries:
        take_one(store, receipt("1", *["10"] * lines))
    one = len(queries)

    batch = [
        receipt(f"B{n}", *["10"] * lines, member=LIN if n % 2 else MemberRef("number", chen.number))
        for n in range(9)  # enough for COPY
    ]
    with CaptureQueriesContext(connection) as queries:
        take(store, *batch)

    assert (one, len(queries)) == ((23, 17) if connection.vendor == "postgresql" else (23, 21))


def test_a_preview_writes_nothing(store: Store, lin: Member) -> None:
    outcomes = intake.preview(
        store=store,
        receipts=[
            receipt("1", lines=[TEA]),
            back("R", "1", part(TEA, "1")),
            receipt("2", "10", member=MemberRef("external", "new")),
            receipt("3", "-1"),
        ],
        now=NOON,
        create_members=True,
    )

    assert [o.points for o in outcomes] == [102, -25, 10, 0]
    assert outcomes[3].refusal is not None
    assert Receipt.objects.count() == 0
    assert Member.objects.count() == 1
    assert balances.balance(lin.pk, at=NOON).earned_total == 0
