"""The mall in the back office."""

from mall.admin.rewards import RewardAdmin
from mall.admin.shelves import MallSettingsAdmin, RewardCategoryAdmin, ShelfAdmin
from mall.admin.stock import CodeBatchAdmin, StockMovementAdmin, VariantAdmin

__all__ = [
    "CodeBatchAdmin",
    "MallSettingsAdmin",
    "RewardAdmin",
    "RewardCategoryAdmin",
    "ShelfAdmin",
    "StockMovementAdmin",
    "VariantAdmin",
]
