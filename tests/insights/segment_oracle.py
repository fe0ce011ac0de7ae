"""What a built segment's conditions mean, once more: plain Python over plain facts."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class Bought:
    at: datetime
    store: str
    lines: list[tuple[str, str, Decimal, Decimal, Decimal]]
    """Article, category, amount, quantity, returned."""
    is_return: bool = False
    state: str = "posted"

    @property
    def day(self) -> date:
        return self.at.astimezone(SHANGHAI).date()


@dataclass
class Facts:
    joined: datetime
    birthday: date | None = None
    source: str = "web"
    store: str = ""
    tags: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    consents: set[str] = field(default_factory=set)
    rfm: str = ""
    tier: str = ""
    receipts: list[Bought] = field(default_factory=list)
    lots: list[tuple[datetime, datetime, int]] = field(default_factory=list)
    """Earned at, valid until, points; nothing is ever spent."""
    events: list[tuple[datetime, str]] = field(default_factory=list)


PARENTS = {"tea": "", "green": "tea", "cups": ""}
ARTICLES = {"A1": "green", "A2": "cups", "A3": ""}


def holds(node: dict[str, Any], one: Facts, at: datetime) -> bool:
    if "all" in node:
        found = all(holds(part, one, at) for part in node["all"])
    elif "any" in node:
        found = not node["any"] or any(holds(part, one, at) for part in node["any"])
    else:
        found = _condition(node, one, at)
    return found is not bool(node.get("not"))


def _condition(node: dict[str, Any], one: Facts, at: datetime) -> bool:
    today = at.astimezone(SHANGHAI).date()
    kind = node["kind"]
    if kind in ("purchases", "spent"):
        return _within(node, _bought(node, one, today))
    if kind in ("last_purchase", "first_purchase"):
        days = [r.day for r in one.receipts if _is_purchase(r)]
        if not days:
            return False
        day = max(days) if kind == "last_purchase" else min(days)
        return _within(node, Decimal((today - day).days))
    if kind == "joined":
        return _within(node, Decimal((today - one.joined.astimezone(SHANGHAI).date()).days))
    if kind == "balance":
        return _within(node, Decimal(sum(n for _from, until, n in one.lots if until > at)))
    if kind == "expiring":
        soon = at + timedelta(days=node["days"])
        return _within(node, Decimal(sum(n for _from, til, n in one.lots if at < til <= soon)))
    if kind == "earned":
        lots = [(begin.astimezone(SHANGHAI).date(), n) for begin, _until, n in one.lots]
        return _within(node, Decimal(sum(n for day, n in lots if _in_period(node, day, today))))
    if kind == "event":
        days = [moment.astimezone(SHANGHAI).date() for moment, name in one.events
                if name in node["in"]]  # fmt: skip
        return _within(node, Decimal(sum(_in_period(node, day, today) for day in days)))
    if kind == "birthday_month":
        return one.birthday is not None and one.birthday.month in node["in"]
    own = {
        "rfm": {one.rfm},
        "tier": {one.tier},
        "tag": one.tags,
        "list": one.lists,
        "home_store": {one.store},
        "source": {one.source},
        "consent": one.consents,
    }[kind]
    return bool(set(node["in"]) & own)


def _within(node: dict[str, Any], value: Decimal) -> bool:
    low, high = node.get("min"), node.get("max")
    return (low is None or value >= Decimal(low)) and (high is None or value <= Decimal(high))


def _in_period(node: dict[str, Any], day: date, today: date) -> bool:
    if "last_days" in node:
        return today - timedelta(days=node["last_days"] - 1) <= day <= today
    first, last = node.get("first_day"), node.get("last_day")
    return (not first or day >= date.fromisoformat(first)) and (
        day <= date.fromisoformat(last) if last else day <= today
    )


def _is_purchase(receipt: Bought) -> bool:
    if receipt.is_return or receipt.state != "posted":
        return False
    total = sum(line[2] for line in receipt.lines)
    return total > 0 and any(line[4] < line[3] and line[2] > 0 for line in receipt.lines)


def _picked(node: dict[str, Any], line: tuple[Any, ...]) -> bool:
    skus, categories = node.get("skus", []), node.get("categories", [])
    if not skus and not categories:
        return True
    path, code = set(), line[1] or ARTICLES.get(line[0], "")
    while code:
        path.add(code)
        code = PARENTS[code]
    return line[0] in skus or bool(path & set(categories))


def _bought(node: dict[str, Any], one: Facts, today: date) -> Decimal:
    found = Decimal(0)
    for receipt in one.receipts:
        if receipt.state != "posted" or not _in_period(node, receipt.day, today):
            continue
        if node.get("stores") and receipt.store not in node["stores"]:
            continue
        lines = [line for line in receipt.lines if _picked(node, line)]
        if node["kind"] == "purchases":
            kept = any(line[4] < line[3] for line in lines)
            found += _is_purchase(receipt) and kept
        elif receipt.is_return:
            found -= sum(line[2] for line in lines)
        else:
            found += sum((x[2] * (x[3] - x[4]) / x[3] for x in lines), Decimal(0))
    return found
