"""What redeeming can be refused for."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal

MESSAGES: dict[str, str | Promise] = {
    "mall_closed": _("The mall is closed at the moment. Orders that are placed go on."),
    "reward_unknown": _("There is no such reward."),
    "variant_unknown": _("This reward has no such variant."),
    "variant_not_offered": _("This variant is not offered at the moment."),
    "not_started": _("This can be redeemed from %(at)s on."),
    "ended": _("The time in which this could be redeemed is over."),
    "experience_over": _("This date has passed."),
    "level_needed": _("For members of the level %(level)s and above."),
    "segment_needed": _("For invited members only."),
    "spend_needed": _(
        "For members who spent ¥%(money)s within %(days)s days; ¥%(missing)s are missing."
    ),
    "order_limit": _("At most %(limit)s pieces in one order."),
    "day_limit": _("At most %(limit)s pieces per member and day; %(left)s left today."),
    "month_limit": _("At most %(limit)s pieces per member and month; %(left)s left this month."),
    "ever_limit": _("At most %(limit)s pieces per member; %(left)s left for you."),
    "sold_out": _("Nothing is left of this."),
    "stock_short": _("Only %(left)s pieces are left."),
    "price_changed": _(
        "The price has changed: it is %(points)s points and ¥%(money)s now. Please look again."
    ),
    "quantity_invalid": _("The quantity must be a whole number from 1 on."),
    "delivery_not_offered": _("This reward is not delivered in this way."),
    "address_needed": _("Please choose the address that it is sent to."),
    "pick_up_store_needed": _("Please choose the store in which you pick it up."),
    "pick_up_store_not_offered": _("This reward is not handed over in this store."),
    "partner_account_needed": _("Please give your account with the partner."),
    "partner_account_invalid": _("An account with the partner has 4 to 40 letters and digits."),
    "redemption_key_conflict": _("This request was sent before with other content."),
    "payment_unavailable": _("Rewards with a part in money cannot be redeemed at the moment."),
    "redemption_unknown": _("There is no such order."),
    "redemption_not_cancellable": _("This order can no longer be cancelled: it is %(state)s."),
    "redemption_too_late_to_cancel": _("This could be cancelled until %(at)s."),
    "redemption_wrong_state": _("The order is %(state)s; this cannot be done with it."),
    "carrier_needed": _("Please give the carrier and the tracking number."),
    "reason_needed": _("Please give a reason."),
    "return_closed": _("Goods can be sent back within %(days)s days after they arrived."),
    "return_not_offered": _("This kind of reward cannot be sent back."),
    "return_too_many": _("Only %(left)s pieces of this order can be sent back."),
    "return_open": _("A return of this order is already being looked at."),
    "return_unknown": _("There is no such return."),
    "return_decided": _("This return was decided already."),
    "coupons_used": _("Coupons of this order were used already; it cannot be given back."),
    "codes_delivered": _("The code was delivered already; this cannot be undone."),
    "hand_over_code_wrong": _("This code is not valid (any more). Let the member show a new one."),
    "hand_over_wrong_store": _("This is to be picked up in %(store)s."),
    "hand_over_not_ready": _("This order is %(state)s; nothing is to be handed over."),
    "hand_over_done": _("This was handed over already, on %(at)s."),
    "hand_over_late": _("This could be used until %(at)s."),
    "hand_over_too_many": _("Too many wrong codes. Please wait %(minutes)s minutes."),
    "open_orders": _("Orders are under way. Wait until they arrive, or cancel them first."),
    "stock_too_little": _("Only %(left)s pieces are there."),
    "stock_not_counted": _("The stock of this variant is not counted."),
    "stock_by_codes": _("The stock of virtual codes is the codes that are brought in."),
    "code_invalid": _("A code has 1 to 500 characters and no control characters."),
    "codes_missing": _("There is no code in it."),
    "codes_too_many": _("At most %(limit)s codes at once."),
}


class RedemptionRefused(Refusal):
    """Redeeming, or something about an order, is declined; the code says why."""

    def __init__(self, code: str, *, field: str | None = None, **params: Any) -> None:
        self.code = code
        self.message = MESSAGES[code]
        super().__init__(field=field, **worded(params))


def worded(params: Mapping[str, Any]) -> dict[str, Any]:
    """Figures as people read them."""
    return {name: _word(value) for name, value in params.items()}


def _word(value: Any) -> Any:
    if isinstance(value, datetime):
        return date_format(localtime(value), "DATETIME_FORMAT")
    if isinstance(value, Decimal):
        return number_format(value, 2)
    if isinstance(value, int):
        return number_format(value, use_l10n=True, force_grouping=True)
    return value
