from tiers.admin import history, levels, standings

__all__ = ["history", "levels", "standings"]
