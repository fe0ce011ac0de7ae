"""Coupons at a checkout: locked, used and released with it, and what a return makes of them."""

from decimal import Decimal
from typing import Any

import pytest

from mall.models import Coupon
from members.models import Member
from points.selectors import audit, balances
from sales.models import Checkout, Receipt
from sales.selectors import slips
from sales.services import checkouts, payments
from stores.exceptions import Refusal
from stores.models import Store
from tests.mall.making import issued, template
from tests.sales.conftest import NOON, back, net, publish, take_one
from tests.sales.paying import allow, bought, capture, give, hold, line, order_of, release
from tests.sales.test_checkouts import LATER

pytestmark = pytest.mark.django_db

TEA, CUP = line("TEA", "60", "3"), line("CUP", "40")
BASKET = [TEA, CUP]


@pytest.fixture(autouse=True)
def _world(store: Store, lin: Member) -> object:
    publish()
    allow()
    give(lin, 5_000)
    yield
    assert audit.run().breaches == {}


@pytest.fixture
def ten(lin: Member) -> Coupon:
    return issued(lin, template(amount=Decimal(10)))


def state(coupon: Coupon) -> str:
    coupon.refresh_from_db()
    return coupon.state


def refusal(call: Any) -> str:
    with pytest.raises(Refusal) as raised:
        call()
    return raised.value.code


def test_coupons_come_off_first_and_points_pay_of_the_rest(
    store: Store, lin: Member, ten: Coupon
) -> None:
    allow(order_share=50)

    quote = checkouts.quote(
        store=store, order=order_of(lin, *BASKET, codes=(ten.code, "ZZZZ")), now=NOON
    )

    assert (quote.by_coupon, quote.most.yuan, quote.left) == (
        Decimal(10),
        Decimal(45),
        Decimal(45),
    )
    assert [refused.code for refused in quote.refusals.values()] == ["coupon_unknown"]


def test_a_coupon_is_locked_used_and_released_with_the_checkout(
    store: Store, lin: Member, ten: Coupon
) -> None:
    hold(store, "A1", lin, *BASKET, codes=(ten.code,), points=1_000)
    assert state(ten) == "locked"
    other = refusal(lambda: hold(store, "A2", lin, *BASKET, codes=(ten.code,), points=0))
    assert other == "coupon_locked"
    release(store, "A1")
    assert state(ten) == "open"

    hold(store, "A3", lin, *BASKET, codes=(ten.code,), points=1_000)
    answer = take_one(store, bought("A3", BASKET))

    # 100 yuan less a coupon of 10 and 10 by points: 80 earn.
    assert (answer.points, state(ten)) == (80, "used")
    made = Receipt.objects.get()
    assert (made.paid_by_coupon, made.paid_by_points) == (Decimal(10), Decimal(10))


def test_a_coupon_alone_is_a_checkout_too(store: Store, lin: Member, ten: Coupon) -> None:
    held = hold(store, "A1", lin, *BASKET, codes=(ten.code,), points=0).checkout

    assert (held.points, held.paid_by_coupon) == (0, Decimal(10))
    assert capture(store, "A1").checkout.state == "captured"
    assert take_one(store, bought("A1", BASKET)).points == 90
    assert state(ten) == "used"


def test_a_refused_hold_leaves_the_coupon_open(store: Store, lin: Member, ten: Coupon) -> None:
    code = refusal(lambda: hold(store, "A1", lin, *BASKET, codes=(ten.code,), points=9_999))

    assert (code, state(ten), Checkout.objects.count()) == ("balance", "open", 0)


def test_a_coupon_that_goes_with_no_points_says_so(store: Store, lin: Member) -> None:
    alone = issued(lin, template(amount=Decimal(10), with_points=False))
    wanted = refusal(lambda: hold(store, "A1", lin, *BASKET, codes=(alone.code,), points=100))
    held = hold(store, "A2", lin, *BASKET, codes=(alone.code,)).checkout

    assert wanted == "coupon_without_points"
    assert (held.points, held.paid_by_coupon) == (0, Decimal(10))


def test_a_timed_out_coupon_is_free_and_may_be_used_anew(
    store: Store, lin: Member, ten: Coupon
) -> None:
    hold(store, "A1", lin, *BASKET, codes=(ten.code,), points=1_000)

    assert capture(store, "A1", now=LATER).checkout.state == "captured"
    assert (state(ten), balances.balance(lin.pk, LATER).available) == ("used", 4_000)


def test_a_coupon_used_elsewhere_meanwhile_ends_the_checkout(
    store: Store, lin: Member, ten: Coupon
) -> None:
    hold(store, "A1", lin, *BASKET, codes=(ten.code,), points=1_000)
    payments.time_out_due(now=LATER)
    assert state(ten) == "open"
    hold(store, "A2", lin, *BASKET, codes=(ten.code,), points=0, now=LATER)

    assert refusal(lambda: capture(store, "A1", now=LATER)) == "checkout_timed_out"
    assert balances.balance(lin.pk, LATER).available == 5_000


@pytest.mark.parametrize(("on_return", "is_back"), [("given_back", True), ("lost", False)])
def test_a_whole_return_does_what_the_template_says(
    store: Store, lin: Member, on_return: str, is_back: bool
) -> None:
    values = {} if is_back else {"on_return": on_return}
    ten = issued(lin, template(amount=Decimal(10), **values))
    hold(store, "S", lin, *BASKET, codes=(ten.code,), points=3_000)
    take_one(store, bought("S", BASKET))

    take_one(store, back("R1", "S", TEA))
    assert state(ten) == "used"
    take_one(store, back("R2", "S", CUP))

    assert (state(ten), net(lin)) == ("open" if is_back else "used", 5_000)
    first, last = (slips.slip_of(Receipt.objects.get(number=no)) for no in ("R1", "R2"))
    assert first is not None
    assert last is not None
    assert (first.coupons, [one.is_back for one in last.coupons]) == ((), [is_back])
    refunds = [first.refund, last.refund]
    assert sum(one or 0 for one in refunds) == 60
    assert first.by_coupon + last.by_coupon == 10
    assert first.by_points + last.by_points == 30


def test_a_return_before_its_sale_gives_the_coupon_back_as_well(
    store: Store, lin: Member, ten: Coupon
) -> None:
    hold(store, "S", lin, *BASKET, codes=(ten.code,), points=0)
    take_one(store, back("R", "S", *BASKET))
    take_one(store, bought("S", BASKET))

    slip = slips.slip_of(Receipt.objects.get(number="R"))
    assert slip is not None
    assert (state(ten), [one.is_back for one in slip.coupons], slip.refund) == (
        "open",
        [True],
        Decimal(90),
    )


def test_a_cancelled_order_gives_its_coupon_back(store: Store, lin: Member, ten: Coupon) -> None:
    hold(store, "S", lin, *BASKET, codes=(ten.code,), points=1_000)
    capture(store, "S")

    release(store, "S")

    assert (state(ten), net(lin)) == ("open", 5_000)
