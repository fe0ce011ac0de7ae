"""WeChat, as far as signing in needs it, on this machine: for trials and for tests.

It speaks the published protocol over HTTP and keeps it as strictly as WeChat does: codes live
five minutes and count once, a wrong secret, a stale token and malformed requests get WeChat's
own error numbers. Two addresses of its own do what a person does in the mini-program:

    POST /stand-in/login-codes  {"openid": "o-lin"}            → {"code": …}, as `wx.login` gives
    POST /stand-in/phone-codes  {"phone": "13800138000"}       → {"code": …}, as the button gives
"""

import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

CODE_SECONDS = 300
TOKEN_SECONDS = 7200
_AHEAD_SECONDS = 300

Answer = dict[str, Any]
Fault = Literal["", "busy", "hang", "garbage", "broken", "hollow", "trickle", "giant"]


@dataclass(slots=True)
class _Code:
    answer: Answer
    made_at: float
    is_used: bool = False


@dataclass
class WechatStandIn:
    """What WeChat knows about one mini-program. Every method may be called from any thread."""

    app_id: str
    secret: str
    fault: Fault = ""
    # The one address that is faulty; all of them, if empty.
    fault_at: str = ""
    # Seconds by which its clock is ahead: tests let time pass with it.
    ahead: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    released: threading.Event = field(default_factory=threading.Event)
    _login: dict[str, _Code] = field(default_factory=dict)
    _phone: dict[str, _Code] = field(default_factory=dict)
    _tokens: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def login_code(self, openid: str = "", unionid: str = "") -> str:
        """What `wx.login` gives to the mini-program."""
        answer: Answer = {
            "openid": openid or f"o-{secrets.token_hex(13)}",
            "session_key": secrets.token_urlsafe(16),
        }
        if unionid:
            answer["unionid"] = unionid
        return self._issue(self._login, answer)

    def phone_code(self, phone: str, country: str = "86") -> str:
        """What the phone component gives when the person has agreed."""
        shown = phone if country == "86" else f"+{country}{phone}"
        info = {"phoneNumber": shown, "purePhoneNumber": phone, "countryCode": country}
        mark = {"timestamp": int(self._now()), "appid": self.app_id}
        return self._issue(self._phone, {"phone_info": {**info, "watermark": mark}})

    def forget_tokens(self) -> None:
        """As if another program had forced a new token."""
        with self._lock:
            self._tokens.clear()

    def fault_of(self, path: str) -> Fault:
        """What is wrong at an address now."""
        return self.fault if self.fault_at in ("", path) else ""

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer | None:
        """WeChat's answer; None for an address that it does not have."""
        handlers: dict[str, tuple[str, Callable[[dict[str, str], Any], Answer]]] = {
            "/sns/jscode2session": ("GET", self._session),
            "/cgi-bin/stable_token": ("POST", self._token),
            "/wxa/business/getuserphonenumber": ("POST", self._phone_number),
            "/stand-in/login-codes": ("POST", self._new_login_code),
            "/stand-in/phone-codes": ("POST", self._new_phone_code),
        }
        if path not in handlers:
            return None
        wanted, handler = handlers[path]
        with self._lock:
            self.calls[path] += 1
        if method != wanted:
            return _error(43002 if wanted == "POST" else 43001, f"require {wanted} method")
        if self.fault_of(path) == "busy":
            return _error(-1, "system error")
        if method == "POST" and not isinstance(body, dict):
            return _error(47001, "data format error")
        answered = handler(query, body)
        return {} if self.fault_of(path) == "hollow" else answered

    def _session(self, query: dict[str, str], _body: Any) -> Answer:
        if (refusal := self._wrong_keys(query)) is not None:
            return refusal
        if query.get("grant_type") != "authorization_code":
            return _error(40002, "invalid grant_type")
        if not query.get("js_code"):
            return _error(41008, "missing code")
        return self._spend(self._login, query["js_code"], used=40163)

    def _token(self, _query: dict[str, str], body: Any) -> Answer:
        if (refusal := self._wrong_keys(body)) is not None:
            return refusal
        if body.get("grant_type") != "client_credential":
            return _error(40002, "invalid grant_type")
        now = self._now()
        with self._lock:
            if body.get("force_refresh") is True:
                self._tokens.clear()
            for value, ends in self._tokens.items():
                if ends - now > _AHEAD_SECONDS:
                    return {"access_token": value, "expires_in": int(ends - now)}
            value = secrets.token_urlsafe(96)
            self._tokens[value] = now + TOKEN_SECONDS
        return {"access_token": value, "expires_in": TOKEN_SECONDS}

    def _phone_number(self, query: dict[str, str], body: Any) -> Answer:
        ends = self._tokens.get(query.get("access_token", ""))
        if ends is None:
            return _error(40001, "invalid credential, access_token is invalid or not latest")
        if ends <= self._now():
            return _error(42001, "access_token expired")
        code = body.get("code")
        if not isinstance(code, str) or not code:
            return _error(40029, "invalid code")
        return {"errcode": 0, "errmsg": "ok"} | self._spend(self._phone, code, used=40029)

    def _new_login_code(self, _query: dict[str, str], body: Any) -> Answer:
        return {"code": self.login_code(str(body.get("openid", "")), str(body.get("unionid", "")))}

    def _new_phone_code(self, _query: dict[str, str], body: Any) -> Answer:
        return {"code": self.phone_code(str(body.get("phone", "")), str(body.get("country", 86)))}

    def _wrong_keys(self, given: dict[str, Any]) -> Answer | None:
        if given.get("appid") != self.app_id:
            return _error(40013, "invalid appid")
        if given.get("secret") != self.secret:
            return _error(40125, "invalid appsecret")
        return None

    def _issue(self, codes: dict[str, _Code], answer: Answer) -> str:
        code = secrets.token_urlsafe(24)
        with self._lock:
            codes[code] = _Code(answer, self._now())
        return code

    def _spend(self, codes: dict[str, _Code], code: str, *, used: int) -> Answer:
        with self._lock:
            found = codes.get(code)
            if found is None or self._now() - found.made_at > CODE_SECONDS:
                return _error(40029, "invalid code")
            if found.is_used:
                return _error(used, "code been used")
            found.is_used = True
            return dict(found.answer)

    def _now(self) -> float:
        return time.time() + self.ahead


