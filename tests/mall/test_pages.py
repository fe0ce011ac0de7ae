"""The mall's pages without a browser: who sees what, how much is asked, what is refused."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mall.models import Redemption, Reward, RewardCategory, RewardPrice, Wish
from mall.services import progress
from members.models import Member
from points import selectors
from points.services import accounts
from tests import cast
from tests.mall import redeeming, shelving

pytestmark = pytest.mark.django_db


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def fields(page: str) -> dict[str, str]:
    """The hidden and chosen values of the order's form."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    chosen = re.findall(r'type="radio" name="(\w+)" value="([^"]*)" checked', page)
    return found | dict(chosen) | {"quantity": "1"}


def test_guests_look_and_are_led_to_sign_in(client: Client) -> None:
    reward = shelving.reward("茶")
    for address in ("/mall/", "/mall/rewards/", f"/mall/rewards/{reward.code}/"):
        assert "茶" in text(client, address)
    assert f"/sign-in/?next=/mall/rewards/{reward.code}/" in text(
        client, f"/mall/rewards/{reward.code}/"
    )
    for address in (f"/mall/rewards/{reward.code}/redeem/", "/mall/orders/", "/mall/wishes/"):
        assert client.get(address)["Location"].startswith("/sign-in/")


def test_gaps_and_reasons_are_said() -> None:
    lin = cast.member()
    cast.earned(lin, 100)
    browser = cast.browser_of(lin)
    far = shelving.reward("远", points=330)
    later = shelving.reward("晚", starts_at=timezone.now() + timedelta(hours=30))
    gone = shelving.reward("无", stock=0)
    page = text(browser, "/mall/rewards/")
    for words in ("还差 230 积分", "尚未开始", "已兑完"):
        assert words in page
    assert "还差 230 积分" in text(browser, f"/mall/rewards/{far.code}/")
    assert "距开始 1 天" in text(browser, f"/mall/rewards/{later.code}/")
    assert 'form="order"' not in text(browser, f"/mall/rewards/{gone.code}/")


def test_what_is_not_understood_narrows_not(client: Client) -> None:
    shelving.reward("茶")
    for query in ("sort=x", "min_points=1e309", "category=nowhere", "kind=car", "min_points=-1"):
        assert "茶" in text(client, f"/mall/rewards/?{query}")
    text(client, "/mall/rewards/?page=99", status=404)
    text(client, "/mall/rewards/nothing/", status=404)
    assert "没有符合" in text(client, "/mall/rewards/?q=火锅")
    assert "&lt;script&gt;" in text(client, "/mall/rewards/?q=<script>")


def test_a_description_is_cleaned_even_when_a_script_wrote_it(client: Client) -> None:
    reward = shelving.reward(description="<p>好</p><script>alert(1)</script><img src=x>")
    page = text(client, f"/mall/rewards/{reward.code}/")
    assert "<p>好</p>" in page
    assert "alert(1)" not in page
    assert "<img src=x" not in page


def test_confirm_redeem_and_the_same_click_again() -> None:
    lin = redeeming.rich(1000)
    redeeming.address(lin)
    reward = shelving.reward(points=600)
    browser = cast.browser_of(lin)
    address = f"/mall/rewards/{reward.code}/redeem/"
    sent = fields(text(browser, address)) | {"confirmed": "1"}
    first = browser.post(address, sent)
    assert first.status_code == 302
    order = Redemption.objects.get()
    assert first["Location"] == f"/mall/orders/{order.number}/?new=1"
    assert browser.post(address, sent)["Location"] == first["Location"]
    assert Redemption.objects.count() == 1
    assert selectors.balance(lin.pk, timezone.now()).available == 400
    assert "兑换成功" in text(browser, first["Location"])
    other = browser.post(address, sent | {"quantity": "2"})
    assert other.status_code == 422
    assert fields(other.content.decode())["key"] != sent["key"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": "0"},
        {"quantity": "-1"},
        {"quantity": str(2**63)},
        {"quantity": "1e309"},
        {"quantity": ""},
        {"variant": "nothing"},
        {"delivery": "digital"},
        {"delivery": "drone"},
        {"address": "999999"},
        {"address": "x"},
        {"key": ""},
        {"key": "x" * 65},
        {"expected_points": "1"},
        {"expected_money": "NaN"},
    ],
)
def test_wrong_orders_take_nothing(wrong: dict[str, str]) -> None:
    lin = redeeming.rich(1000)
    redeeming.address(lin)
    reward = shelving.reward(points=600, can_pick_up=True)
    browser = cast.browser_of(lin)
    address = f"/mall/rewards/{reward.code}/redeem/"
    sent = fields(text(browser, address)) | {"confirmed": "1"} | wrong
    answer = browser.post(address, sent)
    assert answer.status_code == 422
    assert not Redemption.objects.exists()
    assert selectors.balance(lin.pk, timezone.now()).available == 1000


def test_a_price_that_ended_meanwhile_is_shown_anew() -> None:
    lin = redeeming.rich(1000)
    redeeming.address(lin)
    reward = shelving.reward(points=600)
    deal = RewardPrice.objects.create(
        reward=reward, points=300, ends_at=timezone.now() + timedelta(hours=1)
    )
    browser = cast.browser_of(lin)
    address = f"/mall/rewards/{reward.code}/redeem/"
    sent = fields(text(browser, address))
    assert sent["expected_points"] == "300"
    deal.delete()
    answer = browser.post(address, sent | {"confirmed": "1"})
    assert answer.status_code == 422
    assert fields(answer.content.decode())["expected_points"] == "600"
    assert not Redemption.objects.exists()


