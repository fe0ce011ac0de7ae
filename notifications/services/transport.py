"""One request to a provider, and what its failing says: that it never left, or that it may have."""

import json
import time
from typing import Any

import httpx

from notifications import exceptions

_BYTES_MAX = 256 * 1024
# Nothing of the request was sent.
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.InvalidURL,
    httpx.UnsupportedProtocol,
)


def json_answer(
    client: httpx.Client, method: str, url: str, *, name: str, seconds: float, **more: Any
) -> dict[str, Any]:
    """The provider's answer, an object of JSON, within `seconds` after the connection.

    Raises `DeliveryFailed` where the request never left, and `DeliveryUncertain` where there was
    no answer, or none that can be read. No error names the address: it may hold keys.
    """
    deadline = time.monotonic() + seconds
    try:
        with client.stream(method, url, **more) as response:
            raw, status = _read(response, deadline=deadline), response.status_code
    except _NEVER_LEFT as error:
        raise exceptions.DeliveryFailed(
            reason=f"{name}: {type(error).__name__}", is_outage=True
        ) from None
    except httpx.HTTPError as error:
        raise _silent(f"{name}: {type(error).__name__}") from None
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _silent(f"{name}: HTTP {status} without an answer")
    return answer


def _read(response: httpx.Response, *, deadline: float) -> bytes:
    """The body, unless it is giant or comes drop by drop: a read timeout sees only the drops."""
    raw = bytearray()
    for chunk in response.iter_bytes():
        raw += chunk
        if len(raw) > _BYTES_MAX or time.monotonic() > deadline:
            raise httpx.ReadTimeout("too long")
    return bytes(raw)


def _silent(reason: str) -> exceptions.DeliveryUncertain:
    return exceptions.DeliveryUncertain(reason=reason, is_outage=True)
