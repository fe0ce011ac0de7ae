"""How growth, standings and their history become rows: set by set."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from points.services import rows
from tiers import signals
from tiers.models import GrowthDay, Standing, StandingChange
from tiers.policies import standings
from tiers.policies.growth import NOTHING, Figures
from tiers.policies.standings import Change, Why

_ADD = """
INSERT INTO {days} AS d (member_id, day, spent, bought, acted, adjusted) {source}
ON CONFLICT (member_id, day) DO UPDATE SET
  spent = d.spent + excluded.spent, bought = d.bought + excluded.bought,
  acted = d.acted + excluded.acted, adjusted = d.adjusted + excluded.adjusted
"""
_ARRAYS = (
    "SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[], "
    "%s::bigint[])"
)
# The columns of a standing with their types, in the order of `_columns`.
_STANDING = (
    ("member_id", "bigint"),
    ("level_id", "bigint"),
    ("since", "date"),
    ('"by"', "text"),
    ("valid_until", "date"),
    ("counts_from", "date"),
    ("counts_until", "date"),
    ("grace_until", "date"),
    ("is_warned", "boolean"),
    ("cause", "text"),
    ("before_id", "bigint"),
    ("changed_at", "timestamptz"),
)
_NAMES = ", ".join(name for name, _kind in _STANDING)
_SETS = ", ".join(f"{name} = excluded.{name}" for name, _kind in _STANDING[1:])
_PUT = f"INSERT INTO {{table}} ({_NAMES}) {{source}} ON CONFLICT (member_id) DO UPDATE SET {_SETS}"
_UNNEST = f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for _n, kind in _STANDING)})"  # noqa: S608
_CHANGE = "member_id, before_id, after_id, why, growth, until, cause, reason, actor, at"
_WARNINGS = frozenset({Why.WARNED, Why.GRACE})
_STAYS = frozenset({*_WARNINGS, Why.KEPT})


def add_days(days: Mapping[tuple[int, date], Figures]) -> None:
    """Add growth to days of members, whose accounts the caller has locked. One statement."""
    found = sorted((pk, day, *figures) for (pk, day), figures in days.items() if figures != NOTHING)
    if not found:
        return
    table = connection.ops.quote_name(GrowthDay._meta.db_table)
    with connection.cursor() as cursor:
        if rows.is_postgresql():
            columns = [list(column) for column in zip(*found, strict=True)]
            cursor.execute(_ADD.format(days=table, source=_ARRAYS), columns)
            return
        text = _ADD.format(days=table, source="VALUES (%s, %s, %s, %s, %s, %s)")
        cursor.executemany(text, [(row[0], row[1].isoformat(), *row[2:]) for row in found])


def put_standings(held: Sequence[tuple[int, standings.Standing]], *, at: datetime) -> None:
    """Write what members hold now, whether or not there was a row. One statement."""
    if not held:
        return
    table = connection.ops.quote_name(Standing._meta.db_table)
    stamp = rows.stamp(at)
    found = [(pk, *_columns(now), stamp) for pk, now in held]
    with connection.cursor() as cursor:
        if rows.is_postgresql():
            columns = [list(column) for column in zip(*found, strict=True)]
            cursor.execute(_PUT.format(table=table, source=_UNNEST), columns)
            return
        marks = ", ".join(["%s"] * len(_STANDING))
        days = [tuple(v.isoformat() if isinstance(v, date) else v for v in row) for row in found]
        cursor.executemany(_PUT.format(table=table, source=f"VALUES ({marks})"), days)


def _columns(now: standings.Standing) -> tuple[Any, ...]:
    return (
        now.level_id,
        now.since,
        now.by.value,
        now.valid_until,
        now.counts_from,
        now.counts_until,
        now.grace_until,
        now.is_warned,
        now.cause,
        now.before_id,
    )


def put_changes(
    told: Sequence[tuple[int, tuple[standings.Standing, Change]]],
    *,
    at: datetime,
    actor: str,
    reasons: Mapping[int, str],
) -> list[StandingChange]:
    """Write the history, in order; returns the rows, which do not know their ids."""
    made = [
        StandingChange(
            member_id=pk,
            before_id=before.level_id,
            after_id=change.standing.level_id,
            why=change.why.value,
            growth=change.growth,
            until=change.standing.grace_until or change.standing.valid_until,
            cause=change.cause,
            reason=reasons.get(pk, ""),
            actor=actor,
            at=at,
        )
        for pk, (before, change) in told
        if change.why is not Why.DATED
    ]
    with connection.cursor() as cursor:
        rows.insert(cursor, StandingChange._meta.db_table, _CHANGE, [_row(one) for one in made])
    return made


def _row(one: StandingChange) -> tuple[Any, ...]:
    return (
        one.member_id,
        one.before_id,
        one.after_id,
        one.why,
        one.growth,
        one.until if rows.is_postgresql() or one.until is None else one.until.isoformat(),
        one.cause,
        one.reason,
        one.actor,
        rows.stamp(one.at),
    )


def tell(changes: Sequence[StandingChange], *, at: datetime, is_live: bool) -> None:
    """Let the apps above hear of levels that changed, and of warnings."""
    moved = [one for one in changes if one.why not in _STAYS]
    warned = [one for one in changes if one.why in _WARNINGS]
    if moved:
        signals.levels_changed.send(sender=StandingChange, changes=moved, at=at, is_live=is_live)
    if warned:
        signals.levels_warned.send(sender=StandingChange, changes=warned, at=at, is_live=is_live)