def test_somebody_elses_order_is_not_there() -> None:
    order = redeeming.placed(redeeming.rich(), redeeming.reward())
    browser = cast.browser_of(cast.member("13700137000"))
    text(browser, f"/mall/orders/{order.number}/", status=404)
    for act in ("cancel", "received", "codes", "return", "pay"):
        assert browser.post(f"/mall/orders/{order.number}/{act}/").status_code == 404
    order.refresh_from_db()
    assert order.state == "placed"


def test_cancel_gives_back_and_twice_changes_nothing() -> None:
    lin = redeeming.rich(1000)
    order = redeeming.placed(lin, redeeming.reward())
    browser = cast.browser_of(lin)
    for _ in range(2):
        assert browser.post(f"/mall/orders/{order.number}/cancel/").status_code == 302
    assert selectors.balance(lin.pk, timezone.now()).available == 1000
    assert "已取消" in text(browser, f"/mall/orders/{order.number}/")
    answer = browser.post(f"/mall/orders/{order.number}/received/")
    assert answer.status_code == 409


def test_a_parcel_arrives_and_part_of_it_is_sent_back() -> None:
    lin = redeeming.rich(1000)
    home = redeeming.address(lin)
    reward = redeeming.reward(can_ship=True)
    order = redeeming.placed(lin, reward, quantity=2, delivery="ship", address_id=home.pk)
    now = timezone.now()
    progress.ship(
        redemption_id=order.pk, carrier="顺丰", tracking_number="SF1", actor="staff:1", at=now
    )
    browser = cast.browser_of(lin)
    assert "SF1" in text(browser, f"/mall/orders/{order.number}/")
    assert browser.post(f"/mall/orders/{order.number}/received/").status_code == 302
    address = f"/mall/orders/{order.number}/return/"
    assert browser.post(address, {"quantity": "3", "reason": "quality"}).status_code == 422
    assert browser.post(address, {"quantity": "1", "reason": "no"}).status_code == 422
    assert browser.post(address, {"quantity": "1", "reason": "quality"}).status_code == 302
    asked = order.returns.get()
    assert browser.post(address, {"quantity": "1", "reason": "quality"}).status_code == 422
    withdraw = f"/mall/orders/{order.number}/returns/{asked.pk}/withdraw/"
    assert browser.post(withdraw).status_code == 302


def test_the_code_at_the_counter_comes_in_parts() -> None:
    lin = redeeming.rich()
    order = redeeming.placed(lin, redeeming.reward())
    browser = cast.browser_of(lin)
    part = browser.get(f"/mall/orders/{order.number}/", headers={"X-Part": "code"})
    assert "code-card" in part.content.decode()
    assert "<html" not in part.content.decode()
    Redemption.objects.filter(pk=order.pk).update(state="cancelled")
    gone = browser.get(f"/mall/orders/{order.number}/", headers={"X-Part": "code"})
    assert gone.status_code == 409


def test_wishing_and_its_list() -> None:
    lin = cast.member()
    reward = shelving.reward("茶")
    browser = cast.browser_of(lin)
    address = f"/mall/rewards/{reward.code}/wish/"
    for _ in range(2):
        assert browser.post(address, {"on": "1"}).status_code == 302
    assert Wish.objects.count() == 1
    assert "茶" in text(browser, "/mall/wishes/")
    evil = browser.post(address, {"on": "0", "next": "https://evil.example/"})
    assert evil["Location"] == "/"
    assert not Wish.objects.exists()
    assert browser.post("/mall/rewards/nothing/wish/", {"on": "1"}).status_code == 404


def test_a_frozen_account_is_told(client: Client) -> None:
    lin = redeeming.rich()
    accounts.freeze(member_id=lin.pk, reason="x", reference="f", actor="staff:1", at=timezone.now())
    browser = cast.browser_of(lin)
    reward = shelving.reward()
    assert "账户已冻结" in text(browser, "/mall/")
    assert "账户已冻结" in text(browser, f"/mall/rewards/{reward.code}/")


def _busy(person: Member, number: int) -> None:
    tea, _made = RewardCategory.objects.get_or_create(code="tea", defaults={"name": "茶"})
    while Reward.objects.count() < number:
        reward = shelving.reward(category=tea, can_pick_up=True, points=1, stock=50)
        RewardPrice.objects.create(
            reward=reward, points=1, ends_at=timezone.now() + timedelta(days=1)
        )
        Wish.objects.create(member=person, reward=reward, wished_at=timezone.now())
        redeeming.placed(person, reward, delivery="pick_up", pick_up_store_id=redeeming.shop().pk)


def test_pages_ask_as_much_for_three_as_for_one() -> None:
    lin = redeeming.rich()
    browser = cast.browser_of(lin)
    counts: dict[str, list[int]] = {}
    for number in (1, 3):
        _busy(lin, number)
        for address in ("/mall/", "/mall/rewards/", "/mall/wishes/", "/mall/orders/", "/"):
            with CaptureQueriesContext(connection) as asked:
                text(browser, address)
            counts.setdefault(address, []).append(len(asked))
    assert counts == {
        "/mall/": [20, 20],
        "/mall/rewards/": [17, 17],
        "/mall/wishes/": [13, 13],
        "/mall/orders/": [5, 5],
        "/": [12, 12],
    }


def test_yuan_and_freight_are_shown_before_it_counts() -> None:
    lin = redeeming.rich(1000)
    redeeming.address(lin)
    reward = shelving.reward(points=100, money=Decimal("29.00"), freight=Decimal("8.00"))
    page = text(cast.browser_of(lin), f"/mall/rewards/{reward.code}/redeem/")
    assert "¥8.00" in page
    assert fields(page)["expected_money"] == "37.00"
