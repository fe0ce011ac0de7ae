"""Rules to come are announced to every member."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import EarningRuleVersion
from campaigns.services import rules
from notifications.models import Announcement

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def publish(days: int, **values: str) -> EarningRuleVersion:
    version = EarningRuleVersion.objects.create(
        name="x", starts_at=NOW + timedelta(days=days), points=1, block_yuan=10 + days, **values
    )
    return rules.publish(version=version, by=None, now=NOW, reason="x", short_notice_reason="x")


def test_the_first_version_changes_nothing() -> None:
    publish(3)
    assert not Announcement.objects.exists()


def test_a_version_to_come_is_announced_in_both_languages() -> None:
    publish(-1)
    publish(9, announcement="双十一起调整。", announcement_en="From Double Eleven.")
    row = Announcement.objects.get()
    assert (row.state, row.kind, row.is_marketing) == ("sending", "rule_change", False)
    assert (row.body_zh, row.body_en) == ("双十一起调整。", "From Double Eleven.")
    assert row.link == "/rules/v2/changes/"
    assert row.shown_until == NOW + timedelta(days=9)


def test_a_version_that_holds_at_once_is_no_announcement() -> None:
    publish(-1)
    publish(0)
    assert not Announcement.objects.exists()
