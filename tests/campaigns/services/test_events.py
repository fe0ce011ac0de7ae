"""Acts of members: judged once, limited, reversed, and made good after a broken rule."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from campaigns import exceptions
from campaigns.models import EarningRule, Event, LimitCounter, RuleFault
from campaigns.policies.events import EventInput
from campaigns.selectors import verification
from campaigns.services import birthdays, events, rules
from members.models import Member
from members.services import registration
from points.selectors import balances
from sales.services import repairs
from stores.models import Store
from tests import cast
from tests.campaigns.conftest import NOON, draft, published
from tests.campaigns.making import rule
from tests.racing import succeeded, together

SHARE = rule(
    "share",
    "fixed",
    trigger="share",
    points=5,
    limits=[{"per": "member", "period": "day", "times": 1}],
)
JOIN = rule("join", "fixed", trigger="registration", points=100)


def act(member: Member, number: str = "E1", **values: Any) -> EventInput:
    facts: dict[str, Any] = {"trigger": "share", "occurred_at": NOON}
    return EventInput(external_id=number, member_id=member.pk, **(facts | values))


def report(event: EventInput, now: datetime = NOON) -> events.Reported:
    return events.record(source="test", event=event, actor="test", now=now)


def available(member: Member) -> int:
    return balances.balance(member.pk, at=NOON + timedelta(days=1)).available


def test_an_act_earns_by_the_rules_of_its_time(lin: Member) -> None:
    published(SHARE)

    told = report(act(lin))

    assert (told.event.points, told.event.state) == (5, "posted")
    assert available(lin) == 5
    assert told.event.explanation["gave"] == [["share", 5]]


def test_an_act_told_again_is_not_counted_again(lin: Member) -> None:
    published(SHARE)
    first = report(act(lin))

    again = report(act(lin))

    assert again.is_replay
    assert again.event == first.event
    assert available(lin) == 5


def test_a_number_used_for_something_else_is_refused(lin: Member) -> None:
    published(SHARE)
    report(act(lin))

    with pytest.raises(exceptions.EventConflict):
        report(act(lin, quantity=Decimal(2)))


def test_a_limit_of_once_a_day_counts_by_the_day_in_the_shop(lin: Member) -> None:
    published(SHARE)
    midnight = datetime(2026, 3, 6, 16, 0, tzinfo=NOON.tzinfo)  # 00:00 in Shanghai
    days = [NOON, midnight - timedelta(seconds=1), midnight]

    points = [
        report(act(lin, f"E{n}", occurred_at=at), now=midnight).event.points
        for n, at in enumerate(days)
    ]

    assert points == [5, 0, 5]
    assert LimitCounter.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"trigger": "purchase"}, "trigger"),
        ({"trigger": "first_order"}, "trigger"),
        ({"trigger": "registration"}, "trigger"),
        ({"trigger": "birthday"}, "trigger"),
        ({"trigger": "custom"}, "code"),
        ({"number": ""}, "external_id"),
        ({"number": " x"}, "external_id"),
        ({"number": "a\x00b"}, "external_id"),
        ({"occurred_at": NOON + timedelta(days=2)}, "occurred_at"),
        ({"quantity": Decimal(0)}, "quantity"),
        ({"quantity": Decimal("NaN")}, "quantity"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"attributes": {"a": ""}}, "attributes"),
        ({"attributes": {str(n): "x" for n in range(21)}}, "attributes"),
    ],
)
def test_what_is_no_act_is_refused_with_its_field(
    lin: Member, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(exceptions.InvalidEvent) as refusal:
        report(act(lin, **values))

    assert refusal.value.field == field


def test_an_act_that_fell_away_gives_its_points_and_its_limit_back(lin: Member) -> None:
    published(SHARE)
    report(act(lin))

    first, event = (
        events.reverse(source="test", external_id="E1", reason="deleted", actor="test", now=NOON)
        for _twice in range(2)
    )

    assert first == event
    assert event.state == Event.State.REVERSED
    assert available(lin) == 0
    assert report(act(lin, "E2")).event.points == 5
    assert verification.run().is_clean


def test_an_unknown_act_cannot_be_reversed(db: None) -> None:
    with pytest.raises(exceptions.EventNotFound):
        events.reverse(source="test", external_id="E9", reason="", actor="test", now=NOON)


def test_joining_is_rewarded_once_in_the_same_request(db: None) -> None:
    published(JOIN)

    member = registration.register(phone="13900139000", name="", at=NOON, source="web")

    assert balances.balance(member.pk, at=NOON).available == 100
    assert Event.objects.get().trigger == "registration"


def test_joining_with_a_budget_for_all_is_rewarded_by_the_job(db: None) -> None:
    budget = {"limits": [{"per": "all", "points": 250}]}
    published(rule("join", "fixed", trigger="registration", points=100, **budget))
    ids = registration.register_many(
        external_numbers=["a", "b", "c"], at=NOON, store_id=None, source="import"
    )
    assert Event.objects.filter(state="due").count() == 3

    done = events.judge_due(now=NOON)

    assert (done, events.are_due()) == (3, False)
    granted = [balances.balance(pk, at=NOON).available for pk in ids.values()]
    assert sorted(granted) == [50, 100, 100]
    assert LimitCounter.objects.get(member=None).points == 250


def test_birthdays_are_rewarded_once_a_year_and_made_up_for(db: None) -> None:
    published(rule("cake", "fixed", trigger="birthday", points=50))
    born = {"a": date(1990, 3, 6), "b": date(1990, 3, 3), "c": date(1990, 3, 7)}
    people = {name: cast.member(phone=f"1390013900{n}") for n, name in enumerate(born, start=1)}
    for name, birthday in born.items():
        Member.objects.filter(pk=people[name].pk).update(birthday=birthday)

    counts = [birthdays.reward(now=NOON), birthdays.reward(now=NOON + timedelta(hours=1))]

    assert counts == [2, 0]
    assert [available(people[name]) for name in "abc"] == [50, 50, 0]


def test_a_leap_day_birthday_is_kept_on_the_declared_day(lin: Member) -> None:
    published(rule("cake", "fixed", trigger="birthday", points=50), leap_day="mar1")
    Member.objects.filter(pk=lin.pk).update(birthday=date(2000, 2, 29))
    morning = datetime(2026, 3, 1, 1, 0, tzinfo=NOON.tzinfo)

    assert birthdays.reward(now=morning) == 1


def break_rule(version_id: int, key: str) -> None:
    """As a fault of the software would: past the guards, into a published rule."""
    _past_the_guard(
        "UPDATE campaigns_earningrule SET conditions = %s WHERE version_id = %s AND key = %s",
        ['[{"kind": "moon"}]', version_id, key],
    )
    _past_the_guard(
        "UPDATE campaigns_earningruleversion SET mark = %s WHERE id = %s",
        [uuid4().hex, version_id],
    )


def _past_the_guard(statement: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement, parameters)
            cursor.execute("SET LOCAL session_replication_role = origin")
            return
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'campaigns%'"
        )
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(statement, parameters)
        for _name, sql in triggers:
            cursor.execute(sql)


def test_an_act_that_met_a_broken_rule_is_made_good(lin: Member) -> None:
    version = published(SHARE)
    break_rule(version.pk, "share")
    told = report(act(lin))
    fault = RuleFault.objects.get()
    assert (told.event.points, fault.rule_key, fault.state) == (0, "share", "open")
    assert repairs.repair(reference=fault.reference, now=NOON) is None

    repair = draft(SHARE, name="Repair", repairs=version)
    rules.publish(version=repair, by=None, now=NOON, reason="the share rule was broken")
    done, rest = repairs.repair_open(now=NOON)

    assert (done, rest) == ((1, 1, 5), None)
    assert available(lin) == 5
    fault.refresh_from_db()
    assert (fault.state, fault.points) == ("repaired", 5)
    assert verification.run().is_clean


def test_a_version_without_a_fault_needs_no_repair(db: None) -> None:
    version = published(SHARE)

    with pytest.raises(exceptions.NothingToRepair):
        rules.publish(version=draft(SHARE, repairs=version), by=None, now=NOON, reason="for fun")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_budget_is_not_exceeded_in_a_burst() -> None:
    gift = rule(
        "gift",
        "fixed",
        trigger="custom",
        code="gift",
        points=10,
        limits=[{"per": "all", "points": 65}],
    )
    published(gift)
    people = [cast.member(phone=f"139001390{n:02}") for n in range(24)]

    def tell(number: int) -> int:
        event = act(people[number], f"E{number}", trigger="custom", code="gift")
        return report(event).event.points

    assert sorted(succeeded(together(24, tell))) == [0] * 17 + [5] + [10] * 6
    assert sum(available(member) for member in people) == 65


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_act_told_by_many_at_once_counts_once() -> None:
    published(SHARE)
    member = cast.member()

    results = together(24, lambda number: report(act(member)).is_replay)

    assert sorted(succeeded(results)) == [False] + [True] * 23
    assert available(member) == 5
    assert EarningRule.objects.count() == 1
    assert Store.objects.count() == 0
