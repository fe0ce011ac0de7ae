"""The demo's levels: four cards, what they give, and the nights that decide about them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from campaigns.models import EarningRule
from members.models import Member
from stores.services import jobs
from tiers.models import Level, TierProgram
from tiers.selectors import benefits
from tiers.services import decisions, giving, program, reevaluation
from tiers.services.program import LadderInput, LevelInput

_LEVELS = (
    LevelInput(None, "basic", "普卡", "Classic", 0, None, "plain"),
    LevelInput(None, "silver", "银卡", "Silver", 600, None, "silver"),
    LevelInput(None, "gold", "金卡", "Gold", 1500, 1200, "gold"),
    LevelInput(None, "black", "黑金", "Black", 3600, 3000, "black"),
)
_GIVES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "silver": {"upgrade_gift": {"points": 66, "days": 90, "repeat": "ever"}},
    "gold": {
        "upgrade_gift": {"points": 188, "days": 90, "repeat": "ever"},
        "discount": {"percent": "3"},
        "free_delivery": {"from_yuan": "39"},
    },
    "black": {
        "upgrade_gift": {"points": 388, "days": 180, "repeat": "ever"},
        "discount": {"percent": "5"},
        "contact": {"name": "小周", "phone": "0571-8888 0101", "hours": "9:00-20:00"},
        "free_delivery": {},
        "early_access": {"hours": 24},
    },
}
# Multipliers and gifts on a birthday are rules of the program like any other.
RULES: tuple[Mapping[str, Any], ...] = (
    *(
        {
            "key": f"level-{code}",
            "name": f"{name}积分加倍",
            "name_en": f"More points for {english}",
            "effect": EarningRule.Effect.MULTIPLIER,
            "factor": Decimal(factor),
            "conditions": [{"kind": "tier", "in": [code]}],
        }
        for code, name, english, factor in (
            ("silver", "银卡", "Silver", "1.1"),
            ("gold", "金卡", "Gold", "1.2"),
            ("black", "黑金", "Black", "1.5"),
        )
    ),
    {
        "key": "level-birthday",
        "name": "金卡、黑金生日加赠",
        "name_en": "More on the birthday for Gold and Black",
        "trigger": EarningRule.Trigger.BIRTHDAY,
        "effect": EarningRule.Effect.FIXED,
        "points": 100,
        "conditions": [{"kind": "tier", "in": ["gold", "black"]}],
        "validity": {"kind": "days", "count": 30},
        "timing": {"kind": "at_once"},
    },
)


def open_ladder(*, at: datetime) -> None:
    """The ladder of the opening day, with what its levels give."""
    settings = TierProgram(
        basis=TierProgram.Basis.SPENT,
        window=TierProgram.Window.ROLLING,
        fall=TierProgram.Fall.ONE,
        grace_days=30,
        warn_days=30,
    )
    for level in program.save(LadderInput(settings, _LEVELS), at=at):
        for code, values in _GIVES.get(level.code, {}).items():
            kind = benefits.kind(code)
            if kind is not None:
                giving.put(level=level, kind=kind, values=values)


def night(*, at: datetime, is_recorded: bool) -> None:
    """The job of one night; the last ones leave their rows."""
    if not is_recorded:
        reevaluation.run(now=at)
        return
    with jobs.recorded(name="tiers.reevaluate", now=at) as run:
        report = reevaluation.run(
            now=at, progress=lambda done, total: run.progress(done=done, total=total)
        )
        run.result = report.as_json()


def invite_guest(*, member_id: int, at: datetime, actor: str) -> None:
    """A card on trial that soon ends: somebody who is warned."""
    decisions.invite(
        member=Member.objects.get(pk=member_id),
        level=Level.objects.get(code="black"),
        reason="门店周年答谢，黑金体验",
        actor=actor,
        at=at,
        until=(at + timedelta(days=24)).date(),
    )
