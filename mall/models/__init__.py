from mall.models.catalogue import Reward, RewardPicture, RewardPrice, Wish
from mall.models.coupon import Coupon, CouponStep, CouponUse
from mall.models.coupon_code import CouponBatch, CouponCode, CouponGrant
from mall.models.coupon_template import CouponTemplate, CouponTemplateChange
from mall.models.redemption import (
    Payment,
    Redemption,
    RedemptionReturn,
    RedemptionStep,
    Refund,
)
from mall.models.search import RewardSearch
from mall.models.settings import MallSettings
from mall.models.shelves import RewardCategory, Shelf
from mall.models.stock import CodeBatch, StockMovement, Variant, VirtualCode

__all__ = [
    "CodeBatch",
    "Coupon",
    "CouponBatch",
    "CouponCode",
    "CouponGrant",
    "CouponStep",
    "CouponTemplate",
    "CouponTemplateChange",
    "CouponUse",
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
    "RewardSearch",
    "Shelf",
    "StockMovement",
    "Variant",
    "VirtualCode",
    "Wish",
]
