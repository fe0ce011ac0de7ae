"""How often members have bought: what rules about the nth purchase ask."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from sales.models import Receipt
from sales.policies.receipts import EARLIEST

_ASKED_AT_ONCE = 500
# Sales of nothing, and those that came back whole, are no purchases.
_COUNT = """
WITH asked (place, member_id, starts_at, before) AS (VALUES {rows})
SELECT (
    SELECT COUNT(*) FROM {receipts} r
    WHERE r.member_id = asked.member_id
      AND r.occurred_at >= asked.starts_at AND r.occurred_at < asked.before
      AND r.kind = 'sale' AND r.state = 'posted' AND r.total > 0 AND r.returned_total < r.total
)
FROM asked ORDER BY place
"""


def purchase_counts(asked: Sequence[tuple[int, datetime | None, datetime]]) -> list[int]:
    """For each (member, from, before): how many of the member's sales occurred in that period.

    `from` is inclusive, None for ever; `before` is exclusive. Only posted sales count that are
    worth something and have not come back whole. One query per 500 asked, each along the index of
    a member's receipts by time.
    """
    counts: list[int] = []
    for start in range(0, len(asked), _ASKED_AT_ONCE):
        counts += _counted(asked[start : start + _ASKED_AT_ONCE])
    return counts


def _counted(asked: Sequence[tuple[int, datetime | None, datetime]]) -> list[int]:
    is_postgresql = connection.vendor == "postgresql"
    row = "(%s::int, %s::bigint, %s::timestamptz, %s::timestamptz)"
    rows = ", ".join([row if is_postgresql else "(%s, %s, %s, %s)"] * len(asked))
    parameters: list[Any] = []
    for place, (member_id, starts_at, before) in enumerate(asked):
        parameters += [place, member_id, _instant(starts_at or EARLIEST), _instant(before)]
    table = connection.ops.quote_name(Receipt._meta.db_table)
    with connection.cursor() as cursor:
        # Only our own names are written into the text.
        cursor.execute(_COUNT.format(rows=rows, receipts=table), parameters)
        return [int(count) for (count,) in cursor.fetchall()]


def _instant(at: datetime) -> Any:
    """An instant as this database keeps it."""
    return connection.ops.adapt_datetimefield_value(at)
