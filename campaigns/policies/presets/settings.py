"""The settings of a program, as a preset gives them or one of its cases changes them."""

from collections.abc import Mapping
from typing import Any

from campaigns.policies.presets.fields import Fields, json_value


def settings_of(fields: Fields) -> dict[str, Any]:
    """Those settings of a program that are given, under the names of `ProgramTerms`."""
    values: dict[str, Any] = {}
    for name in ("basic_method", "floor_at", "stacking", "leap_day"):
        values |= fields.given(name, fields.text)
    for name in ("basic_points", "pending_days", "order_cap", "day_cap", "month_cap"):
        values |= fields.given(name, fields.whole)
    for name in ("basic_yuan", "ceiling"):
        values |= fields.given(name, fields.decimal)
    for name in ("freight_earns", "coupon_part_earns", "points_part_earns"):
        values |= fields.given(name, fields.flag)
    if fields.has("excluded"):
        values["excluded"] = json_value(fields.table("excluded"))
    if fields.has("validity"):
        values["validity"] = _validity(fields.table("validity"))
    return values


def _validity(data: Mapping[str, Any]) -> dict[str, Any]:
    """As a version keeps it: a count wherever the kind has one."""
    known: dict[str, Any] = json_value(data)
    if known.get("kind") in ("year_end", "quarter_end"):
        known.setdefault("count", 0)
    return known
