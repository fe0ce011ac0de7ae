"""Binding and parting of relatives and friends; both of them agree (F71)."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from members import exceptions
from members.models import Member, Relation, RelationInvitation, RelationSettings
from members.selectors import relations

INVITATION_LIFETIME = timedelta(days=3)
_OPEN_INVITATIONS_MAX = 5
_TOKEN_BYTES = 16
_TOKEN_LENGTH_MAX = 64
_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Invited:
    """The inviter's half: `token` exists only here and in the link that is handed on."""

    token: str
    kind: str
    expires_at: datetime


def invite(*, member_id: int, kind: str, at: datetime) -> Invited:
    """Make a link for one person, good for three days; the oldest of more than five goes.

    Raises `RelationKindUnknown`, `RelationsFull`. Locks the member's row.
    """
    if kind not in Relation.Kind.values:
        raise exceptions.RelationKindUnknown
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with transaction.atomic():
        _lock([member_id])
        _check_room(member_id, field=None, at=at)
        waiting = RelationInvitation.objects.filter(
            member_id=member_id, used_at=None, expires_at__gt=at
        ).order_by("-pk")
        for old in list(waiting[_OPEN_INVITATIONS_MAX - 1 :]):
            old.delete()
        invitation = RelationInvitation.objects.create(
            member_id=member_id,
            kind=kind,
            token_hash=_digest(token),
            created_at=at,
            expires_at=at + INVITATION_LIFETIME,
        )
    return Invited(token=token, kind=kind, expires_at=invitation.expires_at)


def find(*, token: str, at: datetime) -> RelationInvitation | None:
    """The invitation of a link while it can be accepted, with its member; else None."""
    if not 0 < len(token) <= _TOKEN_LENGTH_MAX:
        return None
    found = (
        RelationInvitation.objects.select_related("member")
        .filter(token_hash=_digest(token))
        .first()
    )
    return found if found is not None and found.is_live(at) else None


def accept(*, member_id: int, token: str, at: datetime) -> Relation:
    """The other half: bind `member_id` to whoever made the link.

    Raises `InvitationGone` (unknown, used or too old), `RelationToOneself`, `RelationExists`,
    `RelationsFull` for either of them. Locks both members' rows in the order of their ids, so
    that limits hold in any burst and opposite invitations cannot deadlock.
    """
    with transaction.atomic():
        invitation = find(token=token, at=at)
        if invitation is None:
            raise exceptions.InvitationGone
        if invitation.member_id == member_id:
            raise exceptions.RelationToOneself
        _lock([invitation.member_id, member_id])
        if not RelationInvitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=at):
            raise exceptions.InvitationGone
        if Member.objects.filter(pk=invitation.member_id).exclude(erased_at=None).exists():
            raise exceptions.InvitationGone
        if invitation.member.is_closed:
            raise exceptions.InvitationGone
        if relations.between(invitation.member_id, member_id) is not None:
            raise exceptions.RelationExists
        _check_room(member_id, field=None, at=at)
        _check_room(invitation.member_id, field="other", at=at)
        first, second = sorted([invitation.member_id, member_id])
        return Relation.objects.create(
            first_id=first,
            second_id=second,
            kind=invitation.kind,
            invited_by_id=invitation.member_id,
            invited_at=invitation.created_at,
            bound_at=at,
        )


def end(*, member_id: int, relation_id: int, actor: str, at: datetime) -> None:
    """Part. One is enough for that; nothing happens when they have parted already.

    Raises `RelationUnknown` for a relation that is not the member's.
    """
    mine = Relation.objects.of(member_id).filter(pk=relation_id)
    if not mine.standing().update(ended_at=at, ended_by=actor) and not mine.exists():
        raise exceptions.RelationUnknown


def forget_invitations(*, now: datetime) -> int:
    """Delete invitations that ended a month ago or earlier; returns how many."""
    return RelationInvitation.objects.filter(expires_at__lt=now - _MONTH).delete()[0]


def _check_room(member_id: int, *, field: str | None, at: datetime) -> None:
    settings = RelationSettings.objects.first() or RelationSettings()
    mine = Relation.objects.of(member_id)
    if mine.standing().count() >= settings.relations_max:
        raise exceptions.RelationsFull(field=field, limit=settings.relations_max)
    if mine.filter(bound_at__gt=at - _MONTH).count() >= settings.new_per_month:
        raise exceptions.RelationsTooMany(field=field, limit=settings.new_per_month)


def _lock(member_ids: Iterable[int]) -> None:
    rows = Member.objects.select_for_update().filter(pk__in=set(member_ids)).order_by("pk")
    list(rows.values_list("pk"))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
