"""Notices and settings in a member's copy of their data."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from members.selectors.personal_data import Cell, Section, windowed
from notifications.models import Message, Notice, Preference, Recipient


def _notices(ids: Sequence[int], at: datetime) -> Iterator[Sequence[Cell]]:
    for row in windowed(Notice.objects.filter(member_id__in=ids)):
        yield (*(row.kind, row.title, row.body, row.points, row.created_at, row.read_at),)


def _messages(ids: Sequence[int], at: datetime) -> Iterator[Sequence[Cell]]:
    """What left over other channels. The text stands with the notice."""
    for row in windowed(Message.objects.filter(member_id__in=ids)):
        yield (row.channel, row.to, row.template, row.state, row.created_at, row.finished_at)


def _settings(ids: Sequence[int], at: datetime) -> Iterator[Sequence[Cell]]:
    for row in Recipient.objects.filter(member_id__in=ids).order_by("pk"):
        quiet = [str(one or "") for one in (row.quiet_from, row.quiet_until)]
        yield (row.language, row.email, row.email_confirmed_at, *quiet)


def _switches(ids: Sequence[int], at: datetime) -> Iterator[Sequence[Cell]]:
    for row in windowed(Preference.objects.filter(member_id__in=ids)):
        yield (row.kind, row.channel, row.is_on)


SECTIONS = (
    Section(
        "notices",
        _("Messages"),
        ("kind", "title", "text", "points", "told_at", "read_at"),
        _notices,
    ),
    Section(
        "sent_messages",
        _("Messages sent by SMS, e-mail and WeChat"),
        ("channel", "to", "about", "state", "written_at", "ended_at"),
        _messages,
    ),
    Section(
        "message_settings",
        _("Message settings"),
        ("language", "email", "email_confirmed_at", "quiet_from", "quiet_until"),
        _settings,
    ),
    Section("message_switches", _("Choices of channels"), ("kind", "channel", "is_on"), _switches),
)
