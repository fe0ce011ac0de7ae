"""The member's own pages: profile, addresses, code, invitation, agreements, relatives."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from members.models import Address, Consent, Member, Relation
from members.policies import codes
from members.selectors import look_up
from members.services import addresses, consents, profile, relations
from notifications.models import Message
from stores.models import Store
from tests import cast
from tests.stores.test_pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Member:
    return cast.member()


@pytest.fixture
def browser(member: Member) -> Client:
    return cast.browser_of(member)


HOME = addresses.Content("林小雨", "13800138000", "330106", "文三路 90 号")


def test_profile_is_edited(browser: Client, member: Member) -> None:
    Store.objects.create(code="west", name="西湖店")
    data = {
        "name": "林大雨",
        "gender": "female",
        "birthday": "2000-02-29",
        "preferred_store": "west",
    }
    assert browser.post("/me/profile/", data).status_code == 302
    member.refresh_from_db()
    assert (member.name, member.gender, str(member.birthday)) == (
        "林大雨",
        "female",
        "2000-02-29",
    )
    # The birthday stands, whatever a form sends later.
    assert browser.post("/me/profile/", {**data, "birthday": "1990-01-01"}).status_code == 302
    member.refresh_from_db()
    assert str(member.birthday) == "2000-02-29"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "x" * 61}, "60"),
        ({"name": "a\u202eb"}, "可见字符"),
        ({"birthday": "2999-01-01"}, "将来"),
        ({"birthday": "2001-02-29"}, "有效的日期"),
        ({"gender": "robot"}, "robot"),
        ({"preferred_store": "nowhere"}, "选项"),
    ],
)
def test_a_refusal_stands_at_its_field(
    browser: Client, data: dict[str, str], sentence: str
) -> None:
    answer = browser.post("/me/profile/", {"name": "林小雨", **data})
    assert answer.status_code == 422
    errors = re.findall(r'class="errors".*?</div>', answer.content.decode(), re.DOTALL)
    assert len(errors) == 1
    assert sentence in errors[0]


def test_avatar_is_only_for_oneself(
    browser: Client, member: Member, client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    upload = SimpleUploadedFile("me.png", picture())
    assert browser.post("/me/avatar/set/", {"picture": upload}).status_code == 302
    shown = browser.get("/me/avatar/")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/webp")
    assert client.get("/me/avatar/").status_code == 302
    assert cast.browser_of(cast.member("13900139000")).get("/me/avatar/").status_code == 404
    wrong = SimpleUploadedFile("me.png", b"<svg/>")
    refused = browser.post("/me/avatar/set/", {"picture": wrong})
    assert (refused.status_code, "JPEG" in refused.content.decode()) == (422, True)
    assert browser.post("/me/avatar/set/", {"remove": "1"}).status_code == 302
    assert browser.get("/me/avatar/").status_code == 404


def test_address_is_filled_in_step_by_step_without_javascript(
    browser: Client, member: Member
) -> None:
    typed = {"recipient": "林小雨", "phone": "13800138000", "detail": "文三路 90 号"}
    step = browser.post("/me/addresses/add/", {**typed, "region_1": "330000", "fill": "1"})
    assert step.status_code == 200
    page = step.content.decode()
    assert "杭州市" in page
    assert "文三路 90 号" in page, "what was typed is still there"
    step = browser.post(
        "/me/addresses/add/",
        {**typed, "region_1": "330000", "region_2": "330100", "fill": "1"},
    )
    assert "西湖区" in step.content.decode()
    whole = {**typed, "region_1": "330000", "region_2": "330100", "region_3": "330106"}
    assert browser.post("/me/addresses/add/", whole).status_code == 302
    address = Address.objects.get()
    assert (address.region, address.is_default) == ("330106", True)
    page = browser.get("/me/addresses/").content.decode()
    assert "浙江省杭州市西湖区" in page
    assert "138****8000" in page


def test_a_pasted_line_is_shown_before_it_is_stored(browser: Client) -> None:
    line = "周可 13900139000 浙江省杭州市西湖区文三路 90 号"
    page = browser.post("/me/addresses/add/", {"paste": "1", "line": line}).content.decode()
    assert 'value="周可"' in page
    assert 'value="330106" selected' in page
    assert not Address.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {"region_1": "330000"},
        {"region_1": "330000", "region_2": "320100", "region_3": "330106"},
        {"recipient": ""},
        {"phone": "123"},
        {"detail": "x" * 121},
    ],
)
def test_an_address_that_cannot_stand(browser: Client, data: dict[str, str]) -> None:
    typed = {"recipient": "林小雨", "phone": "13800138000", "detail": "文三路", **data}
    answer = browser.post("/me/addresses/add/", typed)
    assert answer.status_code == 422
    assert 'class="errors"' in answer.content.decode()
    assert not Address.objects.exists()


def test_others_addresses_do_not_exist(browser: Client) -> None:
    other = addresses.add(member_id=cast.member("13900139000").pk, content=HOME, at=timezone.now())
    for way in ("", "remove/", "default/"):
        assert browser.post(f"/me/addresses/{other.pk}/{way}").status_code == 404
    assert Address.objects.filter(pk=other.pk).exists()


def test_code_page_shows_what_a_till_finds(browser: Client, member: Member) -> None:
    page = browser.get("/me/code/")
    digits = "".join(re.findall(r"<span>(\d{4})</span>", page.content.decode()))
    assert len(digits) == codes.CODE_DIGITS
    found = look_up.look_up("code", digits, at=timezone.now())
    assert found is not None
    assert found.member == member
    assert "no-store" in page["Cache-Control"]
    part = browser.get("/me/code/", headers={"X-Part": "code"}).content.decode()
    assert "<html" not in part


def test_an_invitation_brings_a_friend(browser: Client, member: Member, client: Client) -> None:
    browser.get("/me/invite/")
    member.refresh_from_db()
    assert client.get(f"/join/{member.invitation_code}/?via=poster-7").status_code == 302
    client.post("/sign-in/", {"phone": "13900139000"})
    code = Message.objects.latest("pk").context["code"]
    assert client.post("/sign-in/code/", {"code": code}).status_code == 302
    friend = Member.objects.get(phone="+8613900139000")
    assert (friend.invited_by, friend.source_code) == (member, "poster-7")
    assert "1 位好友" in browser.get("/me/invite/").content.decode()


def test_a_stale_invitation_keeps_nobody_out(client: Client) -> None:
    client.get("/join/NOBODYS/?via=%F0%9F%8E%81%00")
    assert client.get("/join/NOBODYS/?via=%F0%9F%8E%81").status_code == 302
    client.cookies["judian_invitation"] = "x" * 500
    client.post("/sign-in/", {"phone": "13900139000"})
    code = Message.objects.latest("pk").context["code"]
    assert client.post("/sign-in/code/", {"code": code}).status_code == 302
    assert Member.objects.get().invited_by is None


def test_consents_are_switched_one_by_one(browser: Client, member: Member) -> None:
    consents.give(member_id=member.pk, purpose="terms", at=timezone.now())

    def switch(purpose: str, value: str) -> int:
        return browser.post("/me/consents/", {"purpose": purpose, "is_given": value}).status_code

    assert switch("marketing", "1") == 302
    assert Consent.objects.standing().filter(purpose="marketing").exists()
    assert switch("marketing", "0") == 302
    assert switch("terms", "0") == 422
    assert switch("nonsense\x00", "1") in {400, 422}
    standing = Consent.objects.standing().values_list("purpose", flat=True)
    assert list(standing) == ["terms"]


def test_two_people_are_bound_in_the_browser(browser: Client, member: Member) -> None:
    page = browser.post("/me/people/", {"kind": "family"}).content.decode()
    link = re.findall(r'value="http://testserver(/people/[^"]+)"', page)[0]
    other = cast.member("13900139000", "周可")
    guest = Client().get(link)
    assert guest["Location"].startswith("/sign-in/")
    theirs = cast.browser_of(other)
    assert "林小雨" in theirs.get(link).content.decode()
    assert not Relation.objects.exists(), "looking is not agreeing"
    assert "自己的链接" in browser.get(link).content.decode()
    assert theirs.post(link).status_code == 302
    assert "周可" in browser.get("/me/people/").content.decode()
    assert theirs.get(link).status_code == 410
    relation = Relation.objects.get()
    stranger = cast.browser_of(cast.member("13700137000"))
    assert stranger.post(f"/me/people/{relation.pk}/end/").status_code == 404
    assert browser.post(f"/me/people/{relation.pk}/end/").status_code == 302
    assert not Relation.objects.standing().exists()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("path", "queries"),
    [("/me/addresses/", 3), ("/me/people/", 3), ("/me/consents/", 3), ("/me/", 2)],
)
def test_pages_cost_the_same(
    browser: Client,
    member: Member,
    path: str,
    queries: int,
    count: int,
    django_assert_num_queries: Any,
) -> None:
    """The device and the bell on each of them, and what the page is about."""
    now = timezone.now()
    for number in range(count):
        addresses.add(member_id=member.pk, content=HOME, at=now)
        token = relations.invite(member_id=member.pk, kind="friend", at=now).token
        other = cast.member(f"1370013700{number}")
        relations.accept(member_id=other.pk, token=token, at=now)
    with django_assert_num_queries(queries):
        assert browser.get(path).status_code == 200


# --- the same by API -------------------------------------------------------------------------


def call(client: Client, method: str, path: str, content: Any = None) -> Any:
    send = getattr(client, method)
    return send(f"/api/v1{path}", content, content_type="application/json")


def test_profile_by_api(member: Member) -> None:
    program = cast.program_of(member)
    Store.objects.create(code="west", name="西湖店")
    told = call(program, "put", "/me", {"gender": "male", "preferred_store": "west"}).json()
    assert (told["gender"], told["preferred_store"], told["name"]) == ("male", "west", "林小雨")
    assert told["is_profile_complete"] is False
    told = call(program, "put", "/me", {"birthday": "1990-05-01"}).json()
    assert told["is_profile_complete"] is True
    again = call(program, "put", "/me", {"birthday": "1991-05-01"})
    assert (again.status_code, again.json()["code"]) == (422, "birthday_fixed")
    for wrong in (
        {"name": "x" * 100},
        {"birthday": "2001-02-29"},
        {"birthday": "1990-05-01T00:00"},
        {"gender": 1},
        {"phone": "13900139000"},
        {"name": "a\u202eb"},
    ):
        refused = call(program, "put", "/me", wrong)
        assert refused.status_code in {400, 422}, wrong
        named = refused.json()
        assert named.get("field") or named["errors"][0]["field"], wrong


def test_addresses_by_api(member: Member) -> None:
    program = cast.program_of(member)
    line = {"text": "周可 13900139000 浙江省杭州市西湖区文三路 90 号"}
    parsed = call(program, "post", "/me/addresses/parse", line).json()
    region_name = parsed.pop("region_name")
    assert region_name == "浙江省杭州市西湖区"
    made = call(program, "post", "/me/addresses", parsed)
    assert made.status_code == 201, made.json()
    pk = made.json()["id"]
    changed = call(program, "put", f"/me/addresses/{pk}", {**parsed, "detail": "二楼"}).json()
    assert (changed["detail"], changed["is_default"]) == ("二楼", True)
    assert [row["id"] for row in call(program, "get", "/me/addresses").json()] == [pk]
    wrong = call(program, "post", "/me/addresses", {**parsed, "region": "330100"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "region")
    stranger = cast.program_of(cast.member("13700137000"))
    for method in ("get", "put", "delete"):
        assert call(stranger, method, f"/me/addresses/{pk}", parsed).status_code == 404
    assert call(program, "delete", f"/me/addresses/{pk}").status_code == 204
    assert call(program, "get", f"/me/addresses/{pk}").status_code == 404


def test_regions_need_nobody(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        provinces = client.get("/api/v1/regions").json()
        cities = client.get("/api/v1/regions?parent=330000").json()
    assert len(provinces) == 34
    assert {"code": "330100", "name": "杭州市", "is_whole": False} in cities
    assert client.get("/api/v1/regions?parent=999999").json() == []


def test_code_invitation_consents_and_relations_by_api(member: Member) -> None:
    program = cast.program_of(member)
    code = call(program, "get", "/me/code").json()
    assert look_up.look_up("code", code["code"], at=timezone.now()) is not None
    assert 1 <= code["refresh_after_seconds"] <= 30
    invitation = call(program, "get", "/me/invitation").json()
    assert profile.inviter(invitation["code"]) == member
    given = call(program, "put", "/me/consents", {"purpose": "marketing", "is_given": True})
    assert {row["purpose"]: row["is_given"] for row in given.json()}["marketing"] is True
    refused = call(program, "put", "/me/consents", {"purpose": "terms", "is_given": False})
    assert refused.json()["code"] == "consent_needed"
    token = call(program, "post", "/me/relations/invitations", {"kind": "family"}).json()["token"]
    friend = cast.program_of(cast.member("13900139000", "周可"))
    assert call(friend, "post", "/me/relations/accept", {"token": token}).status_code == 201
    assert call(friend, "post", "/me/relations/accept", {"token": token}).status_code == 410
    (bond,) = call(program, "get", "/me/relations").json()
    assert (bond["name"], bond["kind"]) == ("周可", "family")
    stranger = cast.program_of(cast.member("13700137000"))
    assert call(stranger, "delete", f"/me/relations/{bond['id']}").status_code == 404
    assert call(program, "delete", f"/me/relations/{bond['id']}").status_code == 204


def test_sign_in_by_api_remembers_who_invited(member: Member, client: Client) -> None:
    code = profile.invitation_code(member)
    client.post("/api/v1/sign-in/codes", {"phone": "13900139000"}, content_type="application/json")
    sent = Message.objects.latest("pk").context["code"]
    answer = client.post(
        "/api/v1/sign-in",
        {
            "phone": "13900139000",
            "code": sent,
            "invitation_code": code,
            "source_code": "mini",
        },
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.json()
    friend = Member.objects.get(phone="+8613900139000")
    assert (friend.invited_by, friend.source_code) == (member, "mini")
