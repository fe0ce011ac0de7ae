"""A shop with purchases, and a draft to be tried on them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from campaigns.models import EarningRuleVersion
from members.models import Member
from sales.policies.receipts import LineInput, MemberRef, ReceiptInput
from sales.services import intake
from stores.models import Store
from tests import cast
from tests.campaigns.conftest import draft, published
from tests.campaigns.making import rule

NOW = timezone.now().replace(microsecond=0)


def sell(
    store: Store,
    number: str,
    member: Member,
    *amounts: str,
    days_ago: int = 3,
    kind: str = "sale",
    original: str = "",
) -> None:
    """A receipt with one line for each amount; its articles are named after their place."""
    lines = [
        LineInput(f"A{n}", "", Decimal(1), Decimal(amount)) for n, amount in enumerate(amounts)
    ]
    receipt = ReceiptInput(
        number=number,
        kind=kind,
        occurred_at=NOW - timedelta(days=days_ago),
        lines=lines,
        member=MemberRef("number", member.number),
        original_number=original,
    )
    (outcome,) = intake.record(store=store, receipts=[receipt], source="api", actor="test", now=NOW)
    assert outcome.refusal is None


@pytest.fixture
def shop(db: None) -> Store:
    published(points=1)
    return Store.objects.create(code="S1", name="西湖店")


@pytest.fixture
def lin(shop: Store) -> Member:
    return cast.member()


@pytest.fixture
def chen(shop: Store) -> Member:
    return cast.member(phone="13900139000", name="陈默")


@pytest.fixture
def tens(db: None) -> EarningRuleVersion:
    """Ten points for every whole ten yuan, at most fifteen a day, and five for the first line."""
    return draft(
        rule(
            "gift",
            "fixed",
            {"kind": "sku", "in": ["A0"]},
            points=5,
            combine="extra",
            limits=[{"per": "member", "period": "day", "points": 5}],
        ),
        name="Tens",
        starts_at=NOW + timedelta(days=30),
        method=EarningRuleVersion.Method.BLOCK,
        points=10,
        block_yuan=Decimal(10),
    )
