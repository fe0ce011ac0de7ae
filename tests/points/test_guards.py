"""What the database itself refuses, however the rows are written."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from members.models import Member
from points.models import Account, Entry
from points.selectors import audit
from points.services import accounts, holds, ledger
from points.services.rows import Posting
from tests.points.conftest import NOON

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]


@pytest.fixture(autouse=True)
def _some_books(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=10, reference="first")
    ledger.spend(member_id=lin.pk, points=30, reference="s", source="mall", actor="t", at=NOON)
    holds.hold(
        member_id=lin.pk,
        points=20,
        reference="h",
        source="till",
        actor="t",
        at=NOON,
        until=NOON + timedelta(hours=1),
    )


REFUSED = {
    "an entry is changed": "UPDATE points_entry SET d_available = 1",
    "an entry's explanation is changed": "UPDATE points_entry SET explanation = '{}'",
    "an entry is deleted": "DELETE FROM points_entry",
    "an account is deleted": "DELETE FROM points_account",
    "a lot is deleted": "DELETE FROM points_lot",
    "a use is deleted": "DELETE FROM points_lotuse",
    "a hold is deleted": "DELETE FROM points_hold",
    "a balance is set": "UPDATE points_account SET available = 9999",
    "a debt is forgiven": "UPDATE points_account SET debt = 5, available = available + 5",
    "an account changes hands": "UPDATE points_account SET member_id = member_id + 1",
    "the chain is rewritten": "UPDATE points_account SET seq = seq - 1",
    "a lot grants more": "UPDATE points_lot SET granted = granted + 1, remaining = remaining + 1",
    "a lot lives longer": "UPDATE points_lot SET expires_at = '2099-01-01 00:00:00+00:00'",
    "a lot loses points": "UPDATE points_lot SET remaining = remaining - 1",
    "a lot goes below zero": "UPDATE points_lot SET remaining = -1, spent = 101, state = 'closed'",
    "a lot holds more than it has": "UPDATE points_lot SET held = remaining + 1",
    "a lot is open without points": "UPDATE points_lot SET spent = 100, remaining = 0, held = 0",
    "a lot expires without an entry": (
        "UPDATE points_lot SET expired = remaining, remaining = 0, held = 0, state = 'closed'"
    ),
    "a use takes another amount": "UPDATE points_lotuse SET amount = amount + 1",
    "a use is given back twice": "UPDATE points_lotuse SET restored = amount + 1",
    "a hold is of another size": "UPDATE points_hold SET points = 1",
    "a hold is closed by nothing": "UPDATE points_hold SET state = 'captured'",
}


@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED.keys())
def test_the_database_refuses_when(sql: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert audit.run().breaches == {}


@pytest.mark.postgresql
@pytest.mark.parametrize("table", ["entry", "account", "lot", "lotuse", "hold"])
def test_truncate_is_refused(table: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE points_{table} CASCADE")


def forged(**changes: Any) -> Entry:
    """An entry that would follow the last one, with one thing wrong."""
    account = Account.objects.get()
    values: dict[str, Any] = {
        "account": account,
        "seq": account.seq + 1,
        "kind": "earn",
        "reference": "forged",
        "fingerprint": "0" * 32,
        "d_available": 5,
        "available_after": account.available + 5,
        "held_after": account.held,
        "pending_after": 0,
        "debt_after": 0,
        "source": "purchase",
        "actor": "forger",
        "explanation": {},
        "occurred_at": NOON,
        "created_at": NOON,
        "hash": bytes(32),
    }
    return Entry(**(values | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"available_after": 10**9},
        {"held_after": 0},
        {"seq": 9},
        {"seq": 1},
        {"account_id": 10**9, "account": None},
        {"reference": "s"},
        {"reference": ""},
        {"actor": ""},
        {"kind": "spend"},
        {"kind": "hold"},
        {"kind": "release"},
        {"kind": "gift"},
        {"d_available": -500, "available_after": -450, "kind": "spend"},
    ],
    ids=str,
)
def test_an_entry_that_does_not_follow_is_refused(changes: dict[str, Any]) -> None:
    if "account_id" in changes:
        changes = {"account_id": changes["account_id"]}
    with pytest.raises(DatabaseError), transaction.atomic():
        forged(**changes).save(force_insert=True)


def test_a_debit_of_a_frozen_account_is_refused(lin: Member) -> None:
    accounts.freeze(member_id=lin.pk, reason="核查", reference="f", actor="staff:1", at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        forged(
            kind="spend", d_available=-5, available_after=Account.objects.get().available - 5
        ).save(force_insert=True)


def test_a_use_of_a_lapsed_or_foreign_lot_is_refused(
    lin: Member, chen: Member, grant: Grant
) -> None:
    from points.models import Lot, LotUse

    grant(chen, 10)
    spend = Entry.objects.get(reference="s")
    foreign = Lot.objects.get(account__member=chen)
    with pytest.raises(DatabaseError), transaction.atomic():
        LotUse.objects.create(entry=spend, lot=foreign, bucket="spent", amount=1)
    late = grant(lin, 10, days=365, reference="late", at=NOON)
    old = Lot.objects.get(entry__reference="first")
    entry = ledger.spend(
        member_id=lin.pk,
        points=5,
        reference="s2",
        source="mall",
        actor="t",
        at=NOON + timedelta(days=11),
    )
    assert late.seq < entry.seq
    with pytest.raises(DatabaseError), transaction.atomic():
        LotUse.objects.create(entry_id=entry.entry_id, lot=old, bucket="spent", amount=1)


def test_an_account_opens_empty(chen: Member) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Account.objects.create(member=chen, available=5, earned_total=5, opened_at=NOON)


def test_a_member_with_an_account_cannot_be_deleted(lin: Member) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        lin.delete()
