"""Which version of the program applied when, and what it says."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.policies import programs
from campaigns.policies.programs import Program, ProgramTerms
from campaigns.policies.timetables import Slot, Timetable

# Compiled versions, by what they are: a published version never changes, so it may be kept.
_compiled: dict[tuple[int, str, datetime | None], Program] = {}
_KEPT = 64


def timetable() -> Timetable:
    """All published versions, to ask for the one in force at an instant. One query.

    Read it per batch and never keep it per process: a newly published version has to count
    everywhere at once. A version that this process has not seen yet costs two more queries.
    """
    rows = EarningRuleVersion.objects.published().values_list(
        "pk", "mark", "published_at", "starts_at", "number", "repairs__number"
    )
    return Timetable(
        Slot(starts_at, number or 0, _loader(pk, mark, published_at), repairs)
        for pk, mark, published_at, starts_at, number, repairs in rows
    )


def program_numbered(number: int) -> Program | None:
    """The published version with this number, also when another one has repaired it."""
    row = (
        EarningRuleVersion.objects.published()
        .filter(number=number)
        .values_list("pk", "mark", "published_at")
        .first()
    )
    return _loader(*row)() if row else None


def program_of(version: EarningRuleVersion) -> Program:
    """A version as it stands, ready to judge by; a draft too. One query for its rules."""
    return programs.compiled(terms_of(version))


def terms_of(version: EarningRuleVersion) -> ProgramTerms:
    """A version with its rules, in their order, as plain values. One query."""
    if not version.pk:
        return version.as_terms([])
    rules = EarningRule.objects.filter(version=version).order_by("position", "pk")
    return version.as_terms([rule.as_terms() for rule in rules])


def mark_of(terms: ProgramTerms) -> str:
    """A fingerprint of everything that decides points; its number and name do not."""
    data = asdict(terms)
    for name in ("id", "number"):
        del data[name]
    text = json.dumps(data, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def in_force(at: datetime) -> EarningRuleVersion | None:
    """The row of the version that judges what happens at `at`."""
    program = timetable().at(at)
    return None if program is None else EarningRuleVersion.objects.get(pk=program.terms.id)


def upcoming(at: datetime) -> list[EarningRuleVersion]:
    """Published versions that start after `at`, soonest first."""
    return list(
        EarningRuleVersion.objects.published().filter(starts_at__gt=at).order_by("starts_at", "pk")
    )


def _loader(pk: int, mark: str, published_at: datetime | None) -> Callable[[], Program]:
    key = (pk, mark, published_at)

    def load() -> Program:
        program = _compiled.get(key)
        if program is None:
            program = program_of(EarningRuleVersion.objects.get(pk=pk))
            if mark:
                if len(_compiled) >= _KEPT:
                    _compiled.clear()  # simpler than an order of use, and as safe among threads
                _compiled[key] = program
        return program

    return load
