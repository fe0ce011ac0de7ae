"""Publishing versions, and what stays of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction

from campaigns import exceptions
from campaigns.models import EarningRuleVersion
from campaigns.selectors import rules as selectors
from campaigns.services import rules

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def draft(**fields: Any) -> EarningRuleVersion:
    return EarningRuleVersion(**({"name": "Basic", "starts_at": NOW} | fields))


def published(**fields: Any) -> EarningRuleVersion:
    return rules.publish(
        version=draft(**fields), by=None, now=NOW, reason="test", short_notice_reason="test"
    )


def test_versions_are_numbered_as_they_are_published() -> None:
    later = draft(starts_at=NOW + timedelta(days=9))
    later.save()

    first = published(starts_at=NOW - timedelta(days=900))
    second = rules.publish(version=later, by=None, now=NOW, reason="no sales yet")

    assert (first.number, second.number) == (1, 2)
    assert second.published_at == NOW
    table = selectors.timetable()
    assert [v.number for day in (0, 8, 9) if (v := table.at(NOW + timedelta(days=day)))] == [
        1,
        1,
        2,
    ]


def test_drafts_judge_nothing() -> None:
    draft().save()

    assert len(selectors.timetable()) == 0


def test_a_later_version_cannot_reach_back() -> None:
    published(starts_at=NOW - timedelta(days=900))

    with pytest.raises(exceptions.StartsTooEarly):
        published(starts_at=NOW - timedelta(seconds=1))

    published(starts_at=NOW + timedelta(days=5))
    with pytest.raises(exceptions.StartsTooEarly):
        published(starts_at=NOW + timedelta(days=4))


def test_a_version_is_published_once() -> None:
    version = published()

    with pytest.raises(exceptions.AlreadyPublished):
        rules.publish(version=version, by=None, now=NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"points": -1},
        {"points": 1001},
        {"block_yuan": Decimal(0)},
        {"block_yuan": Decimal(-1)},
        {"validity_count": 0},
        {"pending_days": 366},
        {"name": ""},
        {"method": "other"},
    ],
)
def test_a_rule_that_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(exceptions.InvalidRule):
        published(**fields)


@pytest.mark.parametrize(
    "fields", [{"points": 1001}, {"block_yuan": Decimal(0)}, {"validity_count": 0}, {"number": 7}]
)
def test_the_database_refuses_it_too(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        draft(**fields).save()


def test_the_database_lets_nobody_change_a_published_version() -> None:
    version = published()
    everything = EarningRuleVersion.objects.filter(pk=version.pk)

    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        everything.update(points=2)
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        everything._raw_delete("default")

    assert EarningRuleVersion.objects.get().points == 1


def test_a_draft_may_change_and_go() -> None:
    version = draft()
    version.save()
    version.points = 2
    version.save()
    version.delete()

    assert not EarningRuleVersion.objects.exists()


def test_the_command_publishes() -> None:
    out = StringIO()

    call_command(
        "publish_earning_rule", "--points=10", "--per=100", "--whole-blocks", "--days=90",
        "--starts=2020-01-01", stdout=out,
    )  # fmt: skip

    version = EarningRuleVersion.objects.get()
    assert (version.points, version.block_yuan, version.method) == (10, Decimal(100), "block")
    assert (version.validity, version.validity_count) == ("days", 90)
    assert version.starts_at.isoformat() == "2019-12-31T16:00:00+00:00"
    assert version.number == 1
    with pytest.raises(CommandError, match="rule_starts_too_early"):
        call_command("publish_earning_rule", "--starts=2020-01-01", stdout=out)
