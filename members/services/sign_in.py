"""How people sign in, at every door; the first sign-in registers the member."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from members import exceptions, policies
from members.models import Consent, Member
from members.selectors import standing
from members.services import codes, registration, sessions


@dataclass(frozen=True, slots=True)
class SignedIn:
    member: Member
    credentials: sessions.Credentials
    is_new: bool


def sign_in(
    *,
    phone: str,
    code: str,
    kind: str,
    user_agent: str,
    at: datetime,
    origin: registration.Origin = registration.NOWHERE,
) -> SignedIn:
    """Exchange a one-time code for a signed-in device; registers the member at the first time.

    `origin` says what brought a new person; it changes nothing about one who is known.

    Raises what `codes.use_code` raises, and like it must not run inside a transaction.
    """
    number = codes.use_code(phone=phone, code=code, at=at)
    with transaction.atomic():
        member, is_new = find_or_register(phone=number, source=kind, at=at, origin=origin)
        return signed_in(member=member, is_new=is_new, kind=kind, user_agent=user_agent, at=at)


def find_or_register(
    *,
    phone: str,
    source: str,
    at: datetime,
    origin: registration.Origin = registration.NOWHERE,
) -> tuple[Member, bool]:
    """The member who owns a number in E.164, made where there is none; and whether it was."""
    member = owner_of(phone)
    if member is not None:
        return member, False
    try:
        return registration.register(phone=phone, at=at, source=source, origin=origin), True
    except exceptions.PhoneTaken:
        # Another device of the same person was faster by a moment.
        member = owner_of(phone)
        if member is None:
            raise
        return member, False


def owner_of(phone: str) -> Member | None:
    """Whose number this is; that of a row which was merged away is the number of who is left."""
    return standing(Q(phone=phone)).first()


def signed_in(
    *, member: Member, is_new: bool, kind: str, user_agent: str, at: datetime
) -> SignedIn:
    """Sign a proven member in on a device, with the consent that signing in gives."""
    _record_consent(member, at=at)
    credentials = sessions.open_session(member=member, kind=kind, user_agent=user_agent, at=at)
    return SignedIn(member=member, credentials=credentials, is_new=is_new)


def _record_consent(member: Member, *, at: datetime) -> None:
    Consent.objects.bulk_create(
        [
            Consent(
                member=member,
                purpose=Consent.Purpose.TERMS,
                version=policies.TERMS_VERSION,
                given_at=at,
            )
        ],
        ignore_conflicts=True,
    )
