"""Why a receipt earned what it did, at every door: the till's, the staff's and the member's."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from campaigns.policies.programs import RuleTerms
from campaigns.selectors import whys
from campaigns.services import rules
from members.models import Member, Tag
from points.models import Entry
from sales.models import Receipt
from stores.models import Store
from stores.services import api_keys
from tests import cast
from tests.campaigns.conftest import NOON, draft

pytestmark = pytest.mark.django_db
RULES = (
    RuleTerms(
        key="day",
        name="会员日",
        name_en="Member day",
        effect="multiplier",
        factor=Decimal(2),
        conditions=[{"kind": "weekday", "in": [4]}],
    ),
    RuleTerms(
        key="tag",
        name="老客",
        effect="fixed",
        combine="extra",
        points=5,
        conditions=[{"kind": "tag", "in": ["老客"]}],
    ),
    RuleTerms(
        key="birthday",
        name="生日",
        effect="multiplier",
        factor=Decimal(3),
        conditions=[{"kind": "birthday", "span": "day"}],
    ),
)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def lin(db: None) -> Member:
    person = cast.member()
    Member.objects.filter(pk=person.pk).update(birthday="1990-05-20")
    return person


@pytest.fixture
def key(lin: Member) -> str:
    Tag.objects.create(name="老客")
    other = Tag.objects.create(name="小心")
    lin.tags.add(other)
    rules.publish(
        version=draft(*RULES, points=10, block_yuan=100, method="block"),
        by=None,
        now=NOON - timedelta(days=290),
        short_notice_reason="x",
    )
    store = Store.objects.create(code="S1", name="西湖店")
    return api_keys.issue(store=store, name="till", now=NOON).secret


@pytest.fixture
def sent(client: Client, key: str, lin: Member) -> str:
    body = {
        "number": "R-1",
        "occurred_at": "2026-03-06T11:00:00+08:00",
        "member_number": lin.number,
        "kind": "sale",
        "lines": [{"sku": "A", "quantity": 1, "unit_price": "250"}],
    }
    answer = client.post(
        "/api/v1/receipts",
        json.dumps(body),
        content_type="application/json",
        headers={"x-api-key": key},
    )
    assert answer.status_code == 201, answer.content
    return "R-1"


def test_the_till_reads_why_and_nothing_of_the_person(client: Client, key: str, sent: str) -> None:
    answer = client.get(f"/api/v1/receipts/{sent}", headers={"x-api-key": key})

    assert answer.json()["rules"] == [
        {"rule": "day", "name": "会员日", "points": 0, "sentence": "仅限每周四；这天是星期五"},
        {"rule": "tag", "name": "老客", "points": 0, "sentence": "仅限带「老客」标签的会员"},
        {
            "rule": "birthday",
            "name": "生日",
            "points": 0,
            "sentence": "仅限生日当天（2 月 29 日出生的，平年按 2 月 28 日）",
        },
        {"rule": "basic", "name": "基础积分", "points": 20, "sentence": "得 20 分"},
    ]


def test_a_member_reads_why_but_not_the_shops_notes(sent: str, lin: Member) -> None:
    browser = cast.browser_of(lin)
    entry = Entry.objects.get(reference__contains="R-1")

    page = browser.get(f"/points/entries/{entry.pk}/").content.decode()

    assert "为什么是这么多？" in page
    assert "仅限每周四；这天是星期五" in page
    assert "登记的生日是 5 月 20 日" in page
    assert "小心" not in page


def test_the_staff_read_everything(admin_client: Client, admin_user: User, sent: str) -> None:
    receipt = Receipt.objects.get(number=sent)

    page = admin_client.get(f"/admin/sales/receipt/{receipt.pk}/change/").content.decode()

    assert "当时会员没有这个标签" in page
    assert "仅限每周四；这天是星期五" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_why_asks_as_often_for_many_rules(rows: int, sent: str) -> None:
    explanation = Receipt.objects.get(number=sent).explanation
    explanation["inputs"]["lines"] *= rows
    whys.of_explanation(explanation)

    with CaptureQueriesContext(connection) as seen:
        whys.of_explanation(explanation)

    # The version, and the names of tags.
    assert len(seen) == 2


def test_other_explanations_keep_their_one_sentence() -> None:
    guest = {"type": "no_member", "base": "250", "currency": "CNY"}
    with translation.override("en"):
        assert whys.of_explanation(guest) == [
            whys.Why("", "", 0, "¥250 without a member: no points")
        ]
    assert whys.of_explanation({}) == []
    assert whys.of_explanation({"reason": "x"}) == []
