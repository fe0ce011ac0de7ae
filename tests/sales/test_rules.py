"""Receipts under programs of many rules: lots, limits, nth purchases, returns and repairs."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import EarningRuleVersion, LimitCounter, RuleFault
from campaigns.policies.programs import RuleTerms
from campaigns.selectors import verification
from campaigns.services import rules
from members.models import Member
from points.selectors import audit, balances, entry_by_reference
from sales.models import Receipt
from sales.policies.receipts import LineInput
from sales.services import repairs
from stores.models import Article, Category, Store
from tests.campaigns.conftest import draft, published
from tests.campaigns.making import rule
from tests.campaigns.services.test_events import break_rule
from tests.racing import succeeded, together
from tests.sales.conftest import LIN, NOON, back, receipt, take

GIFT = rule(
    "gift",
    "fixed",
    points=9,
    combine="extra",
    validity={"kind": "days", "count": 30},
    limits=[{"per": "member", "period": "day", "times": 2}],
)


def under(*made: RuleTerms, **settings: Any) -> EarningRuleVersion:
    return published(*made, **({"starts_at": NOON - timedelta(days=700)} | settings))


def available(member: Member) -> int:
    return balances.balance(member.pk, at=NOON).available


def gone_back(number: str, of: str, sku: str, quantity: str = "1", price: str = "20") -> Any:
    return back(number, of, LineInput(sku, "", Decimal(quantity), Decimal(price)))


def assert_books_are_right() -> None:
    assert audit.run().is_clean
    report = verification.run()
    assert report.is_clean, report.differences


def test_each_validity_becomes_a_lot_of_its_own(store: Store, lin: Member) -> None:
    under(GIFT)

    (outcome,) = take(store, receipt("S1", "20", "10"))

    assert outcome.points == 39
    first = entry_by_reference(lin.pk, f"receipt:{store.pk}:S1")
    second = entry_by_reference(lin.pk, f"receipt-part:{store.pk}:1:S1")
    assert first is not None
    assert second is not None
    assert (first.d_available, second.d_available) == (30, 9)
    assert second.explanation["part"] == 1
    assert_books_are_right()


def test_a_return_takes_from_each_lot_what_its_line_brought(store: Store, lin: Member) -> None:
    under(GIFT)
    take(store, receipt("S1", "20", "10"))

    (one,) = take(store, gone_back("R1", "S1", "A0"))
    assert (one.points, available(lin)) == (-26, 13)

    (two,) = take(store, gone_back("R2", "S1", "A1", price="10"))
    assert (two.points, available(lin)) == (-13, 0)
    assert Receipt.objects.get(number="S1").points_clawed == 39
    lots = {lot.remaining for lot in balances.account_of(lin.pk).lots.all()}  # type: ignore[union-attr]
    assert lots == {0}
    assert_books_are_right()


def test_limits_count_through_a_batch_and_over_batches(store: Store, lin: Member) -> None:
    under(GIFT)

    outcomes = take(store, *(receipt(f"S{n}", "10") for n in range(3)))
    (later,) = take(store, receipt("S3", "10"))
    (tomorrow,) = take(store, receipt("S4", "10", at=NOON + timedelta(hours=13)))

    assert [one.points for one in outcomes] == [19, 19, 10]
    assert later.points == 10
    assert tomorrow.points == 19
    assert LimitCounter.objects.get(times=2).points == 18


def test_a_whole_return_frees_what_its_sale_used_of_a_limit(store: Store, lin: Member) -> None:
    under(GIFT)
    take(store, *(receipt(f"S{n}", "20") for n in range(2)))

    take(store, gone_back("R", "S0", "A0"))
    (again,) = take(store, receipt("S5", "10"))

    assert again.points == 19
    assert_books_are_right()


def test_the_nth_purchase_counts_earlier_ones_that_stand(store: Store, lin: Member) -> None:
    third = rule(
        "third",
        "fixed",
        {"kind": "nth_purchase", "period": "month", "from": 3, "to": 3},
        points=50,
        combine="extra",
    )
    under(third)
    hours = [timedelta(hours=-n) for n in range(9, 0, -1)]

    outcomes = take(store, *(receipt(f"S{n}", "10", at=NOON + hours[n]) for n in range(3)))
    assert [one.points for one in outcomes] == [10, 10, 60]

    # One of them comes back whole, so the next is the third again; the one after is not.
    take(store, back("R", "S0", LineInput("A0", "", Decimal(1), Decimal(10))))
    later = take(store, *(receipt(f"S{n}", "10", at=NOON + hours[n]) for n in (4, 5)))
    assert [one.points for one in later] == [60, 10]


def test_a_first_order_is_rewarded_once(store: Store, lin: Member) -> None:
    under(rule("first", "fixed", trigger="first_order", points=20, combine="extra"))

    outcomes = take(store, receipt("S1", "10"), receipt("S2", "10", at=NOON + timedelta(hours=1)))

    assert [one.points for one in outcomes] == [30, 10]


def test_goods_people_and_places_are_known_to_the_rules(store: Store, lin: Member) -> None:
    tea = Category.objects.create(
        code="tea", name="茶", parent=Category.objects.create(code="food", name="食品")
    )
    Article.objects.create(sku="A0", category=tea, brand="Lu", labels=["new"])
    Member.objects.filter(pk=lin.pk).update(birthday=datetime(1990, 3, 20).date())
    extra: dict[str, Any] = {"combine": "extra"}
    under(
        rule("food", "fixed", {"kind": "category", "in": ["food"]}, points=1, **extra),
        rule("lu", "fixed", {"kind": "brand", "in": ["Lu"]}, points=2, **extra),
        rule("new", "fixed", {"kind": "label", "in": ["new"]}, points=4, **extra),
        rule("month", "fixed", {"kind": "birthday", "span": "month"}, points=8, **extra),
        rule("here", "fixed", {"kind": "store", "in": [store.code]}, points=16, **extra),
        rule("app", "fixed", {"kind": "channel", "in": ["app"]}, points=32, **extra),
        rule("rooms", "fixed", {"kind": "business", "in": ["rooms"]}, points=64, **extra),
        points=0,
    )

    outcomes = take(
        store,
        receipt("S1", "10", channel="app", business="rooms"),
        receipt("S2", lines=[LineInput("B", "", Decimal(1), Decimal(10), category="tea")]),
        receipt("S3", lines=[LineInput("B", "", Decimal(1), Decimal(10), category="moon")]),
    )

    assert [one.points for one in outcomes] == [127, 25, 24]
    assert_books_are_right()


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (30, 3)])
def test_queries_depend_on_neither_lines_nor_rules(
    store: Store, lin: Member, count: int, rows: int
) -> None:
    conditions: list[dict[str, Any]] = [
        {"kind": "category", "in": ["food"]},
        {"kind": "tag", "in": ["vip"], "not": True},
        {"kind": "nth_purchase", "period": "month", "from": 1},
    ]
    Category.objects.create(code="food", name="食品")
    limits = [{"per": "member", "period": "day", "points": 500}]
    from members.models import Tag

    Tag.objects.create(name="vip")
    made = [
        rule(f"r{n}", "fixed", *conditions, points=1, combine="extra", limits=limits)
        for n in range(count)
    ]
    under(*made)
    take(store, receipt("warm", "1"))
    lines = [LineInput(f"A{n}", "", Decimal(1), Decimal(1), category="food") for n in range(rows)]

    with CaptureQueriesContext(connection) as queries:
        take(store, receipt("S1", lines=lines))

    assert len(queries) == 26


def test_a_receipt_that_meets_a_broken_rule_lands_and_is_made_good(
    store: Store, lin: Member
) -> None:
    version = under(GIFT)
    break_rule(version.pk, "gift")
    (outcome,) = take(store, receipt("S1", "20", "10"))
    fault = RuleFault.objects.get()
    assert (outcome.state, outcome.points, fault.rule_key) == ("posted", 30, "gift")
    take(store, gone_back("R1", "S1", "A0"))
    assert available(lin) == 10

    rules.publish(version=draft(GIFT, repairs=version), by=None, now=NOON, reason="broken")
    done, _rest = repairs.repair_open(now=NOON)

    # The nine of the gift are granted; six of them belong to the line that has come back.
    assert (done.repaired, done.points) == (1, 9)
    assert available(lin) == 13
    sale = Receipt.objects.get(number="S1")
    assert (sale.points_earned, sale.points_clawed) == (39, 26)
    take(store, gone_back("R2", "S1", "A1", price="10"))
    assert available(lin) == 0
    fault.refresh_from_db()
    assert fault.state == RuleFault.State.REPAIRED
    assert repairs.repair_open(now=NOON)[0].looked_at == 0
    assert_books_are_right()


def test_staff_have_a_purchase_judged_again(
    store: Store, lin: Member, admin_client: Client
) -> None:
    version = under(GIFT)
    break_rule(version.pk, "gift")
    take(store, receipt("S1", "20", "10"))
    fault = RuleFault.objects.get()
    page = reverse("admin:campaigns_rulefault_change", args=[fault.pk])
    act = reverse("admin:campaigns_rulefault_act", args=[fault.pk, "again"])
    assert act in admin_client.get(page).content.decode()

    admin_client.post(act)
    assert available(lin) == 30

    rules.publish(version=draft(GIFT, repairs=version), by=None, now=NOON, reason="broken")
    admin_client.post(act)

    assert available(lin) == 39
    assert LogEntry.objects.filter(object_id=str(fault.pk)).count() == 1
    assert act not in admin_client.get(page).content.decode()


def test_a_repaired_version_judges_late_receipts_of_its_time(store: Store, lin: Member) -> None:
    version = under(GIFT)
    break_rule(version.pk, "gift")
    take(store, receipt("S1", "20"))
    rules.publish(version=draft(GIFT, repairs=version), by=None, now=NOON, reason="broken")

    (late,) = take(store, receipt("S2", "20", at=NOON - timedelta(days=1)))

    assert late.points == 29
    assert late.explanation["rule"] == 2


def test_pending_orders_tell_when_their_points_come(store: Store, lin: Member) -> None:
    under(pending_days=7)
    done = NOON + timedelta(days=10)

    (outcome,) = take(store, receipt("S1", "20", completed_at=done))

    part = outcome.explanation["parts"][0]
    assert datetime.fromisoformat(part["usable_at"]) == done + timedelta(days=7)
    assert balances.balance(lin.pk, at=NOON).pending == 20


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_budget_of_all_is_not_exceeded_by_tills_at_once() -> None:
    from members.services import registration

    store = Store.objects.create(code="S1", name="西湖店")
    under(
        rule(
            "gift",
            "fixed",
            points=10,
            combine="extra",
            limits=[{"per": "all", "points": 95}, {"per": "member", "period": "day", "times": 1}],
        ),
        points=0,
    )
    people = [
        registration.register(phone=f"139001390{n:02}", name="", at=NOON, source="till")
        for n in range(24)
    ]

    def sell(number: int) -> int:
        from sales.policies.receipts import MemberRef

        ref = MemberRef("number", people[number].number)
        return take(store, receipt(f"S{number}", "10", member=ref))[0].points

    granted = succeeded(together(24, sell))

    assert sorted(granted) == [0] * 14 + [5] + [10] * 9
    assert sum(available(one) for one in people) == 95
    assert LimitCounter.objects.get(member=None).points == 95
    assert LIN is not None
