"""Books to measure on: any number of members with real, auditable entries and lots."""

from datetime import UTC, datetime

from django.db import connection, transaction

from members.models import Member

CHUNK = 20_000


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
        with transaction.atomic(), connection.cursor() as cursor:
            # The guards are measured where the work is; here they would only take time.
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "SELECT bench_fill(%s, %s, %s, %s, %s)",
                [low, min(low + CHUNK, last), points, at, expires_at],
            )


def settle() -> None:
    """Statistics and visibility as on a system that has been running for a while."""
    with connection.cursor() as cursor:
        for table in ("members_member", "points_account", "points_entry", "points_lot"):
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("CHECKPOINT")
