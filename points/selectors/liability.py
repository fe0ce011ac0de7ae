"""The ledger in sums, for those who reckon what outstanding points cost: added up in the database.

Counted when it is booked, so that a period that is over does not change any more; but a lot counts
until its day ends, whenever that was booked, as `totals_as_of` says. Points that a checkout holds,
and pending ones, are outstanding; debts stand beside them.

A lot has an origin: bought with a purchase, or given. A lot that goes on for another (a gift to a
friend, a merged account, points given back after their day) has the origin of the first.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from points.policies import add_months, start_of_day

# Lots that go on for others, each with the lot before it; and for each the first of its line.
_LINES = """
arrived AS (
    SELECT l.id, g.relates_to_id AS sent_by,
           ROW_NUMBER() OVER (PARTITION BY l.entry_id ORDER BY l.id) AS place
    FROM points_entry g JOIN points_lot l ON l.entry_id = g.id WHERE g.kind = 'transfer_in'
),
sent AS (
    SELECT u.lot_id, u.entry_id AS sent_by,
           ROW_NUMBER() OVER (PARTITION BY u.entry_id ORDER BY u.id) AS place
    FROM points_entry e JOIN points_lotuse u ON u.entry_id = e.id WHERE e.kind = 'transfer_out'
),
came_from AS (
    SELECT a.id AS lot_id, s.lot_id AS old_id
    FROM arrived a JOIN sent s ON s.sent_by = a.sent_by AND s.place = a.place
    UNION ALL
    SELECT l.id, MIN(u.lot_id) FROM points_entry g JOIN points_lot l ON l.entry_id = g.id
    JOIN points_lotuse u ON u.entry_id = g.relates_to_id
    WHERE g.kind = 'restore' GROUP BY l.id
    UNION ALL
    SELECT l.id, MIN(o.id) FROM points_entry g JOIN points_lot l ON l.entry_id = g.id
    JOIN points_lot o ON o.account_id = l.account_id AND o.expired_by_id = g.relates_to_id
    WHERE g.kind = 'restore' GROUP BY l.id
    UNION ALL
    SELECT m.new_id, MIN(m.old_id) FROM points_lotmove m
    JOIN points_lot l ON l.id = m.new_id JOIN points_entry g ON g.id = l.entry_id
    WHERE g.kind = 'earn' AND g.source = 'merge' GROUP BY m.new_id
),
walk(lot_id, first_id) AS (
    SELECT lot_id, old_id FROM came_from
    UNION ALL
    SELECT w.lot_id, c.old_id FROM walk w JOIN came_from c ON c.lot_id = w.first_id
),
firsts AS (
    SELECT w.lot_id, MIN(w.first_id) AS first_id FROM walk w
    LEFT JOIN came_from c ON c.lot_id = w.first_id WHERE c.lot_id IS NULL GROUP BY w.lot_id
),
origins AS (
    SELECT f.lot_id, g.source FROM firsts f
    JOIN points_lot l ON l.id = f.first_id JOIN points_entry g ON g.id = l.entry_id
),
"""

# Per lot, what had left it by {at}: `gone` counts what a hold reserves, `reserved` is that part.
_GONE = """
gone_{n} AS (
    SELECT lot_id, SUM(gone) AS gone, SUM(reserved) AS reserved FROM (
        SELECT u.lot_id, u.amount AS gone,
               CASE WHEN e.kind IN ('hold', 'release') AND u.bucket = 'held'
                    THEN u.amount ELSE 0 END AS reserved
        FROM points_lotuse u JOIN points_entry e ON e.id = u.entry_id
        WHERE e.created_at <= %(at_{n})s
        UNION ALL
        SELECT u.lot_id, 0, -u.amount FROM points_entry c
        JOIN points_hold h ON h.closed_by_id = c.id
        JOIN points_lotuse u ON u.entry_id = h.entry_id
        WHERE c.kind = 'capture' AND c.created_at <= %(at_{n})s AND u.amount > 0
    ) moved GROUP BY lot_id
),
state_{n} AS (
    SELECT l.id AS lot_id, l.granted - COALESCE(m.gone, 0) + COALESCE(m.reserved, 0) AS kept,
           CASE WHEN x.id IS NOT NULL THEN l.expired
                WHEN l.expires_at <= %(at_{n})s AND (g.d_pending = 0 OR EXISTS (
                    SELECT 1 FROM points_entry c WHERE c.relates_to_id = g.id
                      AND c.kind = 'mature' AND c.created_at <= %(at_{n})s))
                THEN l.granted - COALESCE(m.gone, 0) ELSE 0 END AS lapsed
    FROM points_lot l
    JOIN points_entry g ON g.id = l.entry_id AND g.created_at <= %(at_{n})s
    LEFT JOIN gone_{n} m ON m.lot_id = l.id
    LEFT JOIN points_entry x ON x.id = l.expired_by_id AND x.created_at <= %(at_{n})s
),
"""

# Every lot of the unit with what it is counted under.
_LOTS = """
lots AS (
    SELECT l.id AS lot_id, l.store_id, l.granted, l.earned_at,
           g.kind, g.source, g.created_at AS granted_at,
           CASE WHEN COALESCE(o.source, g.source) IN ({sold}) THEN 'sale' ELSE 'gift' END AS origin
    FROM points_lot l JOIN points_entry g ON g.id = l.entry_id
    JOIN points_account a ON a.id = l.account_id AND a.unit = %(unit)s
    LEFT JOIN origins o ON o.lot_id = l.id
)
"""


class Outstanding(NamedTuple):
    """Points of one store (None: head office) and origin, by their age in months; the last age
    takes in everything older.
    """

    store_id: int | None
    origin: str
    age: int
    points: int


class Movement(NamedTuple):
    """What happened to the points of one store and origin; each figure is zero or more.

    Only `expired` may be below zero: a return has taken points that had lapsed at the beginning
    and were not booked yet.
    """

    store_id: int | None
    origin: str
    granted: int
    back: int
    received: int
    raised: int
    used: int
    clawed: int
    sent: int
    lowered: int
    expired: int


class Cohort(NamedTuple):
    """Points that were earned `earned` months ago; where `used` is told, what of them was used
    so many months ago. What lies further back than was asked for is in the last month.
    """

    origin: str
    earned: int
    used: int | None
    points: int


def outstanding(
    at: datetime, *, sold: Collection[str], ages: int = 36, unit: str = "points"
) -> list[Outstanding]:
    """All points that members have at `at`, pending and held ones included. One query.

    `sold` are the sources of entries that came with a purchase. Ages count calendar months of the
    shop, up to `ages`. Together they are `available + held + pending` of `totals_as_of`.
    """
    bounds, parameters = _bounds(at, ages, "lots.earned_at")
    sql = (
        f"WITH RECURSIVE {_LINES} {_GONE.format(n=1)} {_LOTS.format(sold=_listed(sold))} "  # noqa: S608 — no text from outside
        f"SELECT store_id, origin, {bounds} AS age, SUM(s.kept - s.lapsed) FROM lots "
        "JOIN state_1 s ON s.lot_id = lots.lot_id WHERE s.kept <> s.lapsed "
        "GROUP BY store_id, origin, age ORDER BY store_id, origin, age"
    )
    found = _rows(sql, {"at_1": _stamp(at), "unit": unit, **parameters, **_names(sold)})
    return [
        Outstanding(store, origin, int(age), int(points)) for store, origin, age, points in found
    ]


_MOVED = """
moved AS (
    SELECT lot_id, 0 AS granted,
           SUM(CASE WHEN kind = 'restore' THEN -amount ELSE 0 END) AS back, 0 AS received,
           SUM(CASE WHEN kind = 'adjust' AND amount < 0 THEN -amount ELSE 0 END) AS raised,
           SUM(CASE WHEN kind IN ('spend', 'capture') THEN amount ELSE 0 END) AS used,
           SUM(CASE WHEN kind = 'clawed' THEN amount ELSE 0 END) AS clawed,
           SUM(CASE WHEN kind = 'transfer_out' THEN amount ELSE 0 END) AS sent,
           SUM(CASE WHEN kind = 'adjust' AND amount > 0 THEN amount ELSE 0 END) AS lowered,
           0 AS expired
    FROM (
        SELECT u.lot_id, u.amount,
               CASE WHEN e.source = 'merge' AND u.bucket = 'clawed' AND e.kind = 'clawback'
                    THEN 'transfer_out'
                    WHEN e.source = 'erasure' THEN 'adjust'
                    WHEN u.bucket = 'clawed' THEN 'clawed' ELSE e.kind END AS kind
        FROM points_lotuse u JOIN points_entry e ON e.id = u.entry_id
        WHERE e.created_at > %(at_0)s AND e.created_at <= %(at_1)s
          AND NOT (e.kind IN ('hold', 'release') AND u.bucket = 'held')
        UNION ALL
        SELECT u.lot_id, u.amount, 'capture' FROM points_entry c
        JOIN points_hold h ON h.closed_by_id = c.id
        JOIN points_lotuse u ON u.entry_id = h.entry_id AND u.amount > 0
        WHERE c.kind = 'capture' AND c.created_at > %(at_0)s AND c.created_at <= %(at_1)s
    ) uses GROUP BY lot_id
    UNION ALL
    SELECT lot_id,
           CASE WHEN kind = 'earn' AND source <> 'merge' THEN granted ELSE 0 END,
           CASE WHEN kind = 'restore' THEN granted ELSE 0 END,
           CASE WHEN kind = 'transfer_in' OR source = 'merge' THEN granted ELSE 0 END,
           CASE WHEN kind NOT IN ('earn', 'restore', 'transfer_in') AND source <> 'merge'
                THEN granted ELSE 0 END,
           0, 0, 0, 0, 0
    FROM lots WHERE granted_at > %(at_0)s AND granted_at <= %(at_1)s
    UNION ALL
    SELECT s.lot_id, 0, 0, 0, 0, 0, 0, 0, 0, s.lapsed - COALESCE(b.lapsed, 0)
    FROM state_1 s LEFT JOIN state_0 b ON b.lot_id = s.lot_id
    WHERE s.lapsed <> COALESCE(b.lapsed, 0)
)
"""


def movements(
    starts_at: datetime, ends_at: datetime, *, sold: Collection[str], unit: str = "points"
) -> list[Movement]:
    """What was booked after `starts_at` and up to `ends_at`. One query.

    For every store and origin, what was outstanding at the one plus these figures is what is
    outstanding at the other. Expiry counts at the instant at which a lot's day ended.
    """
    figures = Movement._fields[2:]
    sums = ", ".join(f"SUM(m.{name})" for name in figures)
    sql = (
        f"WITH RECURSIVE {_LINES} {_GONE.format(n=0)} {_GONE.format(n=1)} "  # noqa: S608 — no text from outside
        f"{_LOTS.format(sold=_listed(sold))}, {_MOVED} "
        f"SELECT lots.store_id, lots.origin, {sums} FROM moved m "
        "JOIN lots ON lots.lot_id = m.lot_id GROUP BY lots.store_id, lots.origin "
        "ORDER BY lots.store_id, lots.origin"
    )
    parameters = {
        "at_0": _stamp(starts_at),
        "at_1": _stamp(ends_at),
        "unit": unit,
        **_names(sold),
    }
    return [
        Movement(store, origin, *(int(value or 0) for value in values))
        for store, origin, *values in _rows(sql, parameters)
    ]


_USED = """
booked AS (
    SELECT lot_id, granted AS points, granted_at AS at, 0 AS is_use FROM lots
    WHERE granted_at <= %(at_1)s AND kind NOT IN ('transfer_in', 'restore') AND source <> 'merge'
    UNION ALL
    SELECT u.lot_id, u.amount, e.created_at, 1
    FROM points_lotuse u JOIN points_entry e ON e.id = u.entry_id
    WHERE e.kind IN ('spend', 'restore') AND e.source <> 'erasure' AND e.created_at <= %(at_1)s
    UNION ALL
    SELECT u.lot_id, u.amount, c.created_at, 1 FROM points_entry c
    JOIN points_hold h ON h.closed_by_id = c.id
    JOIN points_lotuse u ON u.entry_id = h.entry_id AND u.amount > 0
    WHERE c.kind = 'capture' AND c.created_at <= %(at_1)s
)
"""


def cohorts(
    until: datetime, *, sold: Collection[str], months: int = 36, unit: str = "points"
) -> list[Cohort]:
    """Points by the month in which they were earned, and what was used of them in which month,
    returns taken off; booked up to `until`. One query.

    A lot that goes on for another is no new grant, but what is used of it counts: it is as old.
    """
    earned, parameters = _bounds(until, months, "lots.earned_at")
    used, _same = _bounds(until, months, "b.at")
    sql = (
        f"WITH RECURSIVE {_LINES} {_LOTS.format(sold=_listed(sold))}, {_USED} "  # noqa: S608 — no text from outside
        f"SELECT lots.origin, {earned} AS earned, "
        f"CASE WHEN b.is_use = 1 THEN {used} END AS used, SUM(b.points) "
        "FROM booked b JOIN lots ON lots.lot_id = b.lot_id GROUP BY origin, earned, used"
    )
    found = _rows(sql, {"at_1": _stamp(until), "unit": unit, **parameters, **_names(sold)})
    return [
        Cohort(origin, int(earned), None if used is None else int(used), int(points))
        for origin, earned, used, points in found
    ]


def _bounds(at: datetime, ages: int, column: str) -> tuple[str, dict[str, str]]:
    """SQL that tells how many calendar months of the shop `column` lies before `at`."""
    zone = ZoneInfo(settings.TIME_ZONE)
    first = at.astimezone(zone).date().replace(day=1)
    starts = [start_of_day(add_months(first, -age), zone) for age in range(ages)]
    cases = "".join(f"WHEN {column} >= %(month_{age})s THEN {age} " for age in range(ages))
    return (
        f"CASE {cases} ELSE {ages} END",
        {f"month_{age}": _stamp(start) for age, start in enumerate(starts)},
    )


def _listed(sold: Collection[str]) -> str:
    return ", ".join(f"%(sold_{place})s" for place in range(len(sold)))


def _names(sold: Collection[str]) -> dict[str, str]:
    return {f"sold_{place}": name for place, name in enumerate(sorted(sold))}


def _stamp(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at.astimezone(UTC))


def _rows(sql: str, parameters: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Measured: compiling these expressions took twice as long as running them.
            cursor.execute("SET LOCAL jit = off")
        cursor.execute(sql, parameters)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
