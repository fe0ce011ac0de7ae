"""The sections of the export that this app has."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members.models import (
    AccessLog,
    Address,
    Consent,
    DeviceSession,
    Member,
    MemberTag,
    Relation,
    SegmentMember,
    TicketMessage,
    WechatIdentity,
)
from members.policies import regions
from members.selectors import security
from members.selectors.personal_data import Cell, Section, windowed

Found = Iterator[Sequence[Cell]]


def _profile(ids: Sequence[int], at: datetime) -> Found:
    for row in windowed(
        Member.objects.filter(pk__in=ids).select_related(
            "home_store", "preferred_store", "invited_by"
        )
    ):
        yield (
            row.number,
            row.external_number,
            row.phone,
            row.name,
            row.gender,
            row.birthday,
            row.home_store and row.home_store.name,
            row.preferred_store and row.preferred_store.name,
            row.source,
            row.source_code,
            row.invitation_code,
            row.invited_by and row.invited_by.masked_number,
            bool(row.avatar),
            row.joined_at,
        )


def _addresses(ids: Sequence[int], at: datetime) -> Found:
    for row in windowed(Address.objects.filter(member_id__in=ids)):
        yield (
            row.recipient,
            row.phone,
            row.region,
            regions.name(row.region),
            row.detail,
            row.is_default,
            row.created_at,
        )


def _consents(ids: Sequence[int], at: datetime) -> Found:
    for row in windowed(Consent.objects.filter(member_id__in=ids)):
        yield row.purpose, row.get_purpose_display(), row.version, row.given_at, row.withdrawn_at


def _devices(ids: Sequence[int], at: datetime) -> Found:
    for row in windowed(DeviceSession.objects.filter(member_id__in=ids)):
        yield (
            row.kind,
            security.device_name(row.user_agent),
            row.user_agent,
            row.created_at,
            row.last_seen_at,
            row.expires_at,
            row.revoked_at,
        )


def _wechat(ids: Sequence[int], at: datetime) -> Found:
    for row in windowed(WechatIdentity.objects.filter(member_id__in=ids)):
        yield row.app_id, row.openid, row.unionid, row.bound_at


def _relations(ids: Sequence[int], at: datetime) -> Found:
    """The other by name only, as the member's own page shows them: their number is theirs."""
    for pk in ids:
        for row in windowed(Relation.objects.of(pk).select_related("first", "second")):
            other = row.second if row.first_id == pk else row.first
            yield row.kind, other.name or other.masked_number, row.bound_at, row.ended_at


def _tags(ids: Sequence[int], at: datetime) -> Found:
    for row in windowed(MemberTag.objects.filter(member_id__in=ids).select_related("tag")):
        yield (row.tag.name,)


def _segments(ids: Sequence[int], at: datetime) -> Found:
    rows = SegmentMember.objects.filter(member_id__in=ids).select_related("segment")
    for row in windowed(rows):
        yield row.segment.code, str(row.segment), row.since


def _tickets(ids: Sequence[int], at: datetime) -> Found:
    """What was written, by the member and to them; not what staff noted among themselves."""
    rows = TicketMessage.objects.filter(ticket__member_id__in=ids, is_internal=False)
    for row in windowed(rows.select_related("ticket")):
        ticket = row.ticket
        yield (
            *(ticket.number, ticket.get_kind_display(), ticket.subject, ticket.state),
            *(row.at, row.side, row.get_act_display(), row.text),
        )


def _accesses(ids: Sequence[int], at: datetime) -> Found:
    """Who looked, by role: the names of staff are theirs."""
    for row in windowed(AccessLog.objects.filter(member_id__in=ids)):
        yield row.day, row.actor.partition(":")[0], row.get_what_display(), row.times


SECTIONS = (
    Section(
        "profile",
        _("Profile"),
        (
            *("number", "external_number", "phone", "name", "gender", "birthday"),
            *("home_store", "preferred_store", "source", "source_code", "invitation_code"),
            *("invited_by", "has_picture", "joined_at"),
        ),
        _profile,
    ),
    Section(
        "addresses",
        _("Addresses"),
        ("recipient", "phone", "region", "region_name", "detail", "is_default", "created_at"),
        _addresses,
    ),
    Section(
        "consents",
        _("Consents"),
        ("purpose", "purpose_label", "version", "given_at", "withdrawn_at"),
        _consents,
    ),
    Section(
        "devices",
        _("Signed-in devices"),
        (
            *("kind", "name", "user_agent", "signed_in_at", "last_seen_at"),
            *("expires_at", "signed_out_at"),
        ),
        _devices,
    ),
    Section("wechat", _("WeChat"), ("app_id", "openid", "unionid", "bound_at"), _wechat),
    Section(
        "relations",
        _("Relatives and friends"),
        ("kind", "other", "bound_at", "ended_at"),
        _relations,
    ),
    Section("tags", _("Tags"), ("tag",), _tags),
    Section("segments", _("Segments"), ("code", "name", "since"), _segments),
    Section(
        "tickets",
        _("Tickets"),
        ("number", "kind", "subject", "state", "at", "by", "act", "text"),
        _tickets,
    ),
    Section(
        "access",
        pgettext_lazy("export", "Who looked at these data"),
        ("day", "by", "what", "times"),
        _accesses,
    ),
)
