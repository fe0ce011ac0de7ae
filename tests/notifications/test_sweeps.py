"""Which messages leave when: urgent ones first, channels by themselves, many as one."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from members.models import Consent, Member
from notifications.exceptions import DeliveryFailed, DeliveryUncertain
from notifications.models import Lane, Message, MessageSettings, MessageTemplate, Preference
from notifications.selectors import outbox as standing
from notifications.services import delivery, outbox, telling
from notifications.services.telling import Fact
from tests import cast
from tests.racing import succeeded, together

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
FILE = "notifications.services.gateways.file"

taken: list[Message] = []
calls: list[int] = []


def taking(message: Message) -> str:
    taken.append(message)
    return "ok"


def away(message: Message) -> str:
    calls.append(message.pk)
    raise DeliveryFailed(reason="nobody answers", is_outage=True)


def silent(message: Message) -> str:
    calls.append(message.pk)
    raise DeliveryUncertain(reason="silence", is_outage=True)


@pytest.fixture(autouse=True)
def _gateways(settings: Settings) -> Iterator[None]:
    settings.SMS_GATEWAY = settings.EMAIL_GATEWAY = f"{__name__}.taking"
    settings.WECHAT_MESSAGE_GATEWAY = ""
    taken.clear()
    calls.clear()
    yield
    taken.clear()


def put(**values: Any) -> Message:
    return Message.objects.create(
        **{
            "channel": "sms",
            "to": "+8613800138000",
            "template": "ticket.answered",
            "language": "zh-hans",
            "body": "您好",
            "due_at": NOON,
            "created_at": NOON,
            **values,
        }
    )


def bodies() -> list[str]:
    return [message.body for message in taken]


def shipped(person: Member, number: int) -> Fact:
    context = {
        "number": f"R{number}",
        "reward": "杯子",
        "points": 5,
        "carrier": "顺丰",
        "waybill": f"SF{number}",
    }
    return Fact(person.pk, "redemption", f"r:{number}", context, event="shipped")


@pytest.mark.django_db
def test_what_somebody_waits_for_goes_first() -> None:
    for number in range(3):
        put(body=f"bulk {number}", due_at=NOON - timedelta(hours=1))
    put(body="code", is_urgent=True)
    put(body="mail code", channel="email", is_urgent=True)
    delivery.deliver_due(now=NOON)
    assert bodies() == ["code", "mail code", "bulk 0", "bulk 1", "bulk 2"]


@pytest.mark.django_db
def test_provider_that_is_away_holds_up_its_own_channel_only(settings: Settings) -> None:
    settings.EMAIL_GATEWAY = f"{__name__}.away"
    for number in range(10):
        put(channel="email", body=f"mail {number}")
        put(body=f"sms {number}")
    outcome = delivery.deliver_due(now=NOON)
    assert (outcome.sent, len(calls)) == (10, 3)
    lane = Lane.objects.get(channel="email")
    assert (lane.outages, lane.rests_until) == (1, NOON + timedelta(seconds=30))
    waiting = Message.objects.filter(channel="email", state="waiting")
    assert (waiting.count(), waiting.filter(attempts=0).count()) == (10, 7)
    assert delivery.deliver_due(now=NOON + timedelta(seconds=10)).total == 0
    # The first call after the rest tells whether it is still away.
    delivery.deliver_due(now=NOON + timedelta(seconds=31))
    lane.refresh_from_db()
    assert (len(calls), lane.outages) == (4, 2)
    settings.EMAIL_GATEWAY = f"{__name__}.taking"
    assert delivery.deliver_due(now=NOON + timedelta(minutes=2)).sent == 10
    lane.refresh_from_db()
    assert (lane.outages, lane.rests_until) == (0, None)


@pytest.mark.django_db
def test_urgent_messages_try_a_channel_that_rests() -> None:
    Lane.objects.create(channel="sms", rests_until=NOON + timedelta(hours=1), outages=2)
    put(body="bulk")
    put(body="code", is_urgent=True)
    delivery.deliver_due(now=NOON)
    assert bodies() == ["code"]


@pytest.mark.django_db
def test_outage_costs_no_message(settings: Settings) -> None:
    settings.SMS_GATEWAY = f"{__name__}.away"
    row = put(lapses_at=NOON + timedelta(days=2))
    at = NOON
    while at < NOON + timedelta(hours=20):
        delivery.deliver_due(now=at)
        at += timedelta(minutes=30)
    row.refresh_from_db()
    assert row.state == "waiting"
    assert row.attempts > 6
    settings.SMS_GATEWAY = f"{__name__}.taking"
    assert delivery.deliver_due(now=at + timedelta(hours=2)).sent == 1


@pytest.mark.django_db
def test_silence_makes_a_message_uncertain_and_ends_the_sweep(settings: Settings) -> None:
    settings.SMS_GATEWAY = f"{__name__}.silent"
    rows = [put() for _number in range(6)]
    outcome = delivery.deliver_due(now=NOON)
    assert (outcome.uncertain, outcome.postponed, len(calls)) == (3, 3, 3)
    assert outbox.send_again(ids=[row.pk for row in rows], at=NOON) == 3
    settings.SMS_GATEWAY = f"{__name__}.taking"
    assert delivery.deliver_due(now=NOON + timedelta(hours=1)).sent == 6


@pytest.mark.django_db
def test_codes_and_forgotten_messages_get_no_second_try() -> None:
    code = put(state="uncertain", is_secret=True)
    gone = put(state="failed", to=outbox.LEFT)
    assert outbox.send_again(ids=[code.pk, gone.pk], at=NOON) == 0


@pytest.mark.django_db
def test_many_messages_to_one_member_leave_as_one() -> None:
    MessageSettings.objects.create(sms_per_member_and_day=99)
    lin, chen = cast.member(), cast.member("13800138001", "陈晨")
    for number in range(3):
        telling.tell([shipped(lin, number)], at=NOON + timedelta(minutes=10 * number))
    telling.tell([shipped(chen, 9)], at=NOON)
    assert delivery.deliver_due(now=NOON + timedelta(minutes=29)).total == 0
    assert delivery.deliver_due(now=NOON + timedelta(minutes=30)).sent == 2
    digest = Message.objects.get(template="digest")
    assert (digest.member_id, digest.state, digest.context) == (lin.pk, "sent", {"count": 3})
    assert [f"SF{number}" in digest.body for number in range(3)] == [True] * 3
    bundled = Message.objects.filter(bundled_into=digest)
    assert list(bundled.values_list("state", flat=True)) == ["bundled"] * 3
    alone = Message.objects.get(member=chen)
    assert (alone.state, alone.template) == ("sent", "redemption.shipped")
    assert delivery.deliver_due(now=NOON + timedelta(hours=3)).total == 0


@pytest.mark.django_db
def test_what_comes_along_is_what_the_member_still_wants() -> None:
    lin = cast.member()
    context = {"points": 5, "person": "王**", "balance": 9}
    telling.tell([shipped(lin, 1), shipped(lin, 2)], at=NOON)
    Preference.objects.create(member=lin, kind="auction", channel="sms", is_on=False)
    won = Message.objects.create(
        channel="sms",
        member=lin,
        to="+8613800138000",
        template="auction.won",
        language="zh-hans",
        body="拍得",
        may_bundle=True,
        context=context,
        due_at=NOON + timedelta(hours=2),
        created_at=NOON,
    )
    assert delivery.deliver_due(now=NOON + timedelta(minutes=30)).sent == 1
    won.refresh_from_db()
    assert (won.state, taken[0].context) == ("waiting", {"count": 2})


@pytest.mark.django_db
def test_what_is_owed_stays_by_itself() -> None:
    lin = cast.member()
    telling.tell([shipped(lin, 1), shipped(lin, 2)], at=NOON)
    owed = {"points": 5, "day": "2026-04-01", "details": "…", "stays": 0}
    telling.tell([Fact(lin.pk, "points_expiring", "e:1", owed)], at=NOON)
    assert delivery.deliver_due(now=NOON + timedelta(hours=1)).sent == 2
    assert {one.template for one in taken} == {"digest", "points_expiring"}


@pytest.mark.django_db
def test_what_has_changed_since_holds_back_what_was_written() -> None:
    lin, chen = cast.member(), cast.member("13800138001", "陈晨")
    wang, zhao = cast.member("13800138002", "王五"), cast.member("13800138003", "赵六")
    for person in (lin, chen, wang, zhao):
        put(member=person, template="redemption.shipped", is_marketing=person is wang)
    Consent.objects.create(
        member=wang, purpose="marketing", version="1", given_at=NOON, withdrawn_at=NOON
    )
    Preference.objects.create(member=lin, kind="redemption", channel="sms", is_on=False)
    Member.objects.filter(pk=chen.pk).update(erased_at=NOON)
    outcome = delivery.deliver_due(now=NOON)
    assert (outcome.sent, outcome.lapsed) == (1, 3)
    assert dict(Message.objects.values_list("member_id", "result")) == {
        lin.pk: "switched_off",
        chen.pk: "member_closed",
        wang.pk: "no_consent",
        zhao.pk: "ok",
    }


@pytest.mark.django_db
def test_retry_does_not_ring_at_night() -> None:
    MessageSettings.objects.create(quiet_from=time(22), quiet_until=time(8))
    lin = cast.member()
    row = put(member=lin, template="redemption.shipped")
    urgent = put(member=lin, template="auction.outbid", is_urgent=True)
    night = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    outcome = delivery.deliver_due(now=night)
    assert (outcome.sent, outcome.postponed, taken[0].pk) == (1, 1, urgent.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 0)
    assert row.due_at == datetime(2026, 3, 3, 0, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_gateway_is_given_the_template_and_the_house() -> None:
    MessageSettings.objects.create(site_address="https://vip.example.com/", sender_name="聚点")
    MessageTemplate.objects.create(
        kind="redemption",
        channel="sms",
        language="zh-hans",
        provider_template="SMS_7:reward",
        updated_at=NOON,
    )
    telling.tell([shipped(cast.member(), 1)], at=NOON)
    delivery.deliver_due(now=NOON + timedelta(hours=1))
    (message,) = taken
    assert message.provider_template == "SMS_7:reward"
    assert (message.site_address, message.sender_name) == ("https://vip.example.com", "聚点")


@pytest.mark.django_db
def test_trial_message_leaves_at_once_with_sample_values() -> None:
    outbox.put_trial(
        kind="points_expiring",
        event="",
        channel="sms",
        language="en",
        to="+8613800138000",
        body="{points}!",
        subject="",
        at=NOON,
    )
    night = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)
    assert delivery.deliver_due(now=night).total == 0
    assert delivery.deliver_due(now=NOON).sent == 1
    assert bodies() == ["1,200!"]


@pytest.mark.django_db
def test_state_of_the_outbox() -> None:
    put(due_at=NOON - timedelta(hours=1))
    put(due_at=NOON + timedelta(hours=1))
    put(state="failed", finished_at=NOON - timedelta(hours=1))
    put(state="failed", finished_at=NOON - timedelta(days=3))
    put(state="uncertain", finished_at=NOON, channel="email")
    Lane.objects.create(channel="email", rests_until=NOON + timedelta(minutes=1), reason="away")
    sms, email, wechat = standing.state(NOON)
    assert (sms.waiting, sms.planned, sms.failed, sms.uncertain) == (1, 1, 1, 0)
    assert (sms.oldest_due_at, sms.rests_until) == (NOON - timedelta(hours=1), None)
    assert (email.uncertain, email.reason) == (1, "away")
    assert (wechat.channel, wechat.waiting, wechat.oldest_due_at) == ("wechat", 0, None)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_sweeps_of_one_lane_beside_each_other_send_once(settings: Settings) -> None:
    for _number in range(300):
        put()

    def sweep(_number: int) -> int:
        outcome = delivery.Delivered()
        delivery._Sweep("sms", now=NOON, limit=1000, outcome=outcome).run()
        return outcome.sent

    assert sum(succeeded(together(8, sweep))) == 300
    assert len({message.pk for message in taken}) == len(taken) == 300


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_digests_beside_each_other_hold_each_message_once() -> None:
    MessageSettings.objects.create(sms_per_member_and_day=99)
    people = [cast.member(f"1380013800{at}", f"会员{at}") for at in range(4)]
    for number in range(10):
        telling.tell([shipped(one, number) for one in people], at=NOON)

    def sweep(_number: int) -> int:
        outcome = delivery.Delivered()
        later = NOON + timedelta(hours=1)
        delivery._Sweep("sms", now=later, limit=7, outcome=outcome).run()
        return outcome.sent

    succeeded(together(8, sweep))
    delivery.deliver_due(now=NOON + timedelta(hours=2))
    assert not Message.objects.filter(state__in=["waiting", "sending"]).exists()
    for person in people:
        told = Message.objects.filter(member=person).exclude(template="digest")
        assert told.exclude(state__in=["sent", "bundled"]).count() == 0
        lines = [
            line for one in taken if one.member_id == person.pk for line in one.body.split("·")
        ]
        assert [sum(f"SF{number}" in line for line in lines) for number in range(10)] == [1] * 10
