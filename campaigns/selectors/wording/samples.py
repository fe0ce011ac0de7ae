"""A worked example of a rule: an occasion that it applies to, judged by the engine itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.policies import judging, programs
from campaigns.policies.conditions import decimal_of
from campaigns.policies.numbers import plain, scaled
from campaigns.policies.occasions import PURCHASE, Line, Occasion, Person
from campaigns.policies.programs import Program, RuleTerms
from campaigns.selectors.wording.names import UNFINISHED, whole, yuan
from campaigns.selectors.wording.terms import points_text

_AMOUNTS = (Decimal(250), Decimal(1000), Decimal("88.80"), Decimal(10_000))
# Long enough for every day of the month on every day of the week.
_DAYS = 400
_TIMED = frozenset({"dates", "season", "weekday", "day_of_month", "hours", "birthday"})
_CLOCKS = (time(12), time(9), time(18), time(22), time(2), time(6))


@dataclass(frozen=True, slots=True)
class Sample:
    """What the example buys, and what it brings: of this rule, and altogether."""

    amount: Decimal
    quantity: Decimal
    points: int
    total: int

    def as_json(self) -> dict[str, Any]:
        """As an edition of the rules page keeps it."""
        return {
            "amount": plain(self.amount),
            "quantity": plain(self.quantity),
            "points": self.points,
            "total": self.total,
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> "Sample":
        amount, quantity = Decimal(data["amount"]), Decimal(data["quantity"])
        return cls(amount, quantity, data["points"], data["total"])


def example_of(program: Program, rule: RuleTerms) -> str | None:
    """`Example: ¥250 spent → 20 points`; None where no ordinary purchase or act shows it."""
    sample = sample_of(program, rule)
    return None if sample is None else told(sample, rule)


def told(sample: Sample, rule: RuleTerms) -> str:
    """A sample of `rule` as a sentence in the active language."""
    if rule.trigger not in (PURCHASE, "first_order"):
        return _("Example: once → %(points)s") % {"points": points_text(sample.points)}
    facts = {
        "amount": yuan(plain(sample.amount)),
        "points": points_text(sample.points),
        "total": points_text(sample.total),
        "quantity": whole(plain(sample.quantity)),
    }
    if rule.effect == programs.PER_ITEM:
        if sample.total == sample.points:
            return _("Example: %(quantity)s items → %(points)s") % facts
        return _("Example: %(quantity)s items → %(total)s, %(points)s of them by this rule") % facts
    if sample.total == sample.points:
        return _("Example: ¥%(amount)s spent → %(points)s") % facts
    return _("Example: ¥%(amount)s spent → %(total)s, %(points)s of them by this rule") % facts


def sample_of(program: Program, rule: RuleTerms) -> Sample | None:
    """The first of a few occasions that bring points by this rule; None when none does."""
    known = program.rule(rule.key)
    if known is None or known.broken:
        return None
    try:
        return next(_samples(program, rule), None)
    except UNFINISHED:
        return None


def _samples(program: Program, rule: RuleTerms) -> Iterator[Sample]:
    alone = _without_others(program, rule)
    base = _fitting(rule, program)
    found = _moment(alone, rule, base)
    if found is None:
        return
    for amount, quantity in _sizes(rule):
        judged = judging.judge(program, _sized(found, (amount, quantity)))
        if points := judged.gave.get(rule.key, 0):
            yield Sample(amount, quantity, points, judged.points)


def _without_others(program: Program, rule: RuleTerms) -> Program:
    """A program of this rule alone, to find out when it applies; multipliers get a base."""
    bare = replace(
        program.terms,
        rules=[replace(rule, limits=[])],
        basic_points=1,
        basic_yuan=Decimal(1),
        excluded={},
        order_cap=None,
        day_cap=None,
        month_cap=None,
        ceiling=None,
    )
    return programs.compiled(bare)


def _moment(alone: Program, rule: RuleTerms, base: Occasion) -> Occasion | None:
    """The first noon, or other hour, from the program's start on when the rule applies."""
    kinds = {condition.get("kind") for condition in rule.conditions}
    dated = [_day(c.get("from")) for c in rule.conditions if c.get("kind") == "dates"]
    first = max([base.at.date(), *(day for day in dated if day is not None)])
    sizes = _sizes(rule) if "amount" in kinds else [max(_sizes(rule))]
    clocks = _clocks(rule)
    for offset in range(_DAYS if kinds & _TIMED else 1):
        for clock in clocks:
            at = datetime.combine(first + timedelta(days=offset), clock, tzinfo=base.at.tzinfo)
            person = _person(rule, base.person, at.date())
            occasion = replace(base, at=at, completed_at=at, person=person)
            if any(
                judging.judge(alone, _sized(occasion, size)).gave.get(rule.key) for size in sizes
            ):
                return occasion
    return None


