"""Editions of the rules page: written when something is said otherwise, and never touched again."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns import tasks
from campaigns.models import RulebookEdition, RuleFault
from campaigns.policies.programs import RuleTerms
from campaigns.selectors import rulebook
from campaigns.services import editions, rules
from points.models import LedgerSettings
from points.services import settings
from stores.models import Store
from tests.campaigns.conftest import NOON, draft, published

pytestmark = pytest.mark.django_db
LONG_AGO = NOON - timedelta(days=290)


def upcoming(days: int = 9, **values: object) -> RulebookEdition:
    version = draft(**({"starts_at": NOON + timedelta(days=days)} | values))
    rules.publish(version=version, by=None, now=NOON, reason="x", short_notice_reason="x")
    return RulebookEdition.objects.get(version=version)


def labels() -> list[str]:
    return [row.label for row in rulebook.editions()]


def test_publishing_writes_the_first_edition() -> None:
    version = published()

    row = RulebookEdition.objects.get()
    assert (row.label, row.since, row.created_at) == ("v1", version.starts_at, LONG_AGO)


def test_nothing_new_is_no_edition() -> None:
    published()

    assert editions.record(NOON) == []
    settings.save(LedgerSettings(), at=NOON)
    assert labels() == ["v1"]


def test_new_settings_of_the_ledger_are_a_revision_of_what_holds_and_of_what_comes() -> None:
    published()
    coming = upcoming()

    settings.set_worth(points_per_yuan=200, at=NOON)

    assert labels() == ["v2.1", "v2", "v1.1", "v1"]
    since = {row.label: row.since for row in rulebook.editions()}
    assert (since["v1.1"], since["v2.1"]) == (NOON, coming.since)


def test_what_comes_holds_from_its_start() -> None:
    published()
    coming = upcoming()
    Store.objects.create(code="S", name="西湖店")

    assert editions.record(NOON) == []
    assert rulebook.edition_in_force(NOON).label == "v1"  # type: ignore[union-attr]
    assert [one.label for one in rulebook.upcoming_editions(NOON)] == ["v2"]
    later = rulebook.edition_in_force(coming.since)
    assert later is not None
    assert later.label == "v2"


def test_a_new_name_of_a_store_is_a_revision_from_then_on() -> None:
    store = Store.objects.create(code="S", name="西湖店")
    condition = {"kind": "store", "in": ["S"]}
    published(RuleTerms(key="r", name="r", effect="fixed", points=5, conditions=[condition]))
    Store.objects.filter(pk=store.pk).update(name="湖滨店")

    [made] = editions.record(NOON)

    assert (made.label, made.since) == ("v1.1", NOON)
    before = rulebook.edition_in_force(NOON - timedelta(seconds=1))
    assert before is not None
    assert before.label == "v1"
    assert "西湖店" in str(before.book.clauses)


def test_a_version_from_before_editions_gets_one_by_the_nightly_job() -> None:
    version = published()
    with connection.cursor() as cursor:
        # As in an installation that was there before: nobody has written it down.
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("DELETE FROM campaigns_rulebookedition")
            cursor.execute("SET LOCAL session_replication_role = origin")
        else:
            cursor.execute("DROP TRIGGER campaigns_edition_stands_DELETE")
            cursor.execute("DELETE FROM campaigns_rulebookedition")
    live = rulebook.edition_in_force(NOON)
    assert live is not None
    assert not live.is_kept

    tasks.record_editions()

    kept = rulebook.edition_in_force(NOON)
    assert kept is not None
    assert kept.is_kept
    assert (kept.since, kept.book.mark) == (version.starts_at, live.book.mark)


def test_an_edition_reads_back_as_it_was() -> None:
    rule = RuleTerms(key="r", name="r", effect="per_block", points=10, conditions=[])
    version = published(rule, preface="一\n\n二", unit_name="星星")

    row = rulebook.edition_called("v1")
    assert row is not None
    assert row.book.mark == rulebook.book_of(version).mark == RulebookEdition.objects.get().mark


def test_a_repair_takes_over_and_the_repaired_stays_readable() -> None:
    first = published()
    RuleFault.objects.create(version=first, rule_key="r", error="x", reference="y", noticed_at=NOON)
    version = draft(repairs=first, points=2)
    rules.publish(version=version, by=None, now=NOON, reason="x")

    current = rulebook.edition_in_force(NOON)
    assert current is not None
    assert current.label == "v2"
    assert rulebook.edition_called("v1") is not None


def test_an_edition_cannot_be_changed_or_deleted() -> None:
    published()
    rows = RulebookEdition.objects.all()

    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(mark="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()


def test_recording_asks_as_often_for_many_versions() -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            editions.record(NOON)
        return len(seen)

    published()
    editions.record(NOON)
    one = queries()
    for days in (3, 5):
        upcoming(days)
    editions.record(NOON)

    # Each version that is alive is looked at: its rules, the settings of ledger, expiry and gifts,
    # the clearings to come, and what points as money and the mall say, spending and returns each.
    assert queries() - one == 2 * 9


def test_the_settings_page_makes_a_revision_at_once(admin_client: Client) -> None:
    published()
    LedgerSettings.objects.create()
    row = LedgerSettings.objects.values().get()

    answer = admin_client.post(
        "/admin/points/ledgersettings/1/change/", row | {"debt_policy": "forgive"}
    )

    assert answer.status_code == 302
    assert labels() == ["v1.1", "v1"]
