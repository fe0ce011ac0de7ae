"""What a member tells about themselves."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from members import exceptions, policies, signals
from members.models import Member
from members.services import registration
from stores.models import Store
from stores.services import pictures

AVATAR_SIDE = 320
# No vowels, and nothing that is read for something else: such codes are spoken and copied.
_LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"
_CODE_LENGTH = 8
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to change; None leaves it as it is. An empty text takes it away."""

    name: str | None = None
    gender: str | None = None
    birthday: date | None = None
    preferred_store_code: str | None = None


def edit(*, member_id: int, changes: Changes, at: datetime) -> Member:
    """Take over what the member changed about themselves, and tell once when all is filled in.

    A birthday can be entered once, since points hang on it; staff correct mistakes. Locks the
    member's row. Raises `NameInvalid`, `GenderInvalid`, `BirthdayInvalid`, `BirthdayFixed`,
    `StoreUnknown`, `MemberClosed`.
    """
    with transaction.atomic():
        member = _locked(member_id)
        was_complete = is_complete(member)
        values = _checked(member, changes, at=at)
        for name, value in values.items():
            setattr(member, name, value)
        if values:
            member.save(update_fields=list(values))
        if is_complete(member) and not was_complete:
            signals.profile_completed.send(sender=Member, member_id=member.pk, at=at)
    return member


def is_complete(member: Member) -> bool:
    """Whether name, gender and birthday are filled in."""
    return bool(member.name and member.gender and member.birthday)


def set_avatar(*, member_id: int, content: bytes) -> None:
    """Show this picture on the member's card, made anew; the one before is deleted.

    Raises `PictureInvalid` or `PictureTooLarge`. Locks the member's row.
    """
    path = pictures.stored(content, folder="avatars", side=AVATAR_SIDE, is_square=True)
    _swap_avatar(member_id, path)


def remove_avatar(*, member_id: int) -> None:
    """Show no picture any more; the file is deleted."""
    _swap_avatar(member_id, "")


def invitation_code(member: Member) -> str:
    """The code by which this member invites friends; made when it is first asked for."""
    if member.invitation_code:
        return member.invitation_code
    for _attempt in range(_ATTEMPTS):
        code = "".join(secrets.choice(_LETTERS) for _letter in range(_CODE_LENGTH))
        try:
            with transaction.atomic():
                Member.objects.filter(pk=member.pk, invitation_code=None).update(
                    invitation_code=code
                )
        except IntegrityError:
            continue
        member.refresh_from_db(fields=["invitation_code"])
        return str(member.invitation_code)
    raise RuntimeError("no free invitation code found")


def inviter(code: str) -> Member | None:
    """Whose invitation code this is, in any usual writing; None for nobody's."""
    wanted = policies.fold_digits(code).upper()
    if not 0 < len(wanted) <= _CODE_LENGTH:
        return None
    return Member.objects.filter(invitation_code=wanted, erased_at=None, merged_into=None).first()


def _checked(member: Member, changes: Changes, *, at: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if changes.name is not None:
        values["name"] = registration.checked_name(changes.name)
    if changes.gender is not None:
        if changes.gender not in Member.Gender.values:
            raise exceptions.GenderInvalid
        values["gender"] = changes.gender
    if changes.birthday is not None and changes.birthday != member.birthday:
        if member.birthday is not None:
            raise exceptions.BirthdayFixed
        values["birthday"] = checked_birthday(changes.birthday, at=at)
    if changes.preferred_store_code is not None:
        values["preferred_store"] = _store(changes.preferred_store_code)
    return values


def checked_birthday(day: date, *, at: datetime) -> date:
    """`day` where somebody alive may have been born on it; raises `BirthdayInvalid`."""
    if not policies.is_birthday(day, today=localdate(at)):
        raise exceptions.BirthdayInvalid
    return day


def _store(code: str) -> Store | None:
    if not code:
        return None
    store = Store.objects.filter(code=code, is_active=True).first()
    if store is None:
        raise exceptions.StoreUnknown
    return store


def _swap_avatar(member_id: int, path: str) -> None:
    with transaction.atomic():
        member = _locked(member_id)
        before, member.avatar = member.avatar, path
        member.save(update_fields=["avatar"])
        transaction.on_commit(lambda: pictures.remove(before))


def _locked(member_id: int) -> Member:
    """The row under its lock; who was erased or merged meanwhile gets nothing written any more."""
    member = Member.objects.select_for_update().get(pk=member_id)
    if member.is_closed:
        raise exceptions.MemberClosed
    return member
