"""Presets: whole programs to start from, each with the cases that show what it does."""

from campaigns.policies.presets.content import (
    Act,
    Buy,
    Creation,
    Need,
    Preset,
    Step,
    TakeBack,
    Vector,
)
from campaigns.policies.presets.reading import Malformed, parsed

__all__ = [
    "Act",
    "Buy",
    "Creation",
    "Malformed",
    "Need",
    "Preset",
    "Step",
    "TakeBack",
    "Vector",
    "parsed",
]
