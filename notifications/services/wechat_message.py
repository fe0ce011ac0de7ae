"""Subscription messages (订阅消息) of a WeChat mini-program.

Written to the published pages of `POST /cgi-bin/message/subscribe/send`, its error codes and the
limits of a template's fields. Every answer is HTTP 200 with JSON; what went wrong is `errcode`.
A member allows one message at a time: each that is sent uses up one of what they allowed.
"""

import threading
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
from django.conf import settings
from django.db.models import F

from members.exceptions import WechatOff, WechatUnavailable
from members.services import wechat_client, wechat_tokens
from notifications import exceptions
from notifications.models import Message, WechatGrant
from notifications.policies import provider, wording
from notifications.services import templates, transport
from notifications.services.gateways import Answer

_PATH = "/cgi-bin/message/subscribe/send"
_TIMEOUT = httpx.Timeout(3.0, connect=2.0)
_TOTAL_SECONDS = 4.0

_REFUSED_BY_MEMBER = 43101
_TOKEN_STALE = frozenset({40001, 40014, 41001, 42001})
# Only this message is at fault: the member, or a value. A wrong template or page may be put right.
_FINAL = frozenset({40003, 47003, _REFUSED_BY_MEMBER})


def send(message: Message) -> Answer:
    """The gateway: hand `message` to WeChat.

    Raises `DeliveryFailed`, final where the member takes none or a value fits in no form, and
    `DeliveryUncertain` where WeChat gave no answer. It has no way to be asked afterwards.
    """
    content = _content(message)
    try:
        answer = _sent(content, at=message.handed_at or message.created_at)
    except (WechatOff, WechatUnavailable) as error:
        raise exceptions.DeliveryFailed(
            reason=f"WeChat: no access token ({error.code})", is_outage=True
        ) from None
    number = answer.get("errcode") or 0
    if number:
        raise _refusal(message, number, str(answer.get("errmsg", "")))
    _grants(message).filter(left__gt=0).update(left=F("left") - 1)
    return Answer("ok", str(answer.get("msgid") or ""))


def _sent(content: dict[str, Any], *, at: Any) -> dict[str, Any]:
    """WeChat's answer; with a new token where it does not take the one that we had."""
    client = wechat_client.chosen()
    token = wechat_tokens.current(client, at=at)
    answer = _call(content, token.value)
    if answer.get("errcode") in _TOKEN_STALE:
        fresh = wechat_tokens.replaced(client, stale=token, at=at)
        answer = _call(content, fresh.value)
    return answer


def _call(content: dict[str, Any], token: str) -> dict[str, Any]:
    return transport.json_answer(
        _connections(),
        "POST",
        f"{settings.WECHAT_API_BASE}{_PATH}",
        name="WeChat",
        seconds=_TOTAL_SECONDS,
        params={"access_token": token},
        json=content,
    )


def _content(message: Message) -> dict[str, Any]:
    try:
        template = provider.read(message.provider_template, has_fields=True)
    except wording.Broken:
        raise exceptions.DeliveryFailed(
            reason=f"no WeChat template for {message.template}", error_code="template"
        ) from None
    kind, _dot, event = message.template.partition(".")
    values = templates.values_of(kind, event, message.context, language=message.language)
    page = settings.WECHAT_MESSAGE_PAGE
    content: dict[str, Any] = {
        "touser": message.to,
        "template_id": template.code,
        "lang": "en_US" if message.language == "en" else "zh_CN",
        "data": {
            field: {"value": _fitted(field, values.get(name, ""))}
            for field, name in (template.fields or {}).items()
        },
    }
    return content | ({"page": f"{page}?link={quote(message.link, safe='')}"} if page else {})


def _fitted(field: str, value: str) -> str:
    try:
        return provider.fitted(field, value)
    except provider.DoesNotFit:
        raise exceptions.DeliveryFailed(
            reason=f"the value of {field} fits in no form", error_code="field", is_final=True
        ) from None


def _refusal(message: Message, number: int, said: str) -> exceptions.DeliveryFailed:
    if number == _REFUSED_BY_MEMBER:
        _grants(message).update(left=0)
    return exceptions.DeliveryFailed(
        reason=f"WeChat {number}: {said}"[:180],
        error_code=str(number),
        is_final=number in _FINAL,
    )


def _grants(message: Message) -> Any:
    kind = message.template.partition(".")[0]
    return WechatGrant.objects.filter(member_id=message.member_id or 0, kind=kind)


_making = threading.Lock()


def _connections() -> httpx.Client:
    """One per process, made at the first message: after the worker has forked."""
    with _making:
        return _one_for_all()


@lru_cache(maxsize=1)
def _one_for_all() -> httpx.Client:
    return httpx.Client(timeout=_TIMEOUT)
