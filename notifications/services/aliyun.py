"""SMS by Aliyun: `SendSms` of dysmsapi, signed as the V3 signature demands (ACS3-HMAC-SHA256).

Written to the published pages 「V3 版本请求体与签名机制」 and 「SendSms」, version 2017-05-25.
Aliyun has no key against sending twice; `OutId` carries the message's number so that it can be
looked for in Aliyun's records (`QuerySendDetails`). Its limits of codes per number are 1 a minute,
5 an hour and 10 a day: ours let no more than the first and the last through.
"""

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from django.conf import settings
from django.utils import timezone

from notifications import exceptions
from notifications.models import Message
from notifications.policies import kinds, provider, wording
from notifications.services import templates, transport
from notifications.services.gateways import Answer

_ALGORITHM = "ACS3-HMAC-SHA256"
_VERSION = "2017-05-25"
_TIMEOUT = httpx.Timeout(4.0, connect=2.0)
_TOTAL_SECONDS = 5.0
_HOME_PREFIX = "+86"
# With these the message itself is at fault, and would be again. Whatever else goes wrong (a
# limit, the balance, the keys, Aliyun itself) may have been put right by the next try.
_FINAL = frozenset(
    {
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.DENY_IP_RANGE",
        "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
        "isv.INVALID_JSON_PARAM",
        "isv.INVALID_PARAMETERS",
        "isv.MOBILE_COUNT_OVER_LIMIT",
        "isv.MOBILE_NUMBER_ILLEGAL",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
        "isv.UNSUPPORTED_CONTENT",
    }
)


class Aliyun:
    """The gateway: hands messages to Aliyun, and asks it for those that may have arrived."""

    def __call__(self, message: Message) -> Answer:
        """Raises `DeliveryFailed`, final where only this message is at fault."""
        template, values = _template(message)
        answer = _call(
            "SendSms",
            {
                "PhoneNumbers": number_for(message.to),
                "SignName": settings.ALIYUN_SMS_SIGN_NAME,
                "TemplateCode": template,
                "TemplateParam": json.dumps(values, ensure_ascii=False),
                "OutId": str(message.pk),
            },
        )
        _raise_for(answer)
        biz_id = str(answer.get("BizId", ""))
        return Answer(biz_id, biz_id)

    def find(self, messages: Sequence[Message]) -> dict[int, Answer]:
        """Those that Aliyun has in its records of the day (`QuerySendDetails`), by `OutId`."""
        return {message.pk: _FOUND for message in messages if _is_known(message)}


_FOUND = Answer("found in Aliyun's records")
send = Aliyun()


def _is_known(message: Message) -> bool:
    handed_at = message.handed_at or message.created_at
    answer = _call(
        "QuerySendDetails",
        {
            "PhoneNumber": number_for(message.to),
            "SendDate": timezone.localtime(handed_at).strftime("%Y%m%d"),
            "PageSize": "50",
            "CurrentPage": "1",
        },
    )
    _raise_for(answer)
    details = answer.get("SmsSendDetailDTOs")
    rows = details.get("SmsSendDetailDTO") if isinstance(details, dict) else None
    if not isinstance(rows, list):
        raise exceptions.DeliveryFailed(reason="Aliyun: no records in the answer")
    return any(isinstance(row, dict) and row.get("OutId") == str(message.pk) for row in rows)


def _raise_for(answer: dict[str, Any]) -> None:
    code = str(answer.get("Code", ""))
    if code != "OK":
        raise exceptions.DeliveryFailed(
            reason=f"{code or 'no code'}: {answer.get('Message', '')}"[:180],
            is_final=code in _FINAL,
            error_code=code,
        )


def number_for(phone: str) -> str:
    """How Aliyun wants a number in E.164: bare at home, country and number without + abroad."""
    return phone.removeprefix(_HOME_PREFIX) if _is_at_home(phone) else phone.removeprefix("+")


