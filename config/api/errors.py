"""The one table of errors: which refusal has which status, and the one shape of every body.

`{"code": …, "message": …, "field": …?, "errors": [{"field", "code", "message"}]?}`. Programs
branch on `code`, people read `message`, in the language of `Accept-Language`.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from stores.exceptions import Refusal

logger = logging.getLogger(__name__)

# A refusal that is not listed is a rule of the house that says no: 422. Listed are those for
# which a client has to do something else than to correct the content.
STATUS: dict[str, int] = {
    "sign_in_code_too_soon": status.HTTP_429_TOO_MANY_REQUESTS,
    "sign_in_codes_exhausted": status.HTTP_429_TOO_MANY_REQUESTS,
    "sign_in_too_many_requests": status.HTTP_429_TOO_MANY_REQUESTS,
    "sign_in_codes_paused": status.HTTP_503_SERVICE_UNAVAILABLE,
    "refresh_token_invalid": status.HTTP_401_UNAUTHORIZED,
    "password_tries_used": status.HTTP_429_TOO_MANY_REQUESTS,
    "passwords_paused": status.HTTP_503_SERVICE_UNAVAILABLE,
    "wechat_unavailable": status.HTTP_503_SERVICE_UNAVAILABLE,
    "wechat_too_many": status.HTTP_429_TOO_MANY_REQUESTS,
    "wechat_refused": status.HTTP_403_FORBIDDEN,
    "wechat_phone_bound": status.HTTP_409_CONFLICT,
    "wechat_bound_elsewhere": status.HTTP_409_CONFLICT,
    "phone_taken": status.HTTP_409_CONFLICT,
    "external_number_taken": status.HTTP_409_CONFLICT,
    "member_unknown": status.HTTP_404_NOT_FOUND,
    "address_unknown": status.HTTP_404_NOT_FOUND,
    "picture_too_large": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "exports_exhausted": status.HTTP_429_TOO_MANY_REQUESTS,
    "ticket_unknown": status.HTTP_404_NOT_FOUND,
    "ticket_messages_too_many": status.HTTP_429_TOO_MANY_REQUESTS,
    "ticket_key_conflict": status.HTTP_409_CONFLICT,
    "ticket_subject_open": status.HTTP_409_CONFLICT,
    "relation_unknown": status.HTTP_404_NOT_FOUND,
    "relation_invitation_gone": status.HTTP_410_GONE,
    "relation_exists": status.HTTP_409_CONFLICT,
    "notice_unknown": status.HTTP_404_NOT_FOUND,
    "email_codes_used": status.HTTP_429_TOO_MANY_REQUESTS,
    "account_not_found": status.HTTP_404_NOT_FOUND,
    "entry_not_found": status.HTTP_404_NOT_FOUND,
    "hold_not_found": status.HTTP_404_NOT_FOUND,
    "hold_closed": status.HTTP_409_CONFLICT,
    "event_not_found": status.HTTP_404_NOT_FOUND,
    "duplicate_number": status.HTTP_409_CONFLICT,
    "reference_conflict": status.HTTP_409_CONFLICT,
    "adjustment_decided": status.HTTP_409_CONFLICT,
    "gifts_off": status.HTTP_403_FORBIDDEN,
    "gift_not_bound": status.HTTP_403_FORBIDDEN,
    "gift_too_early": status.HTTP_403_FORBIDDEN,
    "coupon_unknown": status.HTTP_404_NOT_FOUND,
    "coupon_order_unknown": status.HTTP_404_NOT_FOUND,
    "coupon_order_conflict": status.HTTP_409_CONFLICT,
    "coupon_lock_expired": status.HTTP_409_CONFLICT,
    "coupon_used": status.HTTP_409_CONFLICT,
    "coupon_locked": status.HTTP_409_CONFLICT,
    "coupon_reference_conflict": status.HTTP_409_CONFLICT,
    "claim_code_wrong": status.HTTP_404_NOT_FOUND,
    "coupon_guesses_used_up": status.HTTP_429_TOO_MANY_REQUESTS,
    "reward_unknown": status.HTTP_404_NOT_FOUND,
    "redemption_unknown": status.HTTP_404_NOT_FOUND,
    "return_unknown": status.HTTP_404_NOT_FOUND,
    "redemption_not_cancellable": status.HTTP_409_CONFLICT,
    "redemption_wrong_state": status.HTTP_409_CONFLICT,
    "price_changed": status.HTTP_409_CONFLICT,
    "sold_out": status.HTTP_409_CONFLICT,
    "stock_short": status.HTTP_409_CONFLICT,
    "return_open": status.HTTP_409_CONFLICT,
    "return_decided": status.HTTP_409_CONFLICT,
    "hand_over_done": status.HTTP_409_CONFLICT,
    "hand_over_code_wrong": status.HTTP_404_NOT_FOUND,
    "hand_over_too_many": status.HTTP_429_TOO_MANY_REQUESTS,
    "payment_not_due": status.HTTP_409_CONFLICT,
    "payment_unavailable": status.HTTP_503_SERVICE_UNAVAILABLE,
    "payment_provider_unavailable": status.HTTP_503_SERVICE_UNAVAILABLE,
    "checkout_unknown": status.HTTP_404_NOT_FOUND,
    "checkout_conflict": status.HTTP_409_CONFLICT,
    "checkout_released": status.HTTP_409_CONFLICT,
    "checkout_captured": status.HTTP_409_CONFLICT,
    "checkout_timed_out": status.HTTP_409_CONFLICT,
    "checkout_used": status.HTTP_409_CONFLICT,
    "idempotency_key_missing": status.HTTP_400_BAD_REQUEST,
    "account_frozen": status.HTTP_403_FORBIDDEN,
    "second_person_required": status.HTTP_403_FORBIDDEN,
}


def status_of(refusal: Refusal) -> int:
    return STATUS.get(refusal.code, status.HTTP_422_UNPROCESSABLE_ENTITY)


def body(
    code: str,
    message: str | Promise,
    *,
    field: str | None = None,
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    content: dict[str, Any] = {"code": code, "message": str(message)}
    if field:
        content["field"] = field
    if errors:
        content["errors"] = errors
    return content


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None (a 500 that is logged) is left for our own mistakes only."""
    set_rollback()
    if isinstance(error, Refusal):
        return _refused(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, OperationalError | InterfaceError):
        logger.error("database unavailable", exc_info=error)
        return unavailable()
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error)
    if isinstance(error, exceptions.APIException):
        return _framework(error)
    return None


