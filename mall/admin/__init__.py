"""The mall in the back office."""

from mall.admin.coupon_templates import CouponTemplateAdmin
from mall.admin.coupons import CouponAdmin, CouponBatchAdmin, CouponGrantAdmin
from mall.admin.desk import RedemptionAdmin
from mall.admin.money import PaymentAdmin, RedemptionReturnAdmin, RefundAdmin
from mall.admin.rewards import RewardAdmin
from mall.admin.shelves import MallSettingsAdmin, RewardCategoryAdmin, ShelfAdmin
from mall.admin.stock import CodeBatchAdmin, StockMovementAdmin, VariantAdmin

__all__ = [
    "CodeBatchAdmin",
    "CouponAdmin",
    "CouponBatchAdmin",
    "CouponGrantAdmin",
    "CouponTemplateAdmin",
    "MallSettingsAdmin",
    "PaymentAdmin",
    "RedemptionAdmin",
    "RedemptionReturnAdmin",
    "RefundAdmin",
    "RewardAdmin",
    "RewardCategoryAdmin",
    "ShelfAdmin",
    "StockMovementAdmin",
    "VariantAdmin",
]
