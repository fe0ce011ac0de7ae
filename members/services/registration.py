"""How people become members, at every door."""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from members import exceptions, policies, signals
from members.models import Member
from members.selectors import CURRENT_ID

_NAME_LENGTH = 60
_EXTERNAL_LENGTH = 64
_SOURCE_CODE_LENGTH = 64
# Below SQLite's and PostgreSQL's limits of parameters per statement, with room to spare.
_WINDOW = 500
# A fresh number meets one of a million members once in 80,000 times; eight in a row never.
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Origin:
    """What brought a person: the friend who invited them, and the poster or link they followed."""

    invited_by_id: int | None = None
    source_code: str = ""


NOWHERE = Origin()


def register(
    *,
    phone: str | None = None,
    external_number: str | None = None,
    name: str = "",
    store_id: int | None = None,
    at: datetime,
    source: str,
    origin: Origin = NOWHERE,
) -> Member:
    """Make one member and tell the apps above (`members_registered`), in one transaction.

    `phone` may be written in any usual way; it is stored in E.164. `source` is a value of
    `Member.Source`. Who invited whom is written here and never again, so nobody invites
    themselves and no ring can form. Raises `PhoneInvalid`, `PhoneTaken`,
    `ExternalNumberInvalid`, `ExternalNumberTaken`, `NameInvalid` or `SourceCodeInvalid`;
    locks nothing.
    """
    member = Member(
        phone=_phone(phone) if phone else None,
        external_number=checked_external_number(external_number) if external_number else None,
        name=checked_name(name),
        home_store_id=store_id,
        source=Member.Source(source),
        source_code=checked_source_code(origin.source_code),
        invited_by_id=origin.invited_by_id,
        joined_at=at,
    )
    with transaction.atomic():
        _insert(member)
        signals.members_registered.send(sender=Member, member_ids=[member.pk], at=at)
    return member


def register_many(
    *,
    external_numbers: Sequence[str],
    at: datetime,
    store_id: int | None,
    source: str = Member.Source.IMPORT,
) -> dict[str, int]:
    """The member's id for each external number, making those that are missing.

    Safe against another process that registers the same people at the same moment: both get
    the same ids, and only the one whose row stands tells `members_registered`. Rows are
    inserted in sorted order, so that two such processes never wait for each other in a ring.
    A few statements per 500 numbers. Raises `ExternalNumberInvalid`.
    """
    wanted = sorted({checked_external_number(number) for number in external_numbers})
    found: dict[str, int] = {}
    with transaction.atomic():
        for start in range(0, len(wanted), _WINDOW):
            window = wanted[start : start + _WINDOW]
            known = _ids_by_external_number(window)
            missing = [number for number in window if number not in known]
            if missing:
                known |= _insert_many(missing, at=at, store_id=store_id, source=source)
            found |= known
    return found


def checked_name(name: str) -> str:
    """`name` without outer blanks; raises `NameInvalid` for control characters or length."""
    text = unicodedata.normalize("NFC", name).strip()
    if len(text) > _NAME_LENGTH or not is_visible(text):
        raise exceptions.NameInvalid
    return text


def checked_external_number(number: str) -> str:
    """`number` without outer blanks; raises `ExternalNumberInvalid`."""
    text = number.strip()
    if not 0 < len(text) <= _EXTERNAL_LENGTH or not is_visible(text):
        raise exceptions.ExternalNumberInvalid
    return text


def checked_source_code(text: str) -> str:
    """`text` without outer blanks; raises `SourceCodeInvalid`."""
    code = text.strip()
    if len(code) > _SOURCE_CODE_LENGTH or not is_visible(code):
        raise exceptions.SourceCodeInvalid
    return code


def is_visible(text: str) -> bool:
    """No control characters and no lone surrogates.

    Format characters stay: joiners belong to emoji and to several scripts. The ones that
    turn the direction of the text around them do not.
    """
    if text.isascii():
        return text.isprintable()
    return all(
        unicodedata.category(character) not in {"Cc", "Cs"}
        and unicodedata.bidirectional(character)
        not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        for character in text
    )


def _phone(text: str) -> str:
    phone = policies.normalise_phone(text)
    if phone is None:
        raise exceptions.PhoneInvalid
    return phone


def _new_number() -> str:
    return policies.member_number(secrets.randbelow(policies.MEMBER_NUMBER_PAYLOADS))


def _insert(member: Member) -> None:
    """Insert under a fresh number; turn a broken unique constraint into its refusal."""
    for _attempt in range(_ATTEMPTS):
        member.number = _new_number()
        try:
            with transaction.atomic():
                member.save(force_insert=True)
        except IntegrityError:
            member.pk = None
            if member.phone and Member.objects.filter(phone=member.phone).exists():
                raise exceptions.PhoneTaken from None
            if _ids_by_external_number([member.external_number or ""]):
                raise exceptions.ExternalNumberTaken from None
            if not Member.objects.filter(number=member.number).exists():
                raise
        else:
            return
    raise RuntimeError("no free member number found")


def _ids_by_external_number(numbers: Sequence[str]) -> dict[str, int]:
    rows = Member.objects.filter(external_number__in=numbers)
    return {
        number: pk
        for number, pk in rows.values_list("external_number", CURRENT_ID)
        if number is not None
    }


def _insert_many(
    missing: Sequence[str], *, at: datetime, store_id: int | None, source: str
) -> dict[str, int]:
    """Insert the missing members; the rows that another process was faster with are taken over."""
    ids: dict[str, int] = {}
    left = list(missing)
    for _attempt in range(_ATTEMPTS):
        fresh = {_new_number(): number for number in left}
        Member.objects.bulk_create(
            [
                Member(
                    number=number,
                    external_number=external,
                    home_store_id=store_id,
                    source=Member.Source(source),
                    joined_at=at,
                )
                for number, external in fresh.items()
            ],
            ignore_conflicts=True,
        )
        rows = Member.objects.filter(external_number__in=left)
        standing = {
            external: (pk, number)
            for external, pk, number in rows.values_list("external_number", "pk", "number")
            if external is not None
        }
        ours = [pk for external, (pk, number) in standing.items() if fresh.get(number) == external]
        if ours:
            signals.members_registered.send(sender=Member, member_ids=sorted(ours), at=at)
        ids |= {external: pk for external, (pk, _number) in standing.items()}
        left = [external for external in left if external not in standing]
        if not left:
            return ids
    raise RuntimeError("no free member numbers found")
