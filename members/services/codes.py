"""One-time codes: sent to a phone, and used once.

The answer is the same whether or not a number belongs to a member, because the same thing
happens: a code is sent. All limits are rows, and hold in any burst.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from members import exceptions, policies, signals
from members.models import CodeAllowance, SignInCode

CODE_LIFETIME = timedelta(minutes=5)
RESEND_AFTER = timedelta(seconds=60)
ATTEMPTS_PER_CODE = 5
_CODE_DIGITS = 6
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_HOUR = 3600
_KEPT_AFTER_EXPIRY = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class CodeSent:
    """What the asker may know: to where (E.164), how long it counts, when to ask again."""

    phone: str
    expires_at: datetime
    resend_at: datetime


def request_code(*, phone: str, ip: str, language: str, at: datetime) -> CodeSent:
    """Issue a code and tell it once (`sign_in_code_issued`), in one transaction.

    At most one per 60 seconds and ten per Shanghai day for a number, a cap per network and
    hour, and a daily budget for all. Raises `PhoneInvalid`, `CodeTooSoon`, `CodesExhausted`,
    `TooManyRequests` or `CodesPaused`; a refused request counts against no limit.
    Locks the three allowance rows, always in the order number, network, all.
    """
    number = checked_phone(phone)
    code = f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}d}"
    expires_at = at + CODE_LIFETIME
    with transaction.atomic():
        _take_allowances(key=phone_key(number), ip=ip, at=at)
        SignInCode.objects.create(
            phone_key=phone_key(number),
            code_hash=_code_hash(number, code),
            created_at=at,
            expires_at=expires_at,
        )
        signals.sign_in_code_issued.send(
            sender=SignInCode,
            phone=number,
            code=code,
            language=language,
            at=at,
            expires_at=expires_at,
        )
    return CodeSent(phone=number, expires_at=expires_at, resend_at=at + RESEND_AFTER)


def use_code(*, phone: str, code: str, at: datetime) -> str:
    """Use a code up and return its number in E.164: its holder has the phone at hand.

    Every guess is counted and committed before it is judged, so that 24 guesses released
    together get five tries between them. Raises `PhoneInvalid`, or `CodeWrong` for a wrong,
    used, expired or exhausted code alike. Must not run inside a caller's transaction, which
    could take the count back.
    """
    number = checked_phone(phone)
    with transaction.atomic(durable=True):
        live = SignInCode.objects.live(phone_key=phone_key(number), at=at)
        is_counted = live is not None and SignInCode.objects.take_attempt(
            pk=live.pk, at=at, limit=ATTEMPTS_PER_CODE
        )
    # The digest is computed in every case: the time taken tells nothing either.
    digest = _code_hash(number, code)
    is_right = constant_time_compare(live.code_hash if live is not None else "", digest)
    if live is None or not is_counted or not is_right:
        raise exceptions.CodeWrong
    if not SignInCode.objects.consume(pk=live.pk, at=at):
        raise exceptions.CodeWrong
    return number


def forget_codes(*, now: datetime) -> int:
    """Delete codes that expired two days ago or earlier; returns how many.

    Counters that nobody has touched for as long go with them: no window is longer than a day.
    """
    before = now - _KEPT_AFTER_EXPIRY
    CodeAllowance.objects.filter(last_at__lt=before).delete()
    return SignInCode.objects.filter(expires_at__lt=before).delete()[0]


def checked_phone(text: str) -> str:
    """`text` in E.164; raises `PhoneInvalid`."""
    phone = policies.normalise_phone(text)
    if phone is None:
        raise exceptions.PhoneInvalid
    return phone


def phone_key(phone: str) -> str:
    """What stands for a number in the rows of limits: nothing there names a person."""
    return salted_hmac("members.sign_in.phone", phone, algorithm="sha256").hexdigest()


def _code_hash(phone: str, code: str) -> str:
    value = f"{phone}:{policies.fold_digits(code)}".encode("utf-8", "surrogatepass")
    return salted_hmac("members.sign_in.code", value, algorithm="sha256").hexdigest()


def _take_allowances(*, key: str, ip: str, at: datetime) -> None:
    take = CodeAllowance.objects.take
    scopes = CodeAllowance.Scope
    day = at.astimezone(_SHANGHAI).date().toordinal()
    limit = settings.SIGN_IN_CODES_PER_NUMBER_AND_DAY
    if not take(scope=scopes.PHONE, key=key, window=day, limit=limit, at=at, rest=RESEND_AFTER):
        raise _phone_refusal(key, at=at)
    if not take(
        scope=scopes.NETWORK,
        key=policies.network(ip),
        window=int(at.timestamp()) // _HOUR,
        limit=settings.SIGN_IN_CODES_PER_NETWORK_AND_HOUR,
        at=at,
    ):
        raise exceptions.TooManyRequests
    if not take(
        scope=scopes.ALL,
        key="",
        window=day,
        limit=settings.SIGN_IN_CODES_PER_DAY,
        at=at,
    ):
        raise exceptions.CodesPaused


def _phone_refusal(key: str, *, at: datetime) -> exceptions.CodeTooSoon | Exception:
    row = CodeAllowance.objects.get(scope=CodeAllowance.Scope.PHONE, key=key)
    if row.last_at is not None and row.last_at + RESEND_AFTER > at:
        left = row.last_at + RESEND_AFTER - at
        return exceptions.CodeTooSoon(seconds=max(1, -(-left // timedelta(seconds=1))))
    return exceptions.CodesExhausted()
