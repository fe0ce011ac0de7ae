"""The sums behind the liability report tie out to the ledger, whatever happened to it."""

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import Member
from points import selectors
from points.selectors import liability
from points.selectors.liability import Cohort, Movement, Outstanding
from points.services import (
    adjustments,
    erasure,
    expiry,
    holds,
    ledger,
    maturity,
    merging,
    transfers,
)
from stores.exceptions import Refusal
from stores.models import Store
from tests.points.conftest import NOON, make_member

pytestmark = pytest.mark.django_db
SOLD = frozenset({"purchase"})
DAY = timedelta(days=1)


def store(code: str) -> Store:
    return Store.objects.create(code=code, name=f"Shop {code}")


def earn(member: Member, points: int, at: datetime, name: str, **values: Any) -> None:
    order: dict[str, Any] = {"source": "purchase", "expires_at": at + 365 * DAY}
    order |= values
    ledger.earn(
        member_id=member.pk,
        points=points,
        reference=name,
        actor="test",
        at=at,
        recorded_at=at,
        **order,
    )


class History:
    """Days of random events, each booked at an instant of its own."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.stores = [None, store("S1").pk, store("S2").pk]
        self.people = [make_member() for _ in range(4)]
        self.staff = User.objects.create_user("boss", is_staff=True)
        self.now = NOON
        self.number = 0
        self.earned: list[tuple[Member, str]] = []
        self.spent: list[tuple[Member, str]] = []
        self.held: list[tuple[Member, str]] = []

    def step(self) -> None:
        self.now += timedelta(hours=self.chance.randint(1, 60))
        self.number += 1
        what = self.chance.choice(
            [
                self.earn,
                self.earn,
                self.earn,
                self.spend,
                self.spend,
                self.hold,
                self.close_hold,
                self.restore,
                self.claw,
                self.give,
                self.adjust,
                self.expire,
                self.mature,
            ]
        )
        with suppress(Refusal):
            what(self.chance.choice(self.people), f"n{self.number}")

    def earn(self, member: Member, name: str) -> None:
        days = self.chance.choice([5, 20, 90, None])
        pending = self.chance.choice([None, None, 8])
        earn(
            member,
            self.chance.randint(1, 500),
            self.now,
            name,
            source=self.chance.choice(["purchase", "purchase", "birthday"]),
            expires_at=None if days is None else self.now + days * DAY,
            usable_at=None if pending is None else self.now + pending * DAY,
            store_id=self.chance.choice(self.stores),
        )
        self.earned.append((member, name))

    def spend(self, member: Member, name: str) -> None:
        ledger.spend(
            member_id=member.pk,
            points=self.chance.randint(1, 300),
            reference=name,
            source="mall",
            actor="test",
            at=self.now,
            recorded_at=self.now,
        )
        self.spent.append((member, name))

    def hold(self, member: Member, name: str) -> None:
        holds.hold(
            member_id=member.pk,
            points=self.chance.randint(1, 200),
            reference=name,
            source="checkout",
            actor="test",
            at=self.now,
            until=self.now + 9 * DAY,
            recorded_at=self.now,
        )
        self.held.append((member, name))

    def close_hold(self, _member: Member, name: str) -> None:
        if not self.held:
            return
        member, reference = self.held.pop(self.chance.randrange(len(self.held)))
        close = self.chance.choice([holds.capture, holds.release])
        close(
            member_id=member.pk,
            hold_reference=reference,
            reference=name,
            actor="test",
            at=self.now,
            recorded_at=self.now,
        )

    def restore(self, _member: Member, name: str) -> None:
        if not self.spent:
            return
        member, reference = self.chance.choice(self.spent)
        ledger.restore(
            member_id=member.pk,
            spend_reference=reference,
            reference=name,
            actor="test",
            at=self.now,
            points=self.chance.randint(1, 40),
            grace_until=self.chance.choice([None, self.now + 15 * DAY]),
            recorded_at=self.now,
        )

    def claw(self, _member: Member, name: str) -> None:
        if not self.earned:
            return
        member, reference = self.chance.choice(self.earned)
        ledger.claw_back(
            member_id=member.pk,
            points=self.chance.randint(1, 200),
            reference=name,
            source="return",
            actor="test",
            at=self.now,
            earn_reference=reference,
            recorded_at=self.now,
        )

    def give(self, member: Member, name: str) -> None:
        other = self.chance.choice([one for one in self.people if one != member])
        transfers.transfer(
            from_member_id=member.pk,
            to_member_id=other.pk,
            points=self.chance.randint(1, 150),
            reference=name,
            actor="test",
            at=self.now,
            source="gift",
            recorded_at=self.now,
        )

    def adjust(self, member: Member, name: str) -> None:
        adjustments.request(
            key=name,
            member_id=member.pk,
            points=self.chance.choice([-30, 25, 40]),
            reason="goodwill",
            note="test",
            requested_by=self.staff,
            at=self.now,
        )

    def expire(self, _member: Member, _name: str) -> None:
        expiry.expire_due(cutoff_at=self.now, recorded_at=self.now)

    def mature(self, _member: Member, _name: str) -> None:
        maturity.release_pending(now=self.now)


def by_group(rows: list[Outstanding]) -> dict[tuple[int | None, str], int]:
    found: dict[tuple[int | None, str], int] = {}
    for row in rows:
        found[row.store_id, row.origin] = found.get((row.store_id, row.origin), 0) + row.points
    return found


def net(row: Movement) -> int:
    came = row.granted + row.back + row.received + row.raised
    return came - row.used - row.clawed - row.sent - row.lowered - row.expired


def check(instants: list[datetime]) -> None:
    """At every instant the sums are the ledger's own, and every period leads to the next."""
    found = {at: liability.outstanding(at, sold=SOLD) for at in instants}
    for at, rows in found.items():
        totals = selectors.totals_as_of(at, clock="created_at")
        assert sum(row.points for row in rows) == totals.available + totals.held + totals.pending
    for start, end in [*pairwise(instants), (instants[0], instants[-1])]:
        opening, closing = by_group(found[start]), by_group(found[end])
        moved = {
            (row.store_id, row.origin): row for row in liability.movements(start, end, sold=SOLD)
        }
        for row in moved.values():
            assert min(row[2:-1]) >= 0, row
        for group in opening | closing | moved:
            change = net(moved[group]) if group in moved else 0
            assert opening.get(group, 0) + change == closing.get(group, 0), group


