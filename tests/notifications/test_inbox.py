"""The inbox: pages, tabs, the bell, reading."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import Member
from notifications.models import Announcement, Notice
from notifications.selectors import inbox
from tests import cast
from tests.notifications.making import notice

pytestmark = pytest.mark.django_db
INBOX = "/me/messages/"


@pytest.fixture
def lin() -> Member:
    return cast.member()


@pytest.fixture
def browser(lin: Member) -> Client:
    return cast.browser_of(lin)


def text(client: Client, path: str = INBOX) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_guest_signs_in_first(client: Client) -> None:
    assert client.get(INBOX)["Location"] == "/sign-in/?next=%2Fme%2Fmessages%2F"


def test_an_empty_inbox_says_what_it_is_for(browser: Client) -> None:
    page = text(browser)
    assert "bell__count" not in page
    assert 'class="card empty"' in page


def test_notices_stand_in_their_tab_the_newest_first(browser: Client, lin: Member) -> None:
    now = timezone.now()
    notice(lin, title="旧的", at=now - timedelta(days=1))
    notice(lin, title="新的", at=now)
    notice(lin, title="已发货", group=Notice.Group.DELIVERY, at=now - timedelta(hours=1))
    notice(cast.member("13900139000", "周可"), title="别人的")
    page = text(browser)
    assert page.index("新的") < page.index("已发货") < page.index("旧的")
    assert "别人的" not in page
    assert "新的" not in text(browser, f"{INBOX}?tab=delivery")
    assert "已发货" in text(browser, f"{INBOX}?tab=delivery")
    assert "已发货" not in text(browser, f"{INBOX}?tab=account")


@pytest.mark.parametrize("query", ["tab=nothing", "before=x", "before=0", "before=99999999999"])
def test_a_question_that_nobody_asks_is_not_found(browser: Client, query: str) -> None:
    assert browser.get(f"{INBOX}?{query}").status_code == 404


def test_a_page_goes_on_where_the_one_before_ended(browser: Client, lin: Member) -> None:
    """Also among notices of one instant, which a bulk run makes by the thousand."""
    now = timezone.now()
    made = [notice(lin, at=now).pk for _number in range(45)]
    seen: list[int] = []
    before = None
    while True:
        page = inbox.page(lin.pk, before=before, size=20)
        seen += [row.pk for row in page.rows]
        if page.next_before is None:
            break
        before = page.next_before
    assert seen == made[::-1]
    assert f"before={made[25]}" in text(browser)
    assert "before=" not in text(browser, f"{INBOX}?before={made[5]}")


def test_before_a_notice_of_somebody_else_is_not_found(browser: Client) -> None:
    other = notice(cast.member("13900139000", "周可"))
    assert browser.get(f"{INBOX}?before={other.pk}").status_code == 404
    assert browser.get(f"{INBOX}{other.pk}/").status_code == 404
    assert browser.get(f"{INBOX}{2**70}/").status_code == 404


def test_opening_a_short_notice_reads_it_and_leads_on(browser: Client, lin: Member) -> None:
    short = notice(lin, link="/points/")
    assert browser.head(f"{INBOX}{short.pk}/").status_code == 302
    short.refresh_from_db()
    assert short.read_at is None
    assert browser.get(f"{INBOX}{short.pk}/")["Location"] == "/points/"
    first = Notice.objects.get().read_at
    assert first is not None
    browser.get(f"{INBOX}{short.pk}/")
    assert Notice.objects.get().read_at == first


def test_a_long_notice_has_a_page(browser: Client, lin: Member) -> None:
    long = notice(lin, link="/rules/", body="很长的公告。" * 60)
    page = text(browser, f"{INBOX}{long.pk}/")
    assert "很长的公告。" * 60 in page
    assert 'href="/rules/"' in page


@pytest.mark.parametrize("link", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_link_leads_to_no_other_site(browser: Client, lin: Member, link: str) -> None:
    page = text(browser, f"{INBOX}{notice(lin, link=link).pk}/")
    assert "evil" not in page
    assert "javascript" not in page


def test_text_of_a_notice_is_text(browser: Client, lin: Member) -> None:
    one = notice(lin, title="<b>x</b>", body="<script>alert(1)</script>" * 10)
    for path in (INBOX, f"{INBOX}{one.pk}/"):
        page = text(browser, path)
        assert "<b>x</b>" not in page
        assert "<script>alert" not in page


def test_all_are_read_up_to_the_newest_that_was_shown(browser: Client, lin: Member) -> None:
    first = notice(lin)
    other = notice(lin, group=Notice.Group.DELIVERY)
    later = notice(lin)
    data = {"tab": "account", "newest": first.pk}
    assert browser.get(f"{INBOX}read/").status_code == 405
    assert browser.post(f"{INBOX}read/", data)["Location"] == f"{INBOX}?tab=account"
    assert list(Notice.objects.filter(read_at=None).order_by("pk")) == [other, later]
    assert browser.post(f"{INBOX}read/", {})["Location"] == INBOX
    assert not Notice.objects.filter(read_at=None).exists()


def test_reading_all_touches_nobody_else(browser: Client) -> None:
    other = notice(cast.member("13900139000", "周可"))
    browser.post(f"{INBOX}read/", {})
    other.refresh_from_db()
    assert other.read_at is None


def test_the_bell_counts_on_every_page_and_stops_at_ninety_nine(
    browser: Client, lin: Member
) -> None:
    for _number in range(3):
        notice(lin)
    notice(lin, read_at=timezone.now())
    assert 'bell__count"><span class="visually-hidden">' in text(browser, "/me/")
    assert "</span>3</span>" in text(browser, "/me/")
    Notice.objects.bulk_create(
        Notice(
            member=lin,
            kind="tier",
            group="account",
            reference=f"many:{number}",
            language="zh-hans",
            title="x",
            body="x",
            created_at=timezone.now(),
        )
        for number in range(200)
    )
    assert "</span>99+</span>" in text(browser, "/points/")


def test_a_guest_and_a_missing_page_have_no_bell(client: Client, browser: Client) -> None:
    assert "bell" not in client.get("/").content.decode()
    assert 'class="bell"' not in browser.get("/nowhere/").content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow_with_the_inbox(
    browser: Client, lin: Member, rows: int, django_assert_num_queries: Any
) -> None:
    """The device, the page, the tabs (which tell the bell), and the word for points."""
    for _number in range(rows):
        notice(lin, points=20)
    text(browser)
    with django_assert_num_queries(4):
        text(browser)


@pytest.mark.parametrize(
    ("kind", "points", "figure"),
    [
        ("points_earned", 1200, "+1,200"),
        ("redemption", -300, "−300"),
        ("points_expiring", 300, ">300<"),
        ("points_cleared", 300, "−300"),
    ],
)
def test_figures_have_the_sign_of_what_happened(
    browser: Client, lin: Member, kind: str, points: int, figure: str
) -> None:
    notice(lin, kind=kind, points=points)
    assert figure in text(browser)


def announcement(**values: Any) -> Announcement:
    now = timezone.now()
    content: dict[str, Any] = {
        "title_zh": "周末双倍积分",
        "body_zh": "本周末全场双倍。",
        "title_en": "Double points",
        "body_en": "This weekend.",
        "state": Announcement.State.SENT,
        "publish_at": now - timedelta(hours=1),
        "shown_until": now + timedelta(days=1),
        "created_at": now,
    }
    return Announcement.objects.create(**(content | values))


def test_the_newest_announcement_stands_on_the_home_page(browser: Client, client: Client) -> None:
    announcement(title_zh="旧公告", publish_at=timezone.now() - timedelta(days=3))
    shown = announcement()
    announcement(title_zh="草稿", state=Announcement.State.DRAFT)
    announcement(title_zh="过期", shown_until=timezone.now() - timedelta(minutes=1))
    home = text(browser, "/")
    assert "周末双倍积分" in home
    assert not {"旧公告", "草稿", "过期"} & set(home.split('"'))
    for reader in (browser, client):
        assert "本周末全场双倍。" in text(reader, f"/announcements/{shown.pk}/")
    client.cookies["django_language"] = "en"
    assert "This weekend." in text(client, f"/announcements/{shown.pk}/")


def test_a_draft_is_read_by_nobody(client: Client) -> None:
    draft = announcement(state=Announcement.State.DRAFT)
    assert client.get(f"/announcements/{draft.pk}/").status_code == 404
