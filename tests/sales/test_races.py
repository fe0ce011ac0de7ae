"""Receipts released together, on PostgreSQL."""

from decimal import Decimal

import pytest

from members.models import Member
from points.selectors import audit
from sales.exceptions import ReceiptRefused
from sales.models import Receipt
from sales.policies.receipts import LineInput, MemberRef
from sales.services import waiting
from sales.services.drafts import Outcome
from stores.models import Store
from tests.racing import refused, succeeded, together
from tests.sales.conftest import LIN, NOON, back, net, publish, receipt, take, take_one

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
N = 24
TEA = LineInput("TEA", "", Decimal(24), Decimal("10.50"))


@pytest.fixture(autouse=True)
def _world(store: Store, lin: Member) -> object:
    publish()
    yield
    assert audit.run().breaches == {}


def test_copies_of_one_receipt_are_one(store: Store, lin: Member) -> None:
    answers = succeeded(together(N, lambda n: take_one(store, receipt("1", "88.80"))))

    assert len(answers) == N
    assert sum(not answer.is_replay for answer in answers) == 1
    assert {(a.points, a.available, a.receipt_id) for a in answers} == {
        (88, 88, Receipt.objects.get().pk)
    }
    assert net(lin) == 88


def test_copies_of_a_guests_receipt_are_one(store: Store) -> None:
    answers = succeeded(together(N, lambda n: take_one(store, receipt("1", "5", member=None))))

    assert len(answers) == N
    assert sum(not answer.is_replay for answer in answers) == 1
    assert Receipt.objects.count() == 1


def test_one_number_with_different_contents_is_taken_once(store: Store, lin: Member) -> None:
    answers = together(N, lambda n: take_one(store, receipt("1", str(n + 1))))

    assert len(succeeded(answers)) == 1
    assert {getattr(error, "code", "") for error in refused(answers)} == {"duplicate_number"}
    assert net(lin) == succeeded(answers)[0].points


def test_a_person_who_buys_everywhere_at_once_is_registered_once(store: Store) -> None:
    ref = MemberRef("external", "E-1")

    answers = succeeded(
        together(
            N, lambda n: take_one(store, receipt(str(n), "10", member=ref), create_members=True)
        )
    )

    assert len(answers) == N
    assert net(Member.objects.get(external_number="E-1")) == 10 * N


def test_batches_over_the_same_people_in_opposite_orders_do_not_deadlock(store: Store) -> None:
    refs = [MemberRef("external", f"E-{n}") for n in range(6)]

    def load(n: int) -> list[Outcome]:
        people = refs if n % 2 else refs[::-1]
        return take(
            store,
            *(receipt(f"{n}-{place}", "10", member=ref) for place, ref in enumerate(people)),
            create_members=True,
        )

    assert len(succeeded(together(12, load))) == 12
    assert [net(member) for member in Member.objects.exclude(number=LIN.value)] == [120] * 6


@pytest.mark.parametrize("member", [LIN, None])
def test_returns_of_one_sale_never_bring_back_more_than_was_sold(
    store: Store, lin: Member, member: MemberRef | None
) -> None:
    take_one(store, receipt("1", lines=[TEA], member=member))
    third = TEA._replace(quantity=Decimal(8))

    answers = together(N, lambda n: take_one(store, back(f"R{n}", "1", third, member=member)))

    assert len(succeeded(answers)) == 3
    assert {type(error) for error in refused(answers)} == {ReceiptRefused}
    assert Receipt.objects.get(number="1").returned_total == Decimal(252)
    assert net(lin) == 0


def test_a_sale_and_its_returns_at_the_same_instant(store: Store, lin: Member) -> None:
    for turn in range(5):
        sale = receipt(f"S{turn}", lines=[TEA])
        piece = TEA._replace(quantity=Decimal(1))

        def send(n: int, sale: object = sale, piece: LineInput = piece, turn: int = turn) -> object:
            if n == 0:
                return take_one(store, sale)  # type: ignore[arg-type]
            # Some name the member and some do not: those meet at no common lock.
            member = LIN if n % 2 else None
            return take_one(store, back(f"R{turn}-{n}", f"S{turn}", piece, member=member))

        assert len(succeeded(together(8, send))) == 8

    waiting.settle_due(actor="sweep", now=NOON)

    assert not Receipt.objects.exclude(state="posted").exists()
    # 24 pieces earn 252; seven of them take back 73.5, rounded down.
    assert net(lin) == 5 * (252 - 73)
