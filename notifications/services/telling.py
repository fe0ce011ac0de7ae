"""Telling members something: the way of every app above into the inbox and the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """What one member is to be told.

    `reference` names the fact among the member's: the same one is told once, however often it
    is asked for. `context` fills the placeholders of the kind's wording (plain JSON values;
    instants as ISO 8601 texts, points as whole numbers). `event` chooses among the wordings of a
    kind (`shipped` of `redemption`). `link` is a path of the member pages.
    """

    member_id: int
    kind: str
    reference: str
    context: dict[str, Any] = field(default_factory=dict)
    event: str = ""
    link: str = ""
    points: int | None = None


def tell(facts: Sequence[Fact], *, at: datetime) -> int:
    """Tell each member the fact, within the caller's transaction; returns how many are new.

    Writes the notice, and a message for every channel that the member wants and can be reached
    by: set by set, so that one fact and a thousand take the same statements. Members who are
    merged or erased are passed over. Nothing is sent here: a sweep sends.
    """
    raise NotImplementedError
