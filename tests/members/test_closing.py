"""Closing the account, from the page that warns to the last word; and by the API."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from members.models import AccessLog, DeviceSession, Member
from members.views import SESSION_COOKIE
from notifications.models import Message
from points.services import accounts
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "注销账号"


@pytest.fixture
def lin(db: None) -> Member:
    person = cast.member()
    cast.earned(person, 1280)
    return person


def is_closed(person: Member) -> bool:
    return Member.objects.exclude(erased_at=None).filter(pk=person.pk).exists()


def code_of(message: Message) -> str:
    found = re.search(r"\d{6}", message.body)
    assert found
    return found.group()


def test_a_member_closes_the_account_on_the_web(lin: Member) -> None:
    browser = cast.browser_of(lin)
    page = browser.get("/me/close/").content.decode()
    assert "1,280" in page
    assert "12.80" in page, "what the points are worth"
    sent = browser.post("/me/close/code/").content.decode()
    assert lin.masked_phone in sent
    code = code_of(Message.objects.get())
    for data in (
        {"code": "000000", "confirm": WORDS},
        {"code": code, "confirm": "注销"},
        {"code": "", "confirm": WORDS},
        {},
    ):
        assert browser.post("/me/close/", data).status_code == 422
    assert is_closed(lin) is False
    answer: Any = browser.post("/me/close/", {"code": code, "confirm": f" {WORDS} "})
    assert answer.headers["Location"] == "/closed/"
    assert answer.cookies[SESSION_COOKIE].value == ""
    assert Client().get("/closed/").status_code == 200
    lin.refresh_from_db()
    assert (lin.erased_at is None, lin.phone, lin.name) == (False, None, "")
    assert not DeviceSession.objects.exists()
    assert not Message.objects.filter(to__contains="138").exists()


def test_the_english_page_asks_for_english_words(lin: Member) -> None:
    browser = cast.browser_of(lin)
    page = browser.get("/me/close/", headers={"Accept-Language": "en"}).content.decode()
    assert "close my account" in page


def test_a_frozen_account_is_not_closed_by_its_member(lin: Member) -> None:
    accounts.freeze(member_id=lin.pk, reason="核查中", reference="f", actor="s", at=timezone.now())
    page = cast.browser_of(lin).get("/me/close/").content.decode()
    assert "核查中" in page
    assert 'name="confirm"' not in page
    told = cast.program_of(lin).post("/api/v1/me/erasure/preview").json()
    assert told["hindrance"]["code"] == "account_frozen"
    answer = cast.program_of(lin).post(
        "/api/v1/me/erasure",
        {"code": "123456", "confirm": "erase"},
        content_type="application/json",
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "account_frozen"


def test_a_member_closes_the_account_by_the_api(lin: Member) -> None:
    program = cast.program_of(lin)
    told = program.post("/api/v1/me/erasure/preview").json()
    figures = {loss["code"]: loss["value"] for loss in told["losses"]}
    assert figures["points_available"] == "1280"
    assert (told["hindrance"], told["sends_code_to"]) == (None, "138****8000")
    assert program.post("/api/v1/me/codes").status_code == 202
    code = code_of(Message.objects.get())

    def close(**body: str) -> Any:
        return program.post("/api/v1/me/erasure", body, content_type="application/json")

    for body in ({"code": code}, {"code": code, "confirm": "yes"}, {"confirm": "erase"}):
        assert close(**body).status_code == 400
    assert close(code="000000", confirm="erase").status_code == 422
    assert close(code=code, confirm="erase").status_code == 204
    assert program.get("/api/v1/me").status_code == 401
    assert is_closed(lin) is True


def test_staff_close_an_account_after_a_second_look(lin: Member) -> None:
    boss = User.objects.create_superuser("boss")
    client = Client()
    client.force_login(boss)
    page = f"/admin/members/member/{lin.pk}/close/"
    accounts.freeze(member_id=lin.pk, reason="核查中", reference="f", actor="s", at=timezone.now())
    assert "1,280" in client.get(page).content.decode()
    assert client.post(page, {"reason": "in_person", "number": "123"}).status_code == 200
    assert is_closed(lin) is False
    done = client.post(page, {"reason": "in_person", "number": lin.grouped_number})
    assert done.status_code == 302
    assert is_closed(lin) is True
    assert AccessLog.objects.get(what="erasure").actor == f"staff:{boss.pk}"
    assert client.get(page).status_code == 302, "it is closed already"
    assert client.get(f"/admin/members/member/{lin.pk}/change/").status_code == 200


def test_who_may_close_an_account(lin: Member) -> None:
    user = User.objects.create_user("zhou", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename="erase_member"))
    client = Client()
    client.force_login(user)
    assert client.get(f"/admin/members/member/{lin.pk}/close/").status_code == 403
    for path in ("/me/close/", "/me/close/code/"):
        assert Client().post(path).status_code == 302
    assert Client().post("/api/v1/me/erasure").status_code == 401
    assert is_closed(lin) is False
