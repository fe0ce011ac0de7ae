"""What members are told of their purchases."""

from datetime import timedelta

import pytest

from members.models import Member
from notifications.models import Notice
from notifications.services import noting
from sales.services import intake
from stores.models import Store
from tests.sales.conftest import NOON, back, receipt, take_one
from tests.sales.paying import line

pytestmark = pytest.mark.usefixtures("rule")


def told(member: Member) -> list[Notice]:
    noting.tell_noted(now=NOON)
    kinds = ["points_earned", "points_returned"]
    return list(Notice.objects.filter(member=member, kind__in=kinds).order_by("pk"))


def test_a_purchase_is_told_once_with_the_balance(store: Store, lin: Member) -> None:
    take_one(store, receipt("1", "88.80"))
    take_one(store, receipt("1", "88.80"))
    (one,) = told(lin)
    assert (one.kind, one.event, one.points, one.group) == ("points_earned", "", 88, "account")
    assert (one.context["balance"], one.context["store"]) == (88, store.name)
    assert "88" in one.body


def test_a_return_is_told_as_what_it_takes(store: Store, lin: Member) -> None:
    take_one(store, receipt("1", lines=[line("TEA", "100")]))
    take_one(store, back("R", "1", line("TEA", "100")))
    sale, returned = told(lin)
    assert (sale.points, returned.points, returned.event) == (100, -100, "taken")


def test_files_and_history_are_told_to_nobody(store: Store, lin: Member) -> None:
    intake.record(
        store=store, receipts=[receipt("1", "88.80")], source="import", actor="x", now=NOON
    )
    later = NOON + timedelta(days=3)
    intake.record_one(store=store, receipt=receipt("2", "50"), source="api", actor="x", now=later)
    assert told(lin) == []


def test_nothing_earned_is_no_news(store: Store, lin: Member) -> None:
    take_one(store, receipt("1", "0.10"))
    take_one(store, receipt("2", "50", member=None))
    assert told(lin) == []
