from mall.models.catalogue import Reward, RewardPicture, RewardPrice, Wish
from mall.models.redemption import (
    Payment,
    Redemption,
    RedemptionReturn,
    RedemptionStep,
    Refund,
)
from mall.models.settings import MallSettings
from mall.models.shelves import RewardCategory, Shelf
from mall.models.stock import CodeBatch, StockMovement, Variant, VirtualCode

__all__ = [
    "CodeBatch",
    "MallSettings",
    "Payment",
    "Redemption",
    "RedemptionReturn",
    "RedemptionStep",
    "Refund",
    "Reward",
    "RewardCategory",
    "RewardPicture",
    "RewardPrice",
    "Shelf",
    "StockMovement",
    "Variant",
    "VirtualCode",
    "Wish",
]
