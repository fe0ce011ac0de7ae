"""The part in money: WeChat Pay's protocol against a stand-in that keeps it strictly."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from django.test import Client
from django.utils import timezone

from config.stand_ins import wechat_pay
from mall.exceptions.payments import (
    NoticeForged,
    PayerUnknown,
    PaymentNotDue,
    PaymentRefused,
    PaymentUnavailable,
    WayNotOffered,
)
from mall.models import Payment, Redemption, Refund
from mall.services import payments, progress, returns, sweeps
from mall.services.payments import providers, signing
from members.models import WechatIdentity
from notifications.models import Notice
from notifications.services import noting
from points.selectors import balance
from tests import cast
from tests.mall import redeeming

pytestmark = pytest.mark.django_db

STATE = Redemption.State
NOTIFY = "/payments/wechat/notify/"


@pytest.fixture
def wechat(settings: Any, tmp_path: Any) -> Any:
    stand_in = wechat_pay.WechatPayStandIn()
    (tmp_path / "key.pem").write_bytes(stand_in.merchant_key)
    (tmp_path / "platform.pem").write_bytes(stand_in.platform_key)
    with wechat_pay.running(stand_in) as address:
        settings.PAYMENT_PROVIDER = "wechat"
        settings.WECHAT_APP_ID = stand_in.app_id
        settings.WECHAT_PAY_BASE = address
        settings.WECHAT_PAY_MERCHANT = stand_in.merchant
        settings.WECHAT_PAY_SERIAL = stand_in.serial
        settings.WECHAT_PAY_KEY_FILE = str(tmp_path / "key.pem")
        settings.WECHAT_PAY_API_KEY = stand_in.api_key
        settings.WECHAT_PAY_PLATFORM_SERIAL = wechat_pay.PLATFORM_SERIAL
        settings.WECHAT_PAY_PLATFORM_KEY_FILE = str(tmp_path / "platform.pem")
        settings.WECHAT_PAY_NOTIFY_URL = "https://points.example.com/payments/wechat/notify/"
        providers.named.cache_clear()
        yield stand_in
        wechat_pay_client: Any = providers.named("wechat")
        wechat_pay_client._http.close()
        providers.named.cache_clear()


def unpaid(person: Any, **values: Any) -> Any:
    reward = redeeming.reward(money=Decimal("9.90"), **values)
    return redeeming.placed(person, reward)


def notified(wechat: Any, body: Any, **headers: Any) -> Any:
    return Client().post(
        NOTIFY, body, content_type="application/json", headers=wechat.signed(body) | headers
    )


def start(order: Any, way: Any = "native", **values: Any) -> Any:
    return payments.start(redemption=order, way=way, at=timezone.now(), **values)


def test_paid_in_the_mini_program(wechat: Any) -> None:
    person = redeeming.rich()
    order = unpaid(person)
    with pytest.raises(PayerUnknown):
        start(order, "mini_program")
    WechatIdentity.objects.create(
        member=person, app_id=wechat.app_id, openid="o-lin", bound_at=timezone.now()
    )
    program = cast.program_of(person)
    answer = program.post(
        f"/api/v1/me/redemptions/{order.number}/payment",
        {"way": "mini_program"},
        content_type="application/json",
    ).json()
    found = answer["parameters"]
    message = signing.lines(wechat.app_id, found["timeStamp"], found["nonceStr"], found["package"])
    merchant = signing.private_key(wechat.merchant_key).public_key()
    assert signing.is_signed(merchant, found["paySign"], message)
    body = wechat.notice(wechat.pay(f"R{order.number}"))
    assert [notified(wechat, body).status_code for _twice in range(2)] == [204, 204]
    order.refresh_from_db()
    assert (order.state, order.pay_by) == (STATE.PLACED, None)
    assert [step.state for step in order.steps.order_by("pk")] == ["unpaid", "placed"]
    with pytest.raises(PaymentNotDue):
        start(order)


def test_starting_again_is_the_same_payment(wechat: Any) -> None:
    order = unpaid(redeeming.rich())
    assert start(order) == start(order)
    assert start(order, "h5", ip="203.0.113.7")["h5_url"].startswith("https://")
    with pytest.raises(WayNotOffered):
        start(order, "cash")


def test_a_lost_notice_is_asked_for(wechat: Any) -> None:
    order = unpaid(redeeming.rich())
    start(order)
    wechat.pay(f"R{order.number}")
    now = timezone.now()
    assert payments.tend(now=now)["settled"] == 0
    assert payments.tend(now=now + timedelta(seconds=30))["settled"] == 1
    order.refresh_from_db()
    assert order.state == STATE.PLACED


def test_what_was_never_started_is_still_open(wechat: Any) -> None:
    unpaid(redeeming.rich())
    assert payments.tend(now=timezone.now() + timedelta(minutes=1))["settled"] == 0


def test_an_order_that_ran_out_is_closed_with_the_provider(wechat: Any) -> None:
    order = unpaid(redeeming.rich())
    start(order)
    sweeps.cancel_unpaid(now=order.pay_by)
    assert payments.tend(now=order.pay_by)["closed"] == 1
    assert wechat._orders[f"R{order.number}"].state == "CLOSED"
    assert payments.tend(now=order.pay_by + timedelta(minutes=5))["closed"] == 0


def test_money_that_comes_too_late_goes_back(wechat: Any) -> None:
    person = redeeming.rich()
    order = unpaid(person)
    start(order)
    content = wechat.pay(f"R{order.number}")
    sweeps.cancel_unpaid(now=order.pay_by)
    assert notified(wechat, wechat.notice(content)).status_code == 204
    order.refresh_from_db()
    assert (order.state, balance(person.pk, timezone.now()).available) == (STATE.CANCELLED, 1000)
    payments.tend(now=timezone.now())
    assert wechat.refunded(f"R{order.number}") == 990
    assert Refund.objects.get().state == "done"


def test_paid_at_the_very_moment_of_closing(wechat: Any) -> None:
    order = unpaid(redeeming.rich())
    start(order)
    sweeps.cancel_unpaid(now=order.pay_by)
    wechat.pay(f"R{order.number}")
    payments.tend(now=order.pay_by)
    payments.tend(now=order.pay_by + timedelta(minutes=1))
    assert wechat.refunded(f"R{order.number}") == 990
    payment = Payment.objects.get()
    assert (payment.state, payment.is_close_due) == ("paid", False)


def paid(wechat: Any, person: Any, **values: Any) -> Any:
    order = unpaid(person, **values)
    start(order)
    notified(wechat, wechat.notice(wechat.pay(f"R{order.number}")))
    return Redemption.objects.get(pk=order.pk)


def test_cancelling_sends_the_money_back_once(wechat: Any) -> None:
    person = redeeming.rich()
    order = paid(wechat, person)
    wechat.slow_refunds = 1
    progress.cancel(redemption_id=order.pk, actor="m", at=timezone.now(), member_id=person.pk)
    now = timezone.now()
    assert payments.tend(now=now)["refunded"] == 0
    assert Refund.objects.get().state == "processing"
    assert payments.tend(now=now + timedelta(minutes=2))["refunded"] == 1
    assert payments.tend(now=now + timedelta(hours=2))["refunded"] == 0
    assert wechat.refunded(f"R{order.number}") == 990
    noting.tell_noted(now=now + timedelta(hours=2))
    told = Notice.objects.get(event="refunded")
    assert (told.member_id, told.context["yuan"]) == (person.pk, "9.90")


def test_a_provider_that_is_away_loses_nothing(wechat: Any) -> None:
    person = redeeming.rich()
    order = paid(wechat, person)
    progress.cancel(redemption_id=order.pk, actor="m", at=timezone.now(), member_id=person.pk)
    now = timezone.now()
    faults = ("busy", "garbage", "unsigned", "forged", "broken")
    for nth, fault in enumerate(faults):
        wechat.fault = fault
        assert payments.tend(now=now + timedelta(hours=2 * nth))["refunded"] == 0
    assert Refund.objects.get().state == "due"
    wechat.fault = ""
    assert payments.tend(now=now + timedelta(hours=24))["refunded"] == 1
    assert wechat.refunded(f"R{order.number}") == 990


@pytest.mark.parametrize("fault", ["busy", "garbage", "unsigned", "forged", "broken"])
def test_answers_that_are_none(wechat: Any, fault: Any) -> None:
    order = unpaid(redeeming.rich())
    wechat.fault = fault
    with pytest.raises(PaymentUnavailable):
        start(order)
    order.refresh_from_db()
    assert order.state == STATE.UNPAID


def test_a_key_that_the_platform_does_not_know(wechat: Any) -> None:
    order = unpaid(redeeming.rich())
    wechat._key = generate_private_key(65537, 2048)
    with pytest.raises(PaymentRefused):
        start(order)


def test_notices_that_prove_nothing(wechat: Any) -> None:
    order = unpaid(redeeming.rich())
    start(order)
    content = wechat.pay(f"R{order.number}")
    body = wechat.notice(content)
    old = wechat.signed(body, at=int(timezone.now().timestamp()) - 301)
    changed = json.loads(body)
    changed["resource"]["ciphertext"] = "AAAA" + changed["resource"]["ciphertext"][4:]
    tampered = json.dumps(changed).encode()
    wrong = [
        notified(wechat, body, **{"Wechatpay-Signature": "AAAA"}),
        notified(wechat, body, **{"Wechatpay-Signature": "WECHATPAY/SIGNTEST/abc"}),
        notified(wechat, body, **{"Wechatpay-Serial": "other"}),
        notified(wechat, body, **{"Wechatpay-Timestamp": "x"}),
        notified(wechat, body, **old),
        notified(wechat, tampered),
        notified(wechat, b"[]"),
        notified(wechat, b'{"resource": 1}'),
        Client().post(NOTIFY, body, content_type="application/json"),
    ]
    assert [answer.status_code for answer in wrong] == [401] * len(wrong)
    order.refresh_from_db()
    assert order.state == STATE.UNPAID
    assert Client().post("/payments/nobody/notify/").status_code == 404
    assert Client().get(NOTIFY).status_code == 405


def test_another_amount_or_order_is_never_taken_for_ours(wechat: Any, caplog: Any) -> None:
    order = unpaid(redeeming.rich())
    start(order)
    content = wechat.pay(f"R{order.number}")
    for change in ({"amount": {"total": 1}}, {"amount": None}, {"out_trade_no": "R0"}):
        assert notified(wechat, wechat.notice(content | change)).status_code == 204
    assert notified(wechat, wechat.notice(content | {"mchid": "other"})).status_code == 401
    order.refresh_from_db()
    assert order.state == STATE.UNPAID
    assert "instead of" in caplog.text


def test_other_events_are_taken_in_and_change_nothing(wechat: Any) -> None:
    order = unpaid(redeeming.rich())
    start(order)
    body = wechat.notice(wechat.pay(f"R{order.number}"), event="REFUND.SUCCESS")
    assert notified(wechat, body).status_code == 204
    order.refresh_from_db()
    assert order.state == STATE.UNPAID


def test_pieces_sent_back_get_their_share_of_the_money(wechat: Any) -> None:
    person = redeeming.rich()
    reward = redeeming.reward(
        money=Decimal("3.33"), can_ship=True, can_pick_up=False, freight=Decimal(8)
    )
    order = redeeming.placed(person, reward, quantity=3, address_id=redeeming.address(person).pk)
    start(order)
    notified(wechat, wechat.notice(wechat.pay(f"R{order.number}")))
    now = timezone.now()
    progress.ship(redemption_id=order.pk, carrier="顺丰", tracking_number="SF1", actor="s", at=now)
    moneys = []
    for quantity in (1, 2):
        one = returns.ask(
            redemption_id=order.pk, member_id=person.pk, quantity=quantity, reason="damaged",
            words="", at=now,
        )  # fmt: skip
        returns.decide(return_id=one.pk, is_approved=True, answer="", actor="s", at=now)
        one = returns.receive(return_id=one.pk, is_sellable=True, actor="s", at=now)
        moneys.append(one.money)
    assert moneys == [Decimal("3.33"), Decimal("6.66")]
    payments.tend(now=timezone.now())
    # The freight has been used up: it stays paid.
    assert wechat.refunded(f"R{order.number}") == 999


def test_the_trial_pays_by_a_button(client: Any) -> None:
    person = redeeming.rich()
    order = unpaid(person)
    browser = cast.browser_of(person)
    stranger = cast.browser_of(cast.member("13900139000"))
    path = f"/mall/orders/{order.number}/trial-pay/"
    assert stranger.post(path).status_code == 404
    assert browser.post(path).status_code == 302
    order.refresh_from_db()
    assert order.state == STATE.PLACED
    with pytest.raises(NoticeForged):
        payments.notify(provider="trial", headers={}, body=b"", at=timezone.now())
