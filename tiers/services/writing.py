"""How growth, standings and their history become rows: set by set."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

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
_STANDING_FIELDS = (
    "level_id",
    "since",
    "by",
    "valid_until",
    "counts_from",
    "counts_until",
    "grace_until",
    "is_warned",
    "cause",
    "before_id",
    "changed_at",
)
_WARNINGS = frozenset({Why.WARNED, Why.GRACE})
_STAYS = frozenset({*_WARNINGS, Why.KEPT})
_AT_ONCE = 2000


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
    """Write what members hold now, whether or not there was a row."""
    if not held:
        return
    made = [
        Standing(
            member_id=pk,
            level_id=now.level_id,
            since=now.since,
            by=now.by.value,
            valid_until=now.valid_until,
            counts_from=now.counts_from,
            counts_until=now.counts_until,
            grace_until=now.grace_until,
            is_warned=now.is_warned,
            cause=now.cause,
            before_id=now.before_id,
            changed_at=at,
        )
        for pk, now in held
    ]
    fields = [name.removesuffix("_id") for name in _STANDING_FIELDS]
    Standing.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["member"],
        update_fields=fields,
        batch_size=_AT_ONCE,
    )


def put_changes(
    told: Sequence[tuple[int, tuple[standings.Standing, Change]]],
    *,
    at: datetime,
    actor: str,
    reasons: Mapping[int, str],
) -> list[StandingChange]:
    """Write the history, in order; returns the rows."""
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
    if made:
        StandingChange.objects.bulk_create(made, batch_size=_AT_ONCE)
    return made


def tell(changes: Sequence[StandingChange], *, at: datetime) -> None:
    """Let the apps above hear of levels that changed, and of warnings."""
    moved = [one for one in changes if one.why not in _STAYS]
    warned = [one for one in changes if one.why in _WARNINGS]
    if moved:
        signals.levels_changed.send(sender=StandingChange, changes=moved, at=at)
    if warned:
        signals.levels_warned.send(sender=StandingChange, changes=warned, at=at)
