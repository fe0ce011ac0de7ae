"""Which checkout a receipt pays with, and whether the two are the same purchase (F57)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from campaigns.policies.numbers import plain
from sales import exceptions
from sales.models import Checkout, Receipt
from sales.policies import receipts
from sales.policies.receipts import MemberRef, ReceiptInput
from sales.selectors import checkouts as selectors
from sales.services.drafts import Outcome, refused_outcome
from stores.exceptions import Refusal

CURRENCY = "CNY"


@dataclass(slots=True)
class Paying:
    """The checkouts of a batch, by the number of the receipt that pays with each."""

    found: dict[str, Checkout] = field(default_factory=dict)
    _by_number: Mapping[str, Checkout] = field(default_factory=dict)
    _used: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        store_id: int,
        sales: Iterable[ReceiptInput],
        members: Mapping[MemberRef, int],
        at_checkout: Collection[int],
    ) -> "Paying":
        """Look for the checkouts that these receipts may pay with. One query, and none where
        no receipt says a payment and nobody has a checkout open."""
        numbers = {
            receipt.checkout or receipt.number
            for receipt in sales
            if receipt.kind == Receipt.Kind.SALE
            and (_says(receipt) or (receipt.member and members.get(receipt.member) in at_checkout))
        }
        rows = selectors.by_number(store_id=store_id, numbers=numbers) if numbers else {}
        return cls(_by_number=rows)

    def filled(
        self, receipt: ReceiptInput, members: dict[MemberRef, int], now: datetime
    ) -> ReceiptInput:
        """The receipt with what its checkout says of member and payment, where it left that out.

        Receipts without a checkout stay as they are. Raises a refusal when the two do not agree.
        """
        checkout = self._by_number.get(receipt.checkout or receipt.number)
        if checkout is None:
            if receipt.checkout:
                raise exceptions.CheckoutUnknown(field="checkout", number=receipt.checkout)
            return receipt
        if not self._counts(receipt, checkout, now):
            return receipt
        _agree(receipt, checkout, members)
        self.found[receipt.number] = checkout
        self._used[checkout.pk] = receipt.number
        ref = MemberRef("number", checkout.member.number)
        members.setdefault(ref, checkout.member_id)
        return replace(
            receipt,
            member=receipt.member or ref,
            paid_by_coupon=checkout.paid_by_coupon,
            paid_by_points=checkout.paid_by_points,
            as_came=receipt,
        )

    def fill(
        self,
        receipts: Sequence[ReceiptInput],
        members: dict[MemberRef, int],
        refused: dict[int, Outcome],
        *,
        now: datetime,
    ) -> list[ReceiptInput]:
        """As `filled`, for a batch; what does not agree is noted in `refused` by its place."""
        found = list(receipts)
        for place, receipt in enumerate(receipts):
            if place in refused:
                continue
            try:
                found[place] = self.filled(receipt, members, now)
            except Refusal as refusal:
                refused[place] = refused_outcome(receipt, refusal)
        return found

    def locked(self) -> dict[str, Checkout] | None:
        """The same checkouts, their rows locked in the order of their ids after the accounts;
        None when one of them has been closed or paid with since they were looked at."""
        if not self.found:
            return {}
        rows = Checkout.objects.filter(pk__in=[one.pk for one in self.found.values()])
        locked = {row.pk: row for row in rows.order_by("pk").select_for_update(no_key=True)}
        if any(_mark(locked[one.pk]) != _mark(one) for one in self.found.values()):
            return None
        return {number: locked[one.pk] for number, one in self.found.items()}

    def _counts(self, receipt: ReceiptInput, checkout: Checkout, now: datetime) -> bool:
        """Whether the receipt pays with this checkout; raises when it wants to and cannot."""
        if receipt.kind != Receipt.Kind.SALE:
            return False
        taken_by = checkout.receipt.number if checkout.receipt else self._used.get(checkout.pk)
        if taken_by is not None and taken_by != receipt.number:
            raise exceptions.CheckoutUsed(number=checkout.number, receipt=taken_by)
        if checkout.receipt is not None:
            return False  # a repeat: the receipt is there already
        state = selectors.state_at(checkout, now)
        if state in selectors.OPEN:
            return True
        if not _says(receipt):
            return False  # paid in money after all
        if state is Checkout.State.RELEASED:
            raise exceptions.CheckoutReleased(number=checkout.number)
        return True


def _says(receipt: ReceiptInput) -> bool:
    return bool(receipt.checkout or receipt.paid_by_points or receipt.paid_by_coupon)


def _agree(receipt: ReceiptInput, checkout: Checkout, members: Mapping[MemberRef, int]) -> None:
    number = checkout.number
    if receipt.member is not None and members.get(receipt.member) != checkout.member_id:
        raise exceptions.CheckoutMismatch("member", number=number)
    if receipt.currency != CURRENCY:
        raise exceptions.CheckoutMismatch("currency", number=number)
    if receipts.basket_mark(receipt.lines) != checkout.basket:
        raise exceptions.CheckoutMismatch("lines", number=number)
    for name in ("paid_by_points", "paid_by_coupon"):
        said: Decimal = getattr(receipt, name)
        held: Decimal = getattr(checkout, name)
        if said and said != held:
            figures = {"held": plain(held), "said": plain(said)}
            raise exceptions.CheckoutMismatch(name, number=number, **figures)


def _mark(checkout: Checkout) -> tuple[str, int | None, int]:
    return checkout.state, checkout.receipt_id, checkout.member_id
