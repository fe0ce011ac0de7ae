"""What a member has at an instant."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from django.db import connection

from points.models import Account, LedgerSettings
from points.policies import NEVER

EXPIRING_DAYS = 30


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's points at an instant; lots past their day are left out, booked or not (F67).

    `available + held − debt` plus what has lapsed equals the account's entries; `expiring` is the
    part of `available` that lapses within 30 days, the first of it at `next_expiry_at`.
    """

    account_id: int | None
    status: str
    frozen_reason: str
    available: int
    held: int
    pending: int
    debt: int
    expiring: int
    next_expiry_at: datetime | None
    next_expiry_points: int
    earned_total: int
    spent_total: int
    expired_total: int
    clawed_total: int
    at: datetime

    @property
    def is_frozen(self) -> bool:
        return self.status == Account.Status.FROZEN

    def value_in_yuan(self, settings: LedgerSettings) -> Decimal:
        """What the available points are worth as money, rounded down to a fen."""
        value = Decimal(self.available) / settings.points_per_yuan
        return value.quantize(Decimal("0.01"), rounding=ROUND_DOWN)


def ledger_settings() -> LedgerSettings:
    """The merchant's settings of the ledger, or their defaults."""
    return LedgerSettings.objects.first() or LedgerSettings()


def account_of(member_id: int, *, unit: str = "points") -> Account | None:
    return Account.objects.filter(member_id=member_id, unit=unit).first()


# `stale`: what holds past their time still reserve. It is free at its instant, whenever the job
# books that; the account's own columns say so only afterwards.
_BALANCE = """
WITH me AS (SELECT id FROM points_account WHERE member_id = %(member)s AND unit = %(unit)s),
stale AS (
    SELECT u.lot_id, SUM(u.amount - u.restored - u.forfeited) AS points
    FROM points_hold h JOIN points_lotuse u ON u.entry_id = h.entry_id AND u.amount > 0
    WHERE h.account_id = (SELECT id FROM me) AND h.state = 'active' AND h.expires_at <= %(at)s
    GROUP BY u.lot_id
),
live AS (
    SELECT l.expires_at, SUM(l.remaining - l.held + COALESCE(s.points, 0)) AS points
    FROM points_lot l LEFT JOIN stale s ON s.lot_id = l.id
    WHERE l.account_id = (SELECT id FROM me)
      AND l.state = 'open' AND l.expires_at > %(at)s
      AND (l.remaining > l.held OR s.points > 0)
    GROUP BY l.expires_at
)
SELECT a.id, a.status, a.frozen_reason, a.available, a.held, a.pending, a.debt,
       a.earned_total, a.spent_total, a.expired_total, a.clawed_total,
       (SELECT COALESCE(SUM(points), 0) FROM live),
       (SELECT COALESCE(SUM(points), 0) FROM live WHERE expires_at <= %(soon)s),
       (SELECT MIN(expires_at) FROM live WHERE expires_at < %(never)s),
       (SELECT points FROM live WHERE expires_at < %(never)s ORDER BY expires_at LIMIT 1),
       (SELECT COALESCE(SUM(points), 0) FROM stale)
FROM points_account a WHERE a.member_id = %(member)s AND a.unit = %(unit)s
"""


def balance(member_id: int, at: datetime, *, unit: str = "points") -> Balance:
    """The member's balance at `at`, in one query; a member without an account has zeros.

    Holds past their time count as released. Debt is paid from what they free, as the release
    will do it.
    """
    stamp = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            _BALANCE,
            {
                "member": member_id,
                "unit": unit,
                "at": stamp(at),
                "soon": stamp(at + timedelta(days=EXPIRING_DAYS)),
                "never": stamp(NEVER),
            },
        )
        found = cursor.fetchone()
    if found is None:
        found = (None, Account.Status.ACTIVE, "", *[0] * 10, None, 0, 0)
    account, status, reason, booked, held, pending, debt = found[:7]
    earned, spent, expired, clawed, live, expiring, next_at, next_points, stale = found[7:]
    paid = min(debt, int(stale))
    return Balance(
        account_id=account,
        status=status,
        frozen_reason=reason,
        available=max(int(live) - paid, 0),
        held=held - int(stale),
        pending=pending,
        debt=debt - paid,
        expiring=int(expiring),
        next_expiry_at=_aware(next_at),
        next_expiry_points=int(next_points or 0),
        earned_total=earned,
        spent_total=spent,
        expired_total=expired + booked + int(stale) - int(live),
        clawed_total=clawed,
        at=at,
    )


def _aware(value: datetime | str | None) -> datetime | None:
    """SQLite's plain SQL has no type for an instant."""
    if value is None:
        return None
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
