"""The one JSON parser: limits on size and depth, and no text that a database would refuse."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.parsers import BaseParser

DEPTH_MAX = 32
# More digits than any number of ours has; Python's own limit is 4300, and conversion is quadratic.
DIGITS_MAX = 40
# A NUL, or one half of a surrogate pair, written as an escape. Raw ones never get this far:
# UTF-8 has no surrogates and JSON has no raw control characters.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# A string, or a bracket outside of one. A string that never ends swallows the rest, and nothing is
# given back (`*+`): tried again from each of its quotes, 32 kB of `\"` would take seconds.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class BodyTooLarge(exceptions.APIException):
    status_code = 413
    default_code = "body_too_large"
    default_detail = _("The body of the request is too large.")


class NestedTooDeep(exceptions.ParseError):
    default_code = "nested_too_deep"
    default_detail = _("The JSON is nested too deeply.")


class TextNotAccepted(exceptions.ParseError):
    default_code = "text_not_accepted"
    default_detail = _("The text contains characters that are not accepted.")


class NumberNotAccepted(exceptions.ParseError):
    default_code = "number_not_accepted"
    default_detail = _("The number is too long, or is not a number.")


class LimitedJSONParser(BaseParser):
    """JSON in UTF-8. Numbers with a fraction become Decimal: no float comes near money."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(settings.API_BODY_BYTES_MAX + 1)
        if len(raw) > settings.API_BODY_BYTES_MAX:
            raise BodyTooLarge
        if raw.count(b"[") + raw.count(b"{") > DEPTH_MAX and _depth(raw) > DEPTH_MAX:
            raise NestedTooDeep
        content = _loads(raw)
        if _SUSPECT.search(raw) and not _is_clean(content):
            raise TextNotAccepted
        return content


def _loads(raw: bytes) -> Any:
    try:
        return json.loads(
            raw.decode("utf-8"),
            parse_int=_int,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
        )
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise exceptions.ParseError from error


def _depth(raw: bytes) -> int:
    """How deep brackets nest outside of strings, without recursion."""
    deepest = depth = 0
    for match in _TOKEN.finditer(raw):
        token = match.group()
        if token in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in b"]}":
            depth -= 1
    return deepest


def _is_clean(content: Any) -> bool:
    """No NUL and no lone surrogate in any key or value."""
    todo = [content]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            if "\x00" in item or any("\ud800" <= character <= "\udfff" for character in item):
                return False
        elif isinstance(item, dict):
            todo.extend(item.keys())
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
    return True


def _int(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise NumberNotAccepted
    return int(text)


def _decimal(text: str) -> Decimal:
    mantissa, _e, exponent = text.lower().partition("e")
    # Its length first: Python refuses to read an exponent of thousands of digits at all.
    if len(mantissa) > DIGITS_MAX or len(exponent) > DIGITS_MAX:
        raise NumberNotAccepted
    if exponent and not -DIGITS_MAX < int(exponent) < DIGITS_MAX:
        raise NumberNotAccepted
    return Decimal(text)


def _refuse_constant(_text: str) -> NoReturn:
    raise NumberNotAccepted
