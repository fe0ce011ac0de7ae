"""Closing an account for good: what names the person goes, the books stay under a pseudonym."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Q

from members import exceptions, signals
from members.models import (
    Address,
    Consent,
    DeviceSession,
    ErasedPhone,
    Member,
    MemberTag,
    Password,
    Relation,
    RelationInvitation,
    WechatIdentity,
)
from members.policies.traces import Traces
from members.selectors import consequences
from members.services import access, codes, segments, tickets
from stores.services import pictures

CONFIRMED = "erase"
_ON_ITS_WAY = timedelta(hours=1)
_LOG_PAGE = 1000


def erase_own(*, member: Member, code: str, at: datetime) -> None:
    """Close the account of a signed-in member who proves with a fresh code to be its owner.

    Raises `PhoneMissing`, `CodeWrong`, and what `erase` raises; what stands in the way is told
    before the code is used up. Must not run inside a caller's transaction (`codes.use_code`).
    """
    if not member.phone:
        raise exceptions.PhoneMissing
    refusal = consequences.hindrance(member, at)
    if refusal is not None:
        raise refusal
    codes.use_code(phone=member.phone, code=code, at=at)
    erase(member_id=member.pk, actor=f"member:{member.pk}", at=at)


def erase(*, member_id: int, actor: str, at: datetime, is_forced: bool = False) -> None:
    """Pseudonymise a member and every row that was merged into it, all or nothing.

    The points are forfeited, the debt is written off, devices are signed out; what remains
    carries a member number and nothing else. It cannot be undone; again, it changes nothing.
    Accounts are locked first, then the rows in the order of their ids; each app forgets its
    part on `member_erased`. Raises `MemberClosed` for a row that was merged into another, and
    what an app raises: `AccountHasHolds`, and `AccountFrozen` unless `is_forced` (by staff).
    """
    with transaction.atomic():
        ids = sorted({member_id, *_merged_ids(member_id)})
        signals.members_changing_hands.send(sender=Member, member_ids=ids, at=at)
        rows = list(Member.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
        member = next((row for row in rows if row.pk == member_id), None)
        if member is None or member.merged_into_id is not None:
            raise exceptions.MemberClosed
        if member.erased_at is not None:
            return
        _remember_phones([row.phone for row in rows if row.phone], at=at)
        _erase(rows, actor=actor, at=at, is_forced=is_forced)
        who = access.MEMBER if actor.startswith("member:") else actor
        access.note(member_id=member_id, actor=who, what="erasure", at=at)


def are_recent(*, now: datetime) -> bool:
    """Whether anybody was erased so lately that something may be on its way to them."""
    return Member.objects.filter(erased_at__gt=now - _ON_ITS_WAY).exists()


def tidy(*, now: datetime) -> int:
    """Forget again what came to rows that were erased within the hour; returns how many rows.

    A purchase or a form may have been on its way at that moment. Where nothing came, nothing
    changes.
    """
    lately = Member.objects.filter(erased_at__gt=now - _ON_ITS_WAY).order_by("pk")
    ids = list(lately.values_list("pk", flat=True))
    for pk in ids:
        with transaction.atomic():
            signals.members_changing_hands.send(sender=Member, member_ids=[pk], at=now)
            row = Member.objects.select_for_update().get(pk=pk)
            _erase([row], actor="system", at=now, is_forced=True)
    return len(ids)


def traces_of(rows: Sequence[Member]) -> Traces:
    """Everything by which these rows name their person. Two queries."""
    ids = [row.pk for row in rows]
    addresses = list(Address.objects.filter(member_id__in=ids))
    wechat = WechatIdentity.objects.filter(member_id__in=ids).values_list("openid", "unionid")
    phones = {row.phone for row in rows if row.phone}
    return Traces(
        phones=frozenset(phones | {one.phone for one in addresses}),
        names=frozenset({row.name for row in rows if row.name}),
        external_numbers=frozenset(row.external_number for row in rows if row.external_number),
        wechat_ids=frozenset(one for pair in wechat for one in pair if one),
    )


def returning(member_ids: Collection[int]) -> set[int]:
    """Which of these members have a number whose account was closed not long ago.

    They are members like all others; what is given once per person they have had. Two queries.
    """
    rows = Member.objects.filter(pk__in=member_ids).exclude(phone=None)
    keys = {codes.phone_key(phone): pk for pk, phone in rows.values_list("pk", "phone") if phone}
    if not keys:
        return set()
    marks = ErasedPhone.objects.filter(phone_key__in=list(keys))
    return {keys[key] for key in marks.values_list("phone_key", flat=True)}


def forget_marks(*, before: datetime, limit: int) -> int:
    """Delete up to `limit` marks of numbers that were erased before; returns how many."""
    old = ErasedPhone.objects.filter(erased_at__lt=before).order_by("pk")
    ids = list(old.values_list("pk", flat=True)[:limit])
    return ErasedPhone.objects.filter(pk__in=ids).delete()[0]


def _merged_ids(member_id: int) -> list[int]:
    return list(Member.objects.filter(merged_into_id=member_id).values_list("pk", flat=True))


def _erase(rows: Sequence[Member], *, actor: str, at: datetime, is_forced: bool) -> None:
    traces = traces_of(rows)
    for row in rows:
        # The apps above go first: a refusal of theirs must find everything as it was.
        signals.member_erased.send(
            sender=Member,
            member_id=row.pk,
            at=at,
            actor=actor,
            traces=traces,
            is_forced=is_forced,
        )
    for row in rows:
        _forget_rows(row.pk, at=at)
        _forget_person(row, at=at)
    _forget_notes(rows, traces)


def _forget_person(row: Member, *, at: datetime) -> None:
    avatar = row.avatar
    nothing: dict[str, Any] = {
        "name": "",
        "phone": None,
        "external_number": None,
        "gender": "",
        "birthday": None,
        "avatar": "",
        "preferred_store": None,
        "source_code": "",
        "invitation_code": None,
    }
    for name, value in nothing.items():
        setattr(row, name, value)
    row.erased_at = row.erased_at or at
    row.save(update_fields=[*nothing, "erased_at"])
    transaction.on_commit(lambda: pictures.remove(avatar))


def _forget_rows(member_id: int, *, at: datetime) -> None:
    for model in (Address, DeviceSession, MemberTag, Password, RelationInvitation, WechatIdentity):
        model._default_manager.filter(member_id=member_id).delete()
    segments.forget(member_id=member_id)
    tickets.forget(member_ids=[member_id], at=at)
    # The proof of what was agreed to when, and that it ended.
    Consent.objects.standing().filter(member_id=member_id).update(withdrawn_at=at)
    Relation.objects.standing().of(member_id).update(ended_at=at, ended_by="system")


def _forget_notes(rows: Sequence[Member], traces: Traces) -> None:
    """Take the person out of the staff's audit rows: that something was done stays."""
    numbers = {str(row.pk): row.number for row in rows}
    about = Q(content_type__app_label="members", content_type__model="member")
    about &= Q(object_id__in=list(numbers))
    for entry in LogEntry.objects.filter(about).iterator():
        entry.object_repr = numbers[entry.object_id or ""]
        entry.save(update_fields=["object_repr"])
    if not traces.texts:
        return
    after = 0
    while page := list(LogEntry.objects.filter(pk__gt=after).order_by("pk")[:_LOG_PAGE]):
        after = page[-1].pk
        touched = []
        for entry in page:
            clean = (traces.scrubbed(entry.object_repr), traces.scrubbed(entry.change_message))
            if clean != (entry.object_repr, entry.change_message):
                entry.object_repr, entry.change_message = clean
                touched.append(entry)
        LogEntry.objects.bulk_update(touched, ["object_repr", "change_message"])


def _remember_phones(phones: Sequence[str], *, at: datetime) -> None:
    keys = [codes.phone_key(phone) for phone in phones]
    ErasedPhone.objects.bulk_create(
        [ErasedPhone(phone_key=key, erased_at=at) for key in keys],
        update_conflicts=True,
        unique_fields=["phone_key"],
        update_fields=["erased_at"],
    )
