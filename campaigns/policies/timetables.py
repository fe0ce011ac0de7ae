"""Which version of the program was in force when."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from campaigns.policies.programs import Program


class Slot(NamedTuple):
    """A published version: in force from `starts_at` until the next one is."""

    starts_at: datetime
    number: int
    load: Callable[[], Program]
    repairs: int | None = None


class Timetable:
    """The published versions in order of time; tells which one judges an instant.

    A version that repairs another takes its place from the start; versions are loaded when they
    are asked for.
    """

    def __init__(self, slots: Iterable[Slot]) -> None:
        found = sorted(slots, key=lambda slot: (slot.starts_at, slot.number))
        repaired = {slot.repairs for slot in found if slot.repairs is not None}
        self._slots = [slot for slot in found if slot.number not in repaired]
        self._starts = [slot.starts_at for slot in self._slots]

    @classmethod
    def of(cls, *programs: Program) -> "Timetable":
        """A timetable of programs that are at hand."""
        return cls(
            Slot(program.terms.starts_at, program.number, lambda program=program: program)  # type: ignore[misc]
            for program in programs
        )

    def at(self, moment: datetime) -> Program | None:
        """The program in force at `moment`, or None before the first one."""
        place = bisect_right(self._starts, moment)
        return self._slots[place - 1].load() if place else None

    def __len__(self) -> int:
        return len(self._slots)
