"""Segments and the RFM page in the back office."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from insights.models import RfmSettings
from insights.selectors import segments as counting
from insights.services import rfm, segments
from members.models import Member, MemberTag, Segment, SegmentMember, Tag
from members.selectors import segments as listing
from stores.models import Store
from tests import cast
from tests.insights.conftest import NOW, sell

_BACKEND = "django.contrib.auth.backends.ModelBackend"
TEA = {"all": [{"any": [{"kind": "tag", "in": ["茶友"]}]}]}


@pytest.fixture
def office(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("owner"), backend=_BACKEND)
    return client


@pytest.fixture
def friends(db: None) -> list[Member]:
    tag = Tag.objects.create(name="茶友")
    found = [cast.member(phone=f"1390013900{n}", name=f"茶友{n}") for n in range(3)]
    for one in found[:2]:
        MemberTag.objects.create(member=one, tag=tag)
    return found


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("clerk", is_staff=True)
    for name in permissions:
        app, code = name.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=code)
        )
    client = Client()
    client.force_login(user, backend=_BACKEND)
    return client


def fields(page: str) -> dict[str, Any]:
    """What a browser would send of the page's form, without any button."""
    form = page[page.index("data-segment-builder") :]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        one = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        is_box = one.get("type") == "checkbox"
        if "name" in one and one["name"] != "csrfmiddlewaretoken":
            if is_box and " checked" in tag:
                found.setdefault(one["name"], []).append(one.get("value", "on"))
            elif not is_box:
                found[one["name"]] = one.get("value", "")
    for name, options in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)"\s+selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def text(answer: Any) -> str:
    return str(answer.content.decode())


def add_address(**query: str) -> str:
    return reverse("admin:members_segment_add", query=query)


# --- the builder, without a script ---------------------------------------------------------------


def test_a_segment_is_built_by_buttons_alone(office: Client, friends: list[Member]) -> None:
    page = text(office.get(add_address()))
    sent = fields(page) | {"g0-new": "tag", "_add": "g0"}
    page = text(office.post(add_address(), sent))
    assert 'name="g0-c0-in"' in page
    assert "errorlist" not in page

    sent = fields(page) | {
        "name": "茶友们",
        "code": "tea",
        "g0-op": "any",
        "g0-c0-in": ["茶友"],
        "is_active": "on",
    }
    counted = text(office.post(add_address(), sent | {"_preview": "1"}))
    assert re.search(r'sg-count">\s*2<', counted)
    assert "13900139000" not in counted
    assert friends[0].masked_number in counted

    answer = office.post(add_address(), sent | {"_save": "1"})
    assert answer.status_code == 302
    made = Segment.objects.get(code="tea")
    assert (made.definition, made.size, made.stale_since) == (TEA, 2, None)
    assert set(listing.in_segment("tea")) == {friends[0].pk, friends[1].pk}
    assert "茶友" in LogEntry.objects.get().change_message

    # And what it says is shown again exactly as it stands.
    page = text(office.get(reverse("admin:members_segment_change", args=[made.pk])))
    again = fields(page) | {"_save": "1"}
    office.post(reverse("admin:members_segment_change", args=[made.pk]), again)
    kept = Segment.objects.get(code="tea")
    assert (kept.definition, kept.stale_since, kept.name) == (TEA, None, "茶友们")


def test_groups_and_conditions_come_and_go(office: Client, friends: list[Member]) -> None:
    page = text(office.get(add_address()))
    page = text(office.post(add_address(), fields(page) | {"_group": "1"}))
    for place, kind in (("g0", "purchases"), ("g1", "balance"), ("g1", "joined")):
        sent = fields(page) | {f"{place}-new": kind, "_add": place}
        page = text(office.post(add_address(), sent))
    assert [name in page for name in ("g0-c0-min", "g1-c0-min", "g1-c1-min")] == [True] * 3
    page = text(office.post(add_address(), fields(page) | {"_remove": "g1-c0"}))
    assert ("g1-c0-min" in page, "g1-c1-min" in page) == (False, True)
    page = text(office.post(add_address(), fields(page) | {"_remove": "g0"}))
    assert "g0-op" not in page

    broken = fields(page) | {"name": "x", "code": "x", "_save": "1"}
    refused = text(office.post(add_address(), broken))
    assert not Segment.objects.exists()
    assert "rb-error" in refused
    nothing = {"name": "x", "code": "x", "root": "all", "_save": "1"}
    assert "请至少添加一个条件" in text(office.post(add_address(), nothing))


