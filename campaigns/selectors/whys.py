"""Why a purchase or act brought these points, rule by rule, and above all: why not more."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from campaigns.policies.findings import findings
from campaigns.policies.judging import EARNED
from campaigns.selectors import explanations, rules
from campaigns.selectors.wording import Names, name_of, reason_phrase

# Judged rule by rule; one that was repaired was judged again, as a whole.
JUDGED = frozenset({EARNED, "repaired"})
Reader = Literal["member", "till", "staff"]

# What each reader is not told of the person: a till has no business with a birthday, and tags
# are the shop's own notes.
_HIDDEN: Mapping[Reader, frozenset[str]] = {
    "member": frozenset({"tag", "segment"}),
    "till": frozenset({"tag", "segment", "birthday", "new_member", "nth_purchase"}),
    "staff": frozenset(),
}


class Why(NamedTuple):
    """What became of one rule. `rule` is its key, empty where the sentence is about the whole."""

    rule: str
    name: str
    points: int
    sentence: str


def of_explanation(explanation: Mapping[str, Any], *, reader: Reader = "staff") -> list[Why]:
    """One answer for each rule that was asked, in the program's order, in the active language.

    Explanations of other kinds (returns, guests, those of the first years) give their one
    sentence; what is no explanation of ours gives nothing. At most six queries: the program,
    and the names of what its rules speak of.
    """
    kind = explanation.get("type")
    if kind not in explanations.RENDERERS:
        return []
    program = rules.program_numbered(explanation["rule"]) if kind in JUDGED else None
    if program is None:
        return [Why("", "", 0, explanations.sentence(explanation))]
    names = Names(leap_day=program.terms.leap_day)
    hidden = _HIDDEN[reader]
    return [
        Why(
            found.rule,
            name_of(found),
            found.points,
            reason_phrase(found, names, hidden=hidden),
        )
        for found in findings(program, explanation)
    ]


# Facts about the person among an explanation's inputs, and how often they came.
_PRIVATE: Mapping[Reader, frozenset[str]] = {
    "member": frozenset({"tags", "segments"}),
    "till": frozenset({"tags", "segments", "birthday", "joined_on", "tier"}),
    "staff": frozenset(),
}


def shown(explanation: Mapping[str, Any], *, reader: Reader) -> dict[str, Any]:
    """The explanation's data without what `reader` is not told of the person."""
    told = dict(explanation)
    inputs = dict(told.get("inputs", {}))
    if not inputs:
        return told
    person = {k: v for k, v in inputs.pop("person", {}).items() if k not in _PRIVATE[reader]}
    if person:
        inputs["person"] = person
    if reader == "till":
        inputs.pop("purchases", None)
        inputs.pop("used", None)
    return told | {"inputs": inputs}


def of_member(explanation: dict[str, Any]) -> dict[str, Any]:
    """What its member may read of an explanation."""
    return shown(explanation, reader="member")


def rows(explanation: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """The same for the ledger's pages: name, points and sentence, as the member may read it.

    Nothing where it would only say again what the entry's own sentence says.
    """
    found = of_explanation(explanation, reader="member")
    return [(why.name, why.points, why.sentence) for why in found if why.rule]
