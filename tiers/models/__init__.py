from tiers.models.benefit import LevelBenefit, UpgradeGift
from tiers.models.growth import GrowthCorrection, GrowthDay
from tiers.models.level import Level, TierProgram
from tiers.models.standing import Standing, StandingChange

__all__ = [
    "GrowthCorrection",
    "GrowthDay",
    "Level",
    "LevelBenefit",
    "Standing",
    "StandingChange",
    "TierProgram",
    "UpgradeGift",
]
