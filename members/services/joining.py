"""Joining with everything that a person tells at the first moment."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from members.exceptions import InvitationUnknown, SourceCodeInvalid
from members.models import Consent, Member
from members.services import consents, profile, registration


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a person tells; everything may be missing but a way to name them."""

    phone: str = ""
    external_number: str = ""
    name: str = ""
    birthday: date | None = None
    gender: str | None = None
    invitation_code: str = ""
    source_code: str = ""
    agreed_to_terms: bool = False


def join(newcomer: Newcomer, *, store_id: int | None, source: str, at: datetime) -> Member:
    """Register and fill in the profile, all or nothing.

    Raises what `registration.register` and `profile.edit` raise, and `InvitationUnknown`.
    """
    origin = origin_of(newcomer.invitation_code, source_code=newcomer.source_code)
    with transaction.atomic():
        member = registration.register(
            phone=newcomer.phone or None,
            external_number=newcomer.external_number or None,
            name=newcomer.name,
            store_id=store_id,
            at=at,
            source=source,
            origin=origin,
        )
        if newcomer.agreed_to_terms:
            consents.give(member_id=member.pk, purpose=Consent.Purpose.TERMS, at=at)
        changes = profile.Changes(gender=newcomer.gender, birthday=newcomer.birthday)
        return profile.edit(member_id=member.pk, changes=changes, at=at)


def origin_of(invitation_code: str, *, source_code: str = "") -> registration.Origin:
    """Where somebody comes from who names this invitation; raises `InvitationUnknown`."""
    if not invitation_code:
        return registration.Origin(source_code=source_code)
    friend = profile.inviter(invitation_code)
    if friend is None:
        raise InvitationUnknown
    return registration.Origin(invited_by_id=friend.pk, source_code=source_code)


def origin_if_known(invitation_code: str, *, source_code: str = "") -> registration.Origin:
    """As `origin_of`, at doors where a stale link must not keep anybody from signing in."""
    friend = profile.inviter(invitation_code) if invitation_code else None
    try:
        source_code = registration.checked_source_code(source_code)
    except SourceCodeInvalid:
        source_code = ""
    return registration.Origin(
        invited_by_id=friend.pk if friend is not None else None, source_code=source_code
    )