@pytest.mark.parametrize(
    "sent",
    [
        {"g0-op": "all", "g0-c0-kind": "zodiac"},
        {"g0-op": "x", "g0-c999-kind": "tag", "g99-op": "all"},
        {"g0-op": "all", "g0-c0-kind": "tag", "g0-c0-in": ["\x00"]},
        {"g0-op": "all", "g0-c0-kind": "purchases", "g0-c0-min": "9" * 400},
        {"g0-op": "all", "g0-c0-kind": "spent", "g0-c0-min": "NaN"},
        {"_add": "g0", "g0-new": "zodiac", "g0-op": "all"},
        {"_add": "gx"},
        {"_remove": "' OR 1"},
        {f"g{n}-op": "all" for n in range(40)},
    ],
)
def test_nonsense_is_answered_calmly(office: Client, sent: dict[str, Any]) -> None:
    for address in (add_address(), reverse("admin:segment_preview")):
        assert office.post(address, sent).status_code == 200


def test_the_live_count_saves_nothing(office: Client, friends: list[Member]) -> None:
    sent = {"root": "all", "g0-op": "all", "g0-c0-kind": "tag", "g0-c0-in": ["茶友"]}
    answer = text(office.post(reverse("admin:segment_preview"), sent))
    assert re.search(r'sg-count">\s*2<', answer)
    assert "2</p>" in answer
    assert "茶友" in answer
    assert not Segment.objects.exists()
    # "None of these" turns the group round.
    turned = text(office.post(reverse("admin:segment_preview"), sent | {"g0-op": "none"}))
    assert re.search(r'sg-count">\s*1<', turned)


def test_who_was_merged_or_erased_is_nowhere(friends: list[Member]) -> None:
    first, second, third = friends
    everybody = {"all": [{"kind": "joined", "min": 0}]}
    assert counting.preview(everybody, NOW + timedelta(days=1)).size == 3
    Member.objects.filter(pk=first.pk).update(erased_at=NOW)
    Member.objects.filter(pk=second.pk).update(merged_into=third, merged_at=NOW)
    found = counting.preview(everybody, NOW + timedelta(days=1))
    assert (found.size, found.of, found.sample) == (1, 1, [third])


def test_a_large_shop_is_estimated(
    office: Client, friends: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNTED_MAX", 1)
    found = counting.preview(TEA, NOW)
    assert (found.is_estimate, found.of) == (True, 3)
    assert found.size in (0, 3)


def test_counting_that_takes_too_long_is_cut_off(
    friends: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        pytest.raises(Exception, match=r"interrupted|statement timeout"),
        counting.time_limit(0.05),
    ):
        list(Member.objects.raw(_ENDLESS))
    # The connection is as good as before.
    assert counting.preview(TEA, NOW).size == 2


_ENDLESS = """
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 50000000)
SELECT * FROM members_member WHERE id = (SELECT count(*) FROM n)
"""


# --- lists, members, files ------------------------------------------------------------------------


def make_list(office: Client) -> Segment:
    office.post(add_address(kind="list"), {"name": "媒体", "code": "press", "description": ""})
    return Segment.objects.get(code="press")


def test_a_list_is_filled_by_a_file_and_says_what_it_refuses(
    office: Client, friends: list[Member]
) -> None:
    segment = make_list(office)
    body = f"会员号,备注\n{friends[0].number},好友\n13900139001\n13912345678\n".encode("gb18030")

    answer = office.post(
        reverse("admin:segment_upload", args=[segment.pk]),
        {"file": SimpleUploadedFile("a.csv", body), "lines": ""},
    )

    page = text(answer)
    assert set(listing.in_segment("press")) == {friends[0].pk, friends[1].pk}
    assert "13912345678" in page
    assert "会员号" in page
    members = text(office.get(reverse("admin:segment_members", args=[segment.pk])))
    assert friends[0].number in members
    office.post(reverse("admin:segment_leave", args=[segment.pk, friends[0].pk]))
    assert set(listing.in_segment("press")) == {friends[1].pk}
    for bad in (b"\xff\xfe\x00\x00", b"a\x00b"):
        file = SimpleUploadedFile("a.csv", bad)
        address = reverse("admin:segment_upload", args=[segment.pk])
        assert office.post(address, {"file": file}).status_code == 200
    assert listing.in_segment("press").count() == 1


def test_a_download_is_inert_masked_and_noted(friends: list[Member]) -> None:
    Member.objects.filter(pk=friends[0].pk).update(name="=1+1")
    made = segments.create(code="tea", name="茶友们", description="", definition=TEA, at=NOW)
    segments.refresh(segment_id=made.pk, at=NOW)
    clerk = staff("members.view_segment", "members.view_member", "members.export_segment")

    answer = clerk.post(reverse("admin:segment_csv", args=[made.pk]))
    lines = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]

    assert "'=1+1" in lines
    assert "139****9000" in lines
    assert "13900139000" not in lines
    assert LogEntry.objects.filter(object_id=str(made.pk)).count() == 1
    assert clerk.get(reverse("admin:segment_csv", args=[made.pk])).status_code == 405


