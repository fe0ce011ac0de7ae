"""WeChat Pay, API v3, for a merchant of its own (直连商户).

Written to the published pages 「JSAPI 支付」, 「Native 支付」, 「H5 支付」, 「查询订单」,
「关闭订单」, 「退款申请」, 「支付成功回调通知」 and 「签名生成/验证」. Amounts in fen, CNY.
"""

import json
import logging
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from django.conf import settings
from django.utils.timezone import localtime

from mall.exceptions.payments import (
    NoticeForged,
    PayerUnknown,
    PaymentRefused,
    PaymentUnavailable,
    WayNotOffered,
)
from mall.services.payments import signing
from mall.services.payments.providers import Bill, RefundOrder, RefundSeen, Seen

logger = logging.getLogger(__name__)

_TIMEOUT = httpx.Timeout(3.0, connect=1.5, pool=0.5)
_ANSWER_BYTES_MAX = 256 * 1024
# A notice or an answer that is older than this may be one that somebody has kept.
_CLOCK_SECONDS = 300
_WORDS_MAX = 40
# With these the same request may succeed later; WeChat asks to send it again unchanged.
_LATER = frozenset({"SYSTEM_ERROR", "SYSTEMERROR", "FREQUENCY_LIMITED", "BANKERROR"})
_PAID, _CLOSED = {"SUCCESS", "REFUND"}, {"CLOSED", "REVOKED"}
_REFUNDS = {"SUCCESS": "done", "PROCESSING": "processing"}
_PATHS = {"mini_program": "jsapi", "native": "native", "h5": "h5"}


