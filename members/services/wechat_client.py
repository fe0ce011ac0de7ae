"""WeChat's server interface for mini-programs, as far as signing in needs it.

Written to the published pages of the open platform: `GET /sns/jscode2session`,
`POST /cgi-bin/stable_token`, `POST /wxa/business/getuserphonenumber`. Every answer is HTTP 200
with JSON; what went wrong is `errcode`, absent or 0 when nothing did.
"""

import json
import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Protocol

import httpx
from django.conf import settings
from django.utils.module_loading import import_string

from members import exceptions

logger = logging.getLogger(__name__)

# A person waits: together less than two seconds, and no answer of WeChat's is large.
_TIMEOUT = httpx.Timeout(1.2, connect=0.6, pool=0.2)
_ANSWER_SECONDS = 1.3
_ANSWER_BYTES_MAX = 64 * 1024
_OPENID_LENGTH_MAX = 128

_CODE_WRONG = frozenset({40029, 40163, 41008})
_USER_REFUSED = frozenset({40226})
_TOKEN_STALE = frozenset({40001, 40014, 41001, 42001})


class TokenStale(Exception):
    """WeChat does not take the access token any more: somebody else renewed it, or it lapsed."""


@dataclass(frozen=True, slots=True)
class WechatUser:
    openid: str
    unionid: str


@dataclass(frozen=True, slots=True)
class AccessToken:
    value: str
    lifetime: timedelta


class Client(Protocol):
    """What `settings.WECHAT_CLIENT` names: made without arguments, safe to use in threads.

    Each call answers or raises within two seconds, `WechatUnavailable` for whatever is WeChat's
    or the operator's fault.
    """

    def user_of(self, *, login_code: str) -> WechatUser:
        """Who `wx.login` was called by. Raises `WechatCodeInvalid` or `WechatRefused`."""

    def access_token(self, *, is_forced: bool) -> AccessToken:
        """The token for further calls; a forced one voids the one before."""

    def phone_of(self, *, phone_code: str, access_token: str) -> str:
        """The number behind a phone component's code. `WechatCodeInvalid`, `TokenStale`."""


def chosen() -> Client:
    """The client of the settings; raises `WechatOff` where there is none."""
    if not settings.WECHAT_CLIENT or not settings.WECHAT_APP_ID:
        raise exceptions.WechatOff
    client: Client = import_string(settings.WECHAT_CLIENT)()
    return client


class HttpClient:
    """The one for real use, and for the stand-in, which differs only in its address."""

    def user_of(self, *, login_code: str) -> WechatUser:
        answer = _call(
            "GET",
            "/sns/jscode2session",
            params={
                "appid": settings.WECHAT_APP_ID,
                "secret": settings.WECHAT_APP_SECRET,
                "js_code": login_code,
                "grant_type": "authorization_code",
            },
        )
        _raise_for(answer, code_field="login_code")
        openid, unionid = answer.get("openid"), answer.get("unionid") or ""
        if not _is_id(openid) or not isinstance(unionid, str) or len(unionid) > _OPENID_LENGTH_MAX:
            raise _broken("jscode2session gave no openid")
        return WechatUser(openid=str(openid), unionid=unionid)

    def access_token(self, *, is_forced: bool) -> AccessToken:
        answer = _call(
            "POST",
            "/cgi-bin/stable_token",
            content={
                "grant_type": "client_credential",
                "appid": settings.WECHAT_APP_ID,
                "secret": settings.WECHAT_APP_SECRET,
                "force_refresh": is_forced,
            },
        )
        _raise_for(answer)
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not 0 < len(value) <= 512 or type(seconds) is not int:
            raise _broken("stable_token gave no token")
        return AccessToken(value=value, lifetime=timedelta(seconds=min(max(seconds, 0), 7200)))

    def phone_of(self, *, phone_code: str, access_token: str) -> str:
        answer = _call(
            "POST",
            "/wxa/business/getuserphonenumber",
            params={"access_token": access_token},
            content={"code": phone_code},
        )
        if answer.get("errcode") in _TOKEN_STALE:
            raise TokenStale
        _raise_for(answer, code_field="phone_code")
        info = answer.get("phone_info")
        if not isinstance(info, dict):
            raise _broken("getuserphonenumber gave no phone_info")
        country, pure = str(info.get("countryCode", "")), str(info.get("purePhoneNumber", ""))
        return f"+{country.lstrip('+')}{pure}"


_making = threading.Lock()


def _connections() -> httpx.Client:
    """One per process, made at the first call: after the web server has forked."""
    # `lru_cache` alone lets threads that call together each make one, and keeps the last.
    with _making:
        return _one_for_all()


@lru_cache(maxsize=1)
def _one_for_all() -> httpx.Client:
    return httpx.Client(timeout=_TIMEOUT, limits=httpx.Limits(max_connections=64))


def _call(
    method: str,
    path: str,
    *,
    params: dict[str, str] | None = None,
    content: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """One request to WeChat. No error names the address: the secret is part of it."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    try:
        with _connections().stream(
            method, f"{settings.WECHAT_API_BASE}{path}", params=params, json=content
        ) as response:
            raw = _read(response, deadline=deadline)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _broken(f"{path}: {type(error).__name__}") from None
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        raise _broken(f"{path}: HTTP {response.status_code} without JSON") from None
    if response.status_code != httpx.codes.OK or not isinstance(answer, dict):
        raise _broken(f"{path}: HTTP {response.status_code}")
    return answer


def _read(response: httpx.Response, *, deadline: float) -> bytes:
    """The body, unless it is giant or comes drop by drop: a read timeout sees only the drops."""
    raw = bytearray()
    for chunk in response.iter_bytes():
        raw += chunk
        if len(raw) > _ANSWER_BYTES_MAX or time.monotonic() > deadline:
            raise httpx.ReadTimeout("too long")
    return bytes(raw)


def _raise_for(answer: dict[str, Any], *, code_field: str = "") -> None:
    """Turn an `errcode` into what it means for the person in front of the phone."""
    number = answer.get("errcode") or 0
    if number == 0:
        return
    if code_field and number in _CODE_WRONG:
        raise exceptions.WechatCodeInvalid(field=code_field)
    if number in _USER_REFUSED:
        raise exceptions.WechatRefused
    # -1 and 45011 are WeChat's own business; all others say that our settings are wrong.
    raise _broken(f"errcode {str(number)[:20]}")


def _broken(what: str) -> exceptions.WechatUnavailable:
    logger.warning("WeChat: %s", what)
    return exceptions.WechatUnavailable(seconds=5)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _OPENID_LENGTH_MAX and value.isprintable()
