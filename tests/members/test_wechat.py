"""Signing in from a mini-program, against the stand-in behind a real HTTP server."""

import json
import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from config.stand_ins.wechat import Fault, WechatStandIn, running
from members import exceptions
from members.models import DeviceSession, Member, WechatIdentity, WechatToken
from members.services import registration, sessions, sign_in, wechat, wechat_client
from members.services.wechat_client import AccessToken, HttpClient, WechatUser
from tests.members.conftest import NOON, PHONE
from tests.racing import refused, succeeded, together

LIN, WANG = "o-lin", "o-wang"
SECRET = "the-app-secret-of-this-test"
SESSION, TOKEN = "/sns/jscode2session", "/cgi-bin/stable_token"
NUMBER = "/wxa/business/getuserphonenumber"


class OutsideTransactions(HttpClient):
    """Fails where WeChat is asked while a transaction is open."""

    def user_of(self, *, login_code: str) -> WechatUser:
        assert not connection.in_atomic_block
        return super().user_of(login_code=login_code)

    def access_token(self, *, is_forced: bool) -> AccessToken:
        assert not connection.in_atomic_block
        return super().access_token(is_forced=is_forced)

    def phone_of(self, *, phone_code: str, access_token: str) -> str:
        assert not connection.in_atomic_block
        return super().phone_of(phone_code=phone_code, access_token=access_token)


@pytest.fixture
def they(settings: Settings) -> Iterator[WechatStandIn]:
    stand_in = WechatStandIn(app_id="wx1", secret=SECRET)
    with running(stand_in) as address:
        settings.WECHAT_CLIENT = "members.services.wechat_client.HttpClient"
        settings.WECHAT_API_BASE = address
        settings.WECHAT_APP_ID = "wx1"
        settings.WECHAT_APP_SECRET = SECRET
        yield stand_in


def enter(login_code: str, phone_code: str = "", *, at: datetime = NOON) -> sign_in.SignedIn:
    return wechat.sign_in(
        login_code=login_code, phone_code=phone_code, ip="203.0.113.9", user_agent="test", at=at
    )


def joined(they: WechatStandIn, openid: str = LIN, phone: str = "13800138000") -> sign_in.SignedIn:
    return enter(they.login_code(openid), they.phone_code(phone))


@pytest.mark.django_db
def test_unknown_user_needs_a_phone_and_makes_nothing(they: WechatStandIn) -> None:
    with pytest.raises(exceptions.WechatPhoneNeeded):
        enter(they.login_code(LIN))
    assert not Member.objects.exists()
    assert not WechatIdentity.objects.exists()
    assert they.calls == {SESSION: 1}


@pytest.mark.django_db
def test_phone_registers_and_binds(they: WechatStandIn) -> None:
    done = enter(they.login_code(LIN, unionid="u-lin"), they.phone_code("13800138000"))
    assert (done.is_new, done.member.phone) == (True, PHONE)
    row = WechatIdentity.objects.get()
    assert (row.member, row.app_id, row.openid, row.unionid) == (done.member, "wx1", LIN, "u-lin")
    found = sessions.find(token=done.credentials.access_token, kind="api", at=NOON)
    assert found is not None


@pytest.mark.django_db
def test_bound_user_needs_the_login_code_alone(they: WechatStandIn) -> None:
    first = joined(they)
    again = enter(they.login_code(LIN))
    assert (again.member, again.is_new) == (first.member, False)


@pytest.mark.django_db
def test_phone_of_a_member_binds_that_member(they: WechatStandIn) -> None:
    member = registration.register(phone=PHONE, at=NOON, source="till")
    done = joined(they)
    assert (done.member, done.is_new) == (member, False)


@pytest.mark.django_db
def test_bound_users_phone_code_is_left_alone(they: WechatStandIn) -> None:
    """It costs money, and the number of somebody else changes nothing."""
    first = joined(they)
    code = they.phone_code("13900139000")
    assert enter(they.login_code(LIN), code).member == first.member
    assert they.calls[NUMBER] == 1
    assert enter(they.login_code(WANG), code).member.phone == "+8613900139000"