def authorization(
    *,
    method: str,
    query: str,
    headers: Mapping[str, str],
    key_id: str,
    secret: str,
) -> str:
    """The `Authorization` header of a request to "/".

    `query` is canonical (`canonical_query`); `headers` are those that are signed, in lower case,
    with the digest of the body among them.
    """
    names = sorted(headers)
    signed = ";".join(names)
    request = "\n".join(
        [
            method,
            "/",
            query,
            *(f"{name}:{headers[name].strip()}" for name in names),
            "",
            signed,
            headers["x-acs-content-sha256"],
        ]
    )
    text = f"{_ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Credential={key_id},SignedHeaders={signed},Signature={signature}"


def canonical_query(values: Mapping[str, str]) -> str:
    """Sorted by name and escaped as RFC 3986 says, a blank as %20."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(values[name], safe='~')}" for name in sorted(values)
    )


def _is_at_home(phone: str) -> bool:
    return phone.startswith(_HOME_PREFIX)


def _template(message: Message) -> tuple[str, dict[str, str]]:
    """Aliyun's template for ours, and the values that its text names.

    The merchant's own comes first. Of the operator's, `sign_in_code.abroad` comes before
    `sign_in_code.en` before `sign_in_code`: Aliyun keeps templates for numbers abroad apart.
    """
    wanted = [f"{message.template}.{message.language}", message.template]
    if not _is_at_home(message.to):
        wanted.insert(0, f"{message.template}.abroad")
    entries = [message.provider_template, *map(settings.ALIYUN_SMS_TEMPLATES.get, wanted)]
    entry = next(filter(None, entries), "")
    try:
        template = provider.read(entry, has_fields=False)
    except wording.Broken:
        raise exceptions.DeliveryFailed(
            reason=f"ALIYUN_SMS_TEMPLATES lacks {message.template}", error_code="template"
        ) from None
    values = _values(message)
    fields = template.fields if template.fields is not None else {name: name for name in values}
    if missing := [name for name in fields.values() if name not in values]:
        raise exceptions.DeliveryFailed(
            reason=f"{message.template} has no {missing[0]}", error_code="template"
        )
    return template.code, {field: values[name] for field, name in fields.items()}


def _values(message: Message) -> dict[str, str]:
    kind, _dot, event = message.template.partition(".")
    if kind not in kinds.KINDS:
        return {name: str(value) for name, value in message.context.items()}
    values = templates.values_of(kind, event, message.context, language=message.language)
    # A variable that is approved for numbers takes nothing but digits.
    plain = {name: str(value) for name, value in message.context.items() if type(value) is int}
    return values | plain


def _call(action: str, values: dict[str, str]) -> dict[str, Any]:
    query = canonical_query(values)
    endpoint = settings.ALIYUN_SMS_ENDPOINT.rstrip("/")
    return transport.json_answer(
        _connections(),
        "POST",
        f"{endpoint}/?{query}",
        name="Aliyun",
        seconds=_TOTAL_SECONDS,
        headers=_headers(action, query, host=urlsplit(endpoint).netloc),
    )


def _headers(action: str, query: str, *, host: str) -> dict[str, str]:
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": _instant(),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-version": _VERSION,
    }
    signed = authorization(
        method="POST",
        query=query,
        headers=headers,
        key_id=settings.ALIYUN_SMS_KEY_ID,
        secret=settings.ALIYUN_SMS_KEY_SECRET,
    )
    return {**headers, "Authorization": signed}


def _instant() -> str:
    """The moment of sending itself: Aliyun refuses a signature that is older than a quarter."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


_making = threading.Lock()


def _connections() -> httpx.Client:
    """One per process, made at the first message: after the worker has forked."""
    with _making:  # threads that send together would each make one
        return _one_for_all()


@lru_cache(maxsize=1)
def _one_for_all() -> httpx.Client:
    return httpx.Client(timeout=_TIMEOUT)
