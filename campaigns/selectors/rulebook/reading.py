"""A rules page in the reader's language, and what differs between two of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.selectors.rulebook import texts
from campaigns.selectors.rulebook.clauses import SECTIONS, Book


class ShownClause(NamedTuple):
    section: str
    key: str
    code: str
    params: Any
    title: str
    text: str
    example: str


class ShownSection(NamedTuple):
    section: str
    title: str
    clauses: list[ShownClause]


@dataclass(frozen=True, slots=True)
class Reading:
    """`preface`: the merchant's paragraphs, plain text."""

    unit: str
    preface: list[str]
    sections: list[ShownSection]


class Change(NamedTuple):
    """One clause that is new, gone or reads otherwise."""

    kind: Literal["added", "removed", "changed"]
    section: str
    section_title: str
    title: str
    before: str
    after: str


def section_title(section: str) -> str:
    return {
        "earning": _("Earning"),
        "spending": _("Using"),
        "validity": _("How long points are valid"),
        "returns": _("Returns and exchanges"),
        "transfer": _("Giving away"),
        "special": _("Frozen accounts and exceptions"),
    }[section]


def read(book: Book) -> Reading:
    """The book in the active language."""
    shown = _shown(book)
    sections = [
        ShownSection(name, section_title(name), [c for c in shown if c.section == name])
        for name in SECTIONS
    ]
    return Reading(
        unit=in_language(book.unit),
        preface=_paragraphs(in_language(book.preface)),
        sections=[section for section in sections if section.clauses],
    )


def changes_between(old: Book | None, new: Book) -> list[Change]:
    """What reads otherwise in `new`, in the order of the page; removed clauses last of all.

    Only what is said counts: a clause that is the same with another example is the same.
    """
    if old is None:
        return []
    before = {clause.key: clause for clause in _comparable(old)}
    after = {clause.key: clause for clause in _comparable(new)}
    found = []
    for key, clause in after.items():
        was = before.get(key)
        if was is None:
            found.append(_change("added", clause, "", clause.text))
        elif (was.title, was.text) != (clause.title, clause.text):
            renamed = _in_full(was) if was.title != clause.title else was.text
            found.append(_change("changed", clause, renamed, clause.text))
    found += [_change("removed", was, was.text, "") for k, was in before.items() if k not in after]
    return found


def _in_full(clause: ShownClause) -> str:
    return _("%(name)s: %(arithmetic)s") % {"name": clause.title, "arithmetic": clause.text}


# Settings whose clause changes its code with its value: they compare as one.
_ALIKE = (
    "floor_",
    "stacking_",
    "freight_",
    "coupon_part_",
    "points_part_",
    "birthday_",
    "debt_",
    "deduction_freight_",
    "spent_back_",
)


def _comparable(book: Book) -> list[ShownClause]:
    shown = [
        clause._replace(key=next((p for p in _ALIKE if clause.key.startswith(p)), clause.key))
        for clause in _shown(book)
    ]
    first = [
        ShownClause("", key, key, {}, "", text, "")
        for key, text in (("unit", _unit_text(book)), ("preface", in_language(book.preface)))
        if text
    ]
    return first + shown


def _unit_text(book: Book) -> str:
    unit = in_language(book.unit)
    return _("Points are called “%(unit)s” here.") % {"unit": unit} if unit else ""


def _change(
    kind: Literal["added", "removed", "changed"], clause: ShownClause, before: str, after: str
) -> Change:
    title = section_title(clause.section) if clause.section else _("Preface")
    return Change(kind, clause.section, title, clause.title, before, after)


def _shown(book: Book) -> list[ShownClause]:
    return [
        ShownClause(
            section=clause.section,
            key=clause.key,
            code=clause.code,
            params=clause.params,
            title=texts.title_of(clause.code, clause.params),
            text=texts.text_of(clause.code, clause.params),
            example=texts.example_of(clause.code, clause.params),
        )
        for clause in book.clauses
        if clause.code in texts.RENDERERS
    ]


def in_language(by_language: Mapping[str, str]) -> str:
    """The merchant's own words in the reader's language, or in the one that there is."""
    is_english = (get_language() or "").startswith("en")
    first, second = ("en", "zh") if is_english else ("zh", "en")
    return str(by_language.get(first) or by_language.get(second) or "")


def _paragraphs(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    return [line.strip() for line in lines if line.strip()]