@pytest.mark.django_db
def test_number_bound_to_another_user_is_refused(they: WechatStandIn) -> None:
    first = joined(they)
    with pytest.raises(exceptions.WechatPhoneBound):
        joined(they, openid=WANG)
    assert WechatIdentity.objects.get().openid == LIN
    wechat.unbind(member_id=first.member.pk)
    assert joined(they, openid=WANG).member == first.member


@pytest.mark.django_db
def test_member_binds_while_signed_in(they: WechatStandIn) -> None:
    member = registration.register(phone=PHONE, at=NOON, source="web")
    for _again in range(2):
        wechat.bind(member=member, login_code=they.login_code(LIN), ip="", at=NOON)
    assert enter(they.login_code(LIN)).member == member
    other = registration.register(phone="13900139000", at=NOON, source="web")
    with pytest.raises(exceptions.WechatBoundElsewhere):
        wechat.bind(member=other, login_code=they.login_code(LIN), ip="", at=NOON)
    with pytest.raises(exceptions.WechatPhoneBound):
        wechat.bind(member=member, login_code=they.login_code(WANG), ip="", at=NOON)


@pytest.mark.django_db
def test_unbinding_again_is_nothing(they: WechatStandIn) -> None:
    member = joined(they).member
    assert [wechat.unbind(member_id=member.pk) for _again in range(2)] == [1, 0]
    assert DeviceSession.objects.alive(NOON).count() == 1


@pytest.mark.django_db
def test_unionid_is_learned_later(they: WechatStandIn) -> None:
    joined(they)
    enter(they.login_code(LIN, unionid="u-lin"))
    assert WechatIdentity.objects.get().unionid == "u-lin"


@pytest.mark.django_db
@pytest.mark.parametrize("is_used", [True, False])
def test_login_code_counts_once_and_for_five_minutes(they: WechatStandIn, is_used: bool) -> None:
    joined(they)
    code = they.login_code(LIN)
    if is_used:
        enter(code)
    else:
        they.ahead = 301
    with pytest.raises(exceptions.WechatCodeInvalid) as refusal:
        enter(code)
    assert refusal.value.field == "login_code"


@pytest.mark.django_db
def test_phone_code_counts_once(they: WechatStandIn) -> None:
    code = they.phone_code("13800138000")
    enter(they.login_code(LIN), code)
    with pytest.raises(exceptions.WechatCodeInvalid) as refusal:
        enter(they.login_code(WANG), code)
    assert refusal.value.field == "phone_code"
    assert Member.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["made-up", "\x00", "\ud800", "x" * 9000, "&secret=x", ""])
def test_made_up_codes(they: WechatStandIn, code: str) -> None:
    with pytest.raises(exceptions.WechatCodeInvalid):
        enter(code)
    joined(they)
    with pytest.raises(exceptions.WechatCodeInvalid) as refusal:
        enter(they.login_code(WANG), code or "made-up")
    assert refusal.value.field == "phone_code"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("phone", "country", "stored"),
    [("91234567", "852", "+85291234567"), ("13800138000", "86", PHONE)],
)
def test_numbers_of_other_countries(
    they: WechatStandIn, phone: str, country: str, stored: str
) -> None:
    done = enter(they.login_code(LIN), they.phone_code(phone, country))
    assert done.member.phone == stored


@pytest.mark.django_db
def test_number_that_is_no_mobile_is_refused(they: WechatStandIn) -> None:
    with pytest.raises(exceptions.PhoneInvalid) as refusal:
        enter(they.login_code(LIN), they.phone_code("1060000"))
    assert refusal.value.field == "phone_code"


@pytest.mark.django_db
def test_token_is_kept_for_all_and_renewed_ahead_of_its_end(they: WechatStandIn) -> None:
    for number in range(3):
        joined(they, openid=f"o-{number}", phone=f"1380013800{number}")
    assert they.calls[TOKEN] == 1
    they.ahead = 7200 - 290
    at = NOON + timedelta(seconds=7200 - 290)
    enter(they.login_code("o-9"), they.phone_code("13800138009"), at=at)
    assert they.calls[TOKEN] == 2
    row = WechatToken.objects.get()
    assert row.expires_at == at + timedelta(seconds=7200)


