"""The catalogue and the wish list by API."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mall.models import Reward, RewardCategory, RewardPicture, Shelf, Wish
from mall.services import search
from tests import cast
from tests.mall import shelving
from tests.tiers.making import ladder

pytestmark = pytest.mark.django_db
REWARDS = "/api/v1/mall/rewards"
WISHES = "/api/v1/me/wishes"


def got(client: Client, address: str = REWARDS, **query: str | int) -> dict[str, Any]:
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.content.decode()
    told: dict[str, Any] = answer.json()
    return told


def names(client: Client, **query: str | int) -> list[str]:
    return [row["name"] for row in got(client, REWARDS, **query)["results"]]


def test_a_guest_reads_the_catalogue(client: Client) -> None:
    shelving.reward("茶", points=120, stock=3, low_stock=5)
    told = got(client)
    assert told["count"] == 1
    (row,) = told["results"]
    assert (row["price"], row["left"]) == ({"points": 120, "money": "0.00"}, 3)
    assert row["can_redeem"] is False
    assert row["reason"]["code"] == "sign_in"
    assert row["reason"]["message"] == "Sign in to redeem this." or row["reason"]["message"]


def test_a_member_reads_what_is_missing() -> None:
    lin = cast.member()
    cast.earned(lin, 100)
    near = shelving.reward("近", points=100)
    far = shelving.reward("远", points=330)
    program = cast.program_of(lin)
    rows = {row["code"]: row for row in got(program)["results"]}
    assert rows[near.code]["can_redeem"] is True
    assert rows[near.code]["reason"] is None
    reason = rows[far.code]["reason"]
    assert (reason["code"], reason["missing"]) == ("gap", 230)
    assert "230" in reason["label"]


def test_detail_with_variants_pictures_and_reasons(client: Client) -> None:
    gold = ladder()["gold"]
    reward = shelving.reward("杯", points=500, stock=0, level=gold, description="<p>好</p>")
    shelving.variant(reward, name="蓝", extra_points=50, stock=2)
    for place in (2, 1):
        RewardPicture.objects.create(
            reward=reward, path=f"rewards/{'x' * 20}{place}", width=960, height=960, position=place
        )
    told = got(client, f"{REWARDS}/{reward.code}")
    assert told["description"] == "<p>好</p>"
    assert [one["reason"]["code"] for one in told["variants"]] == ["level_needed"] * 2
    assert [one["price"]["points"] for one in told["variants"]] == [500, 550]
    sources = told["pictures"][0]["sources"]
    assert sources["320"] == f"http://testserver/mall/pictures/{'x' * 20}1-320.webp"
    assert client.get(f"{REWARDS}/nothing").status_code == 404
    assert client.get(f"{REWARDS}/{'x' * 3000}").status_code == 404


def test_an_invitation_is_seen_by_the_invited_only(client: Client) -> None:
    reward = shelving.reward("密", is_by_invitation=True, segment="vip")
    assert names(client) == []
    assert client.get(f"{REWARDS}/{reward.code}").status_code == 404
    lin = cast.program_of(cast.member())
    assert lin.put(f"{WISHES}/{reward.code}").status_code == 404


def test_pages_and_filters(client: Client) -> None:
    tea = RewardCategory.objects.create(code="tea", name="茶饮")
    for number in range(5):
        shelving.reward(f"茶{number}", category=tea, points=100 + number, position=number)
    search.rebuild()
    told = got(client, page_size=2, page=2, category="tea")
    assert told["count"] == 5
    assert [row["name"] for row in told["results"]] == ["茶2", "茶3"]
    assert told["next"].endswith("page=3&page_size=2") or "page=3" in told["next"]
    assert names(client, sort="-points", max_points=102) == ["茶2", "茶1", "茶0"]
    assert names(client, q="茶饮", sort="points")[:2] == ["茶0", "茶1"]
    assert names(client, kind="virtual") == []
    assert names(client, affordable="true") == []
    assert len(names(client, in_stock="true")) == 5


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": str(2**63)},
        {"page_size": "-1"},
        {"page_size": "101"},
        {"min_points": "-1"},
        {"min_points": "1e309"},
        {"max_points": str(2**63)},
        {"sort": "price"},
        {"kind": "car"},
        {"affordable": "perhaps"},
        {"q": "x" * 5_001},
        {"category": "不是码"},
        {"colour": "red"},
        {"q": "\x00"},
    ],
)
def test_bad_questions_get_a_code_and_a_sentence(client: Client, query: dict[str, str]) -> None:
    shelving.reward()
    answer = client.get(REWARDS, query)
    assert answer.status_code == 400
    assert answer.json()["message"]


@pytest.mark.parametrize("text", ["茶" * 5000, "' OR 1=1 --", '"', "*", "NEAR/2", "\\", "🍵"])
def test_strange_words_are_words(client: Client, text: str) -> None:
    assert names(client, q=text) == []


def test_a_page_too_far_is_not_there(client: Client) -> None:
    shelving.reward()
    assert client.get(REWARDS, {"page": 2}).status_code == 404


def test_layout(client: Client) -> None:
    levels = ladder()
    RewardCategory.objects.create(code="tea", name="茶饮", name_en="Tea")
    RewardCategory.objects.create(code="old", name="旧", is_on=False)
    Shelf.objects.create(code="gold", name="金架", level=levels["gold"], words="好")
    told = got(client, "/api/v1/mall")
    assert told == {
        "categories": [{"code": "tea", "name": "茶饮"}],
        "shelves": [{"code": "gold", "name": "金架", "words": "好", "level": "gold"}],
    }
    english = Client(headers={"Accept-Language": "en"})
    assert got(english, "/api/v1/mall")["categories"][0]["name"] == "Tea"


def test_wishes(client: Client) -> None:
    lin = cast.member()
    program = cast.program_of(lin)
    cup, tea = shelving.reward("杯"), shelving.reward("茶")
    assert client.put(f"{WISHES}/{cup.code}").status_code == 401
    assert [program.put(f"{WISHES}/{cup.code}").status_code for _ in range(2)] == [201, 200]
    assert program.put(f"{WISHES}/{tea.code}").status_code == 201
    Wish.objects.filter(reward=cup).update(wished_at=timezone.now() - timedelta(days=1))
    assert [row["name"] for row in got(program, WISHES)["results"]] == ["茶", "杯"]
    assert {row["name"]: row["is_wished"] for row in got(program)["results"]}["茶"] is True
    Reward.objects.filter(pk=tea.pk).update(state="off")
    assert [row["name"] for row in got(program, WISHES)["results"]] == ["杯"]
    for _ in range(2):
        assert program.delete(f"{WISHES}/{tea.code}").status_code == 204
    assert Wish.objects.get().reward == cup
    assert program.put(f"{WISHES}/nothing").status_code == 404


def test_a_wish_list_has_an_end() -> None:
    lin = cast.member()
    one = shelving.reward()
    for _ in range(200):
        reward = shelving.reward(stock=-1)
        Wish.objects.create(member=lin, reward=reward, wished_at=timezone.now())
    answer = cast.program_of(lin).put(f"{WISHES}/{one.code}")
    assert (answer.status_code, answer.json()["code"]) == (422, "wishes_full")


def test_queries_are_as_many_for_three_as_for_one() -> None:
    lin = cast.member()
    cast.earned(lin, 1000)
    program = cast.program_of(lin)
    counts: dict[str, list[int]] = {}
    for number in (1, 3):
        while Reward.objects.count() < number:
            Wish.objects.create(member=lin, reward=shelving.reward(), wished_at=timezone.now())
        one = Reward.objects.earliest("pk").code
        for address in (REWARDS, f"{REWARDS}?affordable=1&sort=points", f"{REWARDS}/{one}", WISHES):
            with CaptureQueriesContext(connection) as asked:
                assert program.get(address).status_code == 200
            counts.setdefault(address.partition("r1")[0], []).append(len(asked))
    assert list(counts.values()) == [[12, 12], [13, 13], [12, 12], [12, 12]]
