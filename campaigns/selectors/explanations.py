"""The arithmetic of an entry as a sentence in the reader's language: one renderer for all doors."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from campaigns.policies.programs import BASIC
from campaigns.selectors import explanations_before

_SYMBOLS = {"CNY": "¥"}
_SHOWN_LINES = 8


def earned(data: Mapping[str, Any]) -> str:
    """`¥250 ÷ 100 rounded down 2 × 10 × member day 2 = 40, rule v7`."""
    told = [_step(step, data["currency"]) for step in data["steps"]]
    if not told:
        told = [_no_steps(data)]
    total = sum(_step_points(step) for step in data["steps"])
    if len(told) > 1:
        told.append(_("together %(points)s") % {"points": number_format(total)})
    told += [_cut(cut, data) for cut in data.get("cuts", ())]
    # Gifts have no price; that they earn nothing needs no words.
    if count := sum(reason != "free" for _line, reason in data.get("left_out", ())):
        told.append(
            ngettext("%(count)s line does not count", "%(count)s lines do not count", count)
            % {"count": count}
        )
    if "part" in data:
        points = data["parts"][data["part"]]["points"]
        told.append(_("of them in this lot: %(points)s") % {"points": number_format(points)})
    arithmetic = _("; ").join(told)
    if not data["rule"]:
        return _("%(arithmetic)s, by the draft") % {"arithmetic": arithmetic}
    return _("%(arithmetic)s, rule v%(rule)s") % {"arithmetic": arithmetic, "rule": data["rule"]}


def unlinked_return(data: Mapping[str, Any]) -> str:
    """A return without its sale: what the goods would have earned under the rules of the day."""
    return _("Returned without its sale: %(sentence)s") % {"sentence": earned(data)}


def repaired(data: Mapping[str, Any]) -> str:
    """What was granted later, because a rule had been broken when the purchase was judged."""
    return _(
        "After a rule was repaired: %(sentence)s; granted before: %(before)s, now: %(result)s"
    ) % {
        "sentence": earned(data),
        "before": number_format(data["before"]),
        "result": number_format(data["result"]),
    }


def reversed_event(data: Mapping[str, Any]) -> str:
    """An act that fell away."""
    if data["reason"]:
        return _("Event %(event)s was reversed: %(reason)s") % {
            "event": data["event"],
            "reason": data["reason"],
        }
    return _("Event %(event)s was reversed") % {"event": data["event"]}


def returned(data: Mapping[str, Any]) -> str:
    """What a return takes of what its sale earned, line by line."""
    lines = data["lines"]
    shown = _(", ").join(_returned_line(line) for line in lines[:_SHOWN_LINES])
    if len(lines) > _SHOWN_LINES:
        shown = _("%(first)s … (%(count)s lines)") % {"first": shown, "count": len(lines)}
    facts = {
        "sale": data["sale"],
        "earned": number_format(data["earned"]),
        "lines": shown,
        "total": number_format(data["total"]),
        "before": number_format(data["before"]),
        "result": number_format(data["result"]),
    }
    if data["before"]:
        text = _(
            "Receipt %(sale)s earned %(earned)s; returned so far: %(lines)s = %(total)s, of them "
            "taken back before: %(before)s, now: %(result)s"
        )
    else:
        text = _("Receipt %(sale)s earned %(earned)s; returned of it: %(lines)s = %(result)s")
    return text % facts


def returned_meanwhile(data: Mapping[str, Any]) -> str:
    """A repaired purchase had been returned, wholly or in part, before it was made good."""
    return _("Of receipt %(sale)s goods had come back already: %(result)s of that go off") % {
        "sale": data["sale"],
        "result": number_format(data["result"]),
    }


def returned_parts(data: Mapping[str, Any]) -> str:
    """A return of a sale that had granted several lots, or none."""
    if not data["parts"]:
        return _("Receipt %(sale)s: what came back had earned nothing") % {"sale": data["sale"]}
    return _("; ").join(returned(part) for part in data["parts"])


def no_rule(data: Mapping[str, Any]) -> str:
    """For a receipt from before the first rule."""
    return _("%(amount)s: no earning rule was in force at that time") % {
        "amount": money(data["base"], data["currency"])
    }


def no_member(data: Mapping[str, Any]) -> str:
    """For a guest's receipt."""
    return _("%(amount)s without a member: no points") % {
        "amount": money(data["base"], data["currency"])
    }


def sentence(data: Mapping[str, Any]) -> str:
    """Any explanation made by this app, in the active language."""
    return RENDERERS[data["type"]](data)


def money(amount: str, currency: str) -> str:
    """`¥250`, `¥88.80`; more decimals only where the amount has them."""
    number = Decimal(amount)
    places = -int(number.as_tuple().exponent)
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{symbol}{number:.{max(2, places) if places > 0 else 0}f}"


def name_of(told: Mapping[str, Any]) -> str:
    """A rule's name in the active language, as the merchant gave it."""
    if told["rule"] == BASIC:
        return _("basic points")
    is_english = (get_language() or "").startswith("en")
    return str((is_english and told.get("name_en")) or told.get("name") or told["rule"])


