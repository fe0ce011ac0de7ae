"""How a member wants to be told, kind by kind, with the defaults filled in."""

from dataclasses import dataclass
from datetime import time

from django.conf import settings

from notifications.models import (
    Message,
    MessageSettings,
    MessageTemplate,
    Notice,
    Preference,
    Recipient,
    WechatGrant,
)
from notifications.policies import kinds

CHANNELS: tuple[str, ...] = tuple(Message.Channel.values)


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether a kind is told over a channel. `is_offered` is False where it never is."""

    kind: str
    channel: str
    is_offered: bool
    is_on: bool

    @property
    def name(self) -> str:
        return f"{self.kind}.{self.channel}"


@dataclass(frozen=True, slots=True)
class Row:
    """A kind with its switches, one for each of `CHANNELS`."""

    kind: str
    label: str
    switches: list[Switch]


@dataclass(frozen=True, slots=True)
class Reach:
    """All of a member's settings. Empty quiet hours mean the shop's own, which come with it."""

    language: str
    email: str
    is_email_confirmed: bool
    quiet_from: time | None
    quiet_until: time | None
    shop_quiet: tuple[time, time]
    rows: list[Row]

    @property
    def switches(self) -> dict[tuple[str, str], bool]:
        """Those that are offered."""
        return {
            (one.kind, one.channel): one.is_on
            for row in self.rows
            for one in row.switches
            if one.is_offered
        }


def reach_of(member_id: int) -> Reach:
    """The member's settings. Three queries."""
    recipient = Recipient.objects.filter(member_id=member_id).first() or Recipient()
    shop = MessageSettings.objects.first() or MessageSettings()
    chosen = Preference.objects.filter(member_id=member_id)
    own = {(one.kind, one.channel): one.is_on for one in chosen}
    return Reach(
        language=recipient.language or settings.LANGUAGE_CODE,
        email=recipient.email,
        is_email_confirmed=recipient.email_confirmed_at is not None,
        quiet_from=recipient.quiet_from,
        quiet_until=recipient.quiet_until,
        shop_quiet=(shop.quiet_from, shop.quiet_until),
        rows=[_row(kind, own) for kind in Notice.Kind],
    )


def offered(kind: str) -> frozenset[str]:
    """Over which channels a kind may be asked for: e-mail, and those that it uses by itself.

    An SMS costs the shop money: no member orders what the shop does not send.
    """
    return kinds.KINDS[kind].channels | {kinds.EMAIL}


@dataclass(frozen=True, slots=True)
class Subscription:
    """A WeChat template that the mini-program may ask for, and how many are still allowed."""

    kind: str
    label: str
    template_id: str
    left: int


def subscriptions_of(member_id: int) -> list[Subscription]:
    """The kinds that leave by WeChat, with the merchant's template for each. Two queries."""
    rows = MessageTemplate.objects.filter(
        channel=MessageTemplate.Channel.WECHAT, is_active=True
    ).exclude(provider_template="")
    ids: dict[str, str] = {}
    for row in rows.order_by("kind", "event", "language", "pk"):
        ids.setdefault(row.kind, row.provider_template.partition(":")[0].strip())
    left = dict(WechatGrant.objects.filter(member_id=member_id).values_list("kind", "left"))
    return [
        Subscription(kind.value, str(kind.label), ids[kind.value], left.get(kind.value, 0))
        for kind in Notice.Kind
        if ids.get(kind.value)
    ]


def _row(kind: Notice.Kind, own: dict[tuple[str, str], bool]) -> Row:
    possible, usual = offered(kind.value), kinds.KINDS[kind.value].channels
    switches = [
        Switch(
            kind=kind.value,
            channel=channel,
            is_offered=channel in possible,
            is_on=channel in possible and own.get((kind.value, channel), channel in usual),
        )
        for channel in CHANNELS
    ]
    return Row(kind=kind.value, label=str(kind.label), switches=switches)
