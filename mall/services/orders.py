"""What is asked of the mall."""

from dataclasses import dataclass
from decimal import Decimal

from points.policies import fingerprint


@dataclass(frozen=True, slots=True)
class Order:
    """What a member wants. `expected_*` are what they were shown, per order; None: not asked."""

    reward_id: int
    variant_id: int
    quantity: int
    delivery: str = ""
    address_id: int | None = None
    pick_up_store_id: int | None = None
    partner_account: str = ""
    expected_points: int | None = None
    expected_money: Decimal | None = None

    @property
    def fingerprint(self) -> str:
        """The content that a repeat of the key has to carry again."""
        return fingerprint(
            "redeem",
            self.reward_id,
            self.variant_id,
            self.quantity,
            self.delivery,
            self.address_id,
            self.pick_up_store_id,
            self.partner_account,
        )
