"""Notices when members become one, when one leaves, when time passes; joining and answers."""

import io
import json
import zipfile
from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from members.models import Member
from members.services import (
    erasure,
    merging,
    registration,
    retention,
    ticket_desk,
    tickets,
)
from members.services.tickets import Words
from notifications.models import (
    Message,
    NotedFact,
    Notice,
    Preference,
    Recipient,
    WechatGrant,
)
from notifications.services import keeping, noting
from notifications.services.telling import Fact
from tests import cast
from tests.notifications.making import notice

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def lin() -> Member:
    person = cast.member()
    NotedFact.objects.all().delete()
    return person


@pytest.fixture
def chen() -> Member:
    person = cast.member("13900139000", "周可")
    NotedFact.objects.all().delete()
    return person


def message(member: Member, of: Notice | None = None, **values: Any) -> Message:
    content: dict[str, Any] = {
        "channel": "email",
        "to": "lin@example.com",
        "template": "points_earned",
        "language": "zh-hans",
        "subject": "积分",
        "body": "林小雨，您好",
        "due_at": NOW,
        "created_at": NOW,
    }
    return Message.objects.create(member=member, notice=of, **(content | values))


def test_two_become_one(lin: Member, chen: Member) -> None:
    notice(lin, reference="announcement:1")
    notice(chen, reference="announcement:1")
    moved = notice(chen, reference="receipt:1:A")
    for member, is_on in ((lin, True), (chen, False)):
        Preference.objects.create(member=member, kind="coupon", channel="email", is_on=is_on)
        WechatGrant.objects.create(member=member, kind="coupon", left=2)
    Preference.objects.create(member=chen, kind="tier", channel="email", is_on=False)
    Recipient.objects.create(member=lin, language="en", updated_at=NOW)
    Recipient.objects.create(
        member=chen, email="chen@example.com", email_confirmed_at=NOW, updated_at=NOW
    )
    noting.note(
        [Fact(chen.pk, "tier", "tier:1", {"level": "银卡", "before": "", "until": ""}, "up")],
        at=NOW,
    )
    merging.merge(kept_id=lin.pk, gone_id=chen.pk, actor="staff:1", at=NOW)
    keeping.merge(kept_id=lin.pk, gone_id=chen.pk)
    noting.tell_noted(now=NOW)
    assert Notice.objects.get(pk=moved.pk).member == lin
    assert Notice.objects.filter(member=chen).count() == 1, "the proof that both were told"
    assert Notice.objects.filter(member=lin, kind="tier").count() == 1
    assert {(one.kind, one.is_on) for one in Preference.objects.filter(member=lin)} == {
        ("coupon", True),
        ("tier", False),
    }
    assert not Preference.objects.filter(member=chen).exists()
    assert not WechatGrant.objects.filter(member=chen).exists()
    kept = Recipient.objects.get()
    assert (kept.member, kept.language, kept.email) == (lin, "en", "chen@example.com")


def test_who_leaves_is_forgotten_but_not_that_they_were_told(lin: Member) -> None:
    told = notice(lin, title="林小雨，您好", context={"person": "林小雨"}, link="/x/", points=5)
    message(lin, told)
    message(lin, told, state=Message.State.SENT)
    Preference.objects.create(member=lin, kind="coupon", channel="email", is_on=True)
    Recipient.objects.create(member=lin, email="lin@example.com", updated_at=NOW)
    noting.note([Fact(lin.pk, "points_earned", "r", {"store": "林小雨的店"})], at=NOW)
    erasure.erase(member_id=lin.pk, actor="staff:1", at=NOW, is_forced=True)
    told.refresh_from_db()
    assert (told.title, told.body, told.context, told.link) == ("…", "", {}, "")
    assert (told.kind, told.points, told.reference) == ("points_earned", 5, told.reference)
    for row in Message.objects.all():
        assert (row.to, row.subject, row.body, row.link) == ("—", "", "", "")
    assert set(Message.objects.values_list("state", flat=True)) == {"lapsed", "sent"}
    for model in (Preference, Recipient, NotedFact):
        assert not model.objects.filter(member=lin).exists()


def test_notices_go_after_their_time(lin: Member) -> None:
    old = notice(lin, at=NOW - timedelta(days=1096))
    kept = notice(lin, at=NOW - timedelta(days=1094))
    message(lin, old, state=Message.State.SENT, created_at=NOW)
    assert retention.run(now=NOW)["notices"] == 1
    assert list(Notice.objects.all()) == [kept]
    assert Message.objects.get().notice is None


def test_members_take_their_notices_along(lin: Member) -> None:
    notice(lin, title="获得 20 积分", points=20)
    message(lin)
    Recipient.objects.create(
        member=lin, language="en", quiet_from=time(22), quiet_until=time(8), updated_at=NOW
    )
    Preference.objects.create(member=lin, kind="coupon", channel="email", is_on=True)
    browser = cast.browser_of(lin)
    answer = browser.post("/me/privacy/copy/", {"as": "json"})
    content: Any = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    text = json.dumps(content, ensure_ascii=False)
    for part in ("获得 20 积分", "lin@example.com", "22:00:00", "message_switches"):
        assert part in text
    packed = browser.post("/me/privacy/copy/", {"as": "zip"})
    files = zipfile.ZipFile(io.BytesIO(b"".join(packed.streaming_content)))  # type: ignore[attr-defined]
    assert "notices.csv" in {name.rpartition("/")[2] for name in files.namelist()}


def test_joining_is_told_to_who_joins_now() -> None:
    lin = cast.member()
    registration.register_many(external_numbers=["A1"], at=NOW, store_id=None)
    noting.tell_noted(now=timezone.now())
    told = Notice.objects.get()
    assert (told.member, told.kind) == (lin, "registration")
    assert lin.grouped_number in told.body


def test_an_answer_leads_to_its_ticket(lin: Member) -> None:
    ticket = tickets.open_ticket(
        member_id=lin.pk, kind="question", subject="积分没到账", words=Words("昨天的"), at=NOW
    ).ticket
    staff = User.objects.create_superuser("kefu")
    ticket_desk.answer(ticket_id=ticket.pk, staff=staff, text="已补发。" * 60, at=timezone.now())
    noting.tell_noted(now=timezone.now())
    told = Notice.objects.get(kind="ticket")
    assert told.link == f"/me/tickets/{ticket.number}/"
    assert len(told.context["text"]) == 120
    assert told.body.endswith("…")
