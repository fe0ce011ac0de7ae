"""Balances as of any instant, by the time things happened or by the time they were booked.

By business time a receipt that arrives late belongs to its own day; by booking time the answer
is what a screen showed. Either way a lot counts until its day ends, whenever that was booked.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.db import connection

Clock = Literal["occurred_at", "created_at"]

# What each lot has left at T, for the accounts in question. `%(at)s` is T; {clock} is one of two
# column names; {account} restricts the accounts or is empty.
_LOTS = """
moved AS (
    SELECT u.lot_id, SUM(u.amount) AS points FROM points_lotuse u
    JOIN points_entry e ON e.id = u.entry_id
    WHERE e.{clock} <= %(at)s {entry_account} GROUP BY u.lot_id
),
left_over AS (
    SELECT l.account_id, l.expires_at, l.granted - COALESCE(m.points, 0) AS points
    FROM points_lot l
    JOIN points_entry g ON g.id = l.entry_id AND g.{clock} <= %(at)s
    LEFT JOIN moved m ON m.lot_id = l.id
    LEFT JOIN points_entry x ON x.id = l.expired_by_id AND x.{clock} <= %(at)s
    WHERE x.id IS NULL {lot_account}
      AND (g.d_pending = 0 OR EXISTS (
          SELECT 1 FROM points_entry c WHERE c.relates_to_id = g.id AND c.kind = 'mature'
            AND c.{clock} <= %(at)s))
),
by_lot AS (
    SELECT account_id,
           SUM(CASE WHEN expires_at <= %(at)s THEN points ELSE 0 END) AS lapsed,
           SUM(CASE WHEN expires_at > %(at)s AND expires_at <= %(soon)s THEN points ELSE 0 END)
               AS dying
    FROM left_over GROUP BY account_id
),
by_entry AS (
    SELECT e.account_id,
           SUM(e.d_available) AS available, SUM(e.d_held) AS held,
           SUM(e.d_pending) AS pending, SUM(e.d_debt) AS debt,
           SUM(CASE WHEN e.kind = 'earn' THEN e.d_available + e.d_pending - e.d_debt ELSE 0 END)
               AS earned,
           SUM(CASE WHEN e.kind = 'clawback' THEN e.d_debt - e.d_available - e.d_pending ELSE 0 END)
               AS clawed,
           SUM(CASE WHEN e.kind = 'expire' THEN -e.d_available ELSE 0 END) AS expired
    FROM points_entry e WHERE e.{clock} <= %(at)s {entry_account} GROUP BY e.account_id
),
accounts AS (
    SELECT b.account_id, b.held, b.pending, b.debt, b.earned, b.clawed,
           b.available - COALESCE(l.lapsed, 0) AS available,
           b.expired + COALESCE(l.lapsed, 0) AS expired,
           COALESCE(l.dying, 0) AS dying
    FROM by_entry b LEFT JOIN by_lot l ON l.account_id = b.account_id
)
"""


@dataclass(frozen=True, slots=True)
class BalanceAsOf:
    """One account at an instant, in points; `dying` lapses within the 30 days after it."""

    available: int
    held: int
    pending: int
    debt: int
    earned: int
    clawed: int
    expired: int
    dying: int

    @property
    def net(self) -> int:
        """Available and held points, debt counted as negative."""
        return self.available + self.held - self.debt


@dataclass(frozen=True, slots=True)
class TotalsAsOf:
    """All accounts of one unit at an instant, in points."""

    accounts: int
    available: int
    held: int
    pending: int
    debt: int
    earned: int
    clawed: int
    expired: int
    in_debt: int
    dying: int
    dying_accounts: int

    @property
    def net(self) -> int:
        return self.available + self.held - self.debt


def _parameters(at: datetime, **extra: Any) -> dict[str, Any]:
    stamp = connection.ops.adapt_datetimefield_value
    return {
        "at": stamp(at.astimezone(UTC)),
        "soon": stamp(at.astimezone(UTC) + timedelta(days=30)),
        **extra,
    }


def _cte(clock: Clock, account: str) -> str:
    return _LOTS.format(
        clock=clock,
        entry_account=f"AND e.account_id {account}",
        lot_account=f"AND l.account_id {account}",
    )


def balance_as_of(
    member_id: int, at: datetime, *, clock: Clock = "occurred_at", unit: str = "points"
) -> BalanceAsOf:
    """The member's figures at `at`; zeros before the first entry."""
    account = "= (SELECT id FROM points_account WHERE member_id = %(member)s AND unit = %(unit)s)"
    sql = _cte(clock, account)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {sql} SELECT available, held, pending, debt, earned, clawed, expired, dying "  # noqa: S608 — no text from outside
            "FROM accounts",
            _parameters(at, member=member_id, unit=unit),
        )
        found = cursor.fetchone()
    return BalanceAsOf(*(int(value) for value in found or [0] * 8))


def totals_as_of(at: datetime, *, clock: Clock = "occurred_at", unit: str = "points") -> TotalsAsOf:
    """The whole programme at `at`, added up in the database."""
    account = "IN (SELECT id FROM points_account WHERE unit = %(unit)s)"
    sql = _cte(clock, account)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {sql} SELECT COUNT(*), SUM(available), SUM(held), SUM(pending), SUM(debt), "  # noqa: S608 — no text from outside
            "SUM(earned), SUM(clawed), SUM(expired), "
            "SUM(CASE WHEN debt > available + held THEN 1 ELSE 0 END), SUM(dying), "
            "SUM(CASE WHEN dying > 0 THEN 1 ELSE 0 END) FROM accounts",
            _parameters(at, unit=unit),
        )
        found = cursor.fetchone()
    return TotalsAsOf(*(int(value or 0) for value in found))
