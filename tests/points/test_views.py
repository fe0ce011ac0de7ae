from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from points.selectors.entries import SHOWN_MAX
from points.services import accounts, ledger, maturity
from tests import cast
from tests.campaigns.conftest import published

pytestmark = pytest.mark.django_db
AUTHENTICATION = 1


def page_of(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def test_home_shows_what_one_has() -> None:
    lin = cast.member()
    now = timezone.now()
    cast.earned(lin, 12_860, expires_at=now + timedelta(days=200))
    cast.earned(lin, 40, usable_at=now + timedelta(days=7))
    cast.earned(lin, 300, expires_at=now + timedelta(days=9))
    page = page_of(cast.browser_of(lin), "/")
    assert "13,160" in page
    assert "¥131.60" in page
    assert "300 积分将于" in page
    assert "林小雨" in page
    assert "冻结" not in page


def test_home_of_a_frozen_account_says_why() -> None:
    lin = cast.member()
    accounts.freeze(
        member_id=lin.pk, reason="异常交易核查", reference="f", actor="staff:1", at=timezone.now()
    )
    for path in ("/", "/points/"):
        page = page_of(cast.browser_of(lin), path)
        assert "您的积分账户已冻结" in page
        assert "异常交易核查" in page


def test_home_tells_a_debt() -> None:
    lin = cast.member()
    now = timezone.now()
    cast.earned(lin, 100, reference="p")
    cast.spent(lin, 100)
    ledger.claw_back(
        member_id=lin.pk,
        points=60,
        reference="back",
        source="return",
        actor="test",
        at=now,
        earn_reference="p",
    )
    assert "欠 60 积分" in page_of(cast.browser_of(lin), "/")


def test_new_member_meets_an_empty_book() -> None:
    page = page_of(cast.browser_of(cast.member()), "/")
    assert "账本第一页还是空白" in page
    assert "没有会到期的积分" in page_of(
        cast.browser_of(cast.member("13900139000")), "/points/lots/"
    )


def test_ledger_goes_on_where_it_ended() -> None:
    lin = cast.member()
    for points in range(1001, 1024):
        cast.earned(lin, points)
    browser = cast.browser_of(lin)
    first = page_of(browser, "/points/")
    assert "+1,023" in first
    assert "+1,003" not in first
    assert 'href="?before=4"' in first
    second = page_of(browser, "/points/?before=4")
    assert "+1,003" in second
    assert "账本从这里开始" in second


def test_ledger_by_what_a_person_means() -> None:
    lin = cast.member()
    cast.earned(lin, 111)
    cast.spent(lin, 22)
    browser = cast.browser_of(lin)
    used = page_of(browser, "/points/?show=used")
    assert "−22" in used
    assert "+111" not in used
    assert "暂无此类记录" in page_of(browser, "/points/?show=expired")


def test_month_adds_up() -> None:
    lin = cast.member()
    cast.earned(lin, 1000)
    cast.spent(lin, 250)
    assert "获得 1,000 · 使用 250 · 过期 0" in page_of(cast.browser_of(lin), "/points/")


@pytest.mark.parametrize(
    "query",
    ["?show=everything", "?before=x", "?before=0", "?before=" + "9" * 40, "?before=" + "9" * 5000],
)
def test_forged_query_is_not_found(query: str) -> None:
    browser = cast.browser_of(cast.member())
    assert browser.get(f"/points/{query}").status_code == 404


@pytest.mark.parametrize("path", ["/points/lots/?page=0", "/points/lots/?page=99999999"])
def test_forged_page_is_not_found(path: str) -> None:
    assert cast.browser_of(cast.member()).get(path).status_code == 404


def test_validity_names_the_last_day() -> None:
    """What lapses when the 6th ends is valid until the 6th, on every page."""
    lin = cast.member()
    midnight = datetime(2099, 8, 6, 16, tzinfo=UTC)
    entry = cast.earned(lin, 10, expires_at=midnight)
    browser = cast.browser_of(lin)
    for path in ("/", "/points/", "/points/lots/", f"/points/entries/{entry.entry_id}/"):
        page = page_of(browser, path)
        assert "2099-08-06" in page, path
        assert "2099-08-07" not in page, path


def test_pending_is_said_as_long_as_it_is_true() -> None:
    lin = cast.member()
    now = timezone.now()
    entry = cast.earned(lin, 10, at=now - timedelta(days=8), usable_at=now - timedelta(days=1))
    browser = cast.browser_of(lin)
    paths = ("/points/?show=gained", f"/points/entries/{entry.entry_id}/")
    assert ["待入账</span>" in page_of(browser, path) for path in paths] == [True, True]
    maturity.release_pending(now=now)
    assert "tag" not in page_of(browser, paths[0])
    assert "stamp" not in page_of(browser, paths[1])


def test_receipt_tells_from_which_points() -> None:
    lin = cast.member()
    now = timezone.now()
    earn = cast.earned(lin, 100, expires_at=now + timedelta(days=9), rule_version="v7")
    spend = cast.spent(lin, 30)
    browser = cast.browser_of(lin)
    used = page_of(browser, f"/points/entries/{spend.entry_id}/")
    assert "−30" in used
    assert "使用了哪些积分" in used
    granted = page_of(browser, f"/points/entries/{earn.entry_id}/")
    assert "剩余 70 / 100" in granted
    assert "v7" in granted


def test_receipt_links_what_belongs_together() -> None:
    lin = cast.member()
    cast.earned(lin, 100)
    spend = cast.spent(lin, 30, reference="s")
    back = ledger.restore(
        member_id=lin.pk, spend_reference="s", reference="r", actor="test", at=timezone.now()
    )
    browser = cast.browser_of(lin)
    assert f"/points/entries/{back.entry_id}/" in page_of(
        browser, f"/points/entries/{spend.entry_id}/"
    )
    assert f"/points/entries/{spend.entry_id}/" in page_of(
        browser, f"/points/entries/{back.entry_id}/"
    )


def test_other_peoples_receipts_do_not_exist() -> None:
    entry = cast.earned(cast.member(), 100)
    browser = cast.browser_of(cast.member("13900139000", "陈大明"))
    assert browser.get(f"/points/entries/{entry.entry_id}/").status_code == 404
    assert browser.get("/points/entries/99999999999999999999/").status_code == 404


def test_text_of_others_is_no_markup() -> None:
    lin = cast.member(name="<script>alert(1)</script>")
    accounts.freeze(
        member_id=lin.pk,
        reason="<img src=x onerror=alert(1)>",
        reference="<b>f</b>",
        actor="staff:1",
        at=timezone.now(),
    )
    browser = cast.browser_of(lin)
    for path in ("/", "/me/", "/points/"):
        page = page_of(browser, path)
        assert "<script>" not in page
        assert "<img" not in page


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_pages_do_not_grow(rows: int, django_assert_num_queries: Any) -> None:
    lin = cast.member()
    for _n in range(rows):
        cast.earned(lin, 10)
    spend = cast.spent(lin, 10 * rows - 1)
    browser = cast.browser_of(lin)
    # Each page also asks what points are called here, and how many messages are unread.
    # Balance, what a point is worth, entries, whether there are levels, an announcement.
    with django_assert_num_queries(AUTHENTICATION + 2 + 4 + 3 + 1):
        browser.get("/")
    # Balance, entries, the months.
    with django_assert_num_queries(AUTHENTICATION + 2 + 3):
        browser.get("/points/")
    # Balance, lots.
    with django_assert_num_queries(AUTHENTICATION + 2 + 2):
        browser.get("/points/lots/")
    # The entry, its lots, its uses, lots that lapsed by it, its answers, its dispute.
    with django_assert_num_queries(AUTHENTICATION + 2 + 6):
        browser.get(f"/points/entries/{spend.entry_id}/")


def test_receipt_of_many_lots_says_how_many_are_not_shown() -> None:
    lin = cast.member()
    for _n in range(SHOWN_MAX + 3):
        cast.earned(lin, 1)
    spend = cast.spent(lin, SHOWN_MAX + 3)
    page = page_of(cast.browser_of(lin), f"/points/entries/{spend.entry_id}/")
    assert page.count("−1</strong>") == SHOWN_MAX
    assert "另有 3 条" in page


def test_receipt_says_where_it_came_from() -> None:
    lin = cast.member()
    entry = cast.earned(lin, 10, source="api", actor="key:secret-prefix")
    page = page_of(cast.browser_of(lin), f"/points/entries/{entry.entry_id}/")
    assert "小票（门店上传）" in page
    # Who of the shop did it is the shop's business.
    assert "secret-prefix" not in page


def test_the_merchants_own_word_stands_on_the_pages(db: None) -> None:
    person = cast.member()
    cast.earned(person, 12)
    published(unit_name="星星", unit_name_en="stars")

    chinese = cast.browser_of(person).get("/").content.decode()
    english = cast.browser_of(person).get("/", headers={"Accept-Language": "en"}).content.decode()

    assert "星星" in chinese
    assert "stars" in english
