"""Where more is to be read about an entry: pages of the apps above the ledger."""

from collections.abc import Callable, Iterable

from points.models import Entry
from points.selectors import belongings
from points.selectors.belongings import Facts

# Words in the active language, and an address.
Link = tuple[str, str]
Teller = Callable[[Facts], Iterable[Link]]

_tellers: list[Teller] = []


def register(teller: Teller) -> None:
    """Let `teller` lead from the page of an entry to what its app knows of it."""
    _tellers.append(teller)


def of(entry: Entry) -> list[Link]:
    """The links of one entry, whose account is loaded."""
    known = belongings.facts(entry)
    return [link for teller in _tellers for link in teller(known)]
