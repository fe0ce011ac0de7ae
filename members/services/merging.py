"""Making one member of two rows for the same person. Each app moves its own rows."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from members import exceptions, signals
from members.models import (
    Address,
    Consent,
    DeviceSession,
    Member,
    MemberTag,
    Password,
    Relation,
    RelationInvitation,
    WechatIdentity,
)
from members.services import addresses, segments, tickets
from stores.exceptions import Refusal

logger = logging.getLogger(__name__)

_ON_ITS_WAY = timedelta(hours=1)
# What the kept row takes over where it says nothing itself.
_FILLED = (
    "name",
    "gender",
    "birthday",
    "preferred_store_id",
    "home_store_id",
    "invited_by_id",
    "source_code",
)


def merge(*, kept_id: int, gone_id: int, actor: str, at: datetime) -> Member:
    """Merge `gone_id` into `kept_id`, all or nothing, and tell it (`members_merged`).

    What the kept row lacks is filled in; the number, external number and phone of the one that
    goes lead to the other from now on, and its devices are signed out. Accounts are locked
    first, then both rows in the order of their ids. Raises `MergeWithOneself`, `MemberClosed`,
    and what an app above raises, such as `AccountFrozen` or `AccountHasHolds`.
    """
    if kept_id == gone_id:
        raise exceptions.MergeWithOneself
    with transaction.atomic():
        signals.members_changing_hands.send(
            sender=Member, member_ids=sorted([kept_id, gone_id]), at=at
        )
        rows = Member.objects.select_for_update().filter(pk__in=[kept_id, gone_id]).order_by("pk")
        found = {row.pk: row for row in rows}
        if len(found) != 2 or any(row.is_closed for row in found.values()):
            raise exceptions.MemberClosed
        kept, gone = found[kept_id], found[gone_id]
        # The apps above go first: a refusal of theirs must find everything as it was.
        signals.members_merged.send(
            sender=Member, kept_id=kept_id, gone_id=gone_id, at=at, actor=actor
        )
        _fill(kept, gone, at=at)
        _move_rows(kept_id, gone_id, at=at)
        segments.merge(kept_id=kept_id, gone_id=gone_id, at=at)
        Member.objects.filter(merged_into=gone).update(merged_into=kept)
        Member.objects.filter(invited_by=gone).exclude(pk=kept_id).update(invited_by=kept)
        DeviceSession.objects.filter(member=gone).alive(at).update(revoked_at=at)
    return kept


def are_recent(*, now: datetime) -> bool:
    """Whether anybody was merged so lately that something may be on its way to them."""
    return Member.objects.filter(merged_at__gt=now - _ON_ITS_WAY).exists()


def tidy(*, now: datetime) -> int:
    """Carry over what was on its way to rows that were merged lately; returns how many rows.

    A till may have named the row a moment before it went. Telling the merge again moves what
    has come since; where nothing has, nothing changes.
    """
    lately = Member.objects.filter(merged_at__gt=now - _ON_ITS_WAY).order_by("pk")
    pairs = list(lately.values_list("merged_into__pk", "pk"))
    for kept_id, gone_id in pairs:
        try:
            _carry_over(kept_id, gone_id, now=now)
        except Refusal as refusal:
            # Frozen meanwhile: the next run finds it again for an hour, and staff the reason.
            logger.warning(
                "member %s is not carried over to %s: %s", gone_id, kept_id, refusal.code
            )
    return len(pairs)


def _carry_over(kept_id: int, gone_id: int, *, now: datetime) -> None:
    with transaction.atomic():
        signals.members_changing_hands.send(
            sender=Member, member_ids=sorted([kept_id, gone_id]), at=now
        )
        signals.members_merged.send(
            sender=Member, kept_id=kept_id, gone_id=gone_id, at=now, actor="system"
        )


def _fill(kept: Member, gone: Member, *, at: datetime) -> None:
    values: dict[str, Any] = {
        name: getattr(gone, name)
        for name in _FILLED
        if not getattr(kept, name) and getattr(gone, name)
    }
    if values.get("invited_by_id") == kept.pk:
        del values["invited_by_id"]
    joined_at = min(kept.joined_at, gone.joined_at)
    moving = [name for name in ("phone", "external_number") if not getattr(kept, name)]
    for name in moving:
        values[name] = getattr(gone, name)
        setattr(gone, name, None)
    if not kept.avatar:
        values["avatar"], gone.avatar = gone.avatar, ""
    gone.merged_into, gone.merged_at = kept, at
    gone.save(update_fields=["merged_into", "merged_at", "avatar", *moving])
    for name, value in {**values, "joined_at": joined_at}.items():
        setattr(kept, name, value)
    kept.save(update_fields=[name.removesuffix("_id") for name in values] + ["joined_at"])


def _move_rows(kept_id: int, gone_id: int, *, at: datetime) -> None:
    own_tags = MemberTag.objects.filter(member_id=kept_id).values("tag_id")
    MemberTag.objects.filter(member_id=gone_id).exclude(tag_id__in=own_tags).update(
        member_id=kept_id
    )
    MemberTag.objects.filter(member_id=gone_id).delete()
    _move_addresses(kept_id, gone_id)
    _move_consents(kept_id, gone_id, at=at)
    _move_relations(kept_id, gone_id, at=at)
    RelationInvitation.objects.filter(member_id=gone_id).delete()
    tickets.move(kept_id=kept_id, gone_id=gone_id)
    # A password that was set for one phone must not open another's account.
    Password.objects.filter(member_id=gone_id).delete()
    own_apps = WechatIdentity.objects.filter(member_id=kept_id).values("app_id")
    WechatIdentity.objects.filter(member_id=gone_id).exclude(app_id__in=own_apps).update(
        member_id=kept_id
    )


def _move_addresses(kept_id: int, gone_id: int) -> None:
    if Address.objects.filter(member_id=kept_id, is_default=True).exists():
        Address.objects.filter(member_id=gone_id).update(is_default=False)
    room = addresses.LIMIT - Address.objects.filter(member_id=kept_id).count()
    newest = Address.objects.of(gone_id).values_list("pk", flat=True)[: max(0, room)]
    Address.objects.filter(pk__in=list(newest)).update(member_id=kept_id)
    Address.objects.filter(member_id=gone_id).delete()


def _move_consents(kept_id: int, gone_id: int, *, at: datetime) -> None:
    """Whoever said no in one place has not agreed in the other: optional ones stay apart."""
    standing = Consent.objects.standing().filter(member_id=gone_id)
    own = Consent.objects.standing().filter(member_id=kept_id, purpose__in=Consent.NEEDED)
    for consent in standing.filter(purpose__in=Consent.NEEDED):
        if not own.filter(purpose=consent.purpose, version=consent.version).exists():
            Consent.objects.create(
                member_id=kept_id,
                purpose=consent.purpose,
                version=consent.version,
                given_at=consent.given_at,
            )
    standing.update(withdrawn_at=at)


def _move_relations(kept_id: int, gone_id: int, *, at: datetime) -> None:
    """Bonds go on with the day on which they began, unless the kept one has the same already."""
    for relation in Relation.objects.standing().of(gone_id):
        other = relation.other_id(gone_id)
        first, second = sorted([kept_id, other])
        has_own = (
            Relation.objects.standing().filter(Q(first_id=first) & Q(second_id=second)).exists()
        )
        Relation.objects.filter(pk=relation.pk).update(ended_at=at, ended_by="system")
        if other != kept_id and not has_own:
            Relation.objects.create(
                first_id=first,
                second_id=second,
                kind=relation.kind,
                invited_by_id=kept_id if relation.invited_by_id == gone_id else other,
                invited_at=relation.invited_at,
                bound_at=relation.bound_at,
            )
