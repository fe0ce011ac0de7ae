"""Checkouts released together, on PostgreSQL."""

from datetime import timedelta
from decimal import Decimal

import pytest

from members.models import Member
from points.models import Entry, Hold
from points.selectors import audit, balances
from points.services import holds
from sales.models import Checkout, Receipt
from sales.services import payments
from stores.exceptions import Refusal
from stores.models import Store
from tests.racing import refused, succeeded, together
from tests.sales.conftest import NOON, publish, take_one
from tests.sales.paying import allow, bought, capture, give, hold, line, release

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
N = 24
TEA = line("TEA", "60")
LATER = NOON + timedelta(minutes=31)


@pytest.fixture(autouse=True)
def _world(store: Store, lin: Member) -> object:
    publish()
    allow()
    give(lin, 5_000)
    yield
    assert audit.run().breaches == {}


def codes(errors: list[BaseException]) -> set[str]:
    assert all(isinstance(error, Refusal) for error in errors), errors
    return {getattr(error, "code", "") for error in errors}


def test_holds_together_never_exceed_the_balance(store: Store, lin: Member) -> None:
    answers = together(N, lambda n: hold(store, f"A{n}", lin, TEA, points=1_000))

    assert len(succeeded(answers)) == 5
    assert codes(refused(answers)) == {"balance"}
    now = balances.balance(lin.pk, NOON)
    assert (now.available, now.held, Checkout.objects.count()) == (0, 5_000, 5)


def test_one_number_sent_together_is_one_checkout(store: Store, lin: Member) -> None:
    answers = succeeded(together(N, lambda n: hold(store, "A1", lin, TEA, points=1_000)))

    assert len(answers) == N
    assert sum(not answer.is_replay for answer in answers) == 1
    assert balances.balance(lin.pk, NOON).held == 1_000


def test_one_number_of_two_members_is_one_of_theirs(
    store: Store, lin: Member, chen: Member
) -> None:
    give(chen, 5_000)

    answers = together(N, lambda n: hold(store, "A1", (lin, chen)[n % 2], TEA, points=1_000))

    assert len(succeeded(answers)) == N // 2
    assert codes(refused(answers)) == {"checkout_conflict"}
    assert Hold.objects.count() == 1


def test_captures_together_have_one_effect(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA, points=1_000)

    answers = succeeded(together(N, lambda n: capture(store, "A1")))

    assert len(answers) == N
    assert sum(not answer.is_replay for answer in answers) == 1
    assert Entry.objects.filter(kind="capture").count() == 1
    assert balances.balance(lin.pk, NOON).available == 4_000


def test_captures_and_releases_together_are_one_or_the_other(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA, points=1_000)

    together(N, lambda n: capture(store, "A1") if n % 2 else release(store, "A1"))

    # A release after a capture undoes it; a capture after a release is refused.
    assert Checkout.objects.get().state == "released"
    assert balances.balance(lin.pk, NOON).available == 5_000


def test_captures_against_the_time_out_use_the_points_once(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA, points=1_000)

    def act(n: int) -> object:
        match n % 3:
            case 0:
                return holds.release_stale(now=LATER)
            case 1:
                return payments.time_out_due(now=LATER)
        return capture(store, "A1", now=LATER)

    answers = together(N, act)

    assert codes(refused(answers)) <= set()
    assert Checkout.objects.get().state == "captured"
    assert balances.balance(lin.pk, LATER).available == 4_000
    assert Entry.objects.filter(kind="capture").count() == 1


def test_receipts_and_captures_together_pay_once(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA, points=1_000)

    def act(n: int) -> object:
        return capture(store, "A1") if n % 2 else take_one(store, bought("A1", [TEA]))

    answers = together(N, act)

    assert len(succeeded(answers)) == N
    made = Receipt.objects.get()
    assert (made.paid_by_points, made.points_earned, made.checkout.state) == (
        Decimal(10),
        50,
        "captured",
    )
    assert balances.balance(lin.pk, NOON).available == 4_050


def test_two_receipts_cannot_pay_with_one_checkout(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, TEA, points=1_000)

    answers = together(N, lambda n: take_one(store, bought(f"S{n}", [TEA], checkout="A1")))

    assert len(succeeded(answers)) == 1
    assert codes(refused(answers)) == {"checkout_used"}
    assert Receipt.objects.get().paid_by_points == Decimal(10)
