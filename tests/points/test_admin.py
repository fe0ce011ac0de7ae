"""The back office over the ledger: every list flat, every write through its service."""

import re
import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from members.models import Consent, Member
from notifications.models import Message
from points.models import Account, Adjustment, Entry
from points.services import expiry, holds
from tests import cast

pytestmark = pytest.mark.django_db


def staff(*permissions: str, name: str = "wang") -> Client:
    user = User.objects.create_user(name, is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    client = Client()
    client.force_login(user)
    return client


def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def account_of(member: Member) -> Account:
    return Account.objects.get(member=member)


LISTS = [
    "members/member",
    "members/devicesession",
    "members/consent",
    "points/account",
    "points/entry",
    "points/lot",
    "points/hold",
    "points/adjustment",
    "points/clearingrun",
    "notifications/message",
]


def fill(number: int, *, start: int = 0) -> None:
    """A row in every list for each of `number` members."""
    for position in range(start, start + number):
        member = cast.member(f"1380013800{position}", f"会员{position}")
        cast.earned(member, 100)
        cast.token(member, "web")
        holds.hold(
            member_id=member.pk,
            points=10,
            reference="h",
            source="pos",
            actor="test",
            at=timezone.now(),
            until=timezone.now(),
        )
        Adjustment.objects.create(
            key=str(uuid.uuid4()),
            member=member,
            points=5,
            reason="goodwill",
            note="x",
            state="waiting",
            requested_by=User.objects.get(username="boss"),
            requested_at=timezone.now(),
        )
        Message.objects.create(
            channel="sms", to="x", template="t", due_at=timezone.now(), created_at=timezone.now()
        )
        Consent.objects.create(member=member, purpose="terms", version="1", given_at=timezone.now())
        expiry.expire_due(cutoff_at=timezone.now(), recorded_at=timezone.now())


@pytest.mark.parametrize("path", LISTS)
def test_list_costs_the_same_for_one_and_three(path: str, django_assert_num_queries: Any) -> None:
    """Session, user, at most 1,000 rows counted, the rows; the filter's choices cost none.

    Entries say who made them, by name, and members are filtered by tags: one more for each.
    """
    queries = 5 if path in {"points/entry", "members/member"} else 4
    client = boss()
    fill(1)
    client.get(f"/admin/{path}/")
    with django_assert_num_queries(queries):
        assert client.get(f"/admin/{path}/").status_code == 200
    fill(2, start=1)
    with django_assert_num_queries(queries):
        assert client.get(f"/admin/{path}/").status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_nothing_of_the_ledger_can_be_added_or_changed_by_form(path: str) -> None:
    client = boss()
    fill(1)
    if path in {"members/member", "points/adjustment"}:
        return
    assert client.get(f"/admin/{path}/add/").status_code == 403
    model = path.split("/")[1]
    rows = client.get(f"/admin/{path}/").content.decode()
    assert f"/admin/{path}/add/" not in rows, model


def test_entry_page_explains_and_follows() -> None:
    lin = cast.member()
    cast.earned(lin, 100)
    spend = cast.spent(lin, 30)
    page = boss().get(f"/admin/points/entry/{spend.entry_id}/change/").content.decode()
    assert "−30" in page
    assert "计算说明" in page
    assert "本笔流水使用的批次" in page
    assert bytes(Entry.objects.get(pk=spend.entry_id).hash).hex() in page


@pytest.mark.parametrize("path", ["points/account", "points/entry", "points/lot", "members/member"])
@pytest.mark.parametrize("text", ["138 0013 8000", "林小雨", "{number}"])
def test_people_are_found_exactly(path: str, text: str) -> None:
    lin = cast.member()
    cast.earned(lin, 100)
    cast.earned(cast.member("13900139000", "陈大明"), 100)
    query = {"q": text.format(number=lin.number)}
    page = boss().get(f"/admin/{path}/", query).content.decode()
    assert "林小雨" in page
    assert "陈大明" not in page


@pytest.mark.parametrize("text", ["%00", "%ED%A0%80", "'", "1" * 3000, "%F0%9F%98%80"])
@pytest.mark.parametrize("path", LISTS)
def test_odd_searches_break_nothing(path: str, text: str) -> None:
    assert boss().get(f"/admin/{path}/?q={text}").status_code in {200, 302, 400}


def test_freeze_and_unfreeze_with_a_reason() -> None:
    lin = cast.member()
    account = account_of(lin)
    client = staff("points.view_account", "points.change_account")
    key = "3f0c7f6e-6d6c-4d7c-9b1e-0a4b1d1c2f3a"
    for _twice in range(2):
        answer = client.post(
            f"/admin/points/account/{account.pk}/freeze/", {"reason": "核查", "key": key}
        )
        assert answer.status_code == 302
    account.refresh_from_db()
    assert (account.status, account.frozen_reason) == ("frozen", "核查")
    assert Entry.objects.filter(kind="freeze").count() == 1
    assert LogEntry.objects.filter(object_id=str(account.pk)).first() is not None
    client.post(
        f"/admin/points/account/{account.pk}/unfreeze/",
        {"reason": "无异常", "key": "8d3f4a52-3c1b-4f5e-8a70-5e2f9d1b7c64"},
    )
    account.refresh_from_db()
    assert account.status == "active"


def test_freezing_needs_a_reason_and_a_permission() -> None:
    account = account_of(cast.member())
    path = f"/admin/points/account/{account.pk}/freeze/"
    allowed = staff("points.view_account", "points.change_account")
    assert allowed.post(path, {"reason": ""}).status_code == 200
    assert staff("points.view_account", name="li").post(path, {"reason": "x"}).status_code == 403
    account.refresh_from_db()
    assert account.status == "active"


def adjust(client: Client, points: object, **data: Any) -> Any:
    form = {
        "key": str(uuid.uuid4()),
        "member": "13800138000",
        "points": points,
        "reason": "goodwill",
        "note": "生日补偿",
    }
    return client.post("/admin/points/adjustment/add/", form | data)


def test_small_adjustment_is_booked_at_once() -> None:
    lin = cast.member()
    assert adjust(staff("points.view_adjustment", "points.add_adjustment"), 50).status_code == 302
    assert account_of(lin).available == 50
    assert Adjustment.objects.get().state == "posted"


def test_a_form_sent_twice_adjusts_once() -> None:
    lin = cast.member()
    wang = staff("points.view_adjustment", "points.add_adjustment")
    page = wang.get("/admin/points/adjustment/add/").content.decode()
    (key,) = re.findall(r'<input type="hidden" name="key" value="([^"]+)"', page)
    assert key not in wang.get("/admin/points/adjustment/add/").content.decode()
    for sentence in ("已入账：+50 积分。", "此前已提交：+50 积分，已入账。"):
        answer = adjust(wang, 50, key=key)
        assert answer.status_code == 302
        assert sentence in wang.get(answer["Location"]).content.decode()
    assert account_of(lin).available == 50
    assert Adjustment.objects.count() == 1
    refused = adjust(wang, 60, key=key)
    assert "请重新打开页面" in refused.content.decode()
    without = adjust(wang, 60, key="")
    assert without.status_code == 200
    assert "必填" in without.content.decode()
    assert account_of(lin).available == 50


def test_large_adjustment_waits_for_another_person() -> None:
    lin = cast.member()
    rights = ("points.view_adjustment", "points.add_adjustment", "points.approve_adjustment")
    wang, li = staff(*rights), staff(*rights, name="li")
    adjust(wang, 1001)
    adjustment = Adjustment.objects.get()
    assert adjustment.state == "waiting"
    path = f"/admin/points/adjustment/{adjustment.pk}/approve/"
    refused = wang.post(path)
    assert "该调整须由申请人以外的人批准" in refused.content.decode()
    assert account_of(lin).available == 0
    assert li.post(path).status_code == 302
    assert account_of(lin).available == 1001
    assert "该调整已有处理结果" in li.post(path).content.decode()


def test_rejected_adjustment_has_no_effect() -> None:
    lin = cast.member()
    rights = ("points.view_adjustment", "points.add_adjustment", "points.approve_adjustment")
    wang, li = staff(*rights), staff(*rights, name="li")
    adjust(wang, 5000)
    li.post(f"/admin/points/adjustment/{Adjustment.objects.get().pk}/reject/")
    assert Adjustment.objects.get().state == "rejected"
    assert account_of(lin).available == 0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"points": 0}, "积分须为"),
        ({"points": -10}, "积分不足"),
        ({"points": "1e309"}, "整数"),
        ({"points": 10**16}, "小于"),
        ({"note": " "}, "必填"),
        ({"member": "nobody"}, "没有这位会员"),
        ({"reason": "because"}, "选择"),
    ],
)
def test_adjustment_is_refused_at_its_field(data: dict[str, Any], sentence: str) -> None:
    cast.member()
    answer = adjust(
        staff("points.view_adjustment", "points.add_adjustment"), **({"points": 50} | data)
    )
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert Adjustment.objects.filter(state="posted").count() == 0