@pytest.mark.django_db
def test_refused_token_is_renewed_once(they: WechatStandIn) -> None:
    joined(they)
    they.forget_tokens()
    joined(they, openid=WANG, phone="13900139000")
    assert (they.calls[TOKEN], they.calls[NUMBER]) == (2, 3)


@pytest.mark.django_db
def test_lapsed_token_is_renewed_once(they: WechatStandIn) -> None:
    """Our clock is behind theirs: they say 42001 while the row still looks good."""
    joined(they)
    they.ahead = 7300
    joined(they, openid=WANG, phone="13900139000")
    assert they.calls[TOKEN] == 2


@pytest.mark.django_db
def test_dead_holder_of_the_renewal_blocks_nobody_for_long(they: WechatStandIn) -> None:
    WechatToken.objects.take_lease(app_id="wx1", at=NOON, until=NOON + timedelta(seconds=5))
    with pytest.raises(exceptions.WechatUnavailable):
        joined(they)
    enter(
        they.login_code(WANG),
        they.phone_code("13900139000"),
        at=NOON + timedelta(seconds=5),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["busy", "garbage", "broken", "hollow", "giant", "hang"])
@pytest.mark.parametrize("path", [SESSION, TOKEN, NUMBER])
def test_broken_wechat_makes_nothing_and_heals(
    they: WechatStandIn, path: str, fault: Fault
) -> None:
    they.fault, they.fault_at = fault, path
    with pytest.raises(exceptions.WechatUnavailable):
        joined(they)
    assert not Member.objects.exists()
    they.fault = ""
    they.released.set()
    assert joined(they).is_new


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["hang", "trickle"])
def test_hanging_wechat_is_given_up_within_two_seconds(they: WechatStandIn, fault: Fault) -> None:
    code = they.login_code(LIN)
    they.fault = fault
    began = time.monotonic()
    with pytest.raises(exceptions.WechatUnavailable):
        enter(code)
    assert time.monotonic() - began < 2


@pytest.mark.django_db
def test_nobody_listens(they: WechatStandIn, settings: Settings) -> None:
    settings.WECHAT_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(exceptions.WechatUnavailable):
        enter("code")


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "value"), [("WECHAT_APP_SECRET", "x"), ("WECHAT_APP_ID", "wx2")])
def test_wrong_settings_are_unavailable(
    they: WechatStandIn, settings: Settings, name: str, value: str
) -> None:
    setattr(settings, name, value)
    with pytest.raises(exceptions.WechatUnavailable):
        enter(they.login_code(LIN))


@pytest.mark.django_db
def test_secret_is_never_logged(
    they: WechatStandIn, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = they.phone_code("13800138000")
    enter(they.login_code(LIN), code)
    faults: tuple[Fault, ...] = ("broken", "busy", "garbage")
    for they.fault in faults:
        with pytest.raises(exceptions.WechatUnavailable):
            enter(they.login_code(WANG))
    they.fault = ""
    settings.WECHAT_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(exceptions.WechatUnavailable):
        enter("code")
    assert "jscode2session: ConnectError" in caplog.text
    assert SECRET not in caplog.text
    assert WechatToken.objects.get().value not in caplog.text
    assert code not in caplog.text


@pytest.mark.django_db
def test_off_unless_it_is_set_up(settings: Settings) -> None:
    settings.WECHAT_CLIENT = ""
    with pytest.raises(exceptions.WechatOff):
        enter("code")


@pytest.mark.django_db
def test_network_has_a_limit(they: WechatStandIn, settings: Settings) -> None:
    settings.SIGN_IN_WECHAT_PER_NETWORK_AND_HOUR = 2
    for _again in range(2):
        with pytest.raises(exceptions.WechatPhoneNeeded):
            enter(they.login_code(LIN))
    with pytest.raises(exceptions.WechatTooMany):
        enter(they.login_code(LIN))
    assert they.calls[SESSION] == 2


@pytest.mark.django_db
def test_session_key_is_kept_nowhere(they: WechatStandIn) -> None:
    code = they.login_code(LIN)
    key = they.answer("GET", SESSION, _query(code), None) or {}
    joined(they)
    stored = json.dumps(list(WechatIdentity.objects.values()), default=str)
    assert key["session_key"] not in stored
    assert {field.name for field in WechatIdentity._meta.get_fields()} == {
        *("id", "member", "app_id", "openid", "unionid", "bound_at")
    }


def _query(code: str, **changed: str) -> dict[str, str]:
    keys = {"appid": "wx1", "secret": SECRET, "grant_type": "authorization_code"}
    return keys | {"js_code": code} | changed


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "number"),
    [
        ("GET", SESSION, {"secret": "x"}, None, 40125),
        ("GET", SESSION, {"appid": "wx2"}, None, 40013),
        ("GET", SESSION, {"grant_type": "x"}, None, 40002),
        ("GET", SESSION, {"js_code": ""}, None, 41008),
        ("GET", SESSION, {"js_code": "x"}, None, 40029),
        ("POST", SESSION, {}, None, 43001),
        ("GET", TOKEN, {}, None, 43002),
        ("POST", TOKEN, {}, "not json", 47001),
        ("POST", TOKEN, {}, {"appid": "wx1", "secret": "x"}, 40125),
        ("POST", NUMBER, {"access_token": "x"}, {"code": "x"}, 40001),
    ],
)
def test_stand_in_keeps_the_protocol(
    they: WechatStandIn,
    settings: Settings,
    method: str,
    path: str,
    query: dict[str, str],
    body: Any,
    number: int,
) -> None:
    content = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
    answer = httpx.request(
        method,
        f"{settings.WECHAT_API_BASE}{path}",
        params=_query(they.login_code(LIN), **query),
        content=content,
    )
    assert (answer.status_code, answer.json()["errcode"]) == (200, number)


