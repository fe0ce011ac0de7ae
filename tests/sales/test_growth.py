"""What receipts and returns do to growth, against a reckoning of its own."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from members.models import Member
from sales.policies.receipts import LineInput
from sales.services import growth_books, intake
from stores.models import Store
from tests.sales.conftest import NOON, back, publish, receipt, take, take_one
from tests.tiers.making import ladder, level_of
from tiers.models import GrowthDay, StandingChange

pytestmark = pytest.mark.django_db
TEA = LineInput("TEA", "", Decimal(4), Decimal("25.50"))
HAM = LineInput("HAM", "", Decimal("0.335"), Decimal("59.90"))


@pytest.fixture(autouse=True)
def _rule(db: None) -> None:
    publish()


def days() -> list[tuple[str, int, int]]:
    return [
        (f"{row.day:%m-%d}", row.spent, row.bought) for row in GrowthDay.objects.order_by("day")
    ]


def test_a_return_lowers_the_day_of_its_purchase(store: Store, lin: Member) -> None:
    take_one(store, receipt("1", lines=[TEA], at=NOON - timedelta(days=3)))
    one = LineInput("TEA", "", Decimal(1), Decimal("25.50"))
    take_one(store, back("R1", "1", one))
    assert days() == [("02-27", 76_5000, 77)]
    take_one(store, back("R2", "1", LineInput("TEA", "", Decimal(3), Decimal("25.50"))))
    assert days() == [("02-27", 0, 0)]


def test_only_money_counts_as_spent_and_comes_back_in_proportion(store: Store, lin: Member) -> None:
    half: dict[str, Any] = {"paid_by_coupon": Decimal("30.60"), "paid_by_points": Decimal("20.40")}
    take_one(store, receipt("1", lines=[TEA], **half))
    assert days()[0][1] == 51_0000
    take_one(store, back("R1", "1", LineInput("TEA", "", Decimal(1), Decimal("25.50"))))
    assert days()[0][1] == 38_2500
    take_one(store, back("R2", "1", LineInput("TEA", "", Decimal(3), Decimal("25.50"))))
    assert days()[0][1] == 0


def test_a_return_of_the_same_batch_and_before_its_sale(store: Store, lin: Member) -> None:
    take(store, back("R1", "1", HAM), receipt("1", lines=[TEA, HAM]))
    assert days() == [("03-02", 102_0000, 101)]
    assert growth_books.rebuild(now=NOON, is_check=True).differing == 0


def test_a_return_that_waited_counts_when_its_sale_comes(store: Store, lin: Member) -> None:
    take_one(store, back("R1", "1", HAM))
    assert days() == []
    take_one(store, receipt("1", lines=[TEA, HAM], at=NOON - timedelta(days=1)))
    assert days() == [("03-01", 102_0000, 101)]


def test_a_return_without_a_sale_lowers_its_own_day(store: Store, lin: Member) -> None:
    take_one(store, receipt("R1", "50", kind="return"))
    assert days() == [("03-02", -50_0000, -50)]
    assert growth_books.rebuild(now=NOON, is_check=True).differing == 0


def test_a_repeat_and_a_dry_run_add_nothing(store: Store, lin: Member) -> None:
    ladder()
    intake.preview(store=store, receipts=[receipt("1", "5000")], now=NOON, create_members=False)
    assert days() == []
    for _again in range(2):
        take_one(store, receipt("1", "5000"))
    assert days() == [("03-02", 5000_0000, 5000)]


def test_a_batch_and_single_receipts_reach_the_same(store: Store, lin: Member) -> None:
    """The receipt that crosses the threshold is the cause, wherever it stands in a batch."""
    ladder({"basic": 0, "silver": 100, "gold": 200})
    take(store, *(receipt(str(n), "40") for n in range(1, 7)))
    assert level_of(lin) == "gold"
    changes = StandingChange.objects.order_by("pk")
    assert [(c.after.code, c.growth, c.cause.rpartition(":")[2]) for c in changes] == [
        ("silver", 120, "3"),
        ("gold", 200, "5"),
    ]


def test_growth_can_be_rebuilt(store: Store, lin: Member, chen: Member) -> None:
    take(store, receipt("1", lines=[TEA, HAM]), receipt("2", "10"), back("R1", "1", HAM))
    kept = days()
    GrowthDay.objects.update(spent=7)
    GrowthDay.objects.create(member=chen, day=NOON.date(), bought=3)

    with pytest.raises(SystemExit):
        call_command("rebuild_growth", check=True)
    call_command("rebuild_growth")
    assert days() == kept
    call_command("rebuild_growth", check=True)