def _step(step: Mapping[str, Any], currency: str) -> str:
    text = _rate(step, currency)
    if step["rule"] != BASIC:
        text = _("%(name)s: %(arithmetic)s") % {"name": name_of(step), "arithmetic": text}
    times = step.get("times", ())
    total = _step_points(step)
    if not times:
        # "5 = 5" says nothing; what is fixed stands alone.
        return text if step["effect"] == "fixed" else text + _equals(total)
    if _is_product(step, total):
        text = text.removesuffix(_equals(step["gives"]))
        factors = "".join(
            _(" × %(name)s %(factor)s") % {"name": name_of(one), "factor": one["factor"]}
            for one in times
        )
        return text + factors + _equals(total)
    added = "".join(
        _("; %(name)s × %(factor)s: %(points)s")
        % {"name": name_of(one), "factor": one["factor"], "points": f"{one['gives']:+d}"}
        for one in times
    )
    if not text.endswith(_equals(step["gives"])):
        text += _equals(step["gives"])
    return text + added


def _rate(step: Mapping[str, Any], currency: str) -> str:
    facts: dict[str, Any] = {"points": step.get("points", step["gives"])}
    if step["effect"] == "fixed":
        return str(facts["points"])
    if step["effect"] == "per_item":
        return _("%(quantity)s items × %(points)s") % (facts | {"quantity": step["quantity"]})
    facts["amount"] = money(step["amount"], currency)
    if step["effect"] in ("bands", "band_multiplier"):
        return _("%(amount)s reaches the band of %(points)s") % facts
    facts["block"] = step["yuan"]
    if "lines" in step:
        return _(
            "%(amount)s in %(lines)s lines, %(points)s for every %(block)s, each line rounded down"
        ) % (facts | {"lines": step["lines"]})
    if step["effect"] == "per_block":
        facts["blocks"] = step["blocks"]
        return _("%(amount)s ÷ %(block)s rounded down %(blocks)s × %(points)s") % facts
    if step["yuan"] == "1":
        text = _("%(amount)s × %(points)s rounded down") % facts
    else:
        text = _("%(amount)s ÷ %(block)s × %(points)s rounded down") % facts
    return f"{text} {step['gives']}" if step.get("times") else text


def _equals(points: int) -> str:
    return f" = {points}"


def _step_points(step: Mapping[str, Any]) -> int:
    return int(step["gives"] + sum(one["gives"] for one in step.get("times", ())))


def _is_product(step: Mapping[str, Any], total: int) -> bool:
    """Whether the step is the base times all factors: so it is when all touch all lines."""
    product = Fraction(step["gives"])
    for one in step["times"]:
        product *= Fraction(Decimal(one["factor"]))
    return int(product) == total


def _no_steps(data: Mapping[str, Any]) -> str:
    if data["trigger"] == "purchase":
        return _("%(amount)s: no rule applied = 0") % {
            "amount": money(data["base"], data["currency"])
        }
    return _("no rule applied = 0")


def _cut(cut: Sequence[Any], data: Mapping[str, Any]) -> str:
    rule, scope, period, measure, value, used, before, after = cut
    names = {step["rule"]: step for step in data["steps"]}
    names |= {one["rule"]: one for step in data["steps"] for one in step.get("times", ())}
    facts = {
        "limit": limit_text(scope, period, measure, value),
        "used": number_format(used),
        "before": number_format(before),
        "after": number_format(after),
    }
    text = (
        _("%(limit)s, used before: %(used)s, so %(before)s becomes %(after)s")
        if used
        else _("%(limit)s, so %(before)s becomes %(after)s")
    ) % facts
    if rule and rule in names:
        return _("%(name)s: %(arithmetic)s") % {"name": name_of(names[rule]), "arithmetic": text}
    return text


def limit_text(scope: str, period: str, measure: str, value: str) -> str:
    """`at most 100 points per member and day`."""
    number = Decimal(value)
    what = {
        "points": ngettext("at most %(value)s point", "at most %(value)s points", int(number)),
        "times": ngettext("at most once", "at most %(value)s times", int(number)),
        "yuan": _("at most points worth ¥%(value)s"),
    }[measure] % {"value": number_format(number)}
    if scope == "order":
        return _("%(limit)s per purchase") % {"limit": what}
    texts = {
        "day": (_("%(limit)s per member and day"), _("%(limit)s per day for all together")),
        "week": (_("%(limit)s per member and week"), _("%(limit)s per week for all together")),
        "month": (_("%(limit)s per member and month"), _("%(limit)s per month for all together")),
        "quarter": (
            _("%(limit)s per member and quarter"),
            _("%(limit)s per quarter for all together"),
        ),
        "year": (_("%(limit)s per member and year"), _("%(limit)s per year for all together")),
        "ever": (_("%(limit)s per member"), _("%(limit)s for all together")),
    }
    return texts[period][scope == "all"] % {"limit": what}


def _returned_line(line: Sequence[Any]) -> str:
    line_no, points, quantity, _before, now = line
    if quantity == now:
        return _("line %(line)s %(points)s") % {"line": line_no, "points": points}
    return _("line %(line)s %(points)s × %(now)s/%(quantity)s") % {
        "line": line_no,
        "points": points,
        "now": now,
        "quantity": quantity,
    }


RENDERERS = {
    "earned": earned,
    "unlinked_return": unlinked_return,
    "repaired": repaired,
    "reversed_event": reversed_event,
    "returned": returned,
    "returned_meanwhile": returned_meanwhile,
    "returned_parts": returned_parts,
    "no_rule": no_rule,
    "no_member": no_member,
    **explanations_before.RENDERERS,
}
