"""What keeping the catalogue can be refused for."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal

FAULTS: dict[str, str | Promise] = {
    "variant_missing": _("It has no variant that is offered."),
    "coupon_missing": _("It does not say which coupon it gives."),
    "partner_missing": _("It does not say which partner gives what, and how many of it."),
    "delivery_missing": _("It is neither sent to an address nor handed over in a store."),
    "date_missing": _("A variant has no date on which it takes place."),
    "uncounted": _("The stock of this kind has to be counted."),
    "window_over": _("The time in which it can be redeemed is over."),
}


class RewardIncomplete(Refusal):
    """A reward that nobody could redeem stays off the shelf; `faults` says what is missing."""

    code = "reward_incomplete"
    message = _("It cannot be put on the shelf yet: %(faults)s")

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(faults=" ".join(str(FAULTS[fault]) for fault in faults))


class WishesFull(Refusal):
    code = "wishes_full"
    message = _("A wish list has at most %(limit)s rewards.")
