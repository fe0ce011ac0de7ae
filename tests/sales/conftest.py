"""A shop, its people and its receipts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import EarningRuleVersion
from campaigns.services import rules
from members import policies
from members.models import Member
from points.selectors import balances
from sales.policies.receipts import LineInput, MemberRef, ReceiptInput
from sales.services import intake
from sales.services.drafts import Outcome
from stores.models import Store

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Noon in Shanghai on an ordinary Monday."""

LIN = MemberRef("number", policies.member_number(1))
CHEN = MemberRef("external", "C-2")


def publish(**terms: Any) -> EarningRuleVersion:
    version = EarningRuleVersion(
        **({"name": "Basic", "starts_at": NOON - timedelta(days=700)} | terms)
    )
    return rules.publish(
        version=version,
        by=None,
        now=NOON - timedelta(days=600),
        reason="test",
        short_notice_reason="test",
    )


def receipt(
    number: str,
    *prices: str,
    kind: str = "sale",
    member: MemberRef | None = LIN,
    at: datetime = NOON,
    lines: Sequence[LineInput] = (),
    **fields: Any,
) -> ReceiptInput:
    """A receipt with one piece of an article of its own per price."""
    own = [LineInput(f"A{n}", f"Article {n}", Decimal(1), Decimal(p)) for n, p in enumerate(prices)]
    return ReceiptInput(
        number=number, kind=kind, occurred_at=at, lines=[*own, *lines], member=member, **fields
    )


def back(number: str, of: str, *lines: LineInput, **fields: Any) -> ReceiptInput:
    """A return of some of a sale's lines."""
    return receipt(number, kind="return", lines=lines, original_number=of, **fields)


def take(store: Store, *receipts: ReceiptInput, **options: Any) -> list[Outcome]:
    return intake.record(
        store=store, receipts=receipts, source="api", actor="test", now=NOON, **options
    )


def take_one(store: Store, one: ReceiptInput, **options: Any) -> Outcome:
    return intake.record_one(
        store=store, receipt=one, source="api", actor="test", now=NOON, **options
    )


def net(member: Member) -> int:
    """The member's points, debt counted as negative."""
    now = balances.balance(member.pk, at=NOON)
    return now.available + now.held + now.pending - now.debt


@pytest.fixture
def rule(db: None) -> EarningRuleVersion:
    """One point per yuan, a year."""
    return publish()


@pytest.fixture
def store(db: None) -> Store:
    return Store.objects.create(code="HZ1", name="西湖店")


@pytest.fixture
def lin(db: None) -> Member:
    return Member.objects.create(
        number=LIN.value, name="林小雨", phone="+8613800138001", joined_at=NOON
    )


@pytest.fixture
def chen(db: None) -> Member:
    return Member.objects.create(
        number=policies.member_number(2), external_number=CHEN.value, name="陈大明", joined_at=NOON
    )
