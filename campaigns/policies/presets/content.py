"""What a preset says: a program, what it cannot do yet, and its test vectors.

Amounts are `Decimal` yuan as the file writes them, points are whole numbers, times are aware.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from campaigns.policies.occasions import Person
from campaigns.policies.presets.malls import Mall, MallStep
from campaigns.policies.programs import ProgramTerms

_ANYBODY = Person()


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is bought. `category` is the path from the root of the tree."""

    amount: Decimal
    quantity: Decimal = Decimal(1)
    kind: str = "goods"
    sku: str = ""
    category: tuple[str, ...] = ()
    brand: str = ""
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Buy:
    """A purchase; `coupon` and `by_points` are the yuan of it that were paid so."""

    lines: tuple[Line, ...]
    store: str = ""
    channel: str = ""
    business: str = ""
    coupon: Decimal = Decimal(0)
    by_points: Decimal = Decimal(0)
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Something else that a member does."""

    trigger: str
    code: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    quantity: Decimal = Decimal(1)
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class TakeBack:
    """What was bought or done at the step called `of` is undone.

    `quantities` by line number; empty for everything that is left of it.
    """

    of: str
    quantities: Mapping[int, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at `at`, as often as `points` has numbers: each is what that time gives.

    A taking back has negative ones. `gave` (points by rule) and `lots` are compared where they
    are set. A lot may say its `points`, its `last_day` (None for ever) and `usable_at` (None for
    at once); what it does not say is not compared.
    """

    at: datetime
    what: Buy | Act | TakeBack
    points: tuple[int, ...]
    label: str = ""
    gave: Mapping[str, int] | None = None
    lots: tuple[Mapping[str, Any], ...] | None = None


@dataclass(frozen=True, slots=True)
class Vector:
    """One case of one member, step after step; steps in the mall are of members of their own.

    `variant` are settings of the program that this case has otherwise. One with `need` stays
    open until that capability is there; without steps it only says, in `case`, what will have to
    come out.
    """

    title: str
    title_en: str
    steps: tuple[Step, ...] = ()
    person: Person = _ANYBODY
    earlier: tuple[datetime, ...] = ()
    variant: Mapping[str, Any] = field(default_factory=dict)
    mall: tuple[MallStep, ...] = ()
    need: str = ""
    case: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """Something that the preset promises and that waits for a later capability.

    `numbers` are those of the product's description.
    """

    code: str
    text: str
    text_en: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Creation:
    """A name that the rules use and that the merchant may not have yet."""

    kind: str
    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Preset:
    """`id` is `P08`; `slug` the name of its file. `words` are texts of the version, `ledger`
    settings of the ledger that it proposes, `mall` what its members get for points."""

    id: str
    slug: str
    name: str
    name_en: str
    summary: str
    summary_en: str
    goals: tuple[str, ...]
    markets: tuple[str, ...]
    trades: tuple[str, ...]
    terms: ProgramTerms
    words: Mapping[str, str]
    ledger: Mapping[str, int]
    mall: Mall
    creates: tuple[Creation, ...]
    needs: tuple[Need, ...]
    vectors: Sequence[Vector]

    def terms_from(self, starts_at: datetime) -> ProgramTerms:
        """The program as it would start at `starts_at`."""
        return replace(self.terms, starts_at=starts_at)
