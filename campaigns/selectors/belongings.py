"""What belongs to an entry from the rules: their text as it stood, and the figure once more."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from campaigns.selectors import verification
from campaigns.selectors.rulebook import reading
from campaigns.selectors.rulebook.clauses import Book
from campaigns.selectors.rulebook.editions import edition_in_force, edition_of
from members.selectors.carried import Part
from points.selectors.belongings import Facts
from points.selectors.entries import Explained

# Which sections of the rules page speak of an entry of this kind; of others, all of them do.
_SECTIONS = {
    "earn": ("earning",),
    "mature": ("earning",),
    "spend": ("spending",),
    "hold": ("spending",),
    "capture": ("spending",),
    "release": ("spending",),
    "restore": ("returns",),
    "clawback": ("returns",),
    "expire": ("validity",),
    "transfer_out": ("transfer",),
    "transfer_in": ("transfer",),
    "freeze": ("special",),
    "unfreeze": ("special",),
}


def parts(facts: Facts) -> Iterable[Part]:
    """The sections of the rules page that held at that moment. At most four queries."""
    edition = _edition(facts)
    if edition is None:
        return
    label, book = edition
    wanted = _SECTIONS.get(facts.kind)
    for section in reading.read(book).sections:
        if wanted is None or section.section in wanted:
            title = _("Rules %(edition)s · %(section)s") % {
                "edition": label,
                "section": section.title,
            }
            yield Part(title, [(_clause(clause.title, clause.text),) for clause in section.clauses])


def checked(facts: Facts) -> str | None:
    """Whether the entry comes out the same from its own inputs; None where rules had no say."""
    entry = Explained(
        facts.id,
        facts.kind,
        facts.reference,
        facts.rule_version,
        facts.points if facts.kind == "earn" else 0,
        facts.explanation,
    )
    report = verification.of_one(entry)
    if not report.by_type:
        return None
    if report.is_clean:
        return _("the same result from the kept inputs and rules")
    difference = report.differences[0]
    return _("a different result: the entry says %(said)s, computed now: %(computed)s") % {
        "said": difference.said,
        "computed": difference.computed,
    }


def _edition(facts: Facts) -> tuple[str, Book] | None:
    """By the version that judged, in its newest edition of that moment; else by the moment."""
    number = facts.explanation.get("rule")
    is_judged = isinstance(number, int) and number > 0
    found = edition_of(int(number or 0), facts.occurred_at) if is_judged else None
    found = found or edition_in_force(facts.occurred_at)
    return (found.label, found.book) if found is not None else None


def _clause(title: str, text: str) -> str:
    if not title:
        return text
    return _("%(name)s: %(arithmetic)s") % {"name": title, "arithmetic": text}