def test_stand_in_gives_codes_to_a_person(they: WechatStandIn, settings: Settings) -> None:
    for path, body in (
        ("/stand-in/login-codes", {"openid": LIN}),
        ("/stand-in/phone-codes", {"phone": "13800138000"}),
    ):
        answer = httpx.post(f"{settings.WECHAT_API_BASE}{path}", json=body)
        assert len(answer.json()["code"]) > 20


@pytest.mark.django_db(transaction=True)
def test_calls_that_come_first_together_share_their_connections() -> None:
    """One made in vain would be dropped with its sockets open."""
    wechat_client._connections().close()
    wechat_client._one_for_all.cache_clear()
    assert len({id(one) for one in together(24, lambda _n: wechat_client._connections())}) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_of_one_user_makes_one_member(they: WechatStandIn, settings: Settings) -> None:
    settings.WECHAT_CLIENT = f"{__name__}.OutsideTransactions"
    pairs = [(they.login_code(LIN), they.phone_code("13800138000")) for _n in range(24)]
    answers = together(24, lambda n: enter(*pairs[n]))
    assert refused(answers) == []
    assert Member.objects.count() == WechatIdentity.objects.count() == 1
    assert they.calls[TOKEN] == 1
    assert sum(answer.is_new for answer in succeeded(answers)) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_of_one_code_signs_in_once(they: WechatStandIn, settings: Settings) -> None:
    settings.WECHAT_CLIENT = f"{__name__}.OutsideTransactions"
    joined(they)
    code = they.login_code(LIN)
    answers = together(24, lambda _n: enter(code))
    assert len(succeeded(answers)) == 1
    assert {type(error) for error in refused(answers)} == {exceptions.WechatCodeInvalid}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_of_users_for_one_number_binds_one(they: WechatStandIn) -> None:
    pairs = [(they.login_code(f"o-{n}"), they.phone_code("13800138000")) for n in range(24)]
    answers = together(24, lambda n: enter(*pairs[n]))
    assert len(succeeded(answers)) == 1
    assert {type(error) for error in refused(answers)} == {exceptions.WechatPhoneBound}
    assert Member.objects.count() == WechatIdentity.objects.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_with_a_refused_token_renews_it_once(they: WechatStandIn, settings: Settings) -> None:
    settings.WECHAT_CLIENT = f"{__name__}.OutsideTransactions"
    joined(they)
    they.forget_tokens()
    pairs = [(they.login_code(f"o-{n}"), they.phone_code(f"138001390{n:02}")) for n in range(24)]
    answers = together(24, lambda n: enter(*pairs[n], at=NOON + timedelta(milliseconds=n)))
    assert refused(answers) == []
    assert they.calls[TOKEN] == 2