class WechatPay:
    """The provider for real use, and for the stand-in, which differs only in its address."""

    @cached_property
    def _key(self) -> RSAPrivateKey:
        return signing.private_key(Path(settings.WECHAT_PAY_KEY_FILE).read_bytes())

    @cached_property
    def _platform_key(self) -> RSAPublicKey:
        return signing.public_key(Path(settings.WECHAT_PAY_PLATFORM_KEY_FILE).read_bytes())

    @cached_property
    def _http(self) -> httpx.Client:
        return httpx.Client(base_url=settings.WECHAT_PAY_BASE, timeout=_TIMEOUT)

    def start(self, bill: Bill, *, way: str) -> Mapping[str, str]:
        """For the mini-program what `wx.requestPayment` takes; else `code_url` or `h5_url`."""
        if way not in _PATHS:
            raise WayNotOffered
        content: dict[str, Any] = {
            "appid": settings.WECHAT_APP_ID,
            "mchid": settings.WECHAT_PAY_MERCHANT,
            "description": bill.words[:_WORDS_MAX],
            "out_trade_no": bill.out_trade_no,
            "time_expire": localtime(bill.expires_at).isoformat(timespec="seconds"),
            "notify_url": settings.WECHAT_PAY_NOTIFY_URL,
            "amount": {"total": bill.amount, "currency": "CNY"},
        }
        if way == "mini_program":
            if not bill.payer:
                raise PayerUnknown
            content["payer"] = {"openid": bill.payer}
        if way == "h5":
            content["scene_info"] = {"payer_client_ip": bill.ip, "h5_info": {"type": "Wap"}}
        answer = self._call("POST", f"/v3/pay/transactions/{_PATHS[way]}", content)
        if way == "mini_program":
            return self._parameters(_text(answer, "prepay_id"))
        name = "code_url" if way == "native" else "h5_url"
        url = _text(answer, name)
        if way == "h5" and bill.return_url:
            url += "&" + urlencode({"redirect_url": bill.return_url})
        return {name: url}

    def look(self, out_trade_no: str) -> Seen:
        query = urlencode({"mchid": settings.WECHAT_PAY_MERCHANT})
        path = f"/v3/pay/transactions/out-trade-no/{out_trade_no}?{query}"
        try:
            return _seen(self._call("GET", path))
        except _NoSuchOrder:
            # It was never started: nobody has opened the page on which one pays.
            return Seen(out_trade_no, "open")

    def close(self, out_trade_no: str) -> None:
        path = f"/v3/pay/transactions/out-trade-no/{out_trade_no}/close"
        try:
            self._call("POST", path, {"mchid": settings.WECHAT_PAY_MERCHANT})
        except _NoSuchOrder:
            return

    def refund(self, order: RefundOrder) -> RefundSeen:
        content = {
            "out_trade_no": order.out_trade_no,
            "out_refund_no": order.out_refund_no,
            "reason": order.reason[:80],
            "amount": {"refund": order.amount, "total": order.whole, "currency": "CNY"},
        }
        answer = self._call("POST", "/v3/refund/domestic/refunds", content)
        status = str(answer.get("status"))
        state: Any = _REFUNDS.get(status, "failed")
        error = status if state == "failed" else ""
        return RefundSeen(state, str(answer.get("refund_id", ""))[:64], error)

    def notified(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Seen | None:
        text = body.decode("utf-8", "replace")
        self._check_signature(headers, text, now=at.timestamp(), error=NoticeForged)
        try:
            notice = json.loads(text)
            resource = notice["resource"]
        except (ValueError, KeyError, TypeError) as error:
            raise NoticeForged from error
        if not isinstance(resource, dict):
            raise NoticeForged
        if notice.get("event_type") != "TRANSACTION.SUCCESS":
            return None
        content = signing.opened(resource, settings.WECHAT_PAY_API_KEY.encode())
        if content is None or content.get("mchid") != settings.WECHAT_PAY_MERCHANT:
            raise NoticeForged
        return _seen(content)

    def _parameters(self, prepay_id: str) -> dict[str, str]:
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        package = f"prepay_id={prepay_id}"
        message = signing.lines(settings.WECHAT_APP_ID, timestamp, nonce, package)
        return {
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": signing.sign(self._key, message),
        }

    def _call(
        self, method: str, path: str, content: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        body = "" if content is None else json.dumps(content, ensure_ascii=False)
        authorization = signing.authorization(
            self._key,
            merchant=settings.WECHAT_PAY_MERCHANT,
            serial=settings.WECHAT_PAY_SERIAL,
            method=method,
            path=path,
            timestamp=int(time.time()),
            nonce=secrets.token_hex(16),
            body=body,
        )
        headers = {
            "Authorization": authorization,
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "judian",
            "Wechatpay-Serial": settings.WECHAT_PAY_PLATFORM_SERIAL,
        }
        try:
            answer = self._http.request(method, path, content=body.encode(), headers=headers)
        except httpx.HTTPError as error:
            logger.warning("WeChat Pay does not answer: %s", type(error).__name__)
            raise PaymentUnavailable from error
        return self._answer(answer)

    def _answer(self, answer: httpx.Response) -> dict[str, Any]:
        if len(answer.content) > _ANSWER_BYTES_MAX:
            raise PaymentUnavailable
        if answer.status_code >= 400:
            _raise_for(answer)
        self._check_signature(
            answer.headers, answer.text, now=time.time(), error=PaymentUnavailable
        )
        if answer.status_code == 204:
            return {}
        try:
            found = answer.json()
        except ValueError as error:
            raise PaymentUnavailable from error
        if not isinstance(found, dict):
            raise PaymentUnavailable
        return found

    def _check_signature(
        self,
        headers: Mapping[str, str],
        body: str,
        *,
        now: float,
        error: type[NoticeForged] | type[PaymentUnavailable],
    ) -> None:
        """What does not come from the platform is no answer, whatever it says."""
        timestamp, nonce = (
            headers.get("Wechatpay-Timestamp", ""),
            headers.get("Wechatpay-Nonce", ""),
        )
        is_recent = timestamp.isdecimal() and abs(now - int(timestamp[:12])) <= _CLOCK_SECONDS
        is_its_key = headers.get("Wechatpay-Serial") == settings.WECHAT_PAY_PLATFORM_SERIAL
        message = signing.lines(timestamp, nonce, body)
        signature = headers.get("Wechatpay-Signature", "")
        if not is_recent or not is_its_key:
            raise error
        if not signing.is_signed(self._platform_key, signature, message):
            raise error


class _NoSuchOrder(PaymentRefused):
    """WeChat has never heard of the payment."""


def _raise_for(answer: httpx.Response) -> None:
    try:
        found = answer.json()
    except ValueError:
        found = {}
    code = str(found.get("code", "")) if isinstance(found, dict) else ""
    logger.warning("WeChat Pay answers %s %s", answer.status_code, code)
    if code in {"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"}:
        raise _NoSuchOrder
    if answer.status_code >= 500 or answer.status_code == 429 or code in _LATER:
        raise PaymentUnavailable
    raise PaymentRefused


def _seen(content: Mapping[str, Any]) -> Seen:
    state = str(content.get("trade_state", ""))
    amount = content.get("amount")
    total = amount.get("total") if isinstance(amount, dict) else None
    return Seen(
        out_trade_no=str(content.get("out_trade_no", "")),
        state="paid" if state in _PAID else "closed" if state in _CLOSED else "open",
        transaction_id=str(content.get("transaction_id", ""))[:64],
        amount=total if type(total) is int else None,
    )


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 512:
        logger.warning("WeChat Pay gives no %s", name)
        raise PaymentUnavailable
    return value
