"""A member's e-mail address: believed once a code that was sent there has come back.

The code stands in the table of sign-in codes under a digest of member and address, so it opens
nothing else, and the address waits for it in the member's own form rather than in a row.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from members import policies as people
from members.models import CodeAllowance, SignInCode
from notifications import exceptions
from notifications.models import Message, Recipient
from notifications.services import outbox, templates

CODE_LIFETIME = timedelta(minutes=10)
RESEND_AFTER = timedelta(seconds=60)
ATTEMPTS_PER_CODE = 5
CODES_PER_MEMBER_AND_DAY = 10
CODES_PER_ADDRESS_AND_DAY = 5
CODES_PER_NETWORK_AND_HOUR = 30
_ADDRESS_MAX = 254
_CODE_DIGITS = 6
_HOUR = 3600
_SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Sent:
    """To which address a code went, until when it counts, and when to ask for another."""

    email: str
    expires_at: datetime
    resend_at: datetime


def send_code(*, member_id: int, email: str, ip: str, language: str, at: datetime) -> Sent:
    """Send a code to `email`, in one transaction with what limits it.

    Raises `EmailInvalid`, or `EmailCodesUsed` beyond one a minute and ten a day for the member,
    five a day for the address, and thirty an hour for the network; a refused request counts
    against none. Locks the three allowance rows in this order.
    """
    address = checked(email)
    code = f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}d}"
    expires_at = at + CODE_LIFETIME
    key = _key(member_id, address)
    with transaction.atomic():
        _take_allowances(member_id=member_id, address=address, ip=ip, at=at)
        SignInCode.objects.create(
            phone_key=key, code_hash=_code_hash(key, code), created_at=at, expires_at=expires_at
        )
        outbox.put(
            channel=Message.Channel.EMAIL,
            to=address,
            template=templates.EMAIL_CODE,
            language=language,
            context={"code": code, "minutes": CODE_LIFETIME // timedelta(minutes=1)},
            at=at,
            lapses_at=expires_at,
            is_secret=True,
        )
    return Sent(email=address, expires_at=expires_at, resend_at=at + RESEND_AFTER)


def confirm(*, member_id: int, email: str, code: str, at: datetime) -> Recipient:
    """Use the code up and send messages to `email` from now on.

    Every guess is counted and committed before it is judged. Raises `EmailInvalid`, or
    `EmailCodeWrong` for a wrong, used, expired or exhausted code alike, and for one that was
    sent to another address. Must not run inside a caller's transaction, which could take the
    count back.
    """
    address = checked(email)
    key = _key(member_id, address)
    with transaction.atomic(durable=True):
        live = SignInCode.objects.live(phone_key=key, at=at)
        is_counted = live is not None and SignInCode.objects.take_attempt(
            pk=live.pk, at=at, limit=ATTEMPTS_PER_CODE
        )
    digest = _code_hash(key, code)
    is_right = constant_time_compare(live.code_hash if live is not None else "", digest)
    if live is None or not is_counted or not is_right:
        raise exceptions.EmailCodeWrong
    with transaction.atomic():
        if not SignInCode.objects.consume(pk=live.pk, at=at):
            raise exceptions.EmailCodeWrong
        row, _made = Recipient.objects.update_or_create(
            member_id=member_id,
            defaults={"email": address, "email_confirmed_at": at, "updated_at": at},
        )
    return row


def remove(*, member_id: int, at: datetime) -> None:
    """Forget the address: nothing is sent by e-mail any more."""
    Recipient.objects.filter(member_id=member_id).exclude(email="").update(
        email="", email_confirmed_at=None, updated_at=at
    )


def checked(email: str) -> str:
    """`email` without outer blanks, its domain in lower case; raises `EmailInvalid`."""
    text = email.strip()
    try:
        validate_email(text)
    except ValidationError as error:
        raise exceptions.EmailInvalid from error
    if len(text) > _ADDRESS_MAX or not text.isprintable():
        raise exceptions.EmailInvalid
    name, _at, domain = text.rpartition("@")
    return f"{name}@{domain.lower()}"


def _take_allowances(*, member_id: int, address: str, ip: str, at: datetime) -> None:
    take, scopes = CodeAllowance.objects.take, CodeAllowance.Scope
    day, hour = at.astimezone(_SHANGHAI).date().toordinal(), int(at.timestamp()) // _HOUR
    digest = salted_hmac("notifications.email", address.lower(), algorithm="sha256").hexdigest()
    wanted = (
        (scopes.EMAIL_MEMBER, str(member_id), day, CODES_PER_MEMBER_AND_DAY, RESEND_AFTER),
        (scopes.EMAIL_ADDRESS, digest, day, CODES_PER_ADDRESS_AND_DAY, None),
        (scopes.EMAIL_NETWORK, people.network(ip), hour, CODES_PER_NETWORK_AND_HOUR, None),
    )
    for scope, key, window, limit, rest in wanted:
        if not take(scope=scope, key=key, window=window, limit=limit, at=at, rest=rest):
            raise exceptions.EmailCodesUsed


def _key(member_id: int, address: str) -> str:
    value = f"{member_id}:{address}"
    return salted_hmac("notifications.email.key", value, algorithm="sha256").hexdigest()


def _code_hash(key: str, code: str) -> str:
    value = f"{key}:{people.fold_digits(code)}".encode("utf-8", "surrogatepass")
    return salted_hmac("notifications.email.code", value, algorithm="sha256").hexdigest()
