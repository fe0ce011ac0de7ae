"""The ledger against a model that a child could follow: every point is a coin with a date.

The model shares no code and no idea with the ledger: no lots, no sums, no FIFO over rows, only a
list of coins. Whatever the sequence, both must say the same at every step, now and as of then.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from points import selectors
from points.exceptions import InsufficientPoints, RestoreExceedsUse
from points.selectors import audit
from points.services import expiry, ledger
from tests.points.conftest import NOON, make_member

HOUR = timedelta(hours=1)
Step = tuple[str, int, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "earn", "spend", "claw", "restore", "expire", "wait"]),
        st.integers(1, 30),
        st.integers(1, 60),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=25,
)


@dataclass
class Coins:
    """Coins are (expiry, order of arrival); the purse holds those that nobody has taken."""

    purse: list[tuple[datetime, int]] = field(default_factory=list)
    debt: int = 0
    arrived: int = 0
    spent: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)

    def alive(self, at: datetime) -> list[tuple[datetime, int]]:
        return sorted(coin for coin in self.purse if coin[0] > at)

    def earn(self, points: int, expires_at: datetime) -> None:
        paid = min(points, self.debt)
        self.debt -= paid
        self.arrived += 1
        self.purse += [(expires_at, self.arrived)] * (points - paid)

    def spend(self, name: str, points: int, at: datetime) -> bool:
        if len(self.alive(at)) < points:
            return False
        self.spent[name] = self.alive(at)[:points]
        for coin in self.spent[name]:
            self.purse.remove(coin)
        return True

    def claw(self, points: int, at: datetime) -> None:
        taken = self.alive(at)[:points]
        for coin in taken:
            self.purse.remove(coin)
        self.debt += points - len(taken)

    def restore(self, name: str, points: int, at: datetime) -> bool:
        used = self.spent.get(name, [])
        if not used or points > len(used):
            return False
        back = [used.pop() for _ in range(points)]  # the last taken comes back first
        living = sorted(coin for coin in back if coin[0] > at)
        paid = min(self.debt, len(living))
        self.debt -= paid
        self.purse += living[paid:]
        return True


@pytest.mark.django_db
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_ledger_and_coins_say_the_same_at_every_step(steps: list[Step]) -> None:
    member, coins, at = make_member(), Coins(), NOON
    seen: list[tuple[datetime, int, int]] = []
    spends: list[str] = []
    for number, (verb, points, hours, which) in enumerate(steps):
        at += HOUR * (hours // 4)
        common: dict[str, Any] = {
            "member_id": member.pk,
            "reference": f"{verb}{number}",
            "actor": "test",
            "at": at,
        }
        if verb == "earn":
            expires_at = at + HOUR * hours
            coins.earn(points, expires_at)
            ledger.earn(**common, points=points, source="purchase", expires_at=expires_at)
        elif verb == "spend":
            expected = coins.spend(common["reference"], points, at)
            assert _does(ledger.spend, **common, points=points, source="mall") == expected
            spends += [common["reference"]] * expected
        elif verb == "claw":
            coins.claw(points, at)
            ledger.claw_back(**common, points=points, source="return")
        elif verb == "restore" and spends:
            name = spends[which % len(spends)]
            expected = coins.restore(name, points, at)
            done = _does(ledger.restore, **common, points=points, spend_reference=name)
            assert done == expected
        elif verb == "expire":
            expiry.expire_due(cutoff_at=at, recorded_at=at)
        balance = selectors.balance(member.pk, at)
        assert (balance.available, balance.debt) == (len(coins.alive(at)), coins.debt), number
        seen = [*(known for known in seen if known[0] < at), (at, balance.available, balance.debt)]
    for then, available, debt in seen:
        found = selectors.balance_as_of(member.pk, then)
        assert (found.available, found.debt) == (available, debt), then
    assert audit.run().breaches == {}


def _does(call: Any, **arguments: Any) -> bool:
    try:
        call(**arguments)
    except (InsufficientPoints, RestoreExceedsUse):
        return False
    return True
