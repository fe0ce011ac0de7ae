from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.core.management import CommandError, call_command

from config import demo
from config.demo.people import people
from config.demo.shopping import Till
from members.models import Member
from points import selectors
from points.selectors import audit
from sales.models import Receipt
from stores.models import Store

NOW = datetime(2026, 6, 15, 4, 30, tzinfo=UTC)
FIRST_DAY = date(2025, 6, 15)


@pytest.mark.django_db
def test_the_demos_books_are_true_and_show_one_of_each() -> None:
    assert demo.is_wanted()
    made = demo.seed(members=8, seed=3, now=NOW)
    assert not demo.is_wanted()
    assert (made.members, made.refused) == (8, 0)
    assert Member.objects.filter(source=Member.Source.DEMO).count() == 8
    assert Receipt.objects.count() == made.receipts
    assert Receipt.objects.filter(occurred_at__gt=NOW).count() == 0
    assert audit.run().is_clean
    member_ids = Member.objects.values_list("pk", flat=True)
    kinds = {entry.kind for pk in member_ids for entry in selectors.entries(pk)}
    assert kinds == {
        "earn",
        "mature",
        "spend",
        "hold",
        "capture",
        "release",
        "restore",
        "clawback",
        "expire",
        "transfer_in",
        "transfer_out",
        "adjust",
        "freeze",
    }
    debtor = Member.objects.get(name="王秀英")
    assert selectors.balance(debtor.pk, NOW).debt > 0


@pytest.mark.django_db
def test_a_demo_may_be_small() -> None:
    assert demo.seed(members=1, seed=1, now=NOW).members == 1


@pytest.mark.django_db
@pytest.mark.parametrize("hour", [0, 16])
def test_the_year_may_end_at_any_hour(hour: int) -> None:
    """Around midnight in Shanghai the last scenes fall on another day than the last visits."""
    now = NOW.replace(hour=hour, minute=20)
    assert demo.seed(members=6, seed=5, now=now).refused == 0
    assert audit.run().is_clean


@pytest.mark.django_db
def test_real_data_is_never_mixed_with_the_demo() -> None:
    Store.objects.create(code="S1", name="西湖店")
    with pytest.raises(CommandError, match="already has stores or members"):
        call_command("seed_demo", members=1)


def test_the_same_seed_gives_the_same_year() -> None:
    def year(seed: int) -> list[object]:
        random = Random(seed)
        persons = people(count=20, random=random, first_day=FIRST_DAY)
        till = Till(persons=persons, random=random)
        days = (FIRST_DAY + timedelta(days=number) for number in range(60))
        return [persons, *(till.day(day, until=NOW).receipts for day in days)]

    assert year(1) == year(1)
    assert year(1) != year(2)