def _sized(occasion: Occasion, size: tuple[Decimal, Decimal]) -> Occasion:
    amount, quantity = size
    line = occasion.lines[0]._replace(amount=scaled(amount), quantity=quantity)
    return replace(occasion, lines=[line])


def _clocks(rule: RuleTerms) -> list[time]:
    """Noon, unless the rule speaks of hours: then their beginning first."""
    told = [c for c in rule.conditions if c.get("kind") == "hours"]
    if not told:
        return [_CLOCKS[0]]
    return [*(time.fromisoformat(str(c["from"])) for c in told if c["from"] != "24:00"), *_CLOCKS]


def _person(rule: RuleTerms, base: Person, day: date) -> Person:
    """Somebody whom the rule is meant for on this day."""
    meant = {c["kind"] for c in rule.conditions if not c.get("not")}
    joined = day if "new_member" in meant else day - timedelta(days=3650)
    if "birthday" not in meant:
        return base._replace(joined_on=joined)
    return base._replace(joined_on=joined, birthday=date(1990, day.month, min(day.day, 28)))


def _fitting(rule: RuleTerms, program: Program) -> Occasion:
    """An occasion with the first value of every condition that names values."""
    wanted: dict[str, Any] = {}
    for condition in rule.conditions:
        values = condition.get("in")
        if values and not condition.get("not"):
            wanted.setdefault(str(condition["kind"]), values[0])
    line = Line(
        1,
        scaled(_AMOUNTS[0]),
        sku=wanted.get("sku", ""),
        category=(wanted["category"],) if "category" in wanted else (),
        brand=wanted.get("brand", ""),
        labels=frozenset([wanted["label"]] if "label" in wanted else ()),
    )
    person = Person(
        tier=wanted.get("tier", ""),
        segments=frozenset([wanted["segment"]] if "segment" in wanted else ()),
        tags=frozenset([wanted["tag"]] if "tag" in wanted else ()),
    )
    return Occasion(
        trigger=PURCHASE if rule.trigger == "first_order" else rule.trigger,
        at=timezone.localtime(program.terms.starts_at),
        lines=[line],
        store=wanted.get("store", ""),
        channel=wanted.get("channel", ""),
        business=wanted.get("business", ""),
        code=rule.code,
        attributes=_attributes(rule),
        person=person,
        purchases=_purchases(rule),
    )


def _attributes(rule: RuleTerms) -> dict[str, str]:
    return {
        str(c["name"]): str(c["in"][0])
        for c in rule.conditions
        if c.get("kind") == "attribute" and not c.get("not")
    }


def _purchases(rule: RuleTerms) -> Mapping[str, int]:
    return {
        str(c["period"]): int(c["from"]) - 1
        for c in rule.conditions
        if c.get("kind") == "nth_purchase" and not c.get("not")
    }


def _sizes(rule: RuleTerms) -> list[tuple[Decimal, Decimal]]:
    """Amounts and quantities to try: what the rule speaks of first, then ordinary ones."""
    amounts, quantity = list(_AMOUNTS), Decimal(1)
    starts = [band.get("from") for band in rule.bands]
    for condition in rule.conditions:
        if condition.get("kind") == "amount" and not condition.get("not"):
            starts += [condition.get("from"), condition.get("to")]
        if condition.get("kind") == "quantity" and not condition.get("not"):
            quantity = decimal_of(condition.get("from")) or Decimal(1)
    if rule.effect == programs.PER_ITEM and quantity == 1:
        quantity = Decimal(2)
    own = [decimal_of(start) for start in starts if start not in (None, "")]
    told = [amount for amount in own if amount]
    halves = [round(amount / 2, 2) for amount in told]
    return [(amount, quantity) for amount in (*told, *amounts, *halves)]


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
