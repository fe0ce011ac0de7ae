"""How much of the rules' limits is used: loaded for a batch, counted along, written at its end.

A member's counters are safe under the lock of the member's account, which the caller holds. The
counters of all members together are locked here, after every account, in the order of their ids.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from campaigns.models import LimitCounter
from campaigns.policies.matching import Used
from campaigns.policies.periods import period_start
from campaigns.policies.programs import Program

_MEMBERS, _ALL = "member", "all"
_CHUNK = 500


class Key(NamedTuple):
    rule_key: str
    member_id: int | None
    period: str
    starts_on: date


class Ask(NamedTuple):
    """That `program` will judge something of this member at `at`, in the store's zone."""

    program: Program
    member_id: int
    at: datetime


class Limits:
    """The counters of one batch. `used` answers with what the batch itself has counted so far."""

    def __init__(self) -> None:
        self._known: dict[Key, list[int]] = {}
        self._changed: dict[Key, list[int]] = {}

    def load(
        self, asks: Iterable[Ask], released: Iterable[Mapping[str, Any]], *, lock: bool
    ) -> None:
        """Read what `asks` may need, and lock what is common to all members if asked.

        `released` are explanations of sales that may give back what they used. No query when no
        limit is concerned; otherwise one per five hundred members and, for common limits, two.
        """
        keys = {key for ask in asks for key in _keys_asked(ask)}
        shared = {key for key in keys if key.member_id is None}
        for told in released:
            shared |= {key for key in keys_counted(told, 0) if key.member_id is None}
        self._load_members(keys - shared)
        if shared:
            self._load_shared(sorted(shared), lock=lock)

    def used(self, program: Program, member_id: int, at: datetime) -> Used:
        """What the limits of `program` have counted of this member, and of all, by `at`."""
        used: Used = {}
        for limit in program.limits:
            if limit.scope == "order":
                continue
            counted = self._known.get(_key(limit.rule, limit.scope, limit.period, member_id, at))
            if counted is not None and any(counted):
                used[limit.rule, limit.scope, limit.period] = (counted[0], counted[1])
        return used

    def count(self, explanation: Mapping[str, Any], member_id: int) -> None:
        """Count what a purchase or event has been given."""
        gave = dict(explanation.get("gave", ()))
        for key in keys_counted(explanation, member_id):
            points = gave.get(key.rule_key, 0) if key.rule_key else explanation["result"]
            self._add(key, 1, points)

    def give_back(
        self, explanation: Mapping[str, Any], member_id: int, *, before: int, after: int
    ) -> None:
        """Free what a sale used as its points go off: `before` and `after` are the points taken
        back of it in all, before and after this return."""
        earned = explanation.get("result", 0)
        if not earned or after <= before:
            return
        gave = dict(explanation.get("gave", ()))
        times = -1 if after >= earned > before else 0
        for key in keys_counted(explanation, member_id):
            mine = gave.get(key.rule_key, 0) if key.rule_key else earned
            self._add(key, times, mine * before // earned - mine * after // earned)

    def save(self) -> None:
        """Write the changes, in one order for all processes."""
        rows = [
            (key, delta[0], delta[1]) for key, delta in sorted(self._changed.items(), key=_sorting)
        ]
        self._changed = {}
        grown = [row for row in rows if row[1] >= 0 and row[2] >= 0 and any(row[1:])]
        shrunk = [row for row in rows if row[1] < 0 or row[2] < 0]
        if not grown and not shrunk:
            return
        with connection.cursor() as cursor:
            for is_of_member in (True, False):
                mine = [row for row in grown if (row[0].member_id is not None) == is_of_member]
                if mine:
                    cursor.executemany(_upsert(is_of_member=is_of_member), _parameters(mine))
            for key, times, points in shrunk:
                whose = "member_id = %s" if key.member_id is not None else "member_id IS NULL"
                cursor.execute(
                    f"UPDATE campaigns_limitcounter SET times = times + %s, points = points + %s "  # noqa: S608
                    f"WHERE rule_key = %s AND period = %s AND starts_on = %s AND {whose}",
                    [
                        times,
                        points,
                        key.rule_key,
                        key.period,
                        key.starts_on,
                        *([key.member_id] if key.member_id is not None else []),
                    ],
                )

    def _add(self, key: Key, times: int, points: int) -> None:
        for rows in (self._known, self._changed):
            row = rows.setdefault(key, [0, 0])
            row[0] += times
            row[1] += points

    def _load_members(self, keys: set[Key]) -> None:
        ids = sorted({key.member_id for key in keys if key.member_id is not None})
        rules = {key.rule_key for key in keys}
        days = {key.starts_on for key in keys}
        for start in range(0, len(ids), _CHUNK):
            rows = LimitCounter.objects.filter(
                member_id__in=ids[start : start + _CHUNK], rule_key__in=rules, starts_on__in=days
            )
            self._remember(rows.values_list(*_COLUMNS))

    def _load_shared(self, keys: Sequence[Key], *, lock: bool) -> None:
        rows = LimitCounter.objects.filter(
            member=None,
            rule_key__in={key.rule_key for key in keys},
            starts_on__in={key.starts_on for key in keys},
        )
        if lock:
            LimitCounter.objects.bulk_create(
                [
                    LimitCounter(rule_key=k.rule_key, period=k.period, starts_on=k.starts_on)
                    for k in keys
                ],
                ignore_conflicts=True,
            )
            rows = rows.select_for_update().order_by("pk")
        self._remember(rows.values_list(*_COLUMNS))

    def _remember(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for rule_key, member_id, period, starts_on, times, points in rows:
            self._known[Key(rule_key, member_id, period, starts_on)] = [times, points]


_COLUMNS = ("rule_key", "member_id", "period", "starts_on", "times", "points")


def keys_counted(explanation: Mapping[str, Any], member_id: int) -> list[Key]:
    """The counters that a purchase or event so explained went into."""
    counted = explanation.get("counted", ())
    if not counted:
        return []
    inputs = explanation["inputs"]
    at = datetime.fromisoformat(inputs["at"]).astimezone(ZoneInfo(inputs["zone"]))
    return [_key(rule, scope, period, member_id, at) for rule, scope, period in counted]


def _keys_asked(ask: Ask) -> Iterable[Key]:
    for limit in ask.program.limits:
        if limit.scope != "order":
            yield _key(limit.rule, limit.scope, limit.period, ask.member_id, ask.at)


def _key(rule: str, scope: str, period: str, member_id: int, at: datetime) -> Key:
    whose = member_id if scope == _MEMBERS else None
    return Key(rule, whose, period, period_start(period, at.date()))


def _sorting(item: tuple[Key, Any]) -> tuple[Any, ...]:
    key = item[0]
    return (key.member_id is None, key.member_id or 0, key.rule_key, key.period, key.starts_on)


def _parameters(rows: Sequence[tuple[Key, int, int]]) -> list[tuple[Any, ...]]:
    return [
        (key.rule_key, key.member_id, key.period, key.starts_on, times, points)
        for key, times, points in rows
    ]


def _upsert(*, is_of_member: bool) -> str:
    columns = "member_id, rule_key" if is_of_member else "rule_key"
    where = "member_id IS NOT NULL" if is_of_member else "member_id IS NULL"
    return (
        "INSERT INTO campaigns_limitcounter "  # noqa: S608 — no text but our own
        "(rule_key, member_id, period, starts_on, times, points) VALUES (%s, %s, %s, %s, %s, %s) "
        f"ON CONFLICT ({columns}, period, starts_on) WHERE {where} DO UPDATE SET "
        "times = campaigns_limitcounter.times + excluded.times, "
        "points = campaigns_limitcounter.points + excluded.points"
    )
