"""The ledger's arithmetic: plain data in, plain data out. No Django, no clock, no query.

docs/algorithms/ledger.md tells the same in prose, with a worked table.
"""

import calendar
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from zoneinfo import ZoneInfo

LIMIT = 10**15
"""No figure of the ledger exceeds this many points (I22)."""

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The expiry of a lot that never expires: a real instant, so that order needs no special case."""

GENESIS = bytes(32)
"""What the first entry of an account is chained to."""


class DebtPolicy(Enum):
    """What becomes of the part of a claw-back that the member no longer has (F75)."""

    OWE = "owe"
    FORGIVE = "forgive"
    TILL = "till"


def in_yuan(points: int, points_per_yuan: int) -> Decimal:
    """What points are worth as money, rounded half up to a fen."""
    worth = Decimal(points) / points_per_yuan
    return worth.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Slice:
    """Points of one lot: `lot` is whatever the caller knows the lot by."""

    lot: int
    points: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a credit divides between the member's debt and the member's balance."""

    to_debt: int
    to_balance: int


def pay_debt_first(points: int, debt: int) -> Settlement:
    """Every credit pays the debt before the member can use it."""
    paid = min(points, debt)
    return Settlement(to_debt=paid, to_balance=points - paid)


def take(lots: Iterable[tuple[int, int]], need: int) -> tuple[list[Slice], int]:
    """Take `need` points from (lot, free points) pairs in the order given.

    Returns the slices and what could not be covered. Reads no further than it must, so the
    iterable may be a cursor over ten thousand lots.
    """
    slices: list[Slice] = []
    if need <= 0:
        return slices, 0
    for lot, free in lots:
        if free <= 0:
            continue
        slices.append(Slice(lot, min(free, need)))
        need -= slices[-1].points
        if not need:
            break
    return slices, need


@dataclass(frozen=True, slots=True)
class Undo:
    """How much of one earlier use is put back, and whether into its own lot."""

    use: int
    lot: int
    points: int
    is_alive: bool


def put_back(
    uses: Sequence[tuple[int, int, int, datetime]], points: int, at: datetime
) -> tuple[list[Undo], int]:
    """Undo `points` of (use, lot, points left to undo, the lot's expiry), the last use first.

    Undoing in reverse leaves exactly what a smaller spend would have left, so any sequence of
    partial returns ends where one full return ends. Returns also what exceeds the uses.
    """
    undone: list[Undo] = []
    for use, lot, left, expires_at in reversed(uses):
        if not points:
            break
        part = min(left, points)
        if part:
            undone.append(Undo(use, lot, part, is_alive=expires_at > at))
            points -= part
    return undone, points


def add_months(day: date, months: int) -> date:
    """The same day `months` later; where there is none, the first day of the next month.

    In the member's favour: what is earned on 31 January for one month counts through the last
    day of February, what is earned on 29 February for a year through 28 February.
    """
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if day.day <= calendar.monthrange(year, month0 + 1)[1]:
        return date(year, month0 + 1, day.day)
    return add_months(date(year, month0 + 1, 1), 1)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def rolling_expiry(earned_at: datetime, *, months: int, zone: ZoneInfo) -> datetime:
    """The instant at which points earned at `earned_at` lapse: local midnight, N months on (F62).

    Twelve months from 2010-12-09 end when 2011-12-09 begins.
    """
    return start_of_day(add_months(earned_at.astimezone(zone).date(), months), zone)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970, exact: how the hash spells an instant on any database."""
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


HASHED_COLUMNS = (
    "account_id, seq, kind, reference, fingerprint, d_available, d_held, d_pending, d_debt, "
    "available_after, held_after, pending_after, debt_after, relates_to_id, source, store_id, "
    "actor, rule_version, occurred_at, created_at, explanation"
)
"""The columns of an entry that its hash covers, in its order; instants as `microseconds`."""


def chain_hash(previous: bytes, columns: Sequence[str | int | None]) -> bytes:
    """SHA-256 over the hash before it and the `HASHED_COLUMNS`, a line each (I4).

    The stored function `points_hash` spells the same text; a test holds the two together.
    """
    text = "\n".join(["1", *("" if column is None else str(column) for column in columns)])
    return hashlib.sha256(previous + text.encode()).digest()


def fingerprint(*parts: object) -> str:
    """What identifies the content of a request: the same reference must carry the same (I6)."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
