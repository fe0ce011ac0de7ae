"""No input ends as a 500: every refusal has a status, a code and a sentence."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django.fixtures import Settings

from config.api import errors, parsers
from config.api.parsers import DEPTH_MAX
from mall.exceptions.coupons import ISSUE_MESSAGES
from mall.exceptions.redemptions import MESSAGES as REDEMPTION_MESSAGES
from sales.exceptions import DEDUCTION_MESSAGES, MESSAGES
from stores.exceptions import Refusal

pytestmark = pytest.mark.django_db
CODES = "/api/v1/sign-in/codes"


def post(client: Client, body: bytes | str, content_type: str = "application/json") -> Any:
    return client.post(CODES, data=body, content_type=content_type)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "invalid"),
        ("{", "parse_error"),
        ("[]", "invalid"),
        ("null", "invalid"),
        ('"text"', "invalid"),
        ("{}", "invalid"),
        ('{"phone": null}', "invalid"),
        ('{"phone": []}', "invalid"),
        ('{"phone": true}', "invalid"),
        ('{"phone": "12345"}', "phone_invalid"),
        ('{"phone": "' + "1" * 100_000 + '"}', "invalid"),
        ('{"phone": "1380013\\u00008000"}', "text_not_accepted"),
        ('{"phone": "\\ud800"}', "text_not_accepted"),
        ('{"\\ud800": 1}', "text_not_accepted"),
        ('{"phone": NaN}', "number_not_accepted"),
        ('{"phone": Infinity}', "number_not_accepted"),
        ('{"phone": 1e309}', "number_not_accepted"),
        ('{"phone": 1e-999999999}', "number_not_accepted"),
        ('{"phone": 1e' + "9" * 5000 + "}", "number_not_accepted"),
        ('{"phone": ' + "9" * 5000 + "}", "number_not_accepted"),
        ("[" * 100_000, "nested_too_deep"),
        ('{"a":' * 100_000, "nested_too_deep"),
        ("[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1), "nested_too_deep"),
        (b'{"phone": "\xff"}', "parse_error"),
        (b"\xef\xbb\xbf{}", "parse_error"),
    ],
)
def test_malformed_body(client: Client, body: bytes | str, code: str) -> None:
    answer = post(client, body)
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] == code
    assert answer.json()["message"]


def test_wide_json_is_not_deep(client: Client) -> None:
    body = json.dumps({"phone": "13800138000", "more": [[] for _n in range(1000)]})
    assert post(client, body).status_code == 202


def test_brackets_in_text_are_not_nesting(client: Client) -> None:
    body = json.dumps({"phone": "13800138000", "more": '\\"' + "[" * 1000})
    assert post(client, body).status_code == 202


def test_depth_is_counted_in_one_pass() -> None:
    """A string that never ends was once looked at again from each of its escaped quotes."""
    started = time.perf_counter()
    assert parsers._depth(b"[" * 33 + b'\\"' * 200_000) == 33
    assert time.perf_counter() - started < 5  # it takes 5 ms; before, 15 minutes


def test_escaped_pair_is_no_lone_half(client: Client) -> None:
    assert post(client, '{"phone": "13800138000", "x": "\\ud83d\\ude00"}').status_code == 202


def test_body_too_large(client: Client, settings: Settings) -> None:
    settings.API_BODY_BYTES_MAX = 1000
    answer = post(client, json.dumps({"phone": "x" * 2000}))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_other_media_type(client: Client) -> None:
    answer = post(client, "phone=1", "application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_method_not_allowed(client: Client) -> None:
    answer = client.delete(CODES)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing", "/api/v1/me/entries/x", "/api/v2"])
def test_unknown_address(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/v1/me?q=%00", "/api/v1/%00", "/api/docs/?%00"])
def test_nul_in_the_address(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "text_not_accepted")


@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer ", "Bearer x", "Bearer \xff", "Bearer " + "x" * 9000]
)
def test_wrong_token(client: Client, authorization: str) -> None:
    answer = client.get("/api/v1/me", headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["me", "me/points", "me/entries", "me/entries/1", "me/lots"])
def test_nobody_may_not(client: Client, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_language_of_the_caller(client: Client) -> None:
    chinese = post(client, '{"phone": "1"}').json()["message"]
    english = client.post(
        CODES, {"phone": "1"}, "application/json", headers={"Accept-Language": "en"}
    ).json()["message"]
    assert chinese == "这不是可以接收短信的手机号。"
    assert english == "This is not a mobile phone number that we can send to."


def test_outage_is_503_with_a_time_to_come_back() -> None:
    answer = errors.handle(OperationalError("gone"), {})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


def test_nested_errors_name_their_place() -> None:
    from rest_framework.exceptions import ErrorDetail, ValidationError

    detail: Any = {
        "lines": [{}, {"unit_price": [ErrorDetail("Too low.", code="min_value")]}],
        "code": [ErrorDetail("Missing.", code="required")],
    }
    answer = errors.handle(ValidationError(detail), {})
    assert answer is not None
    assert answer.data["errors"] == [
        {"field": "lines[1].unit_price", "code": "min_value", "message": "Too low."},
        {"field": "code", "code": "required", "message": "Missing."},
    ]


def _refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for below in kind.__subclasses__():
        yield below
        yield from _refusals(below)


def test_table_names_only_codes_that_exist() -> None:
    codes = {refusal.code for refusal in _refusals()}
    codes |= {*MESSAGES, *DEDUCTION_MESSAGES, *ISSUE_MESSAGES, *REDEMPTION_MESSAGES}
    assert set(errors.STATUS) <= codes
