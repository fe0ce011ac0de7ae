"""What the mall can refuse, each with a stable code."""

from mall.exceptions.redemptions import RedemptionRefused

__all__ = ["RedemptionRefused"]
