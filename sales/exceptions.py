"""What the intake of receipts can refuse, each with a stable code."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal

MESSAGES: dict[str, str | Promise] = {
    "required": _("A value is missing."),
    "text_too_long": _("The text has %(length)s characters; at most %(limit)s are accepted."),
    "unsafe_characters": _("The text contains control characters or broken characters."),
    "outer_blanks": _("The number must not begin or end with a blank."),
    "kind_unknown": _("The kind must be sale or return."),
    "currency_unknown": _("The currency must be a code of three capital letters, such as CNY."),
    "original_on_sale": _("A sale cannot name an original receipt."),
    "date_in_future": _("The date %(date)s lies in the future."),
    "date_too_old": _("The date %(date)s lies before the year 2000."),
    "lines_missing": _("The receipt has no lines."),
    "too_many_lines": _("A receipt has at most %(limit)s lines."),
    "total_too_large": _("The amount is larger than %(limit)s."),
    "quantity_out_of_range": _("The quantity is not a number up to %(limit)s."),
    "quantity_not_positive": _("The quantity must be more than zero, not %(value)s."),
    "too_many_decimals": _("At most %(limit)s decimals are accepted."),
    "price_out_of_range": _("The unit price is not a number up to %(limit)s."),
    "price_negative": _("The unit price must not be negative: %(value)s."),
    "amount_out_of_range": _("The amount must lie between 0 and %(limit)s."),
    "amount_above_price": _("The amount is larger than quantity × unit price."),
    "sale_line_without_sale": _("A line of the sale is named, but not the sale."),
    "sale_line_unknown": _("The sale has no such line."),
    "sale_line_mismatch": _("This line of the sale is a different article."),
    "sku_not_sold": _("This article is not on the sale."),
    "return_exceeds_quantity": _("More comes back than was sold: only %(left)s left to return."),
    "return_exceeds_amount": _("More money goes back than was paid: only %(left)s is left."),
    "return_of_return": _("The original receipt is itself a return."),
    "member_mismatch": _("The sale belongs to a different member."),
    "currency_mismatch": _("The sale was in a different currency."),
    "unknown_member": _("There is no member %(member)s."),
    "duplicate_number": _("A receipt %(number)s with different content is already there."),
}


class ReceiptRefused(Refusal):
    """A receipt that is not taken in. `line_no` says which of its lines is at fault, if one."""

    def __init__(
        self, code: str, *, field: str | None = None, line_no: int | None = None, **params: Any
    ) -> None:
        self.code = code
        self.message = MESSAGES[code]
        self.line_no = line_no
        super().__init__(field=field, **params)


class DuplicateNumber(ReceiptRefused):
    """The number is taken by a receipt with other content (I6)."""

    def __init__(self, *, number: str) -> None:
        super().__init__("duplicate_number", field="number", number=number)
