"""Purchases released together that cross a threshold, on PostgreSQL."""

import pytest

from members.models import Member
from points.selectors import audit, balances
from sales.models import Receipt
from stores.models import Store
from tests.racing import succeeded, together
from tests.sales.conftest import LIN, NOON, publish, receipt, take_one
from tests.tiers.making import gift, ladder, level_of
from tiers.models import GrowthDay, StandingChange, UpgradeGift
from tiers.services import reevaluation

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
N = 24


@pytest.fixture
def lin(db: None) -> Member:
    return Member.objects.create(number=LIN.value, name="林小雨", joined_at=NOON)


@pytest.fixture
def store(db: None) -> Store:
    return Store.objects.create(code="HZ1", name="西湖店")


def test_one_upgrade_and_one_gift_however_many_cross_at_once(store: Store, lin: Member) -> None:
    publish()
    levels = ladder({"basic": 0, "silver": 100, "gold": 200})
    gift(levels["silver"], 7)
    gift(levels["gold"], 11)

    answers = succeeded(together(N, lambda n: take_one(store, receipt(str(n), "10"))))

    assert len(answers) == N == Receipt.objects.count()
    assert level_of(lin) == "gold"
    assert GrowthDay.objects.get().spent == N * 10 * 10_000
    assert [change.after.code for change in StandingChange.objects.order_by("pk")] == [
        "silver",
        "gold",
    ]
    assert UpgradeGift.objects.count() == 2
    assert balances.balance(lin.pk, at=NOON).available == N * 10 + 18
    assert audit.run().breaches == {}


def test_the_night_and_purchases_do_not_step_on_each_other(store: Store, lin: Member) -> None:
    publish()
    levels = ladder({"basic": 0, "silver": 100})
    gift(levels["silver"], 7)

    def work(n: int) -> object:
        if n % 4 == 0:
            return reevaluation.run(now=NOON)
        return take_one(store, receipt(str(n), "10"))

    assert len(succeeded(together(N, work))) == N
    assert level_of(lin) == "silver"
    assert (StandingChange.objects.count(), UpgradeGift.objects.count()) == (1, 1)
    assert audit.run().breaches == {}
