"""The stored functions and the portable path are one ledger: the same steps, the same books."""

import re
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from members.models import Member
from points.models import Account, Entry, Hold, Lot, LotUse
from points.policies import DebtPolicy
from points.selectors import audit
from points.services import accounts, holds, ledger
from points.services.rows import Posting
from stores.exceptions import Refusal
from tests.points.conftest import NOON, make_member

Step = tuple[str, int, int, int, bool]

STEP = st.tuples(
    st.sampled_from(
        ["earn", "spend", "hold", "capture", "release", "restore", "claw", "status", "repeat"]
    ),
    st.integers(1, 120),  # points
    st.integers(0, 40),  # which earlier step it means
    st.integers(1, 12),  # validity, or how far time moves on
    st.booleans(),
)


class Player:
    """Runs the steps for one member and keeps every answer or refusal."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.at = NOON
        self.frozen = False
        self.made: dict[str, list[str]] = {"earn": [], "spend": [], "hold": []}
        self.answers: list[Any] = []

    def play(self, steps: list[Step]) -> list[Any]:
        for number, (verb, points, which, days, flag) in enumerate(steps):
            self.at += timedelta(hours=days)
            self.common: dict[str, Any] = {
                "member_id": self.member.pk,
                "reference": f"{verb}:{number}",
                "actor": "test",
                "at": self.at,
            }
            try:
                answer = getattr(self, verb)(points, which, days, flag)
            except Refusal as refusal:
                self.answers.append((refusal.code, refusal.params))
                continue
            if verb in self.made:
                self.made[verb].append(self.common["reference"])
            self.answers.append(
                {
                    name: value
                    for name, value in asdict(answer).items()
                    if name not in ("entry_id", "account_id")
                }
            )
        return self.answers

    def _earlier(self, kind: str, which: int) -> str:
        made = self.made[kind]
        return made[which % len(made)] if made else "none"

    def earn(self, points: int, which: int, days: int, flag: bool) -> Posting:
        return ledger.earn(
            **self.common,
            points=points,
            source="purchase",
            expires_at=self.at + timedelta(hours=days * 5) if flag else None,
            usable_at=self.at + timedelta(hours=days) if which % 5 == 0 else None,
            rule_version="v1",
            explanation={"type": "测试", "n": which},
        )

    def repeat(self, points: int, which: int, days: int, flag: bool) -> Posting:
        common = self.common | {"reference": self._earlier("earn", which)}
        return ledger.earn(**common, points=points, source="purchase", expires_at=None)

    def spend(self, points: int, which: int, days: int, flag: bool) -> Posting:
        told = {"a": 1} if flag else {}
        return ledger.spend(**self.common, points=points, source="mall", explanation=told)

    def hold(self, points: int, which: int, days: int, flag: bool) -> Posting:
        until = self.at + timedelta(hours=1)
        return holds.hold(**self.common, points=points, source="till", until=until)

    def capture(self, points: int, which: int, days: int, flag: bool) -> Posting:
        return holds.capture(**self.common, hold_reference=self._earlier("hold", which))

    def release(self, points: int, which: int, days: int, flag: bool) -> Posting:
        return holds.release(**self.common, hold_reference=self._earlier("hold", which))

    def restore(self, points: int, which: int, days: int, flag: bool) -> Posting:
        return ledger.restore(
            **self.common,
            spend_reference=self._earlier("hold" if which % 2 else "spend", which),
            points=points if which % 3 else None,
            grace_until=self.at + timedelta(hours=50) if flag else None,
            explanation={"why": "退货"} if which % 4 else {},
        )

    def claw(self, points: int, which: int, days: int, flag: bool) -> Posting:
        own = flag and self.made["earn"]
        return ledger.claw_back(
            **self.common,
            points=points,
            source="return",
            earn_reference=self._earlier("earn", which) if own else None,
            policy=list(DebtPolicy)[which % 3],
        )

    def status(self, points: int, which: int, days: int, flag: bool) -> Posting:
        change = accounts.unfreeze if self.frozen else accounts.freeze
        self.frozen = not self.frozen
        return change(**self.common, reason="核查")


def books(member: Member) -> dict[str, list[Any]]:
    """Every row of the member's ledger, with ids replaced by positions."""
    account = Account.objects.get(member=member)
    entries = list(Entry.objects.filter(account=account).order_by("seq"))
    position = {entry.pk: entry.seq for entry in entries} | {None: None}
    lots = list(Lot.objects.filter(account=account).order_by("id"))
    lot_position = {lot.pk: number for number, lot in enumerate(lots)}
    uses = list(LotUse.objects.filter(entry__account=account).order_by("id"))
    use_position = {use.pk: number for number, use in enumerate(uses)} | {None: None}

    def row(thing: Any, *left_out: str, **replaced: Any) -> dict[str, Any]:
        values = {
            field.attname: getattr(thing, field.attname)
            for field in thing._meta.concrete_fields
            if field.attname not in ("id", *left_out)
        }
        return values | replaced

    return {
        "account": [row(account, "member_id", "chain", "opened_at")],
        "entries": [
            row(
                e,
                "account_id",
                "hash",
                relates_to_id=position[e.relates_to_id],
                # What times out is called by the key of its hold.
                reference=re.sub(r"^timeout:\d+$", "timeout", e.reference),
            )
            for e in entries
        ],
        "lots": [
            row(
                lot,
                "account_id",
                entry_id=position[lot.entry_id],
                expired_by_id=position[lot.expired_by_id],
            )
            for lot in lots
        ],
        "uses": sorted(
            (
                row(
                    use,
                    entry_id=position[use.entry_id],
                    lot_id=lot_position[use.lot_id],
                    undoes_id=use_position[use.undoes_id],
                )
                for use in uses
            ),
            key=lambda use: (use["entry_id"], use["amount"] > 0, use["lot_id"], use["amount"]),
        ),
        "holds": [
            row(hold, "account_id", entry_id=position[hold.entry_id])
            | {"closed_by_id": position[hold.closed_by_id]}
            for hold in Hold.objects.filter(account=account).order_by("id")
        ],
    }


@pytest.mark.postgresql
@pytest.mark.django_db
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=1, max_size=30))
def test_stored_and_portable_give_the_same_books(steps: list[Step]) -> None:
    portable, stored = make_member(), make_member()
    with override_settings(POINTS_PORTABLE=True):
        expected = Player(portable).play(steps)
    assert Player(stored).play(steps) == expected
    if Account.objects.filter(member=portable).exists():
        assert books(stored) == books(portable)
    assert audit.run().breaches == {}
