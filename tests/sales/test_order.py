"""Whatever the order in which a sale and its returns arrive, and however often: the same end."""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import EarningRuleVersion
from members.models import Member
from sales.models import Receipt
from sales.policies.receipts import LineInput, ReceiptInput
from stores.models import Store
from tests.sales.conftest import back, net, receipt, take_one

TEA = LineInput("TEA", "", Decimal(3), Decimal("33.33"))
CAKE = LineInput("CAKE", "", Decimal(2), Decimal("7.25"))

SALE = receipt("1", lines=[TEA, CAKE])
EVENTS = [
    SALE,
    back("R1", "1", TEA._replace(quantity=Decimal(1))),
    back("R2", "1", TEA._replace(quantity=Decimal(2)), CAKE._replace(quantity=Decimal(1))),
    back("R3", "1", CAKE._replace(quantity=Decimal(1))),
    receipt("2", "50.50"),
]


class _UndoneError(Exception):
    """Ends an example, and takes its rows with it."""


def _end(store: Store, member: Member, events: list[ReceiptInput]) -> tuple[object, ...]:
    answer: tuple[object, ...] = ()
    try:
        with transaction.atomic():
            for event in events:
                take_one(store, event)
            sale = Receipt.objects.get(number="1")
            answer = (
                net(member),
                sale.points_earned,
                sale.points_clawed,
                sale.returned_total,
                sum(r.points_clawed for r in Receipt.objects.filter(kind="return")),
                sorted(Receipt.objects.values_list("number", "state")),
            )
            raise _UndoneError
    except _UndoneError:
        return answer


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(EVENTS),
    repeats=st.lists(st.sampled_from(EVENTS), max_size=4),
    places=st.lists(st.integers(0, 8), min_size=4, max_size=4),
)
def test_arrival_in_any_order_and_with_repeats_ends_the_same(
    rule: EarningRuleVersion,
    store: Store,
    lin: Member,
    order: list[ReceiptInput],
    repeats: list[ReceiptInput],
    places: list[int],
) -> None:
    events = list(order)
    for event, place in zip(repeats, places, strict=False):
        events.insert(place, event)

    end = _end(store, lin, events)

    assert end == (
        50,
        114,
        114,
        SALE.lines[0].quantity * TEA.unit_price + 2 * CAKE.unit_price,
        114,
        [("1", "posted"), ("2", "posted"), ("R1", "posted"), ("R2", "posted"), ("R3", "posted")],
    )
