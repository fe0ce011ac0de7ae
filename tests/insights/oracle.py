"""The back-test of the public receipts by plain Python over the file: none of our code.

"10 for every whole 100, doubled on Thursdays" against "1 per 1.00". A return takes off what its
goods would earn, without the doubling.
"""

import csv
import gzip
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

THURSDAY = 3
HUNDRED = Decimal(100)


def totals(path: Path) -> dict[str, int]:
    """What a back-test of the file's whole period has to say."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    days: dict[tuple[str, str], date] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            price = Decimal(row["UnitPrice"])
            customer = row["CustomerID"].removesuffix(".0")
            if not customer or price < 0:
                continue
            key = (customer, row["InvoiceNo"])
            sums[key] += abs(Decimal(row["Quantity"])) * price
            days[key] = date.fromisoformat(row["InvoiceDate"][:10])
    found = dict.fromkeys(
        ("live_earned", "live_taken", "draft_earned", "draft_taken", "better", "worse"), 0
    )
    changes: dict[str, int] = defaultdict(int)
    for (customer, invoice), amount in sums.items():
        whole, blocks = int(amount), int(amount / HUNDRED) * 10
        if invoice.startswith("C"):
            found["live_taken"] += whole
            found["draft_taken"] += blocks
            changes[customer] += whole - blocks
            continue
        if days[customer, invoice].weekday() == THURSDAY:
            blocks *= 2
        found["live_earned"] += whole
        found["draft_earned"] += blocks
        changes[customer] += blocks - whole
    found["receipts"] = len(sums)
    found["members"] = len(changes)
    found["better"] = sum(change > 0 for change in changes.values())
    found["worse"] = sum(change < 0 for change in changes.values())
    return found
