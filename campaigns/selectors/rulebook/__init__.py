"""The rules page 积分细则: made of the live configuration, and kept as it was."""

from campaigns.selectors.rulebook.clauses import SECTIONS, Book, Clause, book_of, register
from campaigns.selectors.rulebook.editions import (
    Edition,
    edition_before,
    edition_called,
    edition_in_force,
    editions,
    upcoming_editions,
)
from campaigns.selectors.rulebook.reading import (
    Change,
    Reading,
    ShownSection,
    changes_between,
    read,
    section_title,
)

__all__ = [
    "SECTIONS",
    "Book",
    "Change",
    "Clause",
    "Edition",
    "Reading",
    "ShownSection",
    "book_of",
    "changes_between",
    "edition_before",
    "edition_called",
    "edition_in_force",
    "editions",
    "read",
    "register",
    "section_title",
    "upcoming_editions",
]
