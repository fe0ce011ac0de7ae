"""Setting up from a preset in the back office."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from campaigns.forms import presets as forms
from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.policies.presets.reading import GOALS, MARKETS, TRADES
from campaigns.services import presets
from mall.models import CouponTemplate, Reward
from members.models import Tag
from points.selectors import balances

pytestmark = pytest.mark.django_db
PATH = "/admin/campaigns/earningruleversion/"
SET_UP = f"{PATH}set-up/"
FIELDS = {"title": "我的方案", "starts_at_0": "2030-01-01", "starts_at_1": "00:00"}


def staff(*names: str) -> Client:
    """Somebody with these permissions."""
    user = User.objects.create_user("staff", password="x", is_staff=True)
    for name in names:
        app, code = name.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=code)
        )
    client = Client()
    client.force_login(user)
    return client


def found(client: Client, query: str = "") -> list[str]:
    return [preset.id for preset in client.get(f"{SET_UP}{query}").context["found"]]


def test_presets_are_chosen_by_trade_goal_and_members(admin_client: Client) -> None:
    assert len(found(admin_client)) == 22
    assert found(admin_client, "?trade=hotel") == ["P07", "P15"]
    assert found(admin_client, "?goal=sales&trade=e_commerce&market=luxury") == []
    assert found(admin_client, "?market=luxury") == ["P07", "P15", "P16"]
    assert len(found(admin_client, "?trade=nothing&goal=x")) == 22


def test_every_choice_has_its_word() -> None:
    assert (tuple(forms.TRADES), tuple(forms.GOALS)) == (TRADES, GOALS)
    assert sorted(forms.MARKETS) == sorted(MARKETS)


def test_a_preset_shows_its_rules_cases_and_what_comes_later(admin_client: Client) -> None:
    page = admin_client.get(f"{SET_UP}p14/").content.decode()
    assert "积分 × 1.5" in page
    assert "VIP 到店 ¥100：2 × 1.5 = 3 倍，得 300 分" in page
    assert "单笔满 300 元送一张抽奖券" in page
    assert "会员分群「VIP」" not in page  # it is there, and no longer missing

    english = admin_client.get(f"{SET_UP}p14/", headers={"Accept-Language": "en"})
    assert "A purchase over ¥300 brings a ticket of the draw" in english.content.decode()


def test_a_draft_is_made_and_opened(admin_client: Client) -> None:
    answer = admin_client.post(f"{SET_UP}p08/", FIELDS)

    draft = EarningRuleVersion.objects.get()
    assert answer.headers["Location"] == f"{PATH}{draft.pk}/change/"
    assert (draft.name, draft.is_published) == ("我的方案", False)
    assert EarningRule.objects.filter(version=draft).count() == 2
    assert admin_client.get(f"{PATH}{draft.pk}/change/").status_code == 200
    history = admin_client.get(f"{PATH}{draft.pk}/history/").content.decode()
    assert "草稿" in history


def test_a_missing_tag_is_made_when_ticked(admin_client: Client) -> None:
    admin_client.post(f"{SET_UP}p11/", FIELDS)
    assert not Tag.objects.exists()
    admin_client.post(f"{SET_UP}p11/", FIELDS | {"create_missing": "on"})
    assert Tag.objects.get().name == "老顾客"


def test_the_worth_of_a_point_changes_only_when_ticked(admin_client: Client) -> None:
    settings = balances.ledger_settings()
    settings.points_per_yuan = 200
    settings.save()
    admin_client.post(f"{SET_UP}p22/", FIELDS)
    assert balances.ledger_settings().points_per_yuan == 200
    admin_client.post(f"{SET_UP}p22/", FIELDS | {"apply_ledger_settings": "on"})
    assert balances.ledger_settings().points_per_yuan == 100


def test_what_points_are_called_is_told_in_the_readers_language(admin_client: Client) -> None:
    assert "积分名称：星星" in admin_client.get(f"{SET_UP}p01/").content.decode()
    english = admin_client.get(f"{SET_UP}p01/", headers={"Accept-Language": "en"})
    assert "What points are called: stars" in english.content.decode()


def test_a_broken_file_is_told_and_no_error(
    admin_client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p08_broken.toml").write_text("id = 1", encoding="utf-8")
    monkeypatch.setattr(presets, "FOLDER", tmp_path)
    page = admin_client.get(SET_UP)
    assert (page.status_code, "p08_broken.toml" in page.content.decode()) == (200, True)
    assert admin_client.get(f"{SET_UP}p08/").status_code == 404


def test_what_is_no_preset_is_not_found(admin_client: Client) -> None:
    assert admin_client.get(f"{SET_UP}p77/").status_code == 404


@pytest.mark.parametrize(
    "fields", [{"title": ""}, {"title": "a\x00"}, {"starts_at_0": "soon"}, {"title": "x" * 61}]
)
def test_a_form_that_is_wrong_comes_back(admin_client: Client, fields: dict[str, str]) -> None:
    assert admin_client.post(f"{SET_UP}p08/", FIELDS | fields).status_code == 200
    assert not EarningRuleVersion.objects.exists()


def test_who_may_only_look_makes_no_draft() -> None:
    client = staff("campaigns.view_earningruleversion")
    assert client.get(SET_UP).status_code == 200
    page = client.get(f"{SET_UP}p08/")
    assert (page.status_code, b"<button" in page.content) == (200, True)
    assert "starts_at_0" not in page.content.decode()
    assert client.post(f"{SET_UP}p08/", FIELDS).status_code == 403
    assert not EarningRuleVersion.objects.exists()


def test_who_may_not_make_tags_or_change_the_ledger_is_not_asked() -> None:
    client = staff("campaigns.view_earningruleversion", "campaigns.add_earningruleversion")
    settings = balances.ledger_settings()
    settings.points_per_yuan = 200
    settings.save()
    client.post(f"{SET_UP}p11/", FIELDS | {"create_missing": "on"})
    client.post(f"{SET_UP}p22/", FIELDS | {"apply_ledger_settings": "on"})
    assert EarningRuleVersion.objects.count() == 2
    assert (Tag.objects.count(), balances.ledger_settings().points_per_yuan) == (0, 200)


def test_who_may_nothing_is_shown_nothing() -> None:
    client = staff("members.view_member")
    assert client.get(SET_UP).status_code == 403
    assert client.get(f"{SET_UP}p08/").status_code == 403
    assert SET_UP not in client.get("/admin/").content.decode()


def test_the_pages_cost_few_queries(admin_client: Client) -> None:
    """Two for session and person, and for a preset one for each kind of name that it has."""
    admin_client.get(SET_UP)
    costs = {}
    for name in ("", "p08/", "p11/", "p22/"):
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(f"{SET_UP}{name}").status_code == 200
        costs[name] = len(queries)
    assert costs == {"": 2, "p08/": 2, "p11/": 3, "p22/": 3}


def test_the_mall_of_a_preset_is_made_as_drafts(admin_client: Client) -> None:
    page = admin_client.get(f"{SET_UP}p21/").content.decode()
    assert "1 元券" in page
    content = {
        "title": "P21",
        "starts_at_0": "2027-01-01",
        "starts_at_1": "00:00",
        "make_mall": "on",
    }
    assert admin_client.post(f"{SET_UP}p21/", content).status_code == 302
    assert set(Reward.objects.values_list("code", "state")) == {
        ("p21-voucher", "draft"),
        ("p21-delivery", "draft"),
    }
    assert CouponTemplate.objects.filter(is_on=False).count() == 2


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", ["phone", "desktop"])
@pytest.mark.parametrize(
    ("language", "title", "button"),
    [("zh-hans", "开始使用", "用这个预设方案生成草稿"),
     ("en", "Set up", "Make a draft from this preset")],
)  # fmt: skip
def test_from_the_navigation_to_a_draft(
    width: str,
    language: str,
    title: str,
    button: str,
    request: pytest.FixtureRequest,
    live_server: LiveServer,
) -> None:
    page: Page = request.getfixturevalue(width)
    User.objects.create_superuser("boss", password="x")
    page.context.add_cookies(
        [{"name": "django_language", "value": language, "url": live_server.url}]
    )
    page.goto(f"/admin/login/?next={PATH}")
    page.fill("[name=username]", "boss")
    page.fill("[name=password]", "x")
    page.click("[type=submit]")
    page.goto(SET_UP)
    expect(page.locator("#content-main h1")).to_have_text(title)
    page.select_option("[name=trade]", "small_shop")
    page.locator("form[method=get] [type=submit]").click()
    expect(page.locator("article")).to_have_count(2)
    _fits(page)

    page.locator("article a").first.click()
    expect(page.locator(".rb-cases li")).to_have_count(6)
    _fits(page)
    page.get_by_role("button", name=button).click()

    page.wait_for_url(f"**{PATH}*/change/")
    draft = EarningRuleVersion.objects.get()
    assert draft.starts_at > timezone.now()
    assert draft.starts_at <= timezone.now() + timedelta(days=1)
    assert list(EarningRule.objects.values_list("key", flat=True)) == ["regulars"]
    assert Tag.objects.get().name == "老顾客"  # the box was ticked


def _fits(page: Page) -> None:
    """Nothing sticks out to the side."""
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]
