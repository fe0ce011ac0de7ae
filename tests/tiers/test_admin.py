"""Levels in the back office."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import EarningRule
from tests import cast
from tests.points.test_admin import boss, staff
from tests.sales.conftest import publish
from tests.tiers.making import grow, ladder, level_of
from tiers.models import GrowthCorrection, GrowthDay, Level, LevelBenefit, Standing

pytestmark = pytest.mark.django_db
LISTS = ["standing", "standingchange", "growthday", "growthcorrection"]


@pytest.mark.parametrize("path", LISTS)
def test_lists_cost_the_same_for_one_and_three(path: str) -> None:
    ladder()
    browser = boss()
    url = f"/admin/tiers/{path}/"
    counted = []
    for number in range(3):
        grow(cast.member(f"1380013800{number}"), 1000)
        browser.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(url).status_code == 200
        counted.append(len(queries))
    assert len(set(counted)) == 1


def filled(page: str) -> dict[str, str]:
    """What the form of the ladder holds."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            found[name[1]] = value[1] if value else ""
    return found


RULES = {"basis": "spent", "window": "year", "fall": "one", "grace_days": "10", "warn_days": "20"}


def test_a_ladder_is_tried_and_then_saved() -> None:
    ladder()
    lin = cast.member()
    grow(lin, 1500)
    browser = boss()
    url = "/admin/tiers/level/ladder/"
    data = filled(browser.get(url).content.decode()) | RULES | {"levels-1-threshold": "2000"}

    tried = browser.post(url, data | {"_try": "1"}).content.decode()
    assert Level.objects.get(code="silver").threshold == 1000
    mark = filled(tried)["mark"]
    assert mark

    again = browser.post(url, data | {"mark": "other", "_save": "1"})
    assert again.status_code == 200  # looked at by nobody: not saved
    assert browser.post(url, data | {"mark": mark, "_save": "1"}).status_code == 302
    assert Level.objects.get(code="silver").threshold == 2000
    assert level_of(lin) == "silver"
    assert LogEntry.objects.filter(object_repr__contains="BASIC").exists()


def test_a_new_level_finds_its_place_and_what_contradicts_is_told() -> None:
    ladder()
    browser = boss()
    url = "/admin/tiers/level/ladder/"
    data = filled(browser.get(url).content.decode()) | RULES
    new = {"levels-3-name": "铜卡", "levels-3-code": "bronze", "levels-3-threshold": "300"}
    mark = filled(browser.post(url, data | new | {"_try": "1"}).content.decode())["mark"]
    browser.post(url, data | new | {"mark": mark, "_save": "1"})
    assert list(Level.objects.values_list("code", flat=True)) == [
        "basic",
        "bronze",
        "silver",
        "gold",
    ]
    wrong = browser.post(url, data | {"levels-2-threshold": "900", "_try": "1"})
    assert wrong.status_code == 200
    assert filled(wrong.content.decode())["mark"] == ""
    assert browser.post(url, data | {"levels-2-threshold": "x", "_try": "1"}).status_code == 200
    assert browser.post(url, {}).status_code == 200


def test_a_benefit_is_put_and_removed_and_says_whether_it_acts() -> None:
    gold = ladder()["gold"]
    browser = boss()
    url = f"/admin/tiers/level/{gold.pk}/benefits/discount/"
    assert browser.post(url, {"percent": "99"}).status_code == 200
    assert browser.post(url, {"percent": "5"}).status_code == 302
    assert LevelBenefit.objects.get().params == {"percent": "5"}
    assert browser.get(f"/admin/tiers/level/{gold.pk}/change/").status_code == 200
    browser.post(url, {"_remove": "1"})
    assert not LevelBenefit.objects.exists()
    assert browser.get(f"/admin/tiers/level/{gold.pk}/benefits/nothing/").status_code == 404


def test_a_level_leads_to_a_rule_in_a_draft() -> None:
    publish()
    ladder()
    answer = boss().post(
        "/admin/campaigns/earningrule/tier/gold/", {"gives": "multiplier", "amount": "1.2"}
    )
    rule = EarningRule.objects.get(conditions=[{"kind": "tier", "in": ["gold"]}])
    assert answer.headers["Location"].endswith(f"/{rule.version_id}/change/")


def test_staff_correct_growth_and_invite() -> None:
    levels = ladder({"basic": 0, "silver": 1000, "black": None})
    lin = cast.member()
    grow(lin, 1)
    browser = boss()
    form = browser.get(f"/admin/tiers/standing/{lin.pk}/correct/").content.decode()
    key = filled(form)["key"]
    for _twice in range(2):
        browser.post(
            f"/admin/tiers/standing/{lin.pk}/correct/",
            {"amount": "1000", "reason": "补录", "key": key},
        )
    assert (GrowthCorrection.objects.count(), level_of(lin)) == (1, "silver")
    browser.post(
        f"/admin/tiers/standing/{lin.pk}/invite/",
        {"level": levels["black"].pk, "reason": "贵宾", "until": ""},
    )
    assert level_of(lin) == "black"
    page = browser.get(f"/admin/tiers/standing/{lin.pk}/change/").content.decode()
    assert f"growthday/?member__id__exact={lin.pk}" in page
    assert browser.get(f"/admin/tiers/growthday/?member__id__exact={lin.pk}").status_code == 200


def test_who_may_only_look_may_only_look() -> None:
    gold = ladder()["gold"]
    lin = cast.member()
    grow(lin, 1)
    browser = staff("tiers.view_level", "tiers.view_standing")
    assert browser.get(f"/admin/tiers/level/{gold.pk}/change/").status_code == 200
    assert browser.get("/admin/tiers/level/ladder/").status_code == 403
    for path in (
        f"/admin/tiers/level/{gold.pk}/benefits/discount/",
        f"/admin/tiers/standing/{lin.pk}/correct/",
        f"/admin/tiers/standing/{lin.pk}/invite/",
        "/admin/campaigns/earningrule/tier/gold/",
    ):
        assert browser.post(path, {}).status_code == 403
    assert (Standing.objects.count(), GrowthDay.objects.count()) == (1, 1)