@pytest.mark.parametrize("seed", range(8))
def test_random_histories_tie_out(seed: int) -> None:
    history = History(seed)
    instants = [NOON]
    for _turn in range(5):
        for _step in range(24):
            history.step()
        instants.append(history.now)
        instants.append(history.now + timedelta(minutes=30))
    people = history.people
    while history.held:
        history.number += 1
        with suppress(Refusal):  # it may have timed out
            history.close_hold(people[0], f"n{history.number}")
    merging.merge(kept_id=people[0].pk, gone_id=people[1].pk, actor="test", at=history.now + DAY)
    erasure.erase(member_id=people[2].pk, actor="test", at=history.now + 2 * DAY, is_forced=True)
    instants += [history.now + DAY, history.now + 3 * DAY, history.now + 400 * DAY]
    check(sorted(set(instants)))


def test_a_period_by_hand(lin: Member, chen: Member) -> None:
    shop = store("S1").pk
    earn(lin, 100, NOON, "e1", store_id=shop)
    earn(lin, 50, NOON, "e2", source="birthday", expires_at=NOON + 3 * DAY)
    start, end = NOON + DAY, NOON + 10 * DAY
    earn(lin, 30, start + DAY, "e3", store_id=shop)
    ledger.spend(
        member_id=lin.pk,
        points=70,
        reference="s1",
        source="mall",
        actor="test",
        at=start + DAY,
        recorded_at=start + DAY,
    )
    ledger.restore(
        member_id=lin.pk,
        spend_reference="s1",
        reference="r1",
        actor="test",
        points=5,
        at=start + DAY,
        recorded_at=start + DAY,
    )
    transfers.transfer(
        from_member_id=lin.pk,
        to_member_id=chen.pk,
        points=40,
        reference="t1",
        actor="test",
        at=start + 3 * DAY,
        recorded_at=start + 3 * DAY,
    )

    assert liability.outstanding(start, sold=SOLD) == [
        Outstanding(None, "gift", 0, 50),
        Outstanding(shop, "sale", 0, 100),
    ] or liability.outstanding(start, sold=SOLD) == [
        Outstanding(shop, "sale", 0, 100),
        Outstanding(None, "gift", 0, 50),
    ]
    moved = {row.origin: row for row in liability.movements(start, end, sold=SOLD)}
    # The birthday's 50 were used first, and the purchase's 20; 5 of these came back.
    assert moved["gift"] == Movement(None, "gift", 0, 0, 0, 0, 50, 0, 0, 0, 0)
    assert moved["sale"] == Movement(shop, "sale", 30, 5, 40, 0, 20, 0, 40, 0, 0)
    check([NOON, start, end])


