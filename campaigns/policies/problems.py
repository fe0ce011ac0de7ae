"""What is wrong with a rule or program, as data: a field, a code, figures for the sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rule or program: the field, a code, and figures for the sentence."""

    field: str
    code: str
    params: tuple[tuple[str, Any], ...] = ()


class Broken(ValueError):
    """A condition or rule that cannot be evaluated."""
