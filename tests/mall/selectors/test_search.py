"""Questions as people type them, on whichever database the tests run."""

import pytest
from django.core.management import call_command
from django.db import connection

from mall.models import Reward, RewardCategory
from mall.selectors import search as asking
from mall.services import search
from tests.mall import shelving

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> dict[str, Reward]:
    tea = RewardCategory.objects.create(code="tea", name="茶饮", name_en="Tea")
    rewards = {
        "longjing": shelving.reward(
            "明前龙井茶 50 克",
            name_en="Longjing green tea 50 g",
            category=tea,
            description="<p>西湖<strong>狮峰</strong>手工炒制</p>",
        ),
        "latte": shelving.reward("龙井拿铁 Latte 大杯", summary="现做，任意门店", category=tea),
        "cup": shelving.reward("随行保温杯 500ml", summary="山野器 316 不锈钢，泡龙井正好"),
        "bag": shelving.reward("帆布袋", name_en="Canvas bag", description="装得下一提茶叶"),
        "miles": shelving.reward("航空里程兑换", partner="东方航空", kind=Reward.Kind.PARTNER),
        "grey": shelving.reward("Earl Grey 伯爵红茶", code="earl-grey"),
        "cake": shelving.reward("六寸生日蛋糕「栗子」"),
    }
    shelving.variant(rewards["cup"], sku="BW-316-BLUE", name="雾蓝", name_en="Mist")
    search.index(reward_ids=[reward.pk for reward in rewards.values()])
    return rewards


def found(shop: dict[str, Reward], text: str) -> list[str]:
    names = {reward.pk: name for name, reward in shop.items()}
    rows = asking.matching(Reward.objects.all(), asking.question(text))
    return [names[row.pk] for row in rows.order_by("-relevance", "pk")]  # type: ignore[misc]  # annotated in there


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("龙井", ["longjing", "latte", "cup"]),
        ("龙井茶", ["longjing"]),
        ("明前", ["longjing"]),
        ("明前龙井茶", ["longjing"]),
        ("龙", ["longjing", "latte", "cup"]),
        ("茶", ["longjing", "grey", "latte", "bag"]),
        ("茶饮", ["longjing", "latte"]),
        ("狮峰", ["longjing"]),
        ("手工炒制", ["longjing"]),
        ("西湖狮峰", ["longjing"]),
        ("井龙", []),
        ("拿铁", ["latte"]),
        ("拿铁 龙井", ["latte"]),
        ("龙井 拿铁", ["latte"]),
        ("龙井latte", ["latte"]),
        ("LATTE", ["latte"]),
        ("ｌａｔｔｅ", ["latte"]),  # noqa: RUF001
        ("Lat", ["latte"]),
        ("longjing tea", ["longjing"]),
        ("tea", ["longjing", "latte"]),
        ("保温杯", ["cup"]),
        ("保温杯５００ＭＬ", ["cup"]),
        ("500", ["cup"]),
        ("316", ["cup"]),
        ("BW-316-BLUE", ["cup"]),
        ("雾蓝", ["cup"]),
        ("山野器", ["cup"]),
        ("canvas", ["bag"]),
        ("帆布袋", ["bag"]),
        ("布", ["bag"]),
        ("东方航空", ["miles"]),
        ("里程", ["miles"]),
        ("earl-grey", ["grey"]),
        ("earl gre", ["grey"]),
        ("伯爵 红茶", ["grey"]),
        ("生日蛋糕", ["cake"]),
        ("「栗子」", ["cake"]),
        ("栗子蛋糕", []),
        ('"龙井"', ["longjing", "latte", "cup"]),
        ("龙井*", ["longjing", "latte", "cup"]),
        ("-龙井", ["longjing", "latte", "cup"]),
        ("龙井 & 拿铁 | ! <->", ["latte"]),
        ("name:龙井", []),
        ("龙井 OR 帆布袋", []),
        ("NEAR(龙井 拿铁)", []),
        ("'; DROP TABLE mall_reward; --", []),
        ("%", []),
        ("_", []),
        ("", []),
        ("   ", []),
        ("\"'()*:^{}", []),
        ("龙井\x00拿铁", ["latte"]),
        ("\x00", []),
        ("\ud83c", []),
        ("🍵", []),
        ("🍵龙井茶", ["longjing"]),
        ("è", []),
        ("火锅", []),
    ],
)
def test_what_a_question_finds(shop: dict[str, Reward], text: str, names: list[str]) -> None:
    assert found(shop, text) == names


def test_five_thousand_signs_are_a_question_like_others(shop: dict[str, Reward]) -> None:
    assert found(shop, "龙井" * 2500) == []
    assert found(shop, "龙" * 5000) == []
    assert found(shop, "x" * 5000) == []
    assert found(shop, "龙井 " * 1666) == ["longjing", "latte", "cup"]


def test_a_change_is_found_once_it_is_indexed(shop: dict[str, Reward]) -> None:
    Reward.objects.filter(pk=shop["bag"].pk).update(name="油纸伞")
    search.index(reward_ids=[shop["bag"].pk])
    assert found(shop, "油纸伞") == ["bag"]
    assert found(shop, "帆布") == []


def test_a_category_takes_its_rewards_along(shop: dict[str, Reward]) -> None:
    tea = RewardCategory.objects.get(code="tea")
    RewardCategory.objects.filter(pk=tea.pk).update(name="热饮")
    search.index_category(category_id=tea.pk)
    assert found(shop, "热饮") == ["longjing", "latte"]
    assert found(shop, "茶饮") == []


def test_the_index_is_made_anew_by_command(shop: dict[str, Reward]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM mall_reward_search")
    assert found(shop, "龙井") == []
    call_command("index_rewards")
    assert found(shop, "龙井") == ["longjing", "latte", "cup"]
