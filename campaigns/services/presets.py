"""Presets: what there is, whether they hold what they say, and drafts made from them."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import get_language

from campaigns.exceptions import InvalidPreset, UnknownPreset
from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.policies import presets as policies
from campaigns.policies import programs
from campaigns.policies.presets import Creation, Malformed, Preset
from campaigns.policies.programs import ProgramTerms, RuleTerms
from campaigns.selectors import problems, vocabulary
from campaigns.services import preset_malls, replays
from campaigns.services.preset_malls import Made
from members.services import tags
from points.selectors import balances
from points.services import settings as ledger_settings
from stores.services import goods
from stores.services.goods import CategoryRow

FOLDER = Path(__file__).resolve().parent.parent / "presets"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A draft made from a preset. `created` was made for it, `missing` has to be made before it
    can be published; `ledger` are settings of the ledger (now, proposed) that differ; `mall` are
    the rewards and coupons that were made as drafts."""

    version: EarningRuleVersion
    created: tuple[Creation, ...]
    missing: tuple[Creation, ...]
    ledger: Mapping[str, tuple[int, int]]
    mall: Made = field(default_factory=Made)


def available() -> Sequence[Preset]:
    """All presets that come with the product, by their number. Raises `InvalidPreset`."""
    return [_read(path) for path in _files()]


def names() -> list[str]:
    """The names of the presets' files, in order; whether they can be used is not looked at."""
    return [path.stem for path in _files()]


def find(name: str) -> Preset:
    """A preset by its number (`P08`, `p08`) or its file. Raises `UnknownPreset`."""
    asked = name.strip().lower().removesuffix(".toml")
    for path in _files():
        if asked in (path.stem, path.stem[:3]):
            return _read(path)
    raise UnknownPreset(name=name)


def check(name: str) -> replays.Report:
    """Play all cases of a preset; nothing of the merchant's is changed."""
    return replays.replay(find(name))


def read(path: Path) -> Preset:
    """The preset in this file. Raises `InvalidPreset` with everything that is wrong with it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        return policies.parsed(path.stem, data)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidPreset(name=path.name, reason=str(error)) from error
    except Malformed as error:
        reason = problems.told(error.problems)
        raise InvalidPreset(name=path.name, reason=reason) from error


def load(
    *,
    name: str,
    starts_at: datetime,
    title: str = "",
    create_missing: bool = False,
    set_ledger_at: datetime | None = None,
    make_mall_at: datetime | None = None,
    actor: str = "preset",
) -> Loaded:
    """Make a draft with exactly the program of a preset, in force from `starts_at` once somebody
    publishes it.

    What is in force stays as it is. Categories and tags that the rules name are made only with
    `create_missing`; the ledger's settings are changed only with `set_ledger_at`, the moment at
    which that happens; rewards and coupons of its mall are made, as drafts, only with
    `make_mall_at`. One transaction. Raises `UnknownPreset`.
    """
    preset = find(name)
    with transaction.atomic():
        version = _draft(preset, starts_at, title)
        created = tuple(_create(missing(preset))) if create_missing else ()
        if set_ledger_at is not None and preset.ledger:
            ledger_settings.set_worth(
                points_per_yuan=preset.ledger["points_per_yuan"], at=set_ledger_at
            )
        made = Made()
        if make_mall_at is not None:
            made = preset_malls.make(preset, actor=actor, at=make_mall_at)
    return Loaded(version, created, missing(preset), proposed(preset), made)


def missing(preset: Preset) -> tuple[Creation, ...]:
    """The stores, categories, tags … that the preset's rules name and that are not there yet.

    At most one query for each kind that they name.
    """
    known = vocabulary.Known()
    named = {(each.kind, each.code): each for each in preset.creates}
    found = []
    for kind, code in _names(preset.terms):
        values = known.values(kind)
        if values is not None and code not in values:
            found.append(named.get((kind, code)) or Creation(kind, code, code, code))
    return tuple(dict.fromkeys(found))


def proposed(preset: Preset) -> dict[str, tuple[int, int]]:
    """Settings of the ledger that the preset proposes otherwise: (as it is now, proposed)."""
    now = balances.ledger_settings() if preset.ledger else None
    found = {name: (int(getattr(now, name)), value) for name, value in preset.ledger.items()}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def _files() -> list[Path]:
    return sorted(FOLDER.glob("p*.toml"))


@cache
def _read(path: Path) -> Preset:
    # The files come with the program and change only with it.
    return read(path)


def _draft(preset: Preset, starts_at: datetime, title: str) -> EarningRuleVersion:
    version = EarningRuleVersion.objects.create(
        name=title or f"{preset.id} {told(preset, 'name')}",
        starts_at=starts_at,
        **_settings(preset.terms),
        **preset.words,
    )
    EarningRule.objects.bulk_create(
        _rule(version, position, rule) for position, rule in enumerate(preset.terms.rules, start=1)
    )
    return version


def told(item: Any, name: str) -> str:
    """A text of a preset in the active language."""
    is_english = (get_language() or "").startswith("en")
    return str(getattr(item, f"{name}_en" if is_english else name))


def _settings(terms: ProgramTerms) -> dict[str, Any]:
    method = EarningRuleVersion.Method
    is_block = terms.basic_method == programs.PER_BLOCK
    last_day = terms.validity.get("date")
    same = (
        "floor_at",
        "freight_earns",
        "coupon_part_earns",
        "points_part_earns",
        "stacking",
        "ceiling",
        "order_cap",
        "day_cap",
        "month_cap",
        "leap_day",
        "pending_days",
    )
    return {name: getattr(terms, name) for name in same} | {
        "method": method.BLOCK if is_block else method.RATIO,
        "points": terms.basic_points,
        "block_yuan": terms.basic_yuan,
        "excluded": dict(terms.excluded),
        "validity": terms.validity["kind"],
        "validity_count": terms.validity.get("count", 0),
        "validity_date": datetime.fromisoformat(last_day).date() if last_day else None,
    }


def _rule(version: EarningRuleVersion, position: int, rule: RuleTerms) -> EarningRule:
    return EarningRule(
        version=version,
        position=position,
        key=rule.key,
        name=rule.name,
        name_en=rule.name_en,
        trigger=rule.trigger,
        code=rule.code,
        effect=rule.effect,
        combine=rule.combine,
        is_multiplied=rule.is_multiplied,
        points=rule.points,
        yuan=rule.yuan,
        factor=rule.factor,
        bands=list(rule.bands),
        conditions=list(rule.conditions),
        limits=list(rule.limits),
        validity=dict(rule.validity),
        timing=dict(rule.timing),
    )


def _names(terms: ProgramTerms) -> Iterator[tuple[str, str]]:
    for kind, values in terms.excluded.items():
        yield from ((kind, value) for value in values)
    for rule in terms.rules:
        for condition in rule.conditions:
            for value in condition.get("in", ()):
                if isinstance(value, str):
                    yield str(condition["kind"]), value


def _create(wanted: Sequence[Creation]) -> Iterator[Creation]:
    """Make the categories and tags of `wanted`; the rest a merchant has to know about."""
    categories = [each for each in wanted if each.kind == "category"]
    if categories:
        goods.put_categories(rows=[CategoryRow(c.code, told(c, "name")) for c in categories])
        yield from categories
    words = [each for each in wanted if each.kind == "tag"]
    if words:
        tags.put(names=[each.code for each in words])
        yield from words
