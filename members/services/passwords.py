"""Passwords, for members who want one. The code by SMS always remains."""

import unicodedata
from datetime import datetime

from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db import transaction

from members import exceptions, policies
from members.models import CodeAllowance, Member, Password
from members.services import codes, sessions
from members.services import sign_in as signing_in
from stores.exceptions import Refusal

LENGTH_MAX = 128
_HOUR = 3600


def sign_in(
    *, phone: str, password: str, ip: str, kind: str, user_agent: str, at: datetime
) -> signing_in.SignedIn:
    """Sign in with a number and its password; never registers anybody.

    One refusal (`PasswordWrong`) and the same work whether the number is a member's, has a
    password, or the password is wrong. Every try is counted and committed before it is judged.
    Raises `PhoneInvalid`, `PasswordWrong`, `PasswordTriesUsed` or `PasswordsPaused`. Must not
    run inside a caller's transaction.
    """
    number = codes.checked_phone(phone)
    _count_try(number, ip=ip, at=at)
    member = signing_in.owner_of(number)
    if not _is_right(member, password) or member is None:
        raise exceptions.PasswordWrong
    with transaction.atomic():
        return signing_in.signed_in(
            member=member, is_new=False, kind=kind, user_agent=user_agent, at=at
        )


def change(
    *,
    member: Member,
    new: str,
    old: str = "",
    code: str = "",
    ip: str,
    keep_session: int | None,
    at: datetime,
) -> None:
    """Set or change a member's password, and sign out every device but `keep_session`.

    The proof is the password so far or a code that was just sent: whoever finds a phone
    unlocked has neither. Raises `PasswordUnfit`, `PasswordWeak`, `PasswordProofNeeded`,
    `PhoneMissing`, and what the proofs raise. Must not run inside a caller's transaction.
    """
    text = _checked(new, member=member)
    _prove(member, old=old, code=code, ip=ip, at=at)
    encoded = make_password(text)
    with transaction.atomic():
        Password.objects.update_or_create(
            member=member, defaults={"encoded": encoded, "changed_at": at}
        )
        sessions.close_all(member_id=member.pk, at=at, but=keep_session)


def remove(
    *,
    member: Member,
    old: str = "",
    code: str = "",
    ip: str,
    keep_session: int | None,
    at: datetime,
) -> None:
    """Go back to codes alone, with the same proof and the same sign-out as a change."""
    _prove(member, old=old, code=code, ip=ip, at=at)
    with transaction.atomic():
        Password.objects.filter(member=member).delete()
        sessions.close_all(member_id=member.pk, at=at, but=keep_session)


def request_code(*, member: Member, ip: str, language: str, at: datetime) -> codes.CodeSent:
    """Send a code to the member's own number; raises `PhoneMissing` and as `codes` does."""
    return codes.request_code(phone=_own_phone(member), ip=ip, language=language, at=at)


def _prove(member: Member, *, old: str, code: str, ip: str, at: datetime) -> None:
    number = _own_phone(member)
    if code:
        codes.use_code(phone=number, code=code, at=at)
    elif old:
        _count_try(number, ip=ip, at=at)
        if not _is_right(member, old):
            raise exceptions.PasswordWrong(field="old_password")
    else:
        raise exceptions.PasswordProofNeeded


def _own_phone(member: Member) -> str:
    if not member.phone:
        raise exceptions.PhoneMissing
    return member.phone


def _is_right(member: Member | None, password: str) -> bool:
    """Whether it is the member's password; hashes once in every case, so that time tells nothing.

    A hash made under older settings is made anew with the password that was just proven.
    """
    row = Password.objects.filter(member=member).first() if member is not None else None
    text = _folded(password)
    if text is None or row is None:
        make_password(text or "nobody's password")
        return False

    def renew(raw: str) -> None:
        unchanged = Password.objects.filter(pk=row.pk, encoded=row.encoded)
        unchanged.update(encoded=make_password(raw))

    return check_password(text, row.encoded, setter=renew)


def _checked(new: str, *, member: Member) -> str:
    text = _folded(new)
    if text is None:
        raise exceptions.PasswordUnfit(limit=LENGTH_MAX)
    likeness = password_validation.UserAttributeSimilarityValidator(("name", "phone", "number"))
    try:
        password_validation.validate_password(
            text,
            member,  # type: ignore[arg-type]  # a person whose attributes are looked at
            [*password_validation.get_default_password_validators(), likeness],
        )
    except ValidationError as error:
        raise exceptions.PasswordWeak(reasons=" ".join(error.messages)) from error
    return text


def _folded(password: str) -> str | None:
    """One spelling for what looks the same on every keyboard; None where no hash can be made."""
    text = unicodedata.normalize("NFC", password)
    is_text = not any("\ud800" <= character <= "\udfff" for character in text)
    return text if 0 < len(text) <= LENGTH_MAX and is_text and "\x00" not in text else None


def _count_try(number: str, *, ip: str, at: datetime) -> None:
    """Take one try of the number's, the network's and everybody's; locks them in this order."""
    take, scopes = CodeAllowance.objects.take, CodeAllowance.Scope
    window = int(at.timestamp()) // _HOUR
    limits: tuple[tuple[str, str, int, type[Refusal]], ...] = (
        (
            scopes.PASSWORD_PHONE,
            codes.phone_key(number),
            settings.SIGN_IN_PASSWORDS_PER_NUMBER_AND_HOUR,
            exceptions.PasswordTriesUsed,
        ),
        (
            scopes.PASSWORD_NETWORK,
            policies.network(ip),
            settings.SIGN_IN_PASSWORDS_PER_NETWORK_AND_HOUR,
            exceptions.PasswordTriesUsed,
        ),
        (
            scopes.PASSWORD_ALL,
            "",
            settings.SIGN_IN_PASSWORDS_PER_HOUR,
            exceptions.PasswordsPaused,
        ),
    )
    with transaction.atomic(durable=True):
        for scope, key, limit, refusal in limits:
            if not take(scope=scope, key=key, window=window, limit=limit, at=at):
                raise refusal(seconds=_HOUR - int(at.timestamp()) % _HOUR)
