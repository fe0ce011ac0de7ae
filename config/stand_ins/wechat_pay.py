"""WeChat Pay v3, as far as one merchant needs it, on this machine: for trials and for tests.

It keeps the published protocol strictly: a request whose signature does not fit gets WeChat's own
error, every answer is signed with the platform's key, notices are signed and encrypted. Of its own
it has what a person does with the phone:

    POST /stand-in/pay  {"out_trade_no": "R26…"}   the payment is made; its notice is sent
"""

import base64
import json
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

PLATFORM_SERIAL = "PUB_KEY_ID_0000000000000000000000000001"
_AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')
_CLOCK_SECONDS = 300
_FIELDS = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}

Fault = Literal["", "busy", "hang", "garbage", "unsigned", "forged", "broken"]


class Answer(NamedTuple):
    status: int
    content: dict[str, Any] | None


@dataclass(slots=True)
class _Order:
    content: dict[str, Any]
    prepay_id: str
    state: str = "NOTPAY"
    transaction_id: str = ""
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return int(self.content["amount"]["total"])

    @property
    def refunded(self) -> int:
        return sum(int(one["amount"]["refund"]) for one in self.refunds.values())


@dataclass
class WechatPayStandIn:
    """What WeChat Pay knows of one merchant. Every method may be called from any thread.

    The keys are made here, as a merchant gets them: the merchant's own, the platform's, and the
    APIv3 key of 32 signs.
    """

    app_id: str = "wx-trial"
    merchant: str = "1900000001"
    serial: str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
    api_key: str = field(default_factory=lambda: secrets.token_hex(16))
    fault: Fault = ""
    calls: Counter[str] = field(default_factory=Counter)
    released: threading.Event = field(default_factory=threading.Event)
    # Refunds answer PROCESSING so many times before they succeed.
    slow_refunds: int = 0
    _key: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))
    _platform: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))
    _orders: dict[str, _Order] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def merchant_key(self) -> bytes:
        """The merchant's private key, as `apiclient_key.pem`."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def platform_key(self) -> bytes:
        """The platform's public key, as `pub_key.pem`."""
        return self._platform.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    # -- what a person does

    def pay(self, out_trade_no: str) -> dict[str, Any]:
        """The payer agrees on the phone; returns what the notice will say."""
        with self._lock:
            order = self._orders[out_trade_no]
            if order.state != "NOTPAY":
                raise ValueError(order.state)
            order.state = "SUCCESS"
            order.transaction_id = f"42000{secrets.randbelow(10**22):022}"
            return self._transaction(order)

    def notice(self, content: dict[str, Any], *, event: str = "TRANSACTION.SUCCESS") -> bytes:
        """The body of a notice: its content encrypted under the APIv3 key."""
        nonce = secrets.token_hex(6)
        sealed = AESGCM(self.api_key.encode()).encrypt(
            nonce.encode(), json.dumps(content).encode(), b"transaction"
        )
        return json.dumps(
            {
                "id": secrets.token_hex(16),
                "create_time": _rfc3339(),
                "event_type": event,
                "resource_type": "encrypt-resource",
                "summary": "支付成功",
                "resource": {
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "nonce": nonce,
                    "associated_data": "transaction",
                    "original_type": "transaction",
                },
            },
            ensure_ascii=False,
        ).encode()

    def signed(self, body: bytes, *, at: int | None = None) -> dict[str, str]:
        """The headers with which the platform proves a body to be its own."""
        timestamp, nonce = str(at if at is not None else int(time.time())), secrets.token_hex(16)
        message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
        key = generate_private_key(65537, 2048) if self.fault == "forged" else self._platform
        return {
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": PLATFORM_SERIAL,
            "Wechatpay-Signature": _signature(key, message),
        }

    # -- what the merchant's server asks

    def answer(self, method: str, path: str, authorization: str, body: bytes) -> Answer | None:
        """WeChat Pay's answer; None for an address that it does not have."""
        address = urlsplit(path)
        with self._lock:
            self.calls[f"{method} {address.path}"] += 1
            if not self._is_signed(method, path, authorization, body):
                return _error(401, "SIGN_ERROR", "签名错误")
            if self.fault == "busy":
                return _error(500, "SYSTEM_ERROR", "系统错误")
            content = json.loads(body) if body else {}
            for pattern, (wanted, handler) in self._routes().items():
                found = re.fullmatch(pattern, address.path)
                if found and method == wanted:
                    return handler(content, *found.groups())
        return None

    def _routes(self) -> dict[str, tuple[str, Callable[..., Answer]]]:
        order = "/v3/pay/transactions/out-trade-no/([^/]+)"
        return {
            "/v3/pay/transactions/(jsapi|native|h5)": ("POST", self._start),
            order: ("GET", self._look),
            f"{order}/close": ("POST", self._close),
            "/v3/refund/domestic/refunds": ("POST", self._refund),
        }

    def _start(self, content: dict[str, Any], way: str) -> Answer:
        wanted = {"appid", "mchid", "description", "out_trade_no", "notify_url", "amount"}
        if missing := wanted - content.keys():
            return _error(400, "PARAM_ERROR", f"缺少参数 {sorted(missing)}")
        if content["appid"] != self.app_id or content["mchid"] != self.merchant:
            return _error(400, "APPID_MCHID_NOT_MATCH", "appid 和 mch_id 不匹配")
        if way == "jsapi" and not content.get("payer", {}).get("openid"):
            return _error(400, "PARAM_ERROR", "payer.openid")
        if way == "h5" and not content.get("scene_info", {}).get("payer_client_ip"):
            return _error(400, "PARAM_ERROR", "scene_info")
        total = content["amount"].get("total")
        if type(total) is not int or total < 1:
            return _error(400, "PARAM_ERROR", "amount.total")
        number = content["out_trade_no"]
        known = self._orders.get(number)
        if known is not None and known.state != "NOTPAY":
            code = "ORDERPAID" if known.state == "SUCCESS" else "ORDER_CLOSED"
            return _error(400, code, known.state)
        if known is not None and known.total != total:
            return _error(400, "OUT_TRADE_NO_USED", "商户订单号重复")
        order = known or _Order(content, f"wx{secrets.token_hex(16)}")
        self._orders[number] = order
        if way == "jsapi":
            return Answer(200, {"prepay_id": order.prepay_id})
        if way == "native":
            return Answer(200, {"code_url": f"weixin://wxpay/bizpayurl?pr={order.prepay_id[:9]}"})
        return Answer(200, {"h5_url": f"https://wx.tenpay.com/?prepay_id={order.prepay_id}"})

    def _look(self, _content: dict[str, Any], number: str) -> Answer:
        order = self._orders.get(number)
        if order is None:
            return _error(404, "ORDER_NOT_EXIST", "订单不存在")
        return Answer(200, self._transaction(order))

    def _close(self, _content: dict[str, Any], number: str) -> Answer:
        order = self._orders.get(number)
        if order is None:
            return _error(404, "ORDER_NOT_EXIST", "订单不存在")
        if order.state == "SUCCESS":
            return _error(400, "ORDERPAID", "订单已支付")
        order.state = "CLOSED"
        return Answer(204, None)

    def _refund(self, content: dict[str, Any]) -> Answer:
        order = self._orders.get(content.get("out_trade_no", ""))
        if order is None or order.state != "SUCCESS":
            return _error(404, "RESOURCE_NOT_EXISTS", "订单不存在")
        number, amount = content["out_refund_no"], content["amount"]
        known = order.refunds.get(number)
        if known is None:
            if amount["total"] != order.total or order.refunded + amount["refund"] > order.total:
                return _error(400, "PARAM_ERROR", "退款金额大于支付金额")
            known = {"refund_id": f"5030{secrets.randbelow(10**20):020}", "amount": amount}
            known["left"] = self.slow_refunds
            order.refunds[number] = known
        is_done = known["left"] <= 0
        known["left"] -= 1
        status = "SUCCESS" if is_done else "PROCESSING"
        return Answer(
            200,
            {"refund_id": known["refund_id"], "out_refund_no": number, "status": status}
            | {"out_trade_no": content["out_trade_no"], "amount": amount},
        )

    def refunded(self, out_trade_no: str) -> int:
        """What has gone back, in fen."""
        with self._lock:
            return self._orders[out_trade_no].refunded

    def _transaction(self, order: _Order) -> dict[str, Any]:
        content = {
            "appid": self.app_id,
            "mchid": self.merchant,
            "out_trade_no": order.content["out_trade_no"],
            "trade_state": "REFUND" if order.refunds else order.state,
            "amount": {"total": order.total, "currency": "CNY"},
        }
        if order.transaction_id:
            content |= {"transaction_id": order.transaction_id, "success_time": _rfc3339()}
        return content

    def _is_signed(self, method: str, path: str, authorization: str, body: bytes) -> bool:
        scheme, _blank, rest = authorization.partition(" ")
        found = dict(_AUTHORIZATION.findall(rest))
        if scheme != "WECHATPAY2-SHA256-RSA2048" or set(found) != _FIELDS:
            return False
        if found["mchid"] != self.merchant or found["serial_no"] != self.serial:
            return False
        if abs(time.time() - int(found["timestamp"])) > _CLOCK_SECONDS:
            return False
        head = f"{method}\n{path}\n{found['timestamp']}\n{found['nonce_str']}\n"
        return _fits(self._key.public_key(), found["signature"], head.encode() + body + b"\n")


