"""What telling writes: once, in the member's language, over the channels that they want."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from members.models import Consent, Member, WechatIdentity
from notifications.models import (
    Message,
    MessageSettings,
    MessageTemplate,
    Notice,
    Preference,
    Recipient,
    WechatGrant,
)
from notifications.policies import kinds
from notifications.services import telling
from notifications.services.telling import Fact
from tests import cast
from tests.racing import succeeded, together

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
EXPIRING = {
    "points": 1200,
    "day": "2026-04-01",
    "days": 30,
    "stays": 50,
    "yuan": "12.00",
    "details": "1,200 on 04-01",
}
APP = "wx-of-the-test"
FILE = "notifications.services.gateways.file"


@pytest.fixture(autouse=True)
def _channels(settings: Settings) -> None:
    settings.SMS_GATEWAY = settings.EMAIL_GATEWAY = settings.WECHAT_MESSAGE_GATEWAY = FILE
    settings.WECHAT_APP_ID = APP


def expiring(person: Member, reference: str = "expiring:1", **values: Any) -> Fact:
    return Fact(
        **{
            "member_id": person.pk,
            "kind": "points_expiring",
            "reference": reference,
            "context": EXPIRING,
            "link": "/mall/",
            "points": 1200,
            **values,
        }
    )


def with_email(person: Member, **values: Any) -> Recipient:
    return Recipient.objects.create(
        **{
            "member": person,
            "email": "lin@example.com",
            "email_confirmed_at": NOON,
            "updated_at": NOON,
            **values,
        }
    )


def channels(**where: Any) -> list[str]:
    rows = Message.objects.filter(**where).order_by("channel")
    return list(rows.values_list("channel", flat=True))


@pytest.mark.django_db
def test_notice_and_message_are_written_with_the_fact() -> None:
    lin = cast.member()
    assert telling.tell([expiring(lin)], at=NOON) == 1
    notice = Notice.objects.get()
    assert (notice.member_id, notice.kind, notice.group) == (lin.pk, "points_expiring", "account")
    assert (notice.language, notice.points, notice.link) == ("zh-hans", 1200, "/mall/")
    assert (notice.context, notice.created_at, notice.read_at) == (EXPIRING, NOON, None)
    assert "1,200" in notice.title
    assert "2026-04-01" in notice.body
    message = Message.objects.get()
    assert (message.channel, message.to, message.state) == ("sms", "+8613800138000", "waiting")
    assert (message.notice_id, message.member_id) == (notice.pk, lin.pk)
    assert (message.template, message.context) == ("points_expiring", EXPIRING)
    assert (message.due_at, message.lapses_at) == (NOON, NOON + timedelta(days=2))


@pytest.mark.django_db
def test_same_reference_is_told_once() -> None:
    lin = cast.member()
    assert telling.tell([expiring(lin), expiring(lin)], at=NOON) == 1
    assert telling.tell([expiring(lin), expiring(lin, "expiring:2")], at=NOON) == 1
    assert (Notice.objects.count(), Message.objects.count()) == (2, 2)


@pytest.mark.django_db
def test_closed_members_are_passed_over() -> None:
    lin, chen = cast.member(), cast.member("13800138001", "陈晨")
    wang = cast.member("13800138002", "王五")
    Member.objects.filter(pk=lin.pk).update(merged_into=chen)
    Member.objects.filter(pk=wang.pk).update(erased_at=NOON)
    assert telling.tell([expiring(lin), expiring(chen), expiring(wang)], at=NOON) == 1
    assert Notice.objects.get().member_id == chen.pk


@pytest.mark.django_db
def test_each_reader_has_their_language() -> None:
    lin, smith = cast.member(), cast.member("13800138001", "Smith")
    Recipient.objects.create(member=smith, language="en", updated_at=NOON)
    telling.tell([expiring(lin), expiring(smith)], at=NOON)
    english = Notice.objects.get(member=smith)
    assert english.title == "1,200 points expire soon"
    assert english.body == (
        "1,200 of your points expire soon, the first of them after 2026-04-01: 1,200 on 04-01. "
        "The other 50 points stay."
    )
    assert Notice.objects.get(member=lin).language == "zh-hans"


@pytest.mark.django_db
def test_every_channel_that_reaches_the_member_is_used() -> None:
    lin = cast.member()
    with_email(lin)
    WechatIdentity.objects.create(member=lin, app_id=APP, openid="o-lin", bound_at=NOON)
    WechatGrant.objects.create(member=lin, kind="points_expiring", left=1)
    telling.tell([expiring(lin)], at=NOON)
    assert dict(Message.objects.values_list("channel", "to")) == {
        "sms": "+8613800138000",
        "email": "lin@example.com",
        "wechat": "o-lin",
    }


@pytest.mark.django_db
def test_address_that_is_not_confirmed_and_grant_that_is_used_up_reach_nobody() -> None:
    lin = cast.member()
    with_email(lin, email_confirmed_at=None)
    WechatIdentity.objects.create(member=lin, app_id=APP, openid="o-lin", bound_at=NOON)
    WechatGrant.objects.create(member=lin, kind="points_expiring", left=0)
    WechatGrant.objects.create(member=lin, kind="gift", left=3)
    telling.tell([expiring(lin)], at=NOON)
    assert channels() == ["sms"]


@pytest.mark.django_db
def test_own_preference_comes_before_the_default() -> None:
    lin = cast.member()
    with_email(lin)
    Preference.objects.create(member=lin, kind="points_expiring", channel="sms", is_on=False)
    Preference.objects.create(member=lin, kind="points_earned", channel="email", is_on=True)
    earned = Fact(lin.pk, "points_earned", "e:1", {"points": 5, "balance": 5, "source": "…"})
    assert telling.tell([expiring(lin), earned], at=NOON) == 2
    assert channels(template="points_expiring") == ["email"]
    assert channels(template="points_earned") == ["email"]


@pytest.mark.django_db
def test_offers_leave_only_with_consent_and_always_reach_the_inbox() -> None:
    lin, chen = cast.member(), cast.member("13800138001", "陈晨")
    with_email(lin)
    with_email(chen, email="chen@example.com")
    Consent.objects.create(member=chen, purpose="marketing", version="1", given_at=NOON)
    offers = [
        Fact(one.pk, "announcement", "a:1", {"title": "会员日", "text": "双倍积分"})
        for one in (lin, chen)
    ]
    assert telling.tell(offers, at=NOON) == 2
    assert list(Message.objects.values_list("member_id", "is_marketing")) == [(chen.pk, True)]
    service = Fact(lin.pk, "announcement", "a:2", {"title": "t", "text": "x"}, event="service")
    telling.tell([service], at=NOON)
    assert channels(member=lin) == ["email"]


@pytest.mark.django_db
def test_channel_without_gateway_is_closed(settings: Settings) -> None:
    settings.EMAIL_GATEWAY = ""
    settings.SMS_GATEWAY = "notifications.services.aliyun.send"  # has no template for it
    lin = cast.member()
    with_email(lin)
    assert telling.tell([expiring(lin)], at=NOON) == 1
    assert channels() == []
    settings.ALIYUN_SMS_TEMPLATES = {"points_expiring": "SMS_1:points+day"}
    telling.tell([expiring(lin, "expiring:2")], at=NOON)
    assert channels() == ["sms"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("house", "own", "hour", "due"),
    [
        ((time(22), time(8)), None, 23, datetime(2026, 3, 3, 0, 0, tzinfo=UTC)),
        ((time(22), time(8)), None, 3, datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),
        ((time(22), time(8)), None, 8, None),
        ((time(0), time(0)), None, 3, None),
        ((time(22), time(8)), (time(7), time(10)), 23, datetime(2026, 3, 3, 2, 0, tzinfo=UTC)),
        ((time(13), time(15)), (time(15), time(16)), 14, datetime(2026, 3, 2, 8, 0, tzinfo=UTC)),
    ],
)
def test_quiet_hours_hold_messages_back(
    house: tuple[time, time], own: tuple[time, time] | None, hour: int, due: datetime | None
) -> None:
    MessageSettings.objects.create(quiet_from=house[0], quiet_until=house[1])
    lin = cast.member()
    if own is not None:
        Recipient.objects.create(member=lin, quiet_from=own[0], quiet_until=own[1], updated_at=NOON)
    at = datetime(2026, 3, 2, hour, 0, tzinfo=UTC) - timedelta(hours=8)
    telling.tell([expiring(lin)], at=at)
    assert Message.objects.get().due_at == (due or at)


@pytest.mark.django_db
def test_urgent_news_waits_for_no_morning_and_no_digest() -> None:
    lin = cast.member()
    night = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
    bid = {"name": "限量公仔", "points": 900}
    telling.tell([Fact(lin.pk, "auction", "b:1", bid, event="outbid")], at=night)
    message = Message.objects.get()
    assert (message.due_at, message.may_bundle) == (night, False)


@pytest.mark.django_db
def test_small_news_waits_for_more_of_its_kind() -> None:
    MessageSettings.objects.create(digest_minutes=45)
    lin = cast.member()
    steps = {"number": "R1", "reward": "杯子", "points": 5, "carrier": "SF", "waybill": "1"}
    telling.tell([Fact(lin.pk, "redemption", "r:1", steps, event="shipped")], at=NOON)
    message = Message.objects.get()
    assert (message.due_at, message.may_bundle) == (NOON + timedelta(minutes=45), True)


@pytest.mark.django_db
def test_sms_of_a_day_are_counted_and_what_is_owed_is_sent_all_the_same() -> None:
    MessageSettings.objects.create(sms_per_member_and_day=2)
    lin = cast.member()
    steps = {"number": "R1", "reward": "杯子", "points": 5, "carrier": "SF", "waybill": "1"}
    for number in range(4):
        telling.tell([Fact(lin.pk, "redemption", f"r:{number}", steps, event="shipped")], at=NOON)
    assert (Notice.objects.count(), Message.objects.count()) == (4, 2)
    telling.tell([expiring(lin)], at=NOON)
    assert Message.objects.count() == 3
    tomorrow = NOON + timedelta(days=1)
    telling.tell([Fact(lin.pk, "redemption", "r:9", steps, event="shipped")], at=tomorrow)
    assert Message.objects.count() == 4


@pytest.mark.django_db
def test_merchants_own_words_and_what_they_cannot_say() -> None:
    row = MessageTemplate.objects.create(
        kind="points_expiring",
        channel="sms",
        language="zh-hans",
        body="还有 {days} 天，{points} 分到期",
        updated_at=NOON,
    )
    lin = cast.member()
    telling.tell([expiring(lin)], at=NOON)
    assert Message.objects.get().body == "还有 30 天，1,200 分到期"
    row.body = "{nonsense} {points}"
    row.save(update_fields=["body"])
    telling.tell([expiring(lin, "expiring:2")], at=NOON)
    message = Message.objects.latest("pk")
    assert (message.error_code, "1,200" in message.body) == ("template_unusable", True)
    row.body = "{points.__class__}"
    row.save(update_fields=["body"])
    telling.tell([expiring(lin, "expiring:3")], at=NOON)
    message = Message.objects.latest("pk")
    assert (message.error_code, "1,200" in message.body) == ("template_unusable", True)
    row.is_active = False
    row.save(update_fields=["is_active"])
    telling.tell([expiring(lin, "expiring:4")], at=NOON)
    assert Message.objects.count() == 3


@pytest.mark.django_db
def test_unknown_event_is_a_mistake_of_the_caller() -> None:
    lin = cast.member()
    with pytest.raises(KeyError):
        telling.tell([expiring(lin, event="nonsense")], at=NOON)
    assert telling.tell([], at=NOON) == 0


@pytest.mark.django_db
def test_missing_value_leaves_no_hole_in_the_words() -> None:
    lin = cast.member()
    Recipient.objects.create(member=lin, language="en", updated_at=NOON)
    telling.tell([expiring(lin, context=EXPIRING | {"details": ""})], at=NOON)
    assert Notice.objects.get().body == (
        "1,200 of your points can be used until 2026-04-01. The other 50 points stay."
    )


@pytest.mark.django_db
def test_every_event_has_words_in_both_languages() -> None:
    lin, smith = cast.member(), cast.member("13800138001", "Smith")
    Recipient.objects.create(member=smith, language="en", updated_at=NOON)
    facts = [
        Fact(one.pk, kind.name, f"{kind.name}.{event}", {}, event=event)
        for kind in kinds.KINDS.values()
        for event in kind.events
        for one in (lin, smith)
    ]
    assert telling.tell(facts, at=NOON) == len(facts)
    assert not Notice.objects.filter(body="").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3, 300])
def test_one_fact_and_many_take_the_same_statements(number: int) -> None:
    people = [cast.member(f"1380013{at:04}", f"会员{at}") for at in range(number)]
    for person in people:
        with_email(person, email=f"{person.pk}@example.com")
        WechatIdentity.objects.create(
            member=person, app_id=APP, openid=f"o{person.pk}", bound_at=NOON
        )
        WechatGrant.objects.create(member=person, kind="points_expiring", left=1)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert telling.tell([expiring(person) for person in people], at=NOON) == number
    told = [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]]
    assert len(told) == 10
    assert Message.objects.count() == 3 * number


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_twenty_four_at_once_tell_once() -> None:
    people = [cast.member(f"1380013800{at}", f"会员{at}") for at in range(3)]
    for person in people:
        with_email(person, email=f"{person.pk}@example.com")

    def tell(number: int) -> int:
        facts = [expiring(person) for person in people]
        return telling.tell(facts if number % 2 else facts[::-1], at=NOON)

    answers = succeeded(together(24, tell))
    assert (len(answers), sum(answers)) == (24, 3)
    assert (Notice.objects.count(), Message.objects.count()) == (3, 6)
