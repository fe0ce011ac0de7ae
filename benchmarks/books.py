"""Books to measure on: any number of members with real, auditable entries and lots."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from members.models import Member

CHUNK = 20_000

_ROUND = """
WITH fresh AS (
    SELECT nextval('points_entry_id_seq') AS id, a.id AS account_id, a.seq + 1 AS seq,
           'earn' AS kind, 'fill:' || (a.seq + 1) AS reference, repeat('0', 32) AS fingerprint,
           %(points)s::bigint AS d_available, 0 AS d_held, 0 AS d_pending, 0 AS d_debt,
           a.available + %(points)s AS available_after, a.held AS held_after,
           a.pending AS pending_after, a.debt AS debt_after, 'purchase' AS source,
           'bench' AS actor, '' AS rule_version, '{}' AS explanation,
           %(at)s::timestamptz AS occurred_at, %(at)s::timestamptz AS created_at, a.chain
    FROM points_account a WHERE a.id > %(low)s AND a.id <= %(high)s
), told AS (
    SELECT jsonb_populate_record(NULL::points_entry, to_jsonb(fresh) - 'chain') AS e, chain
    FROM fresh
), entered AS (
    INSERT INTO points_entry (id, account_id, seq, kind, reference, fingerprint, d_available,
        d_held, d_pending, d_debt, available_after, held_after, pending_after, debt_after, source,
        actor, rule_version, explanation, occurred_at, created_at, hash)
    SELECT (e).id, (e).account_id, (e).seq, (e).kind, (e).reference, (e).fingerprint,
        (e).d_available, 0, 0, 0, (e).available_after, (e).held_after, (e).pending_after,
        (e).debt_after, (e).source, (e).actor, (e).rule_version, (e).explanation, (e).occurred_at,
        (e).created_at, points_hash(chain, e)
    FROM told RETURNING id, account_id, seq, available_after, hash
), lotted AS (
    INSERT INTO points_lot (account_id, entry_id, granted, remaining, held, spent, expired,
        settled, clawed, state, earned_at, usable_at, expires_at)
    SELECT account_id, id, %(points)s, %(points)s, 0, 0, 0, 0, 0, 'open', %(at)s, %(at)s,
        %(expires)s FROM entered
)
UPDATE points_account a SET available = f.available_after, seq = f.seq, chain = f.hash,
    earned_total = a.earned_total + %(points)s
FROM entered f WHERE a.id = f.account_id
"""


def add_members(count: int) -> tuple[int, int]:
    """Add members with empty accounts; returns the first and last of their ids."""
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM members_member")
        last = cursor.fetchone()[0]
    for start in range(0, count, CHUNK):
        Member.objects.bulk_create(
            Member(pk=last + n + 1, number=f"B{last + n + 1:010}", joined_at=now)
            for n in range(start, min(start + CHUNK, count))
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO points_account (id, member_id, unit, status, frozen_reason, available, "
            "held, pending, debt, seq, chain, earned_total, spent_total, expired_total, "
            "clawed_total, opened_at) SELECT id, id, 'points', 'active', '', 0, 0, 0, 0, 0, "
            "decode(repeat('00', 32), 'hex'), 0, 0, 0, 0, now() FROM members_member WHERE id > %s "
            "ORDER BY id",
            [last],
        )
        cursor.execute("SELECT setval('members_member_id_seq', %s)", [last + count])
        cursor.execute("SELECT setval('points_account_id_seq', %s)", [last + count])
    return last + 1, last + count


def grant(first: int, last: int, *, points: int, at: datetime, expires_at: datetime) -> None:
    """Give every member from `first` to `last` one entry with one lot, as the ledger would."""
    for low in range(first - 1, last, CHUNK):
        values: dict[str, Any] = {
            "points": points,
            "at": at,
            "expires": expires_at,
            "low": low,
            "high": min(low + CHUNK, last),
        }
        with transaction.atomic(), connection.cursor() as cursor:
            # The guards are measured where the work is; here they would only take time.
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(_ROUND, values)


def settle() -> None:
    """Statistics and visibility as on a system that has been running for a while."""
    with connection.cursor() as cursor:
        for table in ("members_member", "points_account", "points_entry", "points_lot"):
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("CHECKPOINT")
