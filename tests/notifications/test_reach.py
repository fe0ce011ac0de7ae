"""How a member is reached: switches, language, quiet hours, and the confirmed address."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import Consent, Member, SignInCode
from notifications import exceptions
from notifications.models import Message, Notice, Preference, Recipient
from notifications.policies import kinds
from notifications.selectors.reach import reach_of
from notifications.services import mailbox, reach
from tests import cast

pytestmark = pytest.mark.django_db
SETTINGS = "/me/messages/settings/"
NOW = timezone.now()


@pytest.fixture
def lin() -> Member:
    return cast.member()


@pytest.fixture
def browser(lin: Member) -> Client:
    return cast.browser_of(lin)


def form(member: Member, **changes: Any) -> dict[str, Any]:
    """The form as the page shows it, with some boxes turned."""
    held = reach_of(member.pk)
    on = {f"{kind}.{channel}": "on" for (kind, channel), is_on in held.switches.items() if is_on}
    content = {"language": held.language, "quiet_from": "", "quiet_until": "", **on, **changes}
    return {name: value for name, value in content.items() if value is not None}


def test_every_kind_of_notice_is_in_the_catalogue() -> None:
    assert set(kinds.KINDS) == set(Notice.Kind.values)


def test_without_an_answer_the_defaults_hold(lin: Member) -> None:
    held = reach_of(lin.pk)
    assert (held.language, held.email, held.quiet_from) == ("zh-hans", "", None)
    for row in held.rows:
        usual = kinds.KINDS[row.kind].channels
        assert {one.channel for one in row.switches if one.is_on} == usual
        assert {one.channel for one in row.switches if one.is_offered} == usual | {"email"}


def test_saving_the_page_as_it_is_writes_no_answer(browser: Client, lin: Member) -> None:
    assert browser.get(SETTINGS).status_code == 200
    assert browser.post(SETTINGS, form(lin))["Location"] == f"{SETTINGS}?saved=1"
    assert Preference.objects.count() == 0
    assert "已保存" in browser.get(f"{SETTINGS}?saved=1").content.decode()


def test_switches_are_turned_and_turned_back(browser: Client, lin: Member) -> None:
    off = form(lin, **{"points_expiring.sms": None, "coupon.email": "on"})
    browser.post(SETTINGS, off)
    held = reach_of(lin.pk).switches
    assert (held["points_expiring", "sms"], held["coupon", "email"]) == (False, True)
    assert Preference.objects.count() == 2
    browser.post(SETTINGS, form(lin, **{"points_expiring.sms": "on"}))
    assert reach_of(lin.pk).switches["points_expiring", "sms"]
    assert Preference.objects.count() == 2


def test_a_box_that_is_not_offered_is_passed_over(browser: Client, lin: Member) -> None:
    browser.post(SETTINGS, form(lin, **{"points_earned.sms": "on", "x.y": "on"}))
    assert Preference.objects.count() == 0
    for switch in (("points_earned", "sms"), ("x", "sms"), ("points_earned", "x")):
        with pytest.raises(exceptions.SwitchUnknown):
            reach.choose(member_id=lin.pk, switches={switch: True}, at=NOW)


def test_language_and_quiet_hours(browser: Client, lin: Member) -> None:
    data = form(lin, language="en", quiet_from="21:30", quiet_until="09:00")
    browser.post(SETTINGS, data)
    held = reach_of(lin.pk)
    assert held.language == "en"
    assert (held.quiet_from, held.quiet_until) == (time(21, 30), time(9))
    browser.post(SETTINGS, form(lin))
    assert reach_of(lin.pk).quiet_from is None


@pytest.mark.parametrize(
    "changes",
    [
        {"language": "fr"},
        {"quiet_from": "22:00"},
        {"quiet_until": "08:00"},
        {"quiet_from": "22:00", "quiet_until": "22:00"},
        {"quiet_from": "25:00", "quiet_until": "08:00"},
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    browser: Client, lin: Member, changes: dict[str, str]
) -> None:
    answer = browser.post(SETTINGS, form(lin, **{"coupon.email": "on"}, **changes))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'class="errors"' in page
    # What was ticked stays ticked.
    assert 'name="coupon.email" checked' in page
    assert Preference.objects.count() == 0
    assert not Recipient.objects.exists()


def test_marketing_is_one_agreement_wherever_it_is_given(browser: Client, lin: Member) -> None:
    browser.post(f"{SETTINGS}marketing/", {"is_given": "1"})
    assert Consent.objects.standing().get(member=lin).purpose == "marketing"
    assert "您已同意" in browser.get(SETTINGS).content.decode()
    browser.post(f"{SETTINGS}marketing/", {"is_given": "0"})
    assert not Consent.objects.standing().filter(member=lin).exists()


def ask(member: Member, *, email: str = "lin@example.com", at: datetime = NOW, ip: str = "") -> str:
    mailbox.send_code(member_id=member.pk, email=email, ip=ip, language="zh-hans", at=at)
    code: str = Message.objects.latest("pk").context["code"]
    return code


@pytest.mark.django_db(transaction=True)
def test_an_address_is_confirmed_on_the_pages(browser: Client, lin: Member) -> None:
    page = browser.post(f"{SETTINGS}email/", {"email": " Lin@EXAMPLE.com "})
    assert page.status_code == 200
    message = Message.objects.get()
    assert (message.channel, message.to, message.is_secret) == ("email", "Lin@example.com", True)
    assert 'name="email" value="Lin@example.com"' in page.content.decode()
    assert reach_of(lin.pk).email == ""
    data = {"email": "Lin@example.com", "code": message.context["code"]}
    assert browser.post(f"{SETTINGS}email/confirm/", data)["Location"] == SETTINGS
    held = reach_of(lin.pk)
    assert (held.email, held.is_email_confirmed) == ("Lin@example.com", True)
    assert browser.post(f"{SETTINGS}email/confirm/", data).status_code == 422
    browser.post(f"{SETTINGS}email/remove/")
    assert reach_of(lin.pk).email == ""


@pytest.mark.parametrize(
    "email",
    ["", "lin", "lin@", "@example.com", "a@b@c.com", "a b@c.com", "a\r\nBcc: x@y.com", "x" * 300],
)
def test_what_is_no_address_is_refused(browser: Client, email: str) -> None:
    assert browser.post(f"{SETTINGS}email/", {"email": email}).status_code == 422
    assert Message.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_code_opens_one_address_of_one_member_once(lin: Member) -> None:
    code = ask(lin)
    other = cast.member("13900139000", "周可")
    for member, email in ((other, "lin@example.com"), (lin, "else@example.com")):
        with pytest.raises(exceptions.EmailCodeWrong):
            mailbox.confirm(member_id=member.pk, email=email, code=code, at=NOW)
    row = mailbox.confirm(member_id=lin.pk, email="lin@example.com", code=code, at=NOW)
    assert row.email_confirmed_at == NOW
    with pytest.raises(exceptions.EmailCodeWrong):
        mailbox.confirm(member_id=lin.pk, email="lin@example.com", code=code, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_five_guesses_and_ten_minutes(lin: Member) -> None:
    code = ask(lin)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _guess in range(5):
        with pytest.raises(exceptions.EmailCodeWrong):
            mailbox.confirm(member_id=lin.pk, email="lin@example.com", code=wrong, at=NOW)
    with pytest.raises(exceptions.EmailCodeWrong):
        mailbox.confirm(member_id=lin.pk, email="lin@example.com", code=code, at=NOW)
    later = NOW + timedelta(minutes=2)
    fresh = ask(lin, at=later)
    with pytest.raises(exceptions.EmailCodeWrong):
        mailbox.confirm(
            member_id=lin.pk,
            email="lin@example.com",
            code=fresh,
            at=later + mailbox.CODE_LIFETIME,
        )


def test_codes_are_rare(lin: Member) -> None:
    ask(lin)
    with pytest.raises(exceptions.EmailCodesUsed):
        ask(lin, at=NOW + timedelta(seconds=59))
    ask(lin, email="two@example.com", at=NOW + timedelta(seconds=60))
    # An address gets five a day, whoever asks.
    for number in range(4):
        ask(cast.member(f"1390013900{number}"))
    with pytest.raises(exceptions.EmailCodesUsed):
        ask(cast.member("13900139009"), email="LIN@example.com")
    assert SignInCode.objects.count() == 6


@pytest.mark.parametrize("answers", [1, 3])
def test_queries_of_the_page(
    browser: Client, lin: Member, answers: int, django_assert_num_queries: Any
) -> None:
    """The device, three for the settings, the agreement, the bell."""
    for kind in list(Notice.Kind)[:answers]:
        Preference.objects.create(member=lin, kind=kind, channel="email", is_on=True)
    with django_assert_num_queries(6):
        browser.get(SETTINGS)
