"""A member takes their data away: whole, streamed, inert, at every door."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from members.exceptions import ExportsExhausted
from members.models import AccessLog, Address, Member
from members.selectors import access, personal_data
from members.services import exports, retention
from notifications.models import Message
from points.services import batch
from tests import cast
from tests.racing import refused, succeeded, together
from tests.sales.conftest import NOON
from tests.sales.test_erasure import (  # fixtures
    EXTERNAL,
    NAME,
    OPENID,
    OTHER_NAME,
    PHONE,
    media,
    person,
)

__all__ = ["media", "person"]
pytestmark = pytest.mark.django_db


def as_data(member: Member) -> Any:
    return json.loads("".join(exports.as_json(member=member, at=NOON)))


def tables(content: bytes) -> dict[str, list[dict[str, str]]]:
    found = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            raw = archive.read(name)
            assert raw.startswith(b"\xef\xbb\xbf"), name
            found[name] = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    return found


def test_the_copy_has_everything(person: Member) -> None:
    data = as_data(person)
    sections = data["sections"]
    assert data["member"] == person.number
    assert list(sections) == [one.name for one in personal_data.sections()]
    (profile, other) = sections["profile"]
    assert (profile["name"], profile["phone"], profile["external_number"]) == (
        NAME,
        PHONE,
        EXTERNAL,
    )
    assert profile["birthday"] == "1990-05-17"
    assert other["name"] == OTHER_NAME, "the row that was merged is theirs as well"
    assert sections["addresses"][0]["region_name"] == "浙江省杭州市西湖区"
    assert sections["wechat"][0]["openid"] == OPENID
    assert sections["tags"] == [{"tag": "熟客"}]
    assert sections["gifts"][0]["words"] == f"{NAME}送你"
    assert sections["points"][0]["available"] == 165
    assert sum(entry["points"] for entry in sections["entries"]) == 165
    assert {row["number"] for row in sections["receipts"]} == {"A1", "A2"}
    assert [line["amount"] for line in sections["receipt_lines"]] == ["100.0000", "50.0000"]
    assert sections["events"][0]["attributes"] == f"by: {NAME}"
    for name in ("consents", "devices", "relations", "lots"):
        assert sections[name], name
    assert all(
        entry["explanation"]
        for entry in sections["entries"]
        if entry["kind"] == "earn" and entry["rule_version"]
    )


def test_no_cell_starts_a_formula(person: Member) -> None:
    evil = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1")
    for number, text in enumerate(evil):
        Address.objects.create(
            member=person,
            recipient=text,
            phone=PHONE,
            region="330106",
            detail=text,
            created_at=NOON + timedelta(seconds=number),
        )
    with exports.as_zip(member=person, at=NOON) as file:
        found = tables(file.read())
    assert [row["detail"] for row in found["addresses.csv"]][1:] == [f"'{text}" for text in evil]
    for name, rows in found.items():
        for row in rows:
            for column, cell in row.items():
                is_number = cell.lstrip("-").replace(".", "", 1).isdigit()
                assert is_number or not cell.startswith(("=", "+", "-", "@", "\t")), (name, column)


def test_ten_thousand_entries_are_read_in_windows(
    lin: Member, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    from django.db import transaction

    for start in range(0, 10_000, 500):
        with transaction.atomic():
            batch.post(
                [
                    batch.Earn(
                        member_id=lin.pk,
                        points=1,
                        reference=f"r{start + n}",
                        source="purchase",
                        actor="t",
                        at=NOON,
                        expires_at=NOON + timedelta(days=9),
                    )
                    for n in range(500)
                ],
                recorded_at=NOON,
            )
    # Two tables of 10,000 rows in windows of 500, and a few for each section.
    with django_assert_max_num_queries(80):
        pieces = exports.as_json(member=lin, at=NOON)
        largest = total = 0
        for piece in pieces:
            largest, total = max(largest, len(piece)), total + len(piece)
    assert largest < 2_000 < 1_000_000 < total


def test_queries_do_not_grow_with_rows(
    person: Member, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(50):
        list(exports.as_json(member=person, at=NOON))
    for points in (1, 2, 3):
        cast.earned(person, points, at=NOON)
    with django_assert_num_queries(50):
        list(exports.as_json(member=person, at=NOON))


def test_five_copies_a_day(lin: Member) -> None:
    for _copy in range(exports.COPIES_PER_DAY):
        exports.allow_own(member=lin, at=NOON)
    with pytest.raises(ExportsExhausted):
        exports.allow_own(member=lin, at=NOON)
    exports.allow_own(member=lin, at=NOON + timedelta(days=1))
    assert [row.times for row in AccessLog.objects.order_by("day")] == [5, 1]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_five_copies_a_day_in_any_burst(lin: Member) -> None:
    answers = together(24, lambda _n: exports.allow_own(member=lin, at=NOON))
    assert len(succeeded(answers)) == 5
    assert {type(error) for error in refused(answers)} == {ExportsExhausted}


@pytest.mark.parametrize("kind", ["json", "zip"])
def test_every_door_gives_the_same_copy(person: Member, kind: str) -> None:
    boss = User.objects.create_superuser("boss")
    staff = Client()
    staff.force_login(boss)
    browser, program = cast.browser_of(person), cast.program_of(person)
    page = f"/admin/members/member/{person.pk}/copy/"
    assert "下载" in staff.get(page).content.decode() or staff.get(page).status_code == 200
    answers: list[Any] = [
        staff.post(page, {"reason": "in_person", "type": kind}),
        browser.post("/me/privacy/copy/", {"as": kind}),
        program.get(f"/api/v1/me/export?type={kind}"),
    ]
    names = []
    for answer in answers:
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert f'filename="{person.number}-' in answer["Content-Disposition"]
        content = b"".join(answer.streaming_content)
        read = tables(content) if kind == "zip" else json.loads(content)["sections"]
        names.append(sorted(read))
    assert names[0] == names[1] == names[2]
    who = AccessLog.objects.filter(what="export").values_list("actor", "times")
    assert set(who) == {(f"staff:{boss.pk}", 1), ("member", 2)}


def test_who_may_hand_out_a_copy(lin: Member) -> None:
    user = User.objects.create_user("zhou", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename="export_member"))
    client = Client()
    client.force_login(user)
    assert client.get(f"/admin/members/member/{lin.pk}/copy/").status_code == 403
    assert Client().get("/me/privacy/").status_code == 302
    assert Client().get("/api/v1/me/export").status_code == 401
    wrong = cast.program_of(lin).get("/api/v1/me/export?type=xml")
    assert wrong.status_code == 400


def test_looks_are_noted_once_a_day_and_told_by_role(lin: Member) -> None:
    from django.contrib.auth.models import Group

    user = User.objects.create_superuser("wang")
    user.groups.add(Group.objects.create(name="客服"))
    client = Client()
    client.force_login(user)
    for _look in range(3):
        client.get(f"/admin/members/member/{lin.pk}/change/")
    client.get("/admin/members/member/?q=13800138001")
    found = {row.what: row.times for row in AccessLog.objects.filter(member=lin)}
    assert found["page"] == 3
    assert found["search"] >= 1
    told = access.latest([lin.pk])
    assert {one.role for one in told} == {"客服"}
    page = cast.browser_of(lin).get("/me/privacy/").content.decode()
    assert "客服" in page
    assert "wang" not in page
    body = cast.program_of(lin).get("/api/v1/me/accesses").json()
    assert {one["role"] for one in body["accesses"]} == {"客服"}


def test_who_sees_no_phone_leaves_no_trace_of_having_seen_it(lin: Member) -> None:
    user = User.objects.create_user("zhou", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename="view_phone"))
    client = Client()
    client.force_login(user)
    assert client.get(f"/admin/members/member/{lin.pk}/change/").status_code == 200
    assert not AccessLog.objects.exists()


def test_the_log_of_accesses_cannot_be_changed(lin: Member) -> None:
    AccessLog.objects.put(member_id=lin.pk, actor="staff:1", what="page", day=NOON.date(), at=NOON)
    row = AccessLog.objects.get()
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    page = f"/admin/members/accesslog/{row.pk}/"
    assert client.get(f"{page}change/").status_code == 200
    assert client.post(f"{page}change/", {"times": 0}).status_code == 403
    assert client.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/members/accesslog/add/").status_code == 403


def test_things_are_forgotten_in_time(person: Member) -> None:
    AccessLog.objects.put(
        member_id=person.pk, actor="staff:1", what="page", day=NOON.date(), at=NOON
    )
    kept = {"access": 1095, "messages": 180, "import_rows": 90, "devices": 90}
    assert set(kept) <= set(retention.run(now=NOON + timedelta(days=30)))
    assert retention.run(now=NOON + timedelta(days=89))["import_rows"] == 0
    later = retention.run(now=NOON + timedelta(days=181))
    assert (later["import_rows"], later["messages"]) == (4, 1)
    assert not Message.objects.filter(body__contains=NAME).exists()
    assert retention.run(now=timezone.now() + timedelta(days=1100))["access"] == 1