def _signature(key: RSAPrivateKey, message: bytes) -> str:
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def _fits(key: RSAPublicKey, signature: str, message: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature), message, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _rfc3339() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 8 * 3600))


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"code": code, "message": message})


def server(stand_in: WechatPayStandIn, *, port: int = 0) -> ThreadingHTTPServer:
    """An HTTP server on this machine only; port 0 takes a free one."""

    class Handler(_Handler):
        pay = stand_in

    made = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    made.daemon_threads = True
    return made


@contextmanager
def running(stand_in: WechatPayStandIn) -> Iterator[str]:
    """The stand-in behind a real HTTP server, at the address that this yields."""
    with server(stand_in) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{made.server_address[1]}"
        finally:
            stand_in.released.set()
            made.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pay: WechatPayStandIn

    def do_GET(self) -> None:
        self._reply("GET")

    def do_POST(self) -> None:
        self._reply("POST")

    def log_message(self, *_args: Any) -> None:
        """Nothing: orders are part of the address."""

    def _reply(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/stand-in/pay":
            self._pay(json.loads(body))
            return
        if self.pay.fault == "hang":
            self.pay.released.wait(30)
        found = self.pay.answer(method, self.path, self.headers.get("Authorization", ""), body)
        if found is None:
            self._send(404, b'{"code": "NOT_FOUND", "message": ""}', {})
            return
        content = b"" if found.content is None else json.dumps(found.content).encode()
        if self.pay.fault == "garbage":
            content = b"<html>gateway</html>"
        if self.pay.fault == "broken":
            self._send(502, b"bad gateway", {})
            return
        signed = {} if self.pay.fault == "unsigned" else self.pay.signed(content)
        self._send(found.status, content, signed)

    def _pay(self, asked: dict[str, Any]) -> None:
        body = self.pay.notice(self.pay.pay(asked["out_trade_no"]))
        order = self.pay._orders[asked["out_trade_no"]]
        headers = self.pay.signed(body) | {"Content-Type": "application/json"}
        with urlopen(Request(order.content["notify_url"], body, headers), timeout=10) as answer:  # noqa: S310 - the address of the product itself
            self._send(200, json.dumps({"notice": answer.status}).encode(), {})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True  # the caller did not wait
