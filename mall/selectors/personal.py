"""Orders and wishes in a member's copy of their data, and what closing the account takes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mall.exceptions import RedemptionRefused
from mall.models import Redemption, RedemptionReturn, Wish
from members.models import Member
from members.selectors.consequences import Loss
from members.selectors.personal_data import Cell, Section, windowed
from stores.exceptions import Refusal

Found = Iterator[Sequence[Cell]]
_ENDED = (Redemption.State.COMPLETED, Redemption.State.CANCELLED, Redemption.State.RETURNED)


def hindrance(member: Member, at: datetime) -> Refusal | None:
    """An order that is under way keeps the account open."""
    open_ones = Redemption.objects.filter(member=member).exclude(state__in=_ENDED)
    return RedemptionRefused("open_orders") if open_ones.exists() else None


def lost(member: Member, at: datetime) -> Iterable[Loss]:
    """Wishes are deleted. One query."""
    wishes = Wish.objects.filter(member=member).count()
    if wishes:
        text = ngettext("%(count)s wish is deleted.", "%(count)s wishes are deleted.", wishes)
        yield Loss("wishes", str(wishes), text % {"count": wishes})


def _redemptions(ids: Sequence[int], at: datetime) -> Found:
    rows = Redemption.objects.filter(member_id__in=ids).select_related(
        "reward", "variant", "pick_up_store"
    )
    for row in windowed(rows):
        yield (
            *(row.number, row.placed_at, row.reward.label, row.variant.label, row.quantity),
            *(row.points, row.money, row.state, row.delivery, row.recipient, row.phone),
            *(row.address, row.partner_account, row.pick_up_store and row.pick_up_store.name),
            *(row.carrier, row.tracking_number, row.points_back, row.money_back),
        )


def _returns(ids: Sequence[int], at: datetime) -> Found:
    rows = RedemptionReturn.objects.filter(redemption__member_id__in=ids)
    for row in windowed(rows.select_related("redemption")):
        yield (
            *(row.redemption.number, row.asked_at, row.quantity, row.reason, row.words),
            *(row.state, row.answer, row.points, row.money),
        )


def _wishes(ids: Sequence[int], at: datetime) -> Found:
    for row in windowed(Wish.objects.filter(member_id__in=ids).select_related("reward")):
        yield row.wished_at, row.reward.label


SECTIONS = (
    Section(
        "redemptions",
        _("Redemptions"),
        (
            *("number", "placed_at", "reward", "variant", "quantity", "points", "yuan", "state"),
            *("delivery", "recipient", "phone", "address", "partner_account", "pick_up_store"),
            *("carrier", "tracking_number", "points_back", "yuan_back"),
        ),
        _redemptions,
    ),
    Section(
        "redemption_returns",
        _("Returns of redemptions"),
        (
            *("number", "asked_at", "quantity", "reason", "words", "state", "answer"),
            *("points_back", "yuan_back"),
        ),
        _returns,
    ),
    Section("wishes", _("Wish list"), ("at", "reward"), _wishes),
)
