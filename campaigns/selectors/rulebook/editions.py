"""Editions of the rules page: which is in force, which comes, which was."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from campaigns.models import EarningRuleVersion, RulebookEdition
from campaigns.selectors import rules
from campaigns.selectors.rulebook.clauses import Book, book_of

_LABEL = re.compile(r"v([1-9][0-9]{0,8})(?:\.([1-9][0-9]{0,8}))?")


@dataclass(frozen=True, slots=True)
class Edition:
    """A rules page with its place in time. `is_kept` is False until its row has been written."""

    version: EarningRuleVersion
    revision: int
    since: datetime
    book: Book
    is_kept: bool = True
    created_at: datetime | None = None

    @property
    def label(self) -> str:
        return _label(self.version.number, self.revision)


def _label(number: int | None, revision: int) -> str:
    return f"v{number}.{revision}" if revision else f"v{number}"


def editions() -> QuerySet[RulebookEdition]:
    """All editions, the newest first."""
    return RulebookEdition.objects.select_related("version__repairs").order_by(
        "-version__number", "-revision"
    )


def edition_in_force(at: datetime) -> Edition | None:
    """The edition that holds at `at`; None before the first version.

    One that has not been written down yet is made of the configuration as it is.
    """
    version = rules.in_force(at)
    if version is None:
        return None
    return _newest(version, at)


def upcoming_editions(at: datetime) -> list[Edition]:
    """What will hold, soonest first: the newest edition of each version that starts after `at`.

    Two queries, however many there are.
    """
    versions = rules.upcoming(at)
    rows = editions().filter(version__in=versions).order_by("revision") if versions else ()
    newest = {row.version_id: row for row in rows}
    return [
        _edition(newest[version.pk], version) if version.pk in newest else _live(version)
        for version in versions
    ]


def edition_called(label: str) -> Edition | None:
    """The edition `v7` or `v7.1`; None when there is none of that name."""
    match = _LABEL.fullmatch(label)
    if match is None:
        return None
    number, revision = int(match[1]), int(match[2] or 0)
    row = editions().filter(version__number=number, revision=revision).first()
    if row is not None:
        return _edition(row)
    if revision:
        return None
    version = EarningRuleVersion.objects.published().filter(number=number).first()
    return None if version is None else _live(version)


def edition_of(number: int, at: datetime) -> Edition | None:
    """Version `number` as its page read at `at`; None where there is no such version."""
    version = EarningRuleVersion.objects.published().filter(number=number).first()
    return None if version is None else _newest(version, at)


def edition_before(edition: Edition) -> Edition | None:
    """The edition that stands before this one in the list; None for the first."""
    version = edition.version
    earlier = Q(version__number__lt=version.number)
    earlier |= Q(version=version, revision__lt=edition.revision)
    row = editions().filter(earlier).first()
    return None if row is None else _edition(row)


def _newest(version: EarningRuleVersion, at: datetime) -> Edition:
    row = editions().filter(version=version, since__lte=at).first()
    return _live(version) if row is None else _edition(row, version)


def _live(version: EarningRuleVersion) -> Edition:
    return Edition(version, 0, version.starts_at, book_of(version), is_kept=False)


def _edition(row: RulebookEdition, version: EarningRuleVersion | None = None) -> Edition:
    preface = {"zh": row.preface, "en": row.preface_en}
    return Edition(
        version=version or row.version,
        revision=row.revision,
        since=row.since,
        book=Book.of_content(row.content, preface),
        created_at=row.created_at,
    )
