"""Returns of what was paid with points: exact by line, in any order, and told on a slip."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from members.models import Member
from members.services import merging
from points.models import LedgerSettings, Lot
from points.selectors import audit, balances
from points.services import accounts, expiry, ledger
from points.services import settings as ledger_settings
from sales.exceptions import ReceiptRefused
from sales.models import Checkout, Receipt
from sales.selectors import slips
from sales.selectors.slips import Slip
from sales.services import intake
from stores.exceptions import Refusal
from stores.models import Store
from tests.sales.conftest import CHEN, NOON, back, net, publish, take, take_one
from tests.sales.paying import UNTIL, allow, bought, capture, give, hold, line

pytestmark = pytest.mark.django_db

TEA, CUP = line("TEA", "60", "3"), line("CUP", "40")
BASKET = [TEA, CUP]


@pytest.fixture(autouse=True)
def _world(store: Store, lin: Member) -> Iterator[None]:
    publish(pending_days=0)
    allow()
    give(lin, 5_000)
    yield
    assert audit.run().breaches == {}


def slip(number: str) -> Slip:
    found = slips.slip_of(Receipt.objects.get(number=number))
    assert found is not None
    return found


def sold(store: Store, lin: Member, points: int = 3_000, number: str = "S") -> None:
    hold(store, number, lin, *BASKET, points=points)
    take_one(store, bought(number, BASKET))


def test_a_whole_return_puts_everything_where_it_was(store: Store, lin: Member) -> None:
    before = list(Lot.objects.values_list("remaining", flat=True))
    sold(store, lin)
    assert net(lin) == 2_070

    answer = take_one(store, back("R", "S", *BASKET))

    assert (answer.points, net(lin)) == (-70, 5_000)
    assert list(
        Lot.objects.filter(entry__source="opening").values_list("remaining", flat=True)
    ) == (before)
    found = slip("R")
    assert (found.spent_back, found.taken_off, found.net) == (3_000, 70, 2_930)
    assert (found.refund, found.by_points, found.to_refund) == (
        Decimal(70),
        Decimal(30),
        Decimal(70),
    )
    assert [(put.points, put.until) for put in found.lots] == [(3_000, UNTIL)]


@pytest.mark.parametrize(
    "steps",
    [
        [["TEA", "TEA", "TEA", "CUP"]],
        [["TEA"], ["TEA"], ["TEA"], ["CUP"]],
        [["CUP"], ["TEA", "TEA"], ["TEA"]],
        [["TEA", "CUP"], ["TEA", "TEA"]],
    ],
)
def test_any_sequence_of_parts_ends_where_one_return_ends(
    store: Store, lin: Member, steps: list[list[str]]
) -> None:
    sold(store, lin, points=3_001)

    for nth, skus in enumerate(steps):
        parts = [line(sku, "20" if sku == "TEA" else "40") for sku in skus]
        take_one(store, back(f"R{nth}", "S", *parts))

    came = Receipt.objects.filter(kind="return")
    assert sum(one.points_back for one in came) == 3_001
    assert sum(one.refund or 0 for one in came) == Decimal("69.99")
    assert sum(one.refund_by_points for one in came) == Decimal("30.01")
    assert (net(lin), balances.balance(lin.pk, NOON).debt) == (5_000, 0)


def test_a_part_goes_back_by_line_and_quantity(store: Store, lin: Member) -> None:
    sold(store, lin)  # 18 yuan of the tea by points, 12 of the cup

    take_one(store, back("R", "S", line("TEA", "20")))

    found = slip("R")
    assert (found.spent_back, found.by_points, found.refund) == (600, Decimal(6), Decimal(14))
    assert found.net == 600 - found.taken_off


def test_the_same_return_twice_changes_nothing(store: Store, lin: Member) -> None:
    sold(store, lin)
    first = take_one(store, back("R", "S", *BASKET))
    again = take_one(store, back("R", "S", *BASKET))

    assert (first.is_replay, again.is_replay, net(lin)) == (False, True, 5_000)
    with pytest.raises(ReceiptRefused) as raised:
        take_one(store, back("R2", "S", CUP))
    assert raised.value.code == "return_exceeds_quantity"


def test_a_return_that_comes_before_its_sale_gives_back_when_that_comes(
    store: Store, lin: Member
) -> None:
    hold(store, "S", lin, *BASKET, points=3_000)
    early = take_one(store, back("R", "S", *BASKET))
    assert (early.state, slips.slip_of(Receipt.objects.get())) == ("waiting", None)

    take_one(store, bought("S", BASKET))

    assert net(lin) == 5_000
    found = slip("R")
    assert (found.spent_back, found.refund, found.net) == (3_000, Decimal(70), 2_930)


def test_a_return_and_its_sale_in_one_batch_in_either_order(store: Store, lin: Member) -> None:
    hold(store, "S", lin, *BASKET, points=3_000)
    take(store, back("R1", "S", CUP), bought("S", BASKET), back("R2", "S", TEA))

    assert net(lin) == 5_000
    assert [slip(one).spent_back for one in ("R1", "R2")] == [1_200, 1_800]


def test_points_of_a_return_that_were_spent_meanwhile(store: Store, lin: Member) -> None:
    """N02: what is taken back is never more than what was earned, and spent points come first."""
    sold(store, lin)
    ledger.spend(member_id=lin.pk, points=2_070, reference="x", source="mall", actor="t", at=NOON)

    take_one(store, back("R", "S", *BASKET))

    found = slip("R")
    assert (found.spent_back, found.taken_off, found.others, found.debt) == (3_000, 70, 70, 0)
    assert net(lin) == 2_930


@pytest.mark.parametrize(
    ("policy", "debt", "shortfall", "deduct"),
    [("owe", 70, 0, 0), ("forgive", 0, 70, 0), ("till", 0, 70, Decimal("0.70"))],
)
def test_each_policy_of_debt_is_on_the_slip(
    store: Store, lin: Member, policy: str, debt: int, shortfall: int, deduct: Decimal
) -> None:
    LedgerSettings.objects.update_or_create(pk=1, defaults={"debt_policy": policy})
    give(lin, 100, "more")
    hold(store, "S", lin, *BASKET, points=3_000)
    take_one(store, bought("S", BASKET))
    everything = balances.balance(lin.pk, NOON).available
    ledger.spend(
        member_id=lin.pk, points=everything, reference="x", source="mall", actor="t", at=NOON
    )
    late = NOON + timedelta(days=400)
    # A year on: the spent points' day has passed, so nothing comes back to take from.
    intake.record_one(
        store=store, receipt=back("R", "S", *BASKET, at=late), source="api", actor="t", now=late
    )

    found = slip("R")
    assert (found.spent_back, found.lapsed, found.taken_off) == (0, 3_000, 70)
    assert (found.debt, found.shortfall, found.deduct) == (debt, shortfall, deduct)
    assert found.to_refund == 70 - deduct
    assert found.net == -debt


def test_a_grace_gives_lapsed_points_another_day(store: Store, lin: Member) -> None:
    ledger_settings.save(LedgerSettings(restore_grace_days=30), at=NOON)
    sold(store, lin)
    late = UNTIL + timedelta(days=1)
    expiry.expire_due(cutoff_at=late, recorded_at=late)

    intake.record_one(
        store=store, receipt=back("R", "S", *BASKET, at=late), source="api", actor="t", now=late
    )

    found = slip("R")
    assert (found.spent_back, found.lapsed) == (3_000, 0)
    assert [(put.points, put.until, put.is_new) for put in found.lots] == [
        (3_000, late + timedelta(days=30), True)
    ]


def test_a_frozen_account_gets_back_what_it_spent(store: Store, lin: Member) -> None:
    sold(store, lin)
    accounts.freeze(member_id=lin.pk, reason="查证中", reference="f", actor="t", at=NOON)

    take_one(store, back("R", "S", *BASKET))

    assert net(lin) == 5_000


def test_a_return_after_a_merge_comes_to_who_is_left(
    store: Store, lin: Member, chen: Member
) -> None:
    sold(store, lin)
    merging.merge(kept_id=chen.pk, gone_id=lin.pk, actor="t", at=NOON)

    take_one(store, back("R", "S", *BASKET, member=None))

    assert (net(lin), net(chen)) == (0, 5_000)
    found = slip("R")
    assert (found.spent_back, found.taken_off, found.net) == (3_000, 70, 2_930)


def test_a_return_before_the_points_were_credited(store: Store, lin: Member) -> None:
    publish(pending_days=7, starts_at=NOON - timedelta(days=599))
    sold(store, lin)
    assert balances.balance(lin.pk, NOON).pending == 70

    take_one(store, back("R", "S", *BASKET))

    now = balances.balance(lin.pk, NOON)
    assert (now.pending, now.available, now.debt) == (0, 5_000, 0)


def test_a_return_in_money_has_a_slip_too(store: Store, lin: Member) -> None:
    take_one(store, bought("S", BASKET))
    take_one(store, back("R", "S", line("TEA", "20")))
    take_one(store, back("R2", "", line("TEA", "20")))

    found = slip("R")
    assert (found.spent_back, found.taken_off, found.net, found.refund) == (
        0,
        20,
        -20,
        Decimal(20),
    )
    # Whoever returns without naming the purchase: nobody knows how it was paid.
    assert (slip("R2").refund, slip("R2").to_refund) == (None, None)
    assert slips.slip_of(Receipt.objects.get(number="S")) is None


def test_a_slip_takes_a_fixed_number_of_queries(store: Store, lin: Member) -> None:
    sold(store, lin)
    take_one(store, back("R", "S", *BASKET))
    receipt = Receipt.objects.get(number="R")

    with CaptureQueriesContext(connection) as seen:
        slips.slip_of(receipt)

    assert len(seen) == 6


PRICES = st.lists(st.integers(1, 30_000), min_size=1, max_size=4)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), prices=PRICES)
def test_whatever_happens_the_books_are_true_and_a_returned_history_is_nothing(
    store: Store, lin: Member, data: st.DataObject, prices: list[int]
) -> None:
    """Buy, deduct, return in parts, expire, in any order of arrival."""
    mark = Checkout.objects.count() + Receipt.objects.count()
    had = net(lin)
    pieces = data.draw(st.lists(st.integers(1, 4), min_size=len(prices), max_size=len(prices)))
    basket = [
        line(f"G{no}", str(Decimal(fen) / 100), str(count))
        for no, (fen, count) in enumerate(zip(prices, pieces, strict=True))
    ]
    number = f"S{mark}"
    points = data.draw(st.integers(0, 3_000))
    is_paid = bool(points) and _try_hold(store, lin, number, basket, points)
    if is_paid and data.draw(st.booleans()):
        capture(store, number)
    units = [no for no, count in enumerate(pieces) for _ in range(count)]
    order = data.draw(st.permutations(units))
    sale_at = data.draw(st.integers(0, len(order)))

    for place, no in enumerate([*order, None][: len(order) + 1]):
        if place == sale_at:
            take_one(store, bought(number, basket))
        if no is not None:
            take_one(store, _one_piece(f"R{mark}-{place}", number, basket[no], pieces[no]))
    assert audit.run().breaches == {}
    sale = Receipt.objects.get(number=number)
    came = Receipt.objects.filter(sale=sale)
    assert net(lin) == had
    assert sale.points_clawed == sale.points_earned
    assert sum(one.points_back for one in came) == (points if is_paid else 0) or not is_paid
    money = sum((one.refund or 0 for one in came), Decimal(0))
    spent = sum((one.refund_by_points for one in came), Decimal(0))
    assert (money + spent, spent) == (sale.total, sale.paid_by_points)


def _one_piece(number: str, sale: str, sold_line: Any, pieces: int) -> Any:
    price = (sold_line.amount / pieces).quantize(Decimal("0.0001"), rounding="ROUND_DOWN")
    return back(number, sale, line(sold_line.sku, str(price)))


def _try_hold(store: Store, lin: Member, number: str, basket: Sequence[Any], points: int) -> bool:
    try:
        held = hold(store, number, lin, *basket, points=points)
    except Refusal:
        return False
    return held.checkout.points == points


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    days=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    waits=st.lists(st.integers(0, 25), min_size=4, max_size=4),
    points=st.integers(100, 1_000),
    books=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_points_that_lapse_meanwhile_are_neither_lost_nor_won(
    store: Store, chen: Member, days: list[int], waits: list[int], points: int, books: list[bool]
) -> None:
    """Pay with lots of several days, wait, return piece by piece: what is left is what would be
    left if nothing had been bought."""
    mark = Receipt.objects.count()
    now = NOON + timedelta(days=mark * 200)
    ends = [now + timedelta(days=count) for count in days]
    for place, end in enumerate(ends):
        give(chen, 400, f"lot:{mark}:{place}", at=now, expires_at=end)
    number, basket = f"S{mark}", [line("TEA", "60", "3"), line("CUP", "40")]
    try:
        hold(store, number, chen, *basket, points=points, now=now)
    except Refusal:
        points = 0
    _record(store, bought(number, basket, member=CHEN, at=now), now)

    for nth, (wait, is_booked) in enumerate(zip(waits, books, strict=True)):
        now += timedelta(days=wait)
        if is_booked:
            expiry.expire_due(cutoff_at=now, recorded_at=now)
        piece = line("CUP", "40") if nth == 0 else line("TEA", "20")
        _record(store, back(f"R{mark}-{nth}", number, piece, member=CHEN, at=now), now)

    assert audit.run().breaches == {}
    left = balances.balance(chen.pk, now)
    assert (left.available, left.debt, left.held, left.pending) == (
        sum(400 for end in ends if end > now),
        0,
        0,
        0,
    )
    found = [slip(f"R{mark}-{nth}") for nth in range(4)]
    assert sum(one.spent_back + one.lapsed for one in found) == points
    assert sum((one.refund or 0) + one.by_points for one in found) == 100


def _record(store: Store, sent: Any, now: Any) -> None:
    intake.record_one(store=store, receipt=sent, source="api", actor="test", now=now)
