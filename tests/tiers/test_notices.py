"""What members are told of their level."""

import pytest

from members.models import Member
from notifications.models import NotedFact, Notice
from notifications.services import noting
from tests import cast
from tests.tiers.making import NOON, grow, ladder, noon
from tiers.models import Level
from tiers.services import reevaluation
from tiers.services.climbing import Climb

pytestmark = pytest.mark.django_db


def told(member: Member) -> list[Notice]:
    noting.tell_noted(now=NOON)
    return list(Notice.objects.filter(member=member, kind="tier").order_by("pk"))


def test_rising_is_told_with_both_levels() -> None:
    ladder()
    Level.objects.filter(code="silver").update(name="银卡", name_en="Silver")
    lin = cast.member()
    assert grow(lin, 1000) == "silver"
    (one,) = told(lin)
    assert (one.event, one.link, one.group) == ("up", "/level/", "account")
    assert one.context["level"] == {"zh-hans": "银卡", "en": "Silver"}
    assert "银卡" in one.title


def test_history_is_told_to_nobody() -> None:
    ladder()
    lin = cast.member()
    climb = Climb(at=NOON, actor="import", is_live=False).load([lin.pk])
    assert not climb.is_live
    NotedFact.objects.all().delete()
    assert told(lin) == []


def test_a_warning_says_what_is_missing_and_until_when() -> None:
    ladder(window="year", warn_days=30, grace_days=10)
    lin = cast.member()
    grow(lin, 5000)
    for night in (noon(2027, 12, 1), noon(2028, 1, 1), noon(2028, 1, 11)):
        reevaluation.run(now=night)
        noting.tell_noted(now=night)
    found = Notice.objects.filter(member=lin, kind="tier").order_by("pk")
    assert [one.event for one in found] == ["up", "warned", "grace", "down"]
    warned = found[1].context
    assert (warned["missing"], warned["until"]) == (5000, "2027-12-31")
