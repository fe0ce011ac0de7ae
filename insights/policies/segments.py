"""The closed vocabulary of a built segment's conditions, and whether a tree of them is sound.

A tree is `{"all": [node, …]}` or `{"any": [node, …]}`, where a node is a tree or a condition
`{"kind": …, …}`; `"not": true` turns a node round. What the conditions mean as queries stands in
`selectors.segments`, what they say in words in `selectors.segment_words`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from campaigns.policies.conditions import decimal_of
from campaigns.policies.problems import Params, Problem

# whole: a count or points; yuan: two decimals; days; day: an ISO date; names: codes of one
# vocabulary; months: 1 to 12.
FieldType = Literal["whole", "yuan", "days", "day", "names", "months"]

# What the builder can show: conditions in groups.
MAX_DEPTH = 2
MAX_CONDITIONS = 30
MAX_VALUES = 200
_TEXT_LENGTH = 64
_MAX_DAYS = 3660
_MAX_WHOLE = 10**15
_MAX_YUAN = Decimal(10) ** 11


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter. `of` names the vocabulary of its values, where it has any."""

    name: str
    type: FieldType
    is_required: bool = False
    of: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of condition. `needs_bound`: one of `min` and `max` has to be given."""

    name: str
    fields: tuple[Field, ...]
    needs_bound: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def has_period(self) -> bool:
        return "last_days" in self.names


def _bounds(type_: FieldType) -> tuple[Field, ...]:
    return Field("min", type_), Field("max", type_)


_PERIOD = (Field("last_days", "days"), Field("first_day", "day"), Field("last_day", "day"))
_WHERE = (
    Field("stores", "names", of="store"),
    Field("categories", "names", of="category"),
    Field("skus", "names"),
)


def _names(kind: str, of: str) -> Kind:
    return Kind(kind, (Field("in", "names", is_required=True, of=of),))


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("purchases", (*_bounds("whole"), *_PERIOD, *_WHERE), needs_bound=True),
        Kind("spent", (*_bounds("yuan"), *_PERIOD, *_WHERE), needs_bound=True),
        Kind("last_purchase", _bounds("days"), needs_bound=True),
        Kind("first_purchase", _bounds("days"), needs_bound=True),
        _names("rfm", "rfm"),
        Kind("balance", _bounds("whole"), needs_bound=True),
        Kind("earned", (*_bounds("whole"), *_PERIOD), needs_bound=True),
        Kind("expiring", (Field("days", "days", is_required=True), *_bounds("whole")), True),
        _names("tier", "tier"),
        _names("tag", "tag"),
        _names("list", "list"),
        _names("home_store", "store"),
        Kind("joined", _bounds("days"), needs_bound=True),
        Kind("birthday_month", (Field("in", "months", is_required=True),)),
        _names("source", "source"),
        Kind(
            "event",
            (Field("in", "names", is_required=True, of="event"), *_bounds("whole"), *_PERIOD),
            needs_bound=True,
        ),
        _names("consent", "consent"),
    )
}


def group_of(node: Params) -> tuple[str, list[Any]] | None:
    """`("all" | "any", nodes)` of a tree; None for a condition."""
    for op in ("all", "any"):
        if op in node:
            return op, node[op]
    return None


def conditions(tree: Params) -> Iterator[Params]:
    """Every condition of a sound tree, from left to right."""
    group = group_of(tree)
    if group is None:
        yield tree
        return
    for node in group[1]:
        yield from conditions(node)


def problems(tree: Any) -> Iterator[Problem]:
    """What is wrong with a tree; the field is the path to it, such as `all.0.any.1.min`."""
    if not isinstance(tree, Mapping) or group_of(tree) is None:
        yield Problem("definition", "value_invalid")
        return
    found = list(_tree_problems(tree, "", 1))
    yield from found
    if not found and not any(True for _one in conditions(tree)):
        yield Problem("definition", "value_missing")
    if not found and sum(1 for _one in conditions(tree)) > MAX_CONDITIONS:
        yield Problem("definition", "too_many_values", (("limit", MAX_CONDITIONS),))


def _tree_problems(node: Any, where: str, depth: int) -> Iterator[Problem]:
    if not isinstance(node, Mapping):
        yield Problem(where or "definition", "value_invalid")
        return
    if node.get("not", False) not in (True, False):
        yield Problem(f"{where}.not".strip("."), "value_invalid")
    group = group_of(node)
    if group is None:
        yield from _condition_problems(node, where)
        return
    op = group[0]
    nodes: Any = group[1]
    path = f"{where}.{op}".strip(".")
    unknown = sorted(str(name) for name in set(node) - {op, "not"})
    yield from (Problem(f"{where}.{name}".strip("."), "field_unknown") for name in unknown)
    if depth > MAX_DEPTH or not isinstance(nodes, list) or len(nodes) > MAX_CONDITIONS:
        yield Problem(path, "value_invalid")
        return
    for place, one in enumerate(nodes):
        yield from _tree_problems(one, f"{path}.{place}", depth + 1)


def _condition_problems(node: Params, where: str) -> Iterator[Problem]:
    kind = KINDS.get(node["kind"]) if isinstance(node.get("kind"), str) else None
    if kind is None:
        yield Problem(where, "condition_unknown")
        return
    for name in sorted(str(name) for name in set(node) - {"kind", "not", *kind.names}):
        yield Problem(f"{where}.{name}", "field_unknown")
    for problem in condition_problems(kind, node):
        yield Problem(f"{where}.{problem.field}", problem.code, problem.params)


def condition_problems(kind: Kind, node: Params) -> Iterator[Problem]:
    """What is wrong with the parameters of one condition."""
    found = [problem for field in kind.fields for problem in _field_problems(field, node)]
    yield from found
    if found:
        return
    if kind.needs_bound and _is_missing(node, "min") and _is_missing(node, "max"):
        yield Problem("min", "value_missing")
    if not _is_missing(node, "min") and not _is_missing(node, "max"):
        low, high = decimal_of(node["min"]), decimal_of(node["max"])
        if low is not None and high is not None and high < low:
            yield Problem("max", "range_empty")
    if kind.has_period:
        yield from _period_problems(node)


def _period_problems(node: Params) -> Iterator[Problem]:
    first, last = node.get("first_day"), node.get("last_day")
    if not _is_missing(node, "last_days") and (first or last):
        yield Problem("last_days", "period_twice")
    elif first and last and last < first:
        yield Problem("last_day", "range_empty")


def _is_missing(node: Params, name: str) -> bool:
    return node.get(name) in (None, "", [])


def _field_problems(field: Field, node: Params) -> Iterator[Problem]:
    if _is_missing(node, field.name):
        if field.is_required:
            yield Problem(field.name, "value_missing")
        return
    value = node[field.name]
    if field.type in ("names", "months"):
        yield from _list_problems(field, value)
    elif field.type == "day":
        if not _is_day(value):
            yield Problem(field.name, "date_invalid")
    elif field.type == "yuan":
        yield from _yuan_problems(field, value)
    else:
        high = _MAX_DAYS if field.type == "days" else _MAX_WHOLE
        low = 1 if field.name in ("last_days", "days") else 0
        if type(value) is not int or not low <= value <= high:
            yield Problem(field.name, "number_out_of_range", (("low", low), ("high", high)))


def _yuan_problems(field: Field, value: Any) -> Iterator[Problem]:
    number = decimal_of(value)
    if number is None or not 0 <= number <= _MAX_YUAN:
        yield Problem(field.name, "number_invalid")
    elif number != round(number, 2):
        yield Problem(field.name, "too_many_decimals", (("limit", 2),))


def _list_problems(field: Field, value: Any) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield Problem(field.name, "value_invalid")
    elif len(value) > MAX_VALUES:
        yield Problem(field.name, "too_many_values", (("limit", MAX_VALUES),))
    elif field.type == "months":
        if any(type(one) is not int or not 1 <= one <= 12 for one in value):
            yield Problem(field.name, "value_invalid")
    elif any(not isinstance(one, str) or not 0 < len(one) <= _TEXT_LENGTH for one in value):
        yield Problem(field.name, "value_invalid")


def _is_day(value: Any) -> bool:
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