def unavailable() -> Response:
    content = body("unavailable", _("The service is briefly unavailable. Please try again."))
    return Response(content, status=503, headers={"Retry-After": "5"})


def _refused(refusal: Refusal) -> Response:
    headers = {}
    if "seconds" in refusal.params:
        headers["Retry-After"] = str(refusal.params["seconds"])
    return Response(
        body(refusal.code, str(refusal), field=refusal.field),
        status=status_of(refusal),
        headers=headers,
    )


def _invalid(error: exceptions.ValidationError) -> Response:
    found = list(_flat(error.get_full_details(), path=""))
    first = found[0] if found else {"field": "", "code": "invalid", "message": str(error)}
    content = body("invalid", first["message"], field=first["field"], errors=found)
    return Response(content, status=status.HTTP_400_BAD_REQUEST)


def _flat(detail: Any, *, path: str) -> Iterator[dict[str, str]]:
    """Every leaf of DRF's nested details, with the path to it: `lines[2].unit_price`."""
    if _is_leaf(detail):
        yield {"field": path, "code": detail["code"], "message": str(detail["message"])}
    elif isinstance(detail, Mapping):
        for key, inner in detail.items():
            if isinstance(key, int):  # the place of an item in a list
                yield from _flat(inner, path=f"{path}[{key}]")
                continue
            name = "" if key == "non_field_errors" else str(key)
            yield from _flat(inner, path=f"{path}.{name}".strip("."))
    elif isinstance(detail, list):
        has_leaves = all(_is_leaf(item) for item in detail)
        for position, inner in enumerate(detail):
            yield from _flat(inner, path=path if has_leaves else f"{path}[{position}]")


def _is_leaf(detail: Any) -> bool:
    """One message with its code; a field that is called "code" itself holds no text there."""
    return (
        isinstance(detail, Mapping)
        and set(detail) == {"message", "code"}
        and isinstance(detail["code"], str)
    )


def _framework(error: exceptions.APIException) -> Response:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    code = error.detail.code if hasattr(error.detail, "code") else error.default_code
    content = body(str(code), str(error.detail))
    return Response(content, status=error.status_code, headers=headers)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def plain(code: str, message: str | Promise, *, status_code: int) -> JsonResponse:
    """The same body from outside of DRF: middleware, and addresses that lead nowhere."""
    return JsonResponse(
        body(code, message), status=status_code, json_dumps_params={"ensure_ascii": False}
    )