def test_adjusting_needs_its_permission() -> None:
    cast.member()
    assert adjust(staff("points.view_adjustment"), 50).status_code == 403


def test_phones_are_masked_unless_permitted() -> None:
    lin = cast.member()
    for path in ("/admin/members/member/", f"/admin/members/member/{lin.pk}/change/"):
        masked = staff("members.view_member", name=f"a{path}"[:30]).get(path).content.decode()
        assert "138****8000" in masked
        assert "13800138000" not in masked
        whole = staff("members.view_member", "members.view_phone", name=f"b{path}"[:30])
        assert "13800138000" in whole.get(path).content.decode()


def test_member_is_registered_by_staff() -> None:
    client = staff("members.view_member", "members.add_member")
    answer = client.post("/admin/members/member/add/", {"phone": "138 0013 8000", "name": "林小雨"})
    assert answer.status_code == 302
    lin = Member.objects.get()
    assert (lin.phone, lin.source) == ("+8613800138000", "admin")
    again = client.post("/admin/members/member/add/", {"phone": "13800138000"})
    assert "该手机号已是会员" in again.content.decode()
    assert Member.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "\u202eevil"}, "可见字符"),
        ({"birthday": "2999-01-01"}, "出生日期"),
        ({"birthday": "1850-01-01"}, "出生日期"),
        ({"birthday": "2023-02-29"}, "有效的日期"),
        ({"birthday": "2024-02-29"}, ""),
    ],
)
def test_member_is_corrected_by_the_rules(data: dict[str, str], sentence: str) -> None:
    lin = cast.member()
    answer = boss().post(
        f"/admin/members/member/{lin.pk}/change/",
        {
            "name": "林小雨",
            "birthday": "",
            "home_store": "",
            "taggings-TOTAL_FORMS": "0",
            "taggings-INITIAL_FORMS": "0",
            "segmentings-TOTAL_FORMS": "0",
            "segmentings-INITIAL_FORMS": "0",
        }
        | data,
    )
    assert answer.status_code == (200 if sentence else 302)
    assert sentence in answer.content.decode()


def test_settings_have_one_row() -> None:
    client = boss()
    answer = client.get("/admin/points/ledgersettings/")
    assert answer["Location"] == "/admin/points/ledgersettings/1/change/"
    page = client.get("/admin/points/ledgersettings/1/change/").content.decode()
    assert "多少积分抵 1 元" in page


def test_code_in_the_outbox_is_hidden(client: Client) -> None:
    client.post("/sign-in/", {"phone": "13800138000"})
    message = Message.objects.get()
    office = boss()
    for path in (
        "/admin/notifications/message/",
        f"/admin/notifications/message/{message.pk}/change/",
    ):
        page = office.get(path).content.decode()
        assert message.context["code"] not in page
        assert "13800138000" not in page


def test_sidebar_shows_what_one_may_see() -> None:
    page = staff("points.view_entry").get("/admin/").content.decode()
    assert "/admin/points/entry/" in page
    assert "/admin/members/member/" not in page
