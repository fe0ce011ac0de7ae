"""From when and until when points count: one choice with just the figure that belongs to it."""

from collections.abc import Iterable, Mapping
from typing import Any

from campaigns.policies.periods import VALIDITIES
from campaigns.policies.programs import TIMINGS

# What cannot be shown in the fields stays as it is until something else is chosen.
KEEP = "keep"
FIELDS = {"validity": ("count", "date"), "timing": ("days", "date")}
_ASKS = {
    "months": "count",
    "days": "count",
    "year_end": "count",
    "quarter_end": "count",
    "date": "date",
}


def initial(name: str, data: Any, keys: Iterable[str], empty: str) -> dict[str, Any]:
    """Initial values of the fields that show a validity or timing."""
    values: dict[str, Any] = {f"{name}_{key}": None for key in keys}
    if not data:
        return values | {f"{name}_kind": empty}
    kinds = VALIDITIES if name == "validity" else TIMINGS
    is_showable = isinstance(data, Mapping) and data.get("kind") in kinds
    if not is_showable or set(data) - {"kind", *keys}:
        return values | {f"{name}_kind": KEEP}
    return {f"{name}_{key}": data.get(key) for key in keys} | {f"{name}_kind": data["kind"]}


def written(name: str, kind: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the fields say, as it is kept; None to keep what was there."""
    if kind == KEEP:
        return None
    if kind in ("", "inherit"):
        return {}
    asked = _ASKS.get(kind) if name == "validity" else {"days": "days", "date": "date"}.get(kind)
    told: dict[str, Any] = {"kind": kind}
    if asked is None:
        return told
    value = iso(values.get(asked))
    if asked == "count" and value is None and kind in ("year_end", "quarter_end"):
        value = 0
    return told | {asked: value}


def iso(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