def test_who_may_not_is_refused(friends: list[Member]) -> None:
    made = segments.create(code="tea", name="茶友们", description="", definition=TEA, at=NOW)
    clerk = staff("members.view_segment", "insights.view_rfmrun")
    change = reverse("admin:members_segment_change", args=[made.pk])
    allowed = [change, reverse("admin:insights_rfmrun_changelist")]
    refused_get = [
        add_address(),
        reverse("admin:segment_members", args=[made.pk]),
        reverse("admin:segment_upload", args=[made.pk]),
        reverse("admin:members_segment_delete", args=[made.pk]),
        reverse("admin:insights_rfm_settings"),
    ]
    refused_post = [
        change,
        reverse("admin:segment_preview"),
        reverse("admin:segment_csv", args=[made.pk]),
        reverse("admin:segment_leave", args=[made.pk, 1]),
        reverse("admin:insights_rfm_run"),
    ]
    assert [clerk.get(address).status_code for address in allowed] == [200] * 2
    assert [clerk.get(address).status_code for address in refused_get] == [403] * 5
    assert [clerk.post(address).status_code for address in refused_post] == [403] * 5
    assert Client().get(change).status_code == 302


def test_a_segment_is_deleted_and_an_rfm_group_is_not(
    office: Client, friends: list[Member]
) -> None:
    made = make_list(office)
    office.post(reverse("admin:members_segment_delete", args=[made.pk]))
    assert not Segment.objects.filter(code="press").exists()

    from members.services.segments import ensure_rfm

    vip = ensure_rfm(at=NOW)["vip"]
    address = reverse("admin:members_segment_delete", args=[vip])
    assert office.post(address).status_code == 403
    change = reverse("admin:members_segment_change", args=[vip])
    office.post(change, {"name": "贵宾", "description": "最好的"})
    assert str(Segment.objects.get(code="vip")) == "贵宾"


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_one_row_and_for_three(
    office: Client, friends: list[Member], count: int
) -> None:
    made = None
    for n in range(count):
        made = segments.create(code=f"s{n}", name="x", description="", definition=TEA, at=NOW)
        rows = [SegmentMember(segment=made, member=one, since=NOW) for one in friends[:count]]
        SegmentMember.objects.bulk_create(rows)
    assert made is not None
    for address, expected in (
        (reverse("admin:members_segment_changelist"), 4),
        (reverse("admin:segment_members", args=[made.pk]), 9),
    ):
        office.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            office.get(address)
        assert len(queries) == expected, _told(queries)


def _told(queries: Iterable[Any]) -> str:
    return "\n".join(query["sql"][:150] for query in queries)


# --- RFM ----------------------------------------------------------------------------------------


def test_the_rfm_page_shows_groups_and_cells_in_figures(
    office: Client, shop: Store, friends: list[Member]
) -> None:
    empty = text(office.get(reverse("admin:insights_rfmrun_changelist")))
    assert "还没有" in empty
    sell(shop, "R1", friends[0], "120", days_ago=3)
    sell(shop, "R2", friends[1], "80", days_ago=100)

    answer = office.post(reverse("admin:insights_rfm_run"), follow=True)

    page = text(answer)
    assert page.count('scope="row"') == 5
    assert "¥200" in page or "¥80" in page
    assert SegmentMember.objects.count() == 2


def test_thresholds_are_counted_before_they_are_saved(
    office: Client, shop: Store, friends: list[Member]
) -> None:
    sell(shop, "R1", friends[0], "120", days_ago=30)
    rfm.run_nightly(now=NOW)
    address = reverse("admin:insights_rfm_settings")
    typed = {
        "window_days": "365",
        "sleeping_days": "10",
        "lost_days": "20",
        "vip_purchases": "3",
        "vip_yuan": "100",
        "new_days": "7",
    }

    page = text(office.post(address, typed | {"_count": "1"}))
    assert "1 · 100.0 %" in page
    assert not RfmSettings.objects.exists()
    assert office.get(address, {"proposal": "1"}).status_code == 200

    assert "rb-error" in text(office.post(address, typed | {"lost_days": "10", "_save": "1"}))
    assert "rb-error" in text(office.post(address, typed | {"vip_yuan": "-1", "_save": "1"}))
    assert office.post(address, typed | {"_save": "1"}).status_code == 302
    assert RfmSettings.objects.get().sleeping_days == 10
    assert LogEntry.objects.count() == 1
    later = rfm.run_nightly(now=NOW + timedelta(seconds=1))
    assert later.result["groups"]["lost"][0] == 1