def test_a_gift_to_a_friend_stays_what_it_was(lin: Member, chen: Member) -> None:
    earn(lin, 60, NOON, "e1", source="birthday")
    earn(lin, 40, NOON, "e2", expires_at=NOON + 400 * DAY)
    transfers.transfer(
        from_member_id=lin.pk,
        to_member_id=chen.pk,
        points=80,
        reference="t1",
        actor="test",
        at=NOON + DAY,
        recorded_at=NOON + DAY,
    )
    transfers.transfer(
        from_member_id=chen.pk,
        to_member_id=lin.pk,
        points=70,
        reference="t2",
        actor="test",
        at=NOON + 2 * DAY,
        recorded_at=NOON + 2 * DAY,
    )
    found = by_group(liability.outstanding(NOON + 3 * DAY, sold=SOLD))
    assert found == {(None, "gift"): 60, (None, "sale"): 40}


def test_points_age_by_the_shops_months(lin: Member) -> None:
    new_year = datetime(2025, 12, 31, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    earn(lin, 1, new_year - timedelta(seconds=1), "december")
    earn(lin, 2, new_year, "january")
    at = datetime(2026, 2, 15, tzinfo=UTC)
    assert liability.outstanding(at, sold=SOLD) == [
        Outstanding(None, "sale", 1, 2),
        Outstanding(None, "sale", 2, 1),
    ]
    assert liability.outstanding(at, sold=SOLD, ages=1) == [Outstanding(None, "sale", 1, 3)]


def test_cohorts_by_month(lin: Member, chen: Member) -> None:
    january, february, march = (datetime(2026, month, 10, tzinfo=UTC) for month in (1, 2, 3))
    earn(lin, 100, january, "e1")
    earn(lin, 50, february, "e2", source="birthday", expires_at=february + 700 * DAY)
    ledger.spend(
        member_id=lin.pk,
        points=30,
        reference="s1",
        source="mall",
        actor="test",
        at=february,
        recorded_at=february,
    )
    transfers.transfer(
        from_member_id=lin.pk,
        to_member_id=chen.pk,
        points=20,
        reference="t1",
        actor="test",
        at=february,
        recorded_at=february,
    )
    holds.hold(
        member_id=chen.pk,
        points=15,
        reference="h1",
        source="checkout",
        actor="test",
        at=march,
        until=march + DAY,
        recorded_at=march,
    )
    holds.capture(
        member_id=chen.pk,
        hold_reference="h1",
        reference="c1",
        actor="test",
        at=march,
        recorded_at=march,
    )
    found = liability.cohorts(march + DAY, sold=SOLD)
    assert sorted(found, key=str) == sorted(
        [
            Cohort("sale", 2, None, 100),
            Cohort("gift", 1, None, 50),
            Cohort("sale", 2, 1, 30),
            Cohort("sale", 2, 0, 15),
        ],
        key=str,
    )


def test_each_answer_is_one_query(lin: Member) -> None:
    earn(lin, 10, NOON, "e1")
    with CaptureQueriesContext(connection) as found:
        liability.outstanding(NOON, sold=SOLD)
        liability.movements(NOON, NOON + DAY, sold=SOLD)
        liability.cohorts(NOON, sold=SOLD)
    assert sum("WITH RECURSIVE" in query["sql"] for query in found) == 3
