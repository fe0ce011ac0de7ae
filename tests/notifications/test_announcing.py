"""Facts that are noted and told later, and announcements that walk the members."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from members.models import Member, MemberTag, Segment, SegmentMember, Tag
from members.services import consents, registration
from notifications import exceptions, tasks
from notifications.models import Announcement, MessageTemplate, NotedFact, Notice
from notifications.services import announcements, noting, telling
from notifications.services.announcements import Words
from notifications.services.telling import Fact
from stores.models import JobRun
from tests import cast

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def people(count: int) -> list[Member]:
    ids = registration.register_many(
        external_numbers=[f"M{number:05}" for number in range(count)], at=NOW, store_id=None
    )
    NotedFact.objects.all().delete()
    return list(Member.objects.filter(pk__in=ids.values()).order_by("pk"))


def fact(member: Member, number: int = 1, **values: Any) -> Fact:
    context = {"points": 20, "balance": 20, "source": "消费", "store": "西湖店"}
    return Fact(member.pk, "points_earned", f"test:{number}", context, **values)


def test_a_fact_is_noted_by_one_statement_and_told_later(django_assert_num_queries: Any) -> None:
    one, two = people(2)
    with django_assert_num_queries(1):
        noting.note([fact(one, points=20, link="/points/"), fact(two)], at=NOW)
    assert not Notice.objects.exists()
    assert noting.tell_noted(now=NOW) == 2
    told = Notice.objects.get(member=one)
    assert (told.points, told.link, told.context["balance"]) == (20, "/points/", 20)
    assert not NotedFact.objects.exists()
    noting.note([fact(one)], at=NOW)
    noting.tell_noted(now=NOW)
    assert Notice.objects.count() == 2


def test_a_fact_of_no_kind_is_a_mistake_of_the_caller() -> None:
    (one,) = people(1)
    with pytest.raises(KeyError):
        noting.note([Fact(one.pk, "points_earned", "x", event="nothing")], at=NOW)


def test_what_cannot_be_told_holds_up_nothing_else() -> None:
    """A row that an older version wrote, of an event that is no more."""
    one, two = people(2)
    noting.note([fact(one), fact(two)], at=NOW)
    NotedFact.objects.filter(member=one).update(event="of old")
    assert noting.tell_noted(now=NOW) == 2
    assert Notice.objects.get().member == two
    left = NotedFact.objects.get()
    assert left.failed_at == NOW
    assert noting.tell_noted(now=NOW + timedelta(minutes=59)) == 0
    NotedFact.objects.update(event="")
    assert noting.tell_noted(now=NOW + timedelta(hours=1)) == 1
    assert Notice.objects.count() == 2


def draft(**values: Any) -> Announcement:
    content = {"title_zh": "周末双倍", "body_zh": "本周末全场双倍积分。", "created_at": NOW}
    return Announcement.objects.create(**(content | values))


def publish(announcement: Announcement, **values: Any) -> Announcement:
    order = {"publish_at": None, "at": NOW} | values
    return announcements.publish(announcement_id=announcement.pk, **order)


def test_everybody_is_told_once_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "WINDOW", 3)
    members = people(7)
    Member.objects.filter(pk=members[2].pk).update(merged_into=members[0].pk)
    shown = publish(draft())
    assert (shown.state, shown.total) == ("sending", 6)
    seen: list[int] = []
    assert announcements.send_due(now=NOW, progress=seen.append) == 6
    assert seen == [3, 6]
    shown.refresh_from_db()
    assert (shown.state, shown.told, shown.finished_at) == ("sent", 6, NOW)
    assert announcements.send_due(now=NOW) == 0
    assert Notice.objects.count() == 6
    assert {row.title for row in Notice.objects.all()} == {"周末双倍"}


def test_a_job_that_dies_goes_on_and_tells_nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "WINDOW", 2)
    people(7)
    publish(draft())
    tell, calls = telling.tell, iter(range(100))

    def dying(*args: Any, **kwargs: Any) -> int:
        done = tell(*args, **kwargs)
        if next(calls) % 2:
            raise RuntimeError("the power went out")
        return done

    with monkeypatch.context() as patch:
        patch.setattr(telling, "tell", dying)
        for _round in range(3):
            with pytest.raises(RuntimeError):
                announcements.send_due(now=NOW)
        assert Notice.objects.count() == 6
    assert announcements.send_due(now=NOW) == 1
    assert Notice.objects.values("member").distinct().count() == Notice.objects.count() == 7
    assert Announcement.objects.get().told == 7


def test_an_audience_is_a_tag_or_a_segment() -> None:
    one, two, three = people(3)
    tag = Tag.objects.create(name="常客")
    MemberTag.objects.create(member=one, tag=tag)
    segment = Segment.objects.create(code="vip", kind="list", created_at=NOW)
    for member in (one, two):
        SegmentMember.objects.create(segment=segment, member=member, since=NOW)
    publish(draft(tag=tag))
    publish(draft(segment=segment))
    publish(draft(tag=tag, segment=segment))
    announcements.send_due(now=NOW)
    counts = [Notice.objects.filter(member=member).count() for member in (one, two, three)]
    assert counts == [3, 1, 0]


def test_it_waits_for_its_time_and_can_be_stopped_and_resumed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(announcements, "WINDOW", 2)
    people(5)
    tomorrow = NOW + timedelta(days=1)
    later = publish(draft(), publish_at=tomorrow)
    assert announcements.send_due(now=NOW) == 0
    announcements.stop(announcement_id=later.pk, at=NOW)
    assert announcements.send_due(now=tomorrow) == 0
    announcements.resume(announcement_id=later.pk, at=NOW)
    assert announcements.send_due(now=tomorrow) == 5


def test_what_cannot_be_done_is_refused() -> None:
    one = draft()
    with pytest.raises(exceptions.PublishTooEarly):
        publish(one, publish_at=NOW - timedelta(minutes=1))
    with pytest.raises(exceptions.AnnouncementNotSending):
        announcements.stop(announcement_id=one.pk, at=NOW)
    publish(one)
    with pytest.raises(exceptions.AnnouncementNotDraft):
        publish(one)
    with pytest.raises(exceptions.AnnouncementNotSending):
        announcements.resume(announcement_id=draft().pk, at=NOW)
    with pytest.raises(exceptions.AnnouncementUnknown):
        announcements.stop(announcement_id=999, at=NOW)


def test_offers_leave_only_to_who_agreed() -> None:
    one, two = cast.member(), cast.member("13900139000", "周可")
    consents.give(member_id=one.pk, purpose="marketing", at=NOW)
    MessageTemplate.objects.create(
        kind="announcement",
        channel="email",
        language="zh-hans",
        body="{text}",
        updated_at=NOW,
    )
    publish(draft())
    announcements.send_due(now=NOW)
    assert set(Notice.objects.values_list("member", flat=True)) == {one.pk, two.pk}


def test_rules_are_announced_once() -> None:
    people(2)
    NotedFact.objects.all().delete()
    order: dict[str, Any] = {
        "reference": "rules:v2",
        "words": Words("会员日改为周六", "从元旦起。", "Members' day moves", "From New Year."),
        "effective_on": date(2027, 1, 1),
        "until": NOW + timedelta(days=30),
        "link": "/rules/v2/changes/",
        "at": NOW,
    }
    assert announcements.announce_rules(**order) == announcements.announce_rules(**order)
    assert announcements.send_due(now=NOW) == 2
    told = Notice.objects.first()
    assert told is not None
    assert (told.kind, told.group, told.link) == ("rule_change", "account", "/rules/v2/changes/")
    assert "2027-01-01" in told.title
    assert "会员日改为周六" in told.body
    row = Announcement.objects.get()
    assert (row.total, row.told, row.is_marketing) == (2, 2, False)


def test_a_run_is_recorded_only_where_there_is_something_to_tell() -> None:
    people(2)
    tasks.send_announcements()
    assert not JobRun.objects.exists()
    publish(draft(), at=timezone.now())
    tasks.send_announcements()
    run = JobRun.objects.get(name="notifications.send_announcements")
    assert run.detail == {"members": 2}


@pytest.mark.parametrize("count", [1, 3])
def test_statements_of_a_window_do_not_grow(count: int, django_assert_num_queries: Any) -> None:
    people(count)
    publish(draft())
    with django_assert_num_queries(22):
        announcements.send_due(now=NOW)