def _error(number: int, text: str) -> Answer:
    return {"errcode": number, "errmsg": f"{text} rid: {secrets.token_hex(8)}"}


def server(stand_in: WechatStandIn, *, port: int = 0) -> ThreadingHTTPServer:
    """An HTTP server on this machine only; port 0 takes a free one."""

    class Handler(_Handler):
        wechat = stand_in

    return _Server(("127.0.0.1", port), Handler)


@contextmanager
def running(stand_in: WechatStandIn) -> Iterator[str]:
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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Many phones at one moment: Python's own five would keep the others waiting at the door.
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wechat: WechatStandIn

    def do_GET(self) -> None:
        self._reply("GET")

    def do_POST(self) -> None:
        self._reply("POST")

    def log_message(self, *_args: Any) -> None:
        """Nothing: the secret is part of the address."""

    def _reply(self, method: str) -> None:
        address = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        fault = self.wechat.fault_of(address.path)
        if fault == "hang":
            self.wechat.released.wait(30)
        answer = self.wechat.answer(method, address.path, dict(parse_qsl(address.query)), body)
        if answer is None:
            self._send(404, b"not found")
        elif fault == "garbage":
            self._send(200, b"<html>gateway</html>")
        elif fault == "broken":
            self._send(502, b'{"errcode": 0}')
        elif fault == "giant":
            self._send(200, b'{"openid": "' + b"x" * 300_000 + b'"}')
        else:
            self._send(200, json.dumps(answer).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        # WeChat says text/plain, whatever it sends.
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self._write(content)
        except OSError:
            self.close_connection = True  # the caller did not wait

    def _write(self, content: bytes) -> None:
        if self.wechat.fault_of(urlsplit(self.path).path) != "trickle":
            self.wfile.write(content)
            return
        for position in range(len(content)):
            self.wfile.write(content[position : position + 1])
            self.wfile.flush()
            if self.wechat.released.wait(0.2):
                return
