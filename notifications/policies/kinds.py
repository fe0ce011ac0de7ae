"""What members are told: every kind and event, what its words may name, and how it travels.

No Django, no clock, no query. The words themselves are in `services.wordings`.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

SMS, EMAIL, WECHAT = "sms", "email", "wechat"


class Value(Enum):
    """How the value of a placeholder is given and shown."""

    TEXT = "text"
    POINTS = "points"  # a whole number, shown with thousands separators
    COUNT = "count"
    DAY = "day"  # ISO 8601, a day or an instant; shown as the day in the shop's time zone
    MONEY = "money"  # yuan, as a text with two places


PLACEHOLDERS: dict[str, Value] = {
    "balance": Value.POINTS,
    "before": Value.TEXT,
    "carrier": Value.TEXT,
    "code": Value.TEXT,
    "count": Value.COUNT,
    "day": Value.DAY,
    "days": Value.COUNT,
    "details": Value.TEXT,
    "grace": Value.COUNT,
    "level": Value.TEXT,
    "missing": Value.POINTS,
    "name": Value.TEXT,
    "number": Value.TEXT,
    "person": Value.TEXT,
    "points": Value.POINTS,
    "reason": Value.TEXT,
    "result": Value.TEXT,
    "reward": Value.TEXT,
    "source": Value.TEXT,
    "stays": Value.POINTS,
    "store": Value.TEXT,
    "text": Value.TEXT,
    "title": Value.TEXT,
    "until": Value.DAY,
    "waybill": Value.TEXT,
    "yuan": Value.MONEY,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens. `channels` are those in which it leaves without being asked for;
    `lapses_after` is how long it is still worth telling outside of the inbox."""

    placeholders: frozenset[str]
    channels: frozenset[str]
    is_urgent: bool = False
    may_bundle: bool = True
    is_marketing: bool = False
    is_owed: bool = False
    lapses_after: timedelta = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice, as members set it. `group` is the tab of the inbox."""

    name: str
    group: str
    events: dict[str, Event]

    @property
    def channels(self) -> frozenset[str]:
        """Where a member who has said nothing is told at least one event of it."""
        return frozenset().union(*(event.channels for event in self.events.values()))

    @property
    def is_marketing(self) -> bool:
        return all(event.is_marketing for event in self.events.values())


def _event(names: str, channels: str = "", **traits: bool | timedelta) -> Event:
    named = frozenset(names.split())
    if unknown := named - PLACEHOLDERS.keys():
        raise KeyError(*unknown)
    return Event(named, frozenset(channels.split()), **traits)  # type: ignore[arg-type]  # by their names


_ORDER = "number reward points"
_CLOSE = f"{SMS} {EMAIL} {WECHAT}"

_KINDS = (
    Kind("registration", "account", {"": _event("number name")}),
    Kind(
        "points_earned",
        "account",
        {
            "": _event("points balance source store", WECHAT),
            "pending": _event("points source store day", WECHAT),
        },
    ),
    Kind(
        "points_returned",
        "account",
        {
            "returned": _event("points balance reason", WECHAT),
            "taken": _event("points balance reason", WECHAT),
        },
    ),
    # What the law and the clearing lean on: never held back, never folded into something else.
    Kind(
        "points_expiring",
        "account",
        {"": _event("points day days stays yuan details", _CLOSE, may_bundle=False, is_owed=True)},
    ),
    Kind(
        "points_cleared",
        "account",
        {
            "": _event(
                "points stays day grace", f"{EMAIL} {WECHAT}", may_bundle=False, is_owed=True
            ),
            "undone": _event("points balance day", f"{EMAIL} {WECHAT}"),
        },
    ),
    Kind(
        "gift",
        "account",
        {
            "offered": _event("person points day", f"{SMS} {WECHAT}", may_bundle=False),
            "sent": _event("person points balance"),
            "received": _event("person points balance", WECHAT),
            "accepted": _event("person points", WECHAT),
            "declined": _event("person points", WECHAT),
            "lapsed": _event("person points", WECHAT),
            "withdrawn": _event("person points"),
        },
    ),
    Kind(
        "redemption",
        "delivery",
        {
            "placed": _event(_ORDER),
            "confirmed": _event(_ORDER, WECHAT),
            "shipped": _event(f"{_ORDER} carrier waybill day", f"{SMS} {WECHAT}"),
            "ready": _event(f"{_ORDER} code store day", f"{SMS} {WECHAT}", may_bundle=False),
            "collected": _event(f"{_ORDER} store"),
            "completed": _event(_ORDER),
            "cancelled": _event(f"{_ORDER} reason", WECHAT),
            "refunded": _event(f"{_ORDER} yuan", WECHAT),
            "return_requested": _event(_ORDER),
            "return_approved": _event(f"{_ORDER} reason", WECHAT),
            "return_refused": _event(f"{_ORDER} reason", WECHAT),
            "return_received": _event(_ORDER, WECHAT),
        },
    ),
    Kind(
        "coupon",
        "account",
        {
            "issued": _event("name count day", WECHAT),
            "expiring": _event("name count day", WECHAT),
        },
    ),
    Kind(
        "tier",
        "account",
        {
            "up": _event("level before until", f"{EMAIL} {WECHAT}"),
            "down": _event("level before until", f"{EMAIL} {WECHAT}"),
            "warned": _event("level missing until", f"{EMAIL} {WECHAT}"),
            "grace": _event("level before until", f"{EMAIL} {WECHAT}"),
        },
    ),
    Kind("draw", "activity", {"": _event("name result", WECHAT)}),
    Kind(
        "auction",
        "activity",
        {
            # The bidder may still answer: this is worthless tomorrow.
            "outbid": _event(
                "name points day",
                f"{SMS} {WECHAT}",
                is_urgent=True,
                may_bundle=False,
                lapses_after=timedelta(hours=2),
            ),
            "won": _event("name points", f"{SMS} {WECHAT}"),
            "lost": _event("name points", WECHAT),
        },
    ),
    Kind("ticket", "account", {"answered": _event("number title text", f"{EMAIL} {WECHAT}")}),
    Kind(
        "announcement",
        "activity",
        {
            "": _event("title text", EMAIL, is_marketing=True),
            "service": _event("title text", EMAIL),
        },
    ),
    Kind(
        "rule_change",
        "account",
        {"": _event("day title text", f"{EMAIL} {WECHAT}", may_bundle=False, is_owed=True)},
    ),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _KINDS}


def event_of(kind: str, event: str) -> Event:
    """The catalogue's entry; raises KeyError for what is not in it: a mistake of the caller."""
    return KINDS[kind].events[event]


def placeholders(kind: str, event: str) -> frozenset[str]:
    """What the words of an event may name; with no event named, what all events of it know."""
    events = KINDS[kind].events
    if event in events:
        return events[event].placeholders
    return frozenset.intersection(*(one.placeholders for one in events.values()))
