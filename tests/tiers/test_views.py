"""The level in the browser and over the API."""

from typing import Any

import pytest
from django.utils import timezone

from campaigns.selectors import rules
from tests import cast
from tests.points.test_views import page_of
from tests.sales.conftest import publish
from tests.tiers.making import LADDER, gift, grow, ladder
from tiers.api import serializers
from tiers.models import LevelBenefit, TierProgram
from tiers.selectors import standings

# The rewards along the way: none is in reach, and none ahead.
GOALS = 2

pytestmark = pytest.mark.django_db
AUTHENTICATION = 1


def test_the_page_says_where_one_is_and_what_is_missing() -> None:
    levels = ladder({**LADDER, "black": None}, window="year")
    gift(levels["silver"], 100)
    lin = cast.member()
    grow(lin, 1680, at=timezone.now())

    page = page_of(cast.browser_of(lin), "/level/")
    assert "SILVER" in page
    assert "1,680" in page
    assert "¥3,320" in page  # 5,000 is gold
    assert 'value="1680" max="5000"' in page
    assert "100" in page  # the gift
    assert "style=" not in page  # the strict policy of contents


def test_a_page_without_levels_says_so() -> None:
    lin = cast.member()
    assert cast.browser_of(lin).get("/level/").status_code == 200
    assert "climb" not in page_of(cast.browser_of(lin), "/")
    assert cast.program_of(lin).get("/api/v1/me/tier").status_code == 422


def test_a_guest_is_led_to_sign_in(client: Any) -> None:
    assert client.get("/level/").status_code == 302


def test_the_home_page_has_a_meter(django_assert_num_queries: Any) -> None:
    lin = cast.member()
    browser = cast.browser_of(lin)
    browser.get("/")
    with django_assert_num_queries(AUTHENTICATION + 7 + GOALS + 1):
        page_of(browser, "/")
    ladder()
    with django_assert_num_queries(AUTHENTICATION + 7 + GOALS + 3):
        page = page_of(browser, "/")
    assert "climb" in page
    assert "¥1,000" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_page_do_not_grow(rows: int, django_assert_num_queries: Any) -> None:
    levels = ladder({f"l{n}": n * 10 for n in range(rows + 1)})
    for level in levels.values():
        LevelBenefit.objects.create(level=level, kind="discount", params={"percent": "5"})
    lin = cast.member()
    for _step in range(rows):
        grow(lin, 10, at=timezone.now())
    browser = cast.browser_of(lin)
    browser.get("/level/")
    with django_assert_num_queries(AUTHENTICATION + 8):
        page_of(browser, "/level/")


def test_the_api_tells_all_levels_and_ones_own(client: Any) -> None:
    levels = ladder({**LADDER, "black": None})
    LevelBenefit.objects.create(level=levels["silver"], kind="discount", params={"percent": "5"})
    LevelBenefit.objects.create(level=levels["silver"], kind="early_access", params={"hours": 24})
    lin = cast.member()
    grow(lin, 1200, at=timezone.now())

    told = client.get("/api/v1/tiers", headers={"Accept-Language": "en"}).json()
    assert (told["basis"], told["window"]) == ("spent", "rolling")
    silver = told["levels"][1]
    assert (silver["code"], silver["threshold"], silver["keep"]) == ("silver", 1000, 1000)
    assert silver["benefits"] == [
        {"kind": "discount", "name": "Discount", "text": "5% off"},
        {"kind": "early_access", "name": "Early access", "text": "24 hours before others"},
    ]
    assert told["levels"][3]["threshold"] is None

    mine = cast.program_of(lin).get("/api/v1/me/tier").json()
    assert set(mine) == set(serializers.MyLevelSerializer().fields)
    assert (mine["code"], mine["growth"], mine["next_code"], mine["missing"]) == (
        "silver",
        1200,
        "gold",
        3800,
    )


def test_a_member_of_no_session_has_no_level(client: Any) -> None:
    assert client.get("/api/v1/me/tier").status_code == 401


def test_what_a_till_is_told(django_assert_num_queries: Any) -> None:
    lin, chen = cast.member(), cast.member("13800138001", "陈大明")
    assert standings.standing_of([lin.pk]) == {}
    levels = ladder()
    LevelBenefit.objects.create(level=levels["silver"], kind="discount", params={"percent": "12.5"})
    grow(lin, 1000, at=timezone.now())
    with django_assert_num_queries(2):
        told = standings.standing_of([lin.pk, chen.pk])
    assert (told[lin.pk].code, told[lin.pk].discount) == ("silver", "12.5")
    assert (told[chen.pk].code, told[chen.pk].discount) == ("basic", None)


def test_rules_in_force_show_on_the_page() -> None:
    """The program is the one source of what a level multiplies."""
    version = publish()
    ladder()
    copy = rules.program_of(version)
    assert copy is not None
    TierProgram.objects.update(basis="earned")
    lin = cast.member()
    assert "1,000 积分" in page_of(cast.browser_of(lin), "/level/")
