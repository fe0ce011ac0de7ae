"""The RFM table of the public receipts by plain Python over the file: none of our code.

A receipt is of its day in Shanghai, the shop's clock being London's. A purchase is an invoice
worth something; credit notes are not linked and take off their own yuan on their own day.
"""

import csv
import gzip
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

LONDON, SHANGHAI = ZoneInfo("Europe/London"), ZoneInfo("Asia/Shanghai")


@dataclass
class Person:
    bought: list[tuple[date, Decimal]] = field(default_factory=list)
    returned: list[tuple[date, Decimal]] = field(default_factory=list)


def people(path: Path) -> dict[str, Person]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    first: dict[tuple[str, str], datetime] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            price = Decimal(row["UnitPrice"])
            if not row["CustomerID"] or price < 0:
                continue
            key = (row["CustomerID"], row["InvoiceNo"])
            sums[key] += abs(Decimal(row["Quantity"])) * price
            at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=LONDON)
            first[key] = min(at, first.get(key, at))
    found: dict[str, Person] = defaultdict(Person)
    for (customer, invoice), amount in sums.items():
        day = first[customer, invoice].astimezone(SHANGHAI).date()
        person = found[customer]
        if invoice.startswith("C"):
            person.returned.append((day, amount))
        elif amount > 0:
            person.bought.append((day, amount))
    return found


@dataclass(frozen=True)
class Figures:
    first: date
    last: date
    silent: int
    purchases: int
    yuan: Decimal
    group: str


def figures(path: Path, as_of: date) -> dict[str, Figures]:
    """With the shop's defaults: 365, 90, 180, 6 purchases, 2000 yuan, 30 days."""
    begins = as_of - timedelta(days=364)
    found = {}
    for customer, person in people(path).items():
        days = [day for day, _amount in person.bought if day <= as_of]
        if not days:
            continue
        count = sum(begins <= day for day in days)
        yuan = sum((a for day, a in person.bought if begins <= day <= as_of), Decimal(0))
        yuan -= sum((a for day, a in person.returned if begins <= day <= as_of), Decimal(0))
        silent = (as_of - max(days)).days
        if silent >= 180:
            group = "lost"
        elif silent >= 90:
            group = "sleeping"
        elif count >= 6 and yuan >= 2000:
            group = "vip"
        elif (as_of - min(days)).days < 30:
            group = "new"
        else:
            group = "active"
        found[customer] = Figures(min(days), max(days), silent, count, yuan, group)
    return found


def groups(found: dict[str, Figures]) -> dict[str, tuple[int, Decimal]]:
    names = ("vip", "active", "new", "sleeping", "lost")
    counts = Counter(one.group for one in found.values())
    return {
        name: (counts[name], sum((f.yuan for f in found.values() if f.group == name), Decimal(0)))
        for name in names
    }


def cells(found: dict[str, Figures]) -> dict[tuple[int, int, int], tuple[int, Decimal]]:
    """Scores by fifths: a member's fifth is that of the best-placed equal value."""

    def fifths(values: list[Any]) -> dict[Any, int]:
        ordered = sorted(values)
        made: dict[Any, int] = {}
        for place, value in enumerate(ordered):
            made.setdefault(value, place * 5 // len(ordered) + 1)
        return made

    silent = fifths([one.silent for one in found.values()])
    often = fifths([one.purchases for one in found.values()])
    rich = fifths([one.yuan for one in found.values()])
    counts: Counter[tuple[int, int, int]] = Counter()
    sums: dict[tuple[int, int, int], Decimal] = defaultdict(Decimal)
    for one in found.values():
        key = (6 - silent[one.silent], often[one.purchases], rich[one.yuan])
        counts[key] += 1
        sums[key] += one.yuan
    return {key: (counts[key], sums[key]) for key in counts}
