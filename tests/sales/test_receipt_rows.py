"""What is written of a receipt, and what is read of it again."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from members.models import Member
from sales.models import Receipt
from sales.policies.receipts import LineInput
from sales.selectors import known
from stores.models import Store
from tests.sales.conftest import receipt, take, take_one

pytestmark = [pytest.mark.usefixtures("rule"), pytest.mark.django_db]


def test_a_waiting_return_keeps_what_its_judgement_needs(store: Store, lin: Member) -> None:
    tea = LineInput("TEA", "", Decimal(1), Decimal(50), None, None, "freight", "tea")
    take(store, receipt("R-1", kind="return", lines=[tea], original_number="S-9", business="餐饮"))

    with transaction.atomic():
        (waiting,) = known.waiting_for(store_id=store.pk, numbers=["S-9"])

    assert waiting.business == "餐饮"
    assert [(line.kind, line.category) for line in waiting.lines] == [("freight", "tea")]


def test_payments_that_floats_cannot_add_are_no_fault(store: Store, lin: Member) -> None:
    """0.1 + 0.2 is more than 0.3 for SQLite."""
    large = Decimal("99999999999.9999")
    gem = LineInput("GEM", "", Decimal(11), Decimal("9999999999.9999"), large)
    fen = Decimal("0.0001")

    take_one(
        store,
        receipt("S-1", "0.3", paid_by_coupon=Decimal("0.1"), paid_by_points=Decimal("0.2")),
    )
    take_one(
        store,
        receipt("S-2", member=None, lines=[gem], paid_by_coupon=fen, paid_by_points=large - fen),
    )

    assert Receipt.objects.filter(paid_by_points__gt=0).count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"paid_by_coupon": Decimal("-0.01")},
        {"paid_by_points": Decimal("50.0001")},
        {"paid_by_coupon": Decimal(30), "paid_by_points": Decimal("20.0001")},
        {"kind": "return", "paid_by_coupon": Decimal(1)},
    ],
)
def test_the_database_refuses_what_cannot_have_been_paid(
    store: Store, lin: Member, wrong: dict[str, object]
) -> None:
    take_one(store, receipt("S-1", "50", member=None))
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.update(**wrong)
