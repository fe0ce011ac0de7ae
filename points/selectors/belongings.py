"""What belongs to an entry: told for its member and for whoever looks into it (F82).

The ledger tells the entry, its explanation and its reasons. Apps above add what they know of it,
such as the receipt or the rules that held, and may compute it again.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from members.selectors.carried import Part, frozen
from points.models import Entry
from points.selectors import explanations, labels
from points.selectors.statements import signed


class Facts(NamedTuple):
    """An entry as apps above may know it. `points` is signed."""

    id: int
    kind: str
    member_id: int
    reference: str
    source: str
    rule_version: str
    points: int
    explanation: dict[str, Any]
    occurred_at: datetime


# What an app adds, in the active language; only what the entry's member may read.
Teller = Callable[[Facts], Iterable[Part]]
# What an app finds when it computes the entry again, as a sentence; None where it cannot.
Check = Callable[[Facts], str | None]

_tellers: list[Teller] = []
_checks: list[Check] = []


def register(teller: Teller) -> None:
    """Let `teller` add parts to what is carried of an entry, after those that came before."""
    _tellers.append(teller)


def register_check(check: Check) -> None:
    """Let `check` say, for staff, whether an entry comes out the same when computed again."""
    _checks.append(check)


def facts(entry: Entry) -> Facts:
    return Facts(
        id=entry.pk,
        kind=entry.kind,
        member_id=entry.account.member_id,
        reference=entry.reference,
        source=entry.source,
        rule_version=entry.rule_version,
        points=entry.amount,
        explanation=entry.explanation or {},
        occurred_at=entry.occurred_at,
    )


def parts(entry: Entry) -> list[Part]:
    """Everything that its member may read of an entry, in the active language."""
    told = [_entry_part(entry)]
    if rules := explanations.reasons(entry):
        told.append(Part(_("Why this many?"), [*_reason_rows(rules)]))
    known = facts(entry)
    for teller in _tellers:
        told += teller(known)
    return told


def snapshot(entry: Entry) -> dict[str, Any]:
    """The same in every language of the product, with the explanation's data, as JSON."""
    return {
        **frozen(lambda: parts(entry)),
        "entry": entry.pk,
        "reference": entry.reference,
        "rule_version": entry.rule_version,
        "explanation": explanations.data(entry),
    }


def checked_again(entry: Entry) -> list[str]:
    """What the apps above find when they compute the entry again, in the active language."""
    known = facts(entry)
    return [found for check in _checks if (found := check(known)) is not None]


def _entry_part(entry: Entry) -> Part:
    moment = timezone.localtime(entry.occurred_at)
    rows: list[tuple[str, ...]] = [(entry.get_kind_display(), signed(entry.amount))]
    rows.append((_("Time"), f"{moment:%Y-%m-%d %H:%M}"))
    if entry.store is not None:
        rows.append((_("Store"), entry.store.name))
    rows.append((_("Source"), labels.source(entry.source)))
    rows.append((_("Balance after"), number_format(entry.available_after, use_l10n=True)))
    rows.append((_("Reference"), entry.reference))
    if sentence := explanations.render(entry):
        rows.append((sentence,))
    return Part(_("The entry"), rows)


def _reason_rows(rules: Iterable[tuple[str, int, str]]) -> Iterable[tuple[str, ...]]:
    for name, given, sentence in rules:
        yield name, signed(given) if given else "0"
        yield (sentence,)
