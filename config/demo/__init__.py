"""A believable merchant to try the product with; every balance comes from the real services."""

from config.demo.accounts import accounts, is_wanted
from config.demo.story import Made, seed

__all__ = ["Made", "accounts", "is_wanted", "seed"]
