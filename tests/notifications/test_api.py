"""Notices and settings by API."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import Member
from notifications.models import Message, MessageTemplate, Notice, Preference, WechatGrant
from tests import cast
from tests.notifications.making import notice

pytestmark = pytest.mark.django_db
JSON = "application/json"
NOTICES = "/api/v1/me/notices"
SETTINGS = "/api/v1/me/notification-settings"
EMAIL = "/api/v1/me/email"
ROUTES = [
    ("get", NOTICES),
    ("get", f"{NOTICES}/unread-count"),
    ("post", f"{NOTICES}/read"),
    ("get", f"{NOTICES}/wechat-templates"),
    ("post", f"{NOTICES}/wechat-grants"),
    ("get", SETTINGS),
    ("put", SETTINGS),
    ("post", EMAIL),
    ("delete", EMAIL),
    ("post", f"{EMAIL}/confirm"),
]


@pytest.fixture
def lin() -> Member:
    return cast.member()


@pytest.fixture
def program(lin: Member) -> Client:
    return cast.program_of(lin)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_session_nothing_is_told(client: Client, method: str, path: str) -> None:
    assert getattr(client, method)(path, content_type=JSON).status_code == 401


def test_notices_go_on_by_cursor(program: Client, lin: Member) -> None:
    made = [notice(lin, points=number, link="/points/") for number in range(3)]
    notice(cast.member("13900139000", "周可"))
    first = program.get(NOTICES, {"page_size": 2}).json()
    assert [one["id"] for one in first["results"]] == [made[2].pk, made[1].pk]
    assert first["results"][0] == {
        "id": made[2].pk,
        "kind": "points_earned",
        "event": "",
        "group": "account",
        "title": made[2].title,
        "body": made[2].body,
        "points": 2,
        "link": "/points/",
        "created_at": first["results"][0]["created_at"],
        "read_at": None,
    }
    rest = program.get(NOTICES, {"page_size": 2, "cursor": first["next_cursor"]}).json()
    assert ([one["id"] for one in rest["results"]], rest["next_cursor"]) == ([made[0].pk], None)


def test_notices_are_filtered(program: Client, lin: Member) -> None:
    notice(lin, read_at=timezone.now())
    order = notice(lin, group=Notice.Group.DELIVERY)
    for query in ({"unread": "true"}, {"group": "delivery"}):
        found = program.get(NOTICES, query).json()["results"]
        assert [one["id"] for one in found] == [order.pk]
    assert program.get(NOTICES, {"group": "nothing"}).status_code == 400
    assert program.get(NOTICES, {"cursor": 999}).json()["code"] == "notice_unknown"


def test_unread_are_counted_and_read(program: Client, lin: Member) -> None:
    one, two = notice(lin), notice(lin, group=Notice.Group.DELIVERY)
    other = notice(cast.member("13900139000", "周可"))
    assert program.get(f"{NOTICES}/unread-count").json() == {
        "count": 2,
        "groups": {"account": 1, "activity": 0, "delivery": 1},
    }
    for content, count in (
        ({"ids": [one.pk, other.pk]}, 1),
        ({"ids": [one.pk]}, 0),
        ({"all": True, "newest": one.pk}, 0),
        ({"group": "delivery"}, 1),
        ({"all": True}, 0),
    ):
        assert program.post(f"{NOTICES}/read", content, JSON).json() == {"read": count}
    two.refresh_from_db()
    other.refresh_from_db()
    assert (two.read_at is None, other.read_at is None) == (False, True)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"ids": []},
        {"ids": [0]},
        {"ids": ["x"]},
        {"ids": [1], "all": True},
        {"ids": [1], "newest": 1},
        {"all": False},
        {"group": "x"},
        {"everything": True},
        {"ids": list(range(1, 300))},
        [],
    ],
)
def test_what_to_read_is_named_once(program: Client, content: Any) -> None:
    answer = program.post(f"{NOTICES}/read", content, JSON)
    assert answer.status_code == 400
    assert answer.json()["code"]


def test_settings_are_told_and_changed(program: Client, lin: Member) -> None:
    told = program.get(SETTINGS).json()
    assert (told["language"], told["email"], told["quiet_from"]) == ("zh-hans", "", None)
    assert told["shop_quiet_from"] == "22:00"
    expiring = {"kind": "points_expiring", "channel": "sms", "is_on": True}
    assert expiring in told["switches"]
    change = {
        "language": "en",
        "quiet_from": "21:00",
        "quiet_until": "09:30",
        "switches": [{**expiring, "is_on": False}],
    }
    changed = program.put(SETTINGS, change, JSON).json()
    assert changed["language"] == "en"
    assert (changed["quiet_from"], changed["quiet_until"]) == ("21:00", "09:30")
    assert {**expiring, "is_on": False} in changed["switches"]
    # What is left out stays.
    assert program.put(SETTINGS, {}, JSON).json() == changed
    assert (
        program.put(SETTINGS, {"quiet_from": None, "quiet_until": None}, JSON).json()["quiet_from"]
        is None
    )
    assert Preference.objects.get().is_on is False


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        ({"language": "fr"}, 400, "language"),
        ({"quiet_from": "22:00"}, 422, "quiet_until"),
        ({"quiet_from": "x", "quiet_until": "08:00"}, 400, "quiet_from"),
        ({"mute": True}, 400, "mute"),
        (
            {"switches": [{"kind": "points_earned", "channel": "sms", "is_on": True}]},
            422,
            "switches",
        ),
        ({"switches": [{"kind": "x", "channel": "sms", "is_on": True}]}, 400, None),
        ({"switches": [{"kind": "coupon", "channel": "email"}]}, 400, None),
    ],
)
def test_settings_that_cannot_be(
    program: Client, content: Any, status: int, field: str | None
) -> None:
    answer = program.put(SETTINGS, {"language": "en", **content}, JSON)
    assert answer.status_code == status
    if field:
        body = answer.json()
        assert field in {body.get("field"), *(one["field"] for one in body.get("errors", []))}
    assert program.get(SETTINGS).json()["language"] == "zh-hans"


@pytest.mark.django_db(transaction=True)
def test_an_address_is_confirmed_and_removed(program: Client) -> None:
    assert program.post(EMAIL, {"email": "nonsense"}, JSON).json()["code"] == "email_invalid"
    answer = program.post(EMAIL, {"email": "lin@example.com"}, JSON)
    assert answer.status_code == 202
    again = program.post(EMAIL, {"email": "lin@example.com"}, JSON)
    assert (again.status_code, again.json()["code"]) == (429, "email_codes_used")
    code = Message.objects.get().context["code"]
    wrong = program.post(f"{EMAIL}/confirm", {"email": "lin@example.com", "code": "x"}, JSON)
    assert wrong.json()["code"] == "email_code_wrong"
    right = program.post(f"{EMAIL}/confirm", {"email": "lin@example.com", "code": code}, JSON)
    assert right.json()["is_email_confirmed"] is True
    assert program.delete(EMAIL).status_code == 204
    assert program.get(SETTINGS).json()["email"] == ""


def test_subscription_messages_are_asked_for_and_allowed(program: Client, lin: Member) -> None:
    assert program.get(f"{NOTICES}/wechat-templates").json() == []
    MessageTemplate.objects.create(
        kind="redemption",
        channel="wechat",
        language="zh-hans",
        provider_template="TMPL-1:thing1=reward",
        updated_at=timezone.now(),
    )
    MessageTemplate.objects.create(
        kind="coupon",
        channel="wechat",
        language="zh-hans",
        provider_template="TMPL-2:thing1=name",
        is_active=False,
        updated_at=timezone.now(),
    )
    grants = f"{NOTICES}/wechat-grants"
    assert program.post(grants, {"kind": "redemption"}, JSON).json() == {
        "kind": "redemption",
        "left": 1,
    }
    assert program.post(grants, {"kind": "redemption", "count": 20}, JSON).json()["left"] == 20
    assert [
        (one["kind"], one["template_id"], one["left"])
        for one in program.get(f"{NOTICES}/wechat-templates").json()
    ] == [("redemption", "TMPL-1", 20)]
    refused = program.post(grants, {"kind": "coupon"}, JSON)
    assert (refused.status_code, refused.json()["code"]) == (422, "switch_unknown")
    for content in ({}, {"kind": "x"}, {"kind": "redemption", "count": 0}, {"kind": 1, "x": 2}):
        assert program.post(grants, content, JSON).status_code == 400
    assert WechatGrant.objects.get().left == 20


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow(
    program: Client, lin: Member, rows: int, django_assert_num_queries: Any
) -> None:
    for number, kind in enumerate(list(Notice.Kind)[:rows]):
        notice(lin, kind=kind, points=number)
        Preference.objects.create(member=lin, kind=kind, channel="email", is_on=True)
    for path, queries in ((NOTICES, 2), (f"{NOTICES}/unread-count", 2), (SETTINGS, 4)):
        with django_assert_num_queries(queries):
            assert program.get(path).status_code == 200
