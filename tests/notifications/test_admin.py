"""Messages in the back office: wordings, trials, the outbox, announcements, and who may what."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from config import roles
from notifications.models import (
    Announcement,
    Message,
    MessageSettings,
    MessageTemplate,
    Preference,
    Recipient,
)
from notifications.services import announcements
from tests import cast
from tests.notifications.making import notice

pytestmark = pytest.mark.django_db
TEMPLATES = "/admin/notifications/messagetemplate/"
OUTBOX = "/admin/notifications/message/"
ANNOUNCEMENTS = "/admin/notifications/announcement/"
NOW = timezone.now()


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss"))
    return client


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def form(**changes: Any) -> dict[str, Any]:
    content = {
        "about": "points_expiring",
        "channel": "sms",
        "language": "zh-hans",
        "subject": "",
        "body": "您有 {points} 积分将于 {day} 到期。",
        "provider_template": "",
        "is_active": "on",
    }
    return content | changes


def template(**values: Any) -> MessageTemplate:
    content = {
        "kind": "points_expiring",
        "channel": "sms",
        "language": "zh-hans",
        "body": "{points} 到期",
        "updated_at": NOW,
    }
    return MessageTemplate.objects.create(**(content | values))


def test_the_table_shows_who_words_what(boss: Client) -> None:
    template()
    template(kind="coupon", event="issued", channel="email", is_active=False)
    page = text(boss, TEMPLATES)
    assert page.count("words--own") == 1
    assert page.count("words--off") == 1
    assert f"{TEMPLATES}add/?about=redemption.shipped&amp;channel=sms&amp;language=en" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_table_takes_one_query(boss: Client, rows: int, django_assert_num_queries: Any) -> None:
    for kind in ("points_expiring", "coupon", "tier")[:rows]:
        template(kind=kind)
    text(boss, TEMPLATES)
    with django_assert_num_queries(3):  # the session, the person, the wordings
        text(boss, TEMPLATES)


def test_a_wording_is_saved_with_who_and_when(boss: Client) -> None:
    page = text(boss, f"{TEMPLATES}add/?about=redemption.shipped&channel=email&language=en")
    assert '<option value="redemption.shipped" selected' in page
    assert boss.post(f"{TEMPLATES}add/", form()).status_code == 302
    row = MessageTemplate.objects.get()
    assert (row.kind, row.event, row.updated_by) == ("points_expiring", "", "boss")
    shown = text(boss, f"{TEMPLATES}{row.pk}/change/")
    assert "您有 1,200 积分将于 2026-12-20 到期。" in shown
    assert "<code>{details}</code>" in shown


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "{nonsense}"},
        {"body": "{points"},
        {"body": "{points.__class__}"},
        {"subject": "{waybill}"},
        {"about": "nothing"},
        {"about": "redemption.nothing"},
        {"channel": "pigeon"},
        {"provider_template": "SMS_1:nonsense"},
    ],
)
def test_a_wording_that_could_not_be_sent_is_refused(boss: Client, changes: Any) -> None:
    answer = boss.post(f"{TEMPLATES}add/", form(**changes))
    assert answer.status_code == 200
    assert not MessageTemplate.objects.exists()
    if "nonsense" in str(changes.get("body")):
        assert "{details}" in answer.content.decode(), "what may be named is said"


def test_a_second_wording_of_the_same_is_refused(boss: Client) -> None:
    template()
    assert boss.post(f"{TEMPLATES}add/", form()).status_code == 200
    assert MessageTemplate.objects.count() == 1


def test_the_preview_answers_while_it_is_written(boss: Client) -> None:
    told = boss.post(f"{TEMPLATES}preview/", form(body="<b>{points}</b>")).json()
    assert told["body"] == "<b>1,200</b>"
    assert "{points}" in told["placeholders"]
    assert boss.post(f"{TEMPLATES}preview/", form(body="{x}")).status_code == 422
    assert boss.post(f"{TEMPLATES}preview/", {}).status_code == 422


def test_a_trial_goes_to_an_own_number_and_is_recorded(boss: Client) -> None:
    row = template()
    address = f"{TEMPLATES}{row.pk}/trial/"
    assert "试发" in text(boss, address)
    assert boss.post(address, {"to": "nobody"}).status_code == 200
    assert not Message.objects.exists()
    assert boss.post(address, {"to": "138 0013 8000"}).status_code == 302
    sent = Message.objects.get()
    assert (sent.to, sent.is_urgent, sent.notice) == ("+8613800138000", True, None)
    assert "1,200" in sent.body
    entry = LogEntry.objects.get()
    assert entry.get_change_message().endswith("00。")
    for _more in range(19):
        boss.post(address, {"to": "138 0013 8000"})
    assert boss.post(address, {"to": "138 0013 8000"}).status_code == 200
    assert Message.objects.count() == 20


def test_a_trial_by_mail_and_none_by_wechat(boss: Client, settings: Settings) -> None:
    settings.EMAIL_GATEWAY = "notifications.services.gateways.file"
    mail, wechat = template(channel="email"), template(channel="wechat")
    assert boss.post(f"{TEMPLATES}{mail.pk}/trial/", {"to": "x"}).status_code == 200
    assert boss.post(f"{TEMPLATES}{mail.pk}/trial/", {"to": "a@example.com"}).status_code == 302
    assert boss.post(f"{TEMPLATES}{wechat.pk}/trial/", {"to": "x"}).status_code == 200
    assert Message.objects.get().to == "a@example.com"


def message(**values: Any) -> Message:
    content = {
        "channel": "sms",
        "to": "+8613800138000",
        "template": "redemption.shipped",
        "language": "zh-hans",
        "body": "已发货",
        "state": "failed",
        "error_code": "isv.OUT_OF_SERVICE",
        "due_at": NOW,
        "created_at": NOW,
    }
    return Message.objects.create(**(content | values))


def test_the_outbox_shows_what_needs_a_look_and_sends_it_again(boss: Client) -> None:
    failed = message()
    message(state="sent", template="coupon.issued", error_code="")
    secret = message(template="sign_in_code", is_secret=True, body="123456 是验证码")
    page = text(boss, OUTBOX)
    assert "+86138" not in page
    assert "123456" not in text(boss, f"{OUTBOX}{secret.pk}/change/")
    assert "coupon.issued" not in text(boss, f"{OUTBOX}?worry=1")
    assert "coupon.issued" not in text(boss, f"{OUTBOX}?about=redemption")
    assert "isv.OUT_OF_SERVICE" in text(boss, f"{OUTBOX}?worry=1")
    chosen = {"action": "send_again", "_selected_action": [failed.pk, secret.pk]}
    assert boss.post(OUTBOX, chosen).status_code == 302
    failed.refresh_from_db()
    secret.refresh_from_db()
    assert (failed.state, failed.error_code, secret.state) == ("waiting", "", "failed")
    assert LogEntry.objects.filter(object_id=str(failed.pk)).exists()


def test_sending_again_is_a_permission_of_its_own(client: Client) -> None:
    person = User.objects.create_user("kefu", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_message"))
    client.force_login(person)
    failed = message()
    page = text(client, OUTBOX)
    assert "send_again" not in page
    client.post(OUTBOX, {"action": "send_again", "_selected_action": [failed.pk]})
    failed.refresh_from_db()
    assert failed.state == "failed"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_outbox_takes_the_same_queries(
    boss: Client, rows: int, django_assert_max_num_queries: Any
) -> None:
    lin = cast.member()
    for _number in range(rows):
        message(member=lin)
    text(boss, OUTBOX)
    with django_assert_max_num_queries(7):
        text(boss, OUTBOX)


def draft(**values: Any) -> Announcement:
    content = {"title_zh": "周末双倍", "body_zh": "本周末全场双倍。", "created_at": NOW}
    return Announcement.objects.create(**(content | values))


def test_an_announcement_is_written_counted_and_published(boss: Client) -> None:
    cast.member()
    data = {"title_zh": "周末双倍", "body_zh": "本周末。", "is_marketing": "on", "link": "/rules/"}
    assert boss.post(f"{ANNOUNCEMENTS}add/", data).status_code == 302
    row = Announcement.objects.get()
    assert (row.state, row.created_by) == ("draft", "boss")
    publish = f"{ANNOUNCEMENTS}{row.pk}/publish/"
    assert "1 位会员" in text(boss, publish)
    past = timezone.localtime(NOW - timedelta(days=1))
    when = {"publish_at_0": f"{past:%Y-%m-%d}", "publish_at_1": "10:00:00"}
    assert boss.post(publish, when).status_code == 200
    assert boss.post(publish, {"publish_at_0": "", "publish_at_1": ""}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.total) == ("sending", 1)
    assert announcements.send_due(now=timezone.now()) == 1
    page = text(boss, ANNOUNCEMENTS)
    assert "1 / 1" in page
    # What was published is not rewritten.
    changed = boss.post(f"{ANNOUNCEMENTS}{row.pk}/change/", {**data, "title_zh": "别的"})
    assert changed.status_code == 403
    assert boss.post(f"{ANNOUNCEMENTS}{row.pk}/stop/", {}).status_code == 302
    assert boss.post(f"{ANNOUNCEMENTS}{row.pk}/resume/", {}).status_code == 302
    assert LogEntry.objects.filter(object_id=str(row.pk)).count() == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"title_zh": ""},
        {"title_en": "Only a title"},
        {"link": "https://evil.example/"},
        {"link": "//evil.example"},
        {"body_zh": "x" * 2001},
    ],
)
def test_an_announcement_that_cannot_be(boss: Client, changes: dict[str, str]) -> None:
    data = {"title_zh": "周末双倍", "body_zh": "本周末。"} | changes
    assert boss.post(f"{ANNOUNCEMENTS}add/", data).status_code == 200
    assert not Announcement.objects.exists()


def test_settings_are_one_row(boss: Client) -> None:
    page = "/admin/notifications/messagesettings/"
    assert boss.get(page).status_code == 302
    data = {
        "quiet_from": "21:00",
        "quiet_until": "09:00",
        "digest_minutes": "15",
        "sms_per_member_and_day": "2",
        "site_address": "https://vip.example.com",
        "sender_name": "聚点",
    }
    assert boss.post(f"{page}1/change/", data).status_code == 302
    row = MessageSettings.objects.get()
    assert (row.digest_minutes, row.sms_per_member_and_day) == (15, 2)
    assert boss.post(f"{page}1/change/", {**data, "digest_minutes": "9999"}).status_code == 200


def test_a_member_leads_to_what_they_were_told(boss: Client) -> None:
    lin, chen = cast.member(), cast.member("13900139000", "周可")
    notice(lin, title="给林小雨的")
    notice(chen, title="给周可的")
    Preference.objects.create(member=lin, kind="coupon", channel="email", is_on=True)
    Recipient.objects.create(member=lin, email="lin@example.com", updated_at=NOW)
    page = text(boss, f"/admin/members/member/{lin.pk}/change/")
    assert f"/admin/notifications/notice/?q={lin.number}" in page
    found = text(boss, f"/admin/notifications/notice/?q={lin.number}")
    assert ("给林小雨的" in found, "给周可的" in found) == (True, False)
    masked = text(boss, "/admin/notifications/recipient/")
    assert ("l***@example.com" in masked, "lin@example.com" in masked) == (True, False)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("运营", {"message", "messagetemplate", "announcement", "notice", "messagesettings"}),
        ("客服", {"message", "announcement", "notice"}),
        ("财务", set()),
        ("收银", set()),
        ("店长", set()),
    ],
)
def test_who_reaches_what(client: Client, role: str, may: set[str]) -> None:
    roles.ensure()
    person = User.objects.create_user("person", is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    every = {"message", "messagetemplate", "announcement", "notice", "messagesettings"}
    reached = {
        one for one in every if client.get(f"/admin/notifications/{one}/").status_code != 403
    }
    assert reached == may
    row = draft()
    is_publisher = client.get(f"{ANNOUNCEMENTS}{row.pk}/publish/").status_code == 200
    assert is_publisher == (role == "运营")
    writes = client.post(f"{TEMPLATES}preview/", form()).status_code
    assert (writes == 200) == (role == "运营")
