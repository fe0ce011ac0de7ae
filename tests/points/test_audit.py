"""The audit finds what was done behind the triggers' backs, and names it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F

from members.models import Member
from points.models import Account, Entry
from points.selectors import audit
from points.services import expiry, ledger, transfers
from points.services.rows import Posting
from tests.points.conftest import NOON

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]


@contextmanager
def intruder() -> Iterator[None]:
    """Somebody with the rights of the database's owner, who switches the guards off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = origin")
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            yield
            for _, sql in triggers:
                cursor.execute(sql)
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


@pytest.fixture(autouse=True)
def _books(lin: Member, chen: Member, grant: Grant) -> None:
    grant(lin, 100, days=10)
    grant(lin, 50, days=1)
    ledger.spend(member_id=lin.pk, points=30, reference="s", source="mall", actor="t", at=NOON)
    transfers.transfer(
        from_member_id=lin.pk, to_member_id=chen.pk, points=25, reference="g", actor="t", at=NOON
    )
    later = NOON + timedelta(days=11)
    grant(lin, 8, days=400)
    expiry.expire_due(cutoff_at=later, recorded_at=later)
    assert audit.run().breaches == {}


def found() -> set[str]:
    return {name for name, count in audit.run().counts.items() if count}


@pytest.mark.parametrize(
    ("sql", "invariants"),
    [
        ("UPDATE points_entry SET d_available = -31 WHERE reference = 's'", {"I2", "I3", "I4"}),
        ("UPDATE points_entry SET actor = 'nobody' WHERE reference = 's'", {"I4"}),
        ("UPDATE points_entry SET explanation = '{\"x\":1}' WHERE reference = 's'", {"I4"}),
        ("UPDATE points_entry SET occurred_at = created_at WHERE kind = 'expire'", set()),
        ("UPDATE points_account SET spent_total = spent_total", set()),
        ("DELETE FROM points_lotuse WHERE bucket = 'spent' AND amount = 30", {"I3"}),
        (
            "UPDATE points_lot SET expires_at = '2999-01-01 00:00:00+00:00' WHERE expired > 0",
            {"I13"},
        ),
        ("UPDATE points_lotuse SET restored = 1 WHERE amount = 30", {"I3"}),
    ],
)
def test_tampering_is_found_under_its_invariant(sql: str, invariants: set[str]) -> None:
    with intruder(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert found() == invariants


def test_a_removed_entry_is_found(lin: Member) -> None:
    with intruder(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM points_entry WHERE reference = 's'")
    assert {"I2", "I4"} <= found()


def test_minted_points_are_found(chen: Member) -> None:
    with intruder():
        Account.objects.filter(member=chen).update(
            available=F("available") + 1000, earned_total=F("earned_total") + 1000
        )
    assert found() == {"I2"}


def test_a_forged_entry_with_right_sums_breaks_the_chain(chen: Member) -> None:
    with intruder():
        last = Entry.objects.filter(account__member=chen).order_by("-seq")[0]
        Entry.objects.filter(pk=last.pk).update(reference="another")
    breach = audit.run().breaches["I4"][0]
    assert (breach["entry"], breach["detail"]) == (last.pk, "hash differs")


def test_a_missing_trigger_is_found() -> None:
    trigger = "points_lot_identity"
    with connection.cursor() as cursor:
        on = " ON points_lot" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER {trigger}{on}")
    assert audit.run().breaches["I4"] == [{"trigger": trigger, "detail": "missing or disabled"}]


def test_the_command_speaks_json_and_ends_with_1_on_a_breach(lin: Member) -> None:
    out = StringIO()
    call_command("audit_ledger", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert report["clean"] is True
    assert report["entries"] == Entry.objects.count()
    assert set(report["invariants"]) == set(audit.INVARIANTS)
    with intruder():
        Entry.objects.filter(reference="s").update(actor="nobody")
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("audit_ledger", stdout=out)
    assert end.value.code == 1
    assert "hash differs" in out.getvalue()


def test_the_digest_changes_with_every_entry_and_with_every_forgery(
    lin: Member, grant: Grant
) -> None:
    first = audit.run().digest
    assert audit.run().digest == first
    grant(lin, 1)
    second = audit.run().digest
    assert second != first
    with intruder():
        last = Entry.objects.filter(account__member=lin).order_by("-seq")[0]
        Entry.objects.filter(pk=last.pk).update(hash=bytes(32))
    assert audit.run().digest != second
