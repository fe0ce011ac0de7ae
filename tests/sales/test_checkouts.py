"""Points as money at a checkout: hold, capture, release, time out, and the receipt that pays."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import Member
from points.exceptions import AccountFrozen, InvalidPoints
from points.models import Entry, LedgerSettings
from points.selectors import audit, balances, explanations
from points.services import accounts, holds
from sales import exceptions
from sales.models import Checkout, Receipt
from sales.policies.receipts import LineInput
from sales.services import intake, payments
from stores.exceptions import Refusal
from stores.models import Article, Category, Store
from tests.sales.conftest import CHEN, LIN, NOON, back, net, publish, receipt, take_one
from tests.sales.paying import (
    allow,
    bought,
    capture,
    give,
    hold,
    line,
    release,
    state,
)

pytestmark = [pytest.mark.usefixtures("rule"), pytest.mark.django_db]

TEA, CUP = line("TEA", "60"), line("CUP", "40")
LATER = NOON + timedelta(minutes=31)


@pytest.fixture(autouse=True)
def _world(store: Store, lin: Member) -> object:
    give(lin, 5_000)
    allow()
    yield
    assert audit.run().breaches == {}


def figures(member: Member, at: Any = NOON) -> tuple[int, int]:
    now = balances.balance(member.pk, at=at)
    return now.available, now.held


def refusal(call: Any) -> Refusal:
    with pytest.raises(Refusal) as raised:
        call()
    return raised.value


def test_a_hold_sets_points_aside_and_says_how_each_line_is_paid(store: Store, lin: Member) -> None:
    held = hold(store, "A1", lin, TEA, CUP).checkout

    assert (held.points, held.paid_by_points, held.total) == (5_000, Decimal(50), Decimal(100))
    assert held.plan["lines"] == [[1, "0", "30.00", 3_000], [2, "0", "20.00", 2_000]]
    assert figures(lin) == (0, 5_000)
    entry = Entry.objects.get(kind="hold")
    assert (entry.store, entry.source) == (store, "checkout")
    assert "A1" in explanations.render(entry)
    assert "50" in explanations.render(entry)


def test_the_same_number_is_one_checkout_and_other_content_a_conflict(
    store: Store, lin: Member
) -> None:
    first = hold(store, "A1", lin, TEA, points=1_000)
    again = hold(store, "A1", lin, TEA, points=1_000)

    assert (first.is_replay, again.is_replay) == (False, True)
    assert first.checkout.pk == again.checkout.pk
    for fields in ({"points": 2_000}, {"points": None}):
        code = refusal(lambda fields=fields: hold(store, "A1", lin, TEA, **fields)).code
        assert code == "checkout_conflict"
    assert refusal(lambda: hold(store, "A1", lin, CUP, points=1_000)).code == "checkout_conflict"
    assert figures(lin) == (4_000, 1_000)


def test_another_member_cannot_take_the_number(store: Store, lin: Member, chen: Member) -> None:
    give(chen, 500)
    hold(store, "A1", lin, TEA)

    assert refusal(lambda: hold(store, "A1", chen, TEA)).code == "checkout_conflict"
    assert figures(chen) == (500, 0)


@pytest.mark.parametrize(
    ("settings", "fields", "code"),
    [
        ({"is_on": False}, {}, "checkout_empty"),
        ({"is_on": False}, {"points": 100}, "deduction_off"),
        ({"order_min": 61}, {"points": 100}, "order_too_small"),
        ({"order_cap": "5"}, {"points": 600}, "order_cap"),
        ({"order_share": 10}, {"points": 700}, "order_share"),
        ({"balance_share": 10}, {"points": 600}, "balance_share"),
        ({}, {"points": 6_001}, "balance"),
        ({"points_step": 100}, {"points": 150}, "points_step"),
        ({"points_min": 200}, {"points": 100}, "points_min"),
        ({}, {"points": 0}, "checkout_empty"),
    ],
)
def test_what_a_limit_refuses_takes_nothing(
    store: Store, lin: Member, settings: dict[str, Any], fields: dict[str, Any], code: str
) -> None:
    allow(**settings)

    found = refusal(lambda: hold(store, "A1", lin, TEA, **fields))

    assert found.code == code
    assert str(found)
    assert not Checkout.objects.exists()
    assert figures(lin) == (5_000, 0)


@pytest.mark.parametrize("points", [-1, 10**15 + 1, 2**63])
def test_nonsense_is_refused_with_a_code(store: Store, lin: Member, points: int) -> None:
    with pytest.raises(InvalidPoints):
        hold(store, "A1", lin, TEA, points=points)


@pytest.mark.parametrize(
    "wrong",
    [
        LineInput("TEA", "", Decimal(0), Decimal(1)),
        LineInput("TEA", "", Decimal(-1), Decimal(1)),
        LineInput("TEA", "", Decimal("1e309"), Decimal(1)),
        LineInput("TEA", "", Decimal(1), Decimal("NaN")),
        LineInput("", "", Decimal(1), Decimal(1)),
    ],
)
def test_a_wrong_line_is_refused_with_its_place(
    store: Store, lin: Member, wrong: LineInput
) -> None:
    found = refusal(lambda: hold(store, "A1", lin, TEA, wrong))

    assert isinstance(found, exceptions.ReceiptRefused)
    assert found.line_no == 2


def test_a_frozen_account_pays_nothing_and_says_why(store: Store, lin: Member) -> None:
    accounts.freeze(member_id=lin.pk, reason="查证中", reference="f", actor="test", at=NOON)

    found = refusal(lambda: hold(store, "A1", lin, TEA))

    assert isinstance(found, AccountFrozen)
    assert "查证中" in str(found)


def test_goods_are_excluded_by_category_label_and_number(store: Store, lin: Member) -> None:
    drinks = Category.objects.create(code="drinks", name="饮品")
    wine = Category.objects.create(code="wine", name="酒", parent=drinks)
    Article.objects.create(sku="TEA", name="茶", category=wine)
    Article.objects.create(sku="CUP", name="杯", labels=["special"])
    allow(excluded={"category": ["drinks"], "label": ["special"], "sku": ["BAG"]})

    held = hold(store, "A1", lin, TEA, CUP, line("BAG", "5"), line("POT", "7")).checkout

    assert held.plan["lines"] == [[4, "0", "7.00", 700]]


def test_a_receipt_captures_its_checkout_and_earns_on_what_was_paid_in_money(
    store: Store, lin: Member
) -> None:
    hold(store, "A1", lin, TEA, CUP, points=3_000)

    answer = take_one(store, bought("A1", [TEA, CUP]))

    # 100 yuan, of which 30 by points: 70 earn.
    assert (answer.points, answer.available) == (70, 2_070)
    made = Receipt.objects.get()
    assert (made.paid_by_points, made.paid_by_coupon) == (Decimal(30), Decimal(0))
    assert (state(store, "A1"), made.checkout.number) == ("captured", "A1")
    assert figures(lin) == (2_070, 0)


def test_a_receipt_sent_again_is_the_same_receipt(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA)
    first = take_one(store, bought("A1", [TEA], member=LIN))
    again = take_one(store, bought("A1", [TEA], member=LIN))
    assert (first.is_replay, again.is_replay) == (False, True)
    assert Entry.objects.filter(kind="capture").count() == 1


def test_a_receipt_that_names_nobody_is_the_checkouts_member(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA, points=1_000)
    sent = bought("S-9", [TEA], member=None, checkout="A1")

    answer = take_one(store, sent)
    again = take_one(store, sent)

    assert (answer.member_id, answer.points) == (lin.pk, 50)
    assert again.is_replay
    assert Checkout.objects.get(receipt__number="S-9").number == "A1"


@pytest.mark.parametrize("paid", ["30", "30.0000", None])
def test_a_capture_before_the_receipt_is_found_by_it(
    store: Store, lin: Member, paid: str | None
) -> None:
    hold(store, "A1", lin, TEA, CUP, points=3_000)
    assert (capture(store, "A1").is_replay, capture(store, "A1").is_replay) == (False, True)

    said = {} if paid is None else {"paid_by_points": Decimal(paid)}
    answer = take_one(store, bought("A1", [TEA, CUP], **said))

    assert (answer.points, figures(lin)) == (70, (2_070, 0))
    assert Entry.objects.filter(kind="capture").count() == 1


@pytest.mark.parametrize(
    ("lines", "fields", "field"),
    [
        ([TEA], {}, "lines"),
        ([CUP, TEA], {}, "lines"),
        ([TEA, line("CUP", "41")], {}, "lines"),
        ([TEA, CUP], {"paid_by_points": Decimal(31)}, "paid_by_points"),
        ([TEA, CUP], {"paid_by_coupon": Decimal(1)}, "paid_by_coupon"),
        ([TEA, CUP], {"member": CHEN, "paid_by_points": Decimal(30)}, "member"),
        ([TEA, CUP], {"currency": "USD"}, "currency"),
    ],
)
def test_a_receipt_that_is_another_purchase_is_refused(
    store: Store, lin: Member, chen: Member, lines: Any, fields: dict[str, Any], field: str
) -> None:
    hold(store, "A1", lin, TEA, CUP, points=3_000)

    found = refusal(lambda: take_one(store, bought("A1", lines, **fields)))

    assert (found.code, found.field) == ("checkout_mismatch", field)
    assert "A1" in str(found)
    assert (Receipt.objects.count(), figures(lin)) == (0, (2_000, 3_000))


def test_a_checkout_pays_one_receipt(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA)
    take_one(store, bought("S-1", [TEA], checkout="A1"))

    found = refusal(lambda: take_one(store, bought("S-2", [TEA], checkout="A1")))
    assert (found.code, refusal(lambda: release(store, "A1")).code) == (
        "checkout_used",
        "checkout_used",
    )
    unknown = refusal(lambda: take_one(store, bought("S-2", [TEA], checkout="A9")))
    assert (unknown.code, unknown.field) == ("checkout_unknown", "checkout")


def test_a_receipt_in_money_does_not_mind_a_checkout_that_is_over(
    store: Store, lin: Member
) -> None:
    hold(store, "A1", lin, TEA)
    release(store, "A1")

    assert take_one(store, bought("A1", [TEA])).points == 60
    wrong = refusal(lambda: take_one(store, bought("A2", [TEA], checkout="A1")))
    assert wrong.code == "checkout_released"


def test_release_gives_back_once(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA)

    assert [release(store, "A1").is_replay for _ in range(2)] == [False, True]
    assert figures(lin) == (5_000, 0)
    assert refusal(lambda: capture(store, "A1")).code == "checkout_released"
    # The number is done with: an answer that comes late must not hold again.
    assert hold(store, "A1", lin, TEA).checkout.state == "released"


def test_an_order_that_is_cancelled_before_its_receipt_is_undone(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA)
    capture(store, "A1")

    assert release(store, "A1").checkout.state == "released"
    assert (figures(lin), net(lin)) == ((5_000, 0), 5_000)


def test_a_number_that_is_a_receipt_already_is_no_checkout(store: Store, lin: Member) -> None:
    take_one(store, receipt("A1", "60"))

    assert refusal(lambda: hold(store, "A1", lin, TEA)).code == "duplicate_number"


def test_what_timed_out_is_free_at_once_and_may_still_be_paid_with(
    store: Store, lin: Member
) -> None:
    hold(store, "A1", lin, TEA, points=3_000)
    assert (figures(lin), figures(lin, LATER)) == ((2_000, 3_000), (5_000, 0))

    assert capture(store, "A1", now=LATER).checkout.state == "captured"
    assert figures(lin, LATER) == (2_000, 0)


def test_what_timed_out_and_was_used_elsewhere_is_said(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA, points=3_000)
    hold(store, "A2", lin, TEA, points=3_000, now=LATER)

    assert refusal(lambda: capture(store, "A1", now=LATER)).code == "checkout_timed_out"
    late = bought("A1", [TEA], paid_by_points=Decimal(30))
    with pytest.raises(exceptions.CheckoutTimedOut):
        payments_at(store, late)
    assert Receipt.objects.count() == 0
    # The same in money.
    assert payments_at(store, bought("A1", [TEA])).points == 60


def payments_at(store: Store, sent: Any) -> Any:
    return intake.record_one(store=store, receipt=sent, source="api", actor="t", now=LATER)


@pytest.mark.parametrize("is_job_first", [True, False])
def test_the_jobs_close_what_timed_out(store: Store, lin: Member, is_job_first: bool) -> None:
    hold(store, "A1", lin, TEA)
    assert payments.time_out_due(now=NOON) == 0
    if is_job_first:
        holds.release_stale(now=LATER)

    assert payments.time_out_due(now=LATER) == 1
    assert payments.time_out_due(now=LATER) == 0
    assert holds.release_stale(now=LATER) == 0
    assert (state(store, "A1"), figures(lin, LATER)) == ("timed_out", (5_000, 0))
    assert capture(store, "A1", now=LATER).checkout.state == "captured"


def test_the_rate_of_the_hold_stands(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA, points=3_000)
    LedgerSettings.objects.update_or_create(pk=1, defaults={"points_per_yuan": 10})

    assert take_one(store, bought("A1", [TEA])).total == 60
    assert Receipt.objects.get().paid_by_points == 30


def test_receipts_without_a_checkout_cost_no_query_more(store: Store, lin: Member) -> None:
    with CaptureQueriesContext(connection) as seen:
        take_one(store, receipt("1", "10"))
    asked = [query["sql"] for query in seen if "sales_checkout" in query["sql"]]
    # Within the queries for the member and for what is there already, and in no other.
    assert all("members_member" in sql or "LEFT OUTER JOIN" in sql for sql in asked)
    assert not [sql for sql in asked if sql.startswith(("INSERT", "UPDATE"))]


def test_an_imported_receipt_paid_by_points_elsewhere_is_as_before(
    store: Store, lin: Member
) -> None:
    take_one(store, receipt("1", "100", paid_by_points=Decimal(30)))
    answer = take_one(store, back("R1", "1", line("A0", "100")))

    assert (answer.points, net(lin)) == (-70, 5_000)
    came = Receipt.objects.get(number="R1")
    assert (came.refund, came.refund_by_points, came.points_back) == (
        Decimal(70),
        Decimal(30),
        0,
    )
    assert sorted(Entry.objects.values_list("kind", flat=True)) == ["clawback", "earn", "earn"]


def test_an_account_that_is_frozen_meanwhile_pays_nothing(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA, points=1_000)
    accounts.freeze(member_id=lin.pk, reason="查证中", reference="f", actor="test", at=NOON)

    for act in (lambda: capture(store, "A1"), lambda: take_one(store, bought("A1", [TEA]))):
        assert refusal(act).code == "account_frozen"
    assert (Receipt.objects.count(), state(store, "A1"), figures(lin)) == (
        0,
        "held",
        (4_000, 1_000),
    )
    release(store, "A1")
    assert figures(lin) == (5_000, 0)


@pytest.mark.parametrize(("earns", "points"), [(False, 50), (True, 60)])
def test_what_points_paid_earns_as_the_program_says(
    store: Store, lin: Member, earns: bool, points: int
) -> None:
    publish(points_part_earns=earns, starts_at=NOON - timedelta(days=1))
    hold(store, "A1", lin, TEA, points=1_000)

    assert take_one(store, bought("A1", [TEA])).points == points
