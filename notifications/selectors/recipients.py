"""Who is told, and over which channels they can and want to be reached. Set by set."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count

from members.models import Consent, Member
from members.selectors import consents, security
from notifications.models import Message, Preference, Recipient, WechatGrant
from notifications.policies import kinds
from notifications.policies.quiet import Span
from stores.selectors.arrays import among


@dataclass(slots=True)
class Reach:
    """What is known of one member; an empty address is a channel that does not reach them."""

    member_id: int
    phone: str = ""
    language: str = ""
    email: str = ""
    quiet: Span | None = None
    openid: str = ""
    grants: frozenset[str] = frozenset()
    agrees_to_offers: bool = False
    sms_today: int = 0
    preferences: dict[tuple[str, str], bool] = field(default_factory=dict)

    def address(self, channel: str, *, kind: str) -> str:
        if channel == kinds.SMS:
            return self.phone
        if channel == kinds.EMAIL:
            return self.email
        return self.openid if kind in self.grants else ""

    def wants(self, channel: str, *, kind: str, event: kinds.Event) -> bool:
        """The member's own word; without one, what the catalogue does by itself."""
        said = self.preferences.get((kind, channel))
        # A mail costs the shop nothing: who asks for it gets the whole kind.
        return said is not False and (
            channel in event.channels or bool(said and channel == kinds.EMAIL)
        )


def reached(
    member_ids: Collection[int], *, channels: Collection[str], day_starts_at: datetime
) -> dict[int, Reach]:
    """How each of these members is reached over `channels`; closed members are left out.

    `day_starts_at` bounds the SMS that count as today's. Six queries at most, whatever the number.
    """
    ids = list(member_ids)
    rows = Member.objects.filter(among("id", ids), merged_into=None, erased_at=None)
    known = {pk: Reach(pk, phone or "") for pk, phone in rows.values_list("pk", "phone")}
    _add_recipients(known, ids)
    if not channels or not known:
        return known
    _add_preferences(known, ids)
    if kinds.WECHAT in channels:
        _add_wechat(known, ids)
    if kinds.SMS in channels:
        _add_sms(known, ids, day_starts_at)
    return known


def standing(member_ids: Collection[int]) -> dict[int, Reach]:
    """The same before sending: who is still a member, when they are quiet, what they switched
    off. Three queries; none for nobody."""
    ids = list(member_ids)
    if not ids:
        return {}
    rows = Member.objects.filter(among("id", ids), merged_into=None, erased_at=None)
    known = {pk: Reach(pk) for pk in rows.values_list("pk", flat=True)}
    _add_recipients(known, ids)
    _add_preferences(known, ids)
    return known


def add_consents(known: dict[int, Reach]) -> None:
    """Fill in who agrees to offers: asked only where something of the kind is told."""
    agreeing = consents.who_agree(known.keys(), purpose=Consent.Purpose.MARKETING)
    for member_id in agreeing:
        known[member_id].agrees_to_offers = True


def _add_recipients(known: dict[int, Reach], ids: list[int]) -> None:
    rows = Recipient.objects.filter(among("member_id", ids)).values_list(
        "member_id", "language", "email", "email_confirmed_at", "quiet_from", "quiet_until"
    )
    for member_id, language, email, confirmed_at, quiet_from, quiet_until in rows:
        if (reach := known.get(member_id)) is None:
            continue
        reach.language = language
        reach.email = email if confirmed_at is not None else ""
        if quiet_from is not None and quiet_until is not None:
            reach.quiet = Span(quiet_from, quiet_until)


def _add_preferences(known: dict[int, Reach], ids: list[int]) -> None:
    rows = Preference.objects.filter(among("member_id", ids))
    for member_id, kind, channel, is_on in rows.values_list(
        "member_id", "kind", "channel", "is_on"
    ):
        if member_id in known:
            known[member_id].preferences[kind, channel] = is_on


def _add_wechat(known: dict[int, Reach], ids: list[int]) -> None:
    """One message per grant: what a grant is already promised to does not count again."""
    grants: dict[int, set[str]] = {}
    rows = WechatGrant.objects.filter(among("member_id", ids), left__gt=0)
    for member_id, kind in rows.values_list("member_id", "kind"):
        grants.setdefault(member_id, set()).add(kind)
    openids = security.openids_of(list(grants)) if grants else {}
    for member_id, openid in openids.items():
        if member_id in known:
            known[member_id].openid = openid
            known[member_id].grants = frozenset(grants[member_id])


def _add_sms(known: dict[int, Reach], ids: list[int], day_starts_at: datetime) -> None:
    rows = Message.objects.filter(
        among("member_id", ids), channel=Message.Channel.SMS, created_at__gte=day_starts_at
    ).exclude(state__in=(Message.State.LAPSED, Message.State.BUNDLED))
    counted = rows.order_by().values("member_id").annotate(number=Count("pk"))
    for member_id, number in counted.values_list("member_id", "number"):
        if member_id in known:
            known[member_id].sms_today = number
