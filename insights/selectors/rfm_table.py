"""The RFM table of a run, ready to be shown: groups, and members by recency and frequency."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from insights.models import RfmRun, RfmScore
from insights.policies import rfm
from insights.selectors.rfm import Cell, heat

_SHADES = 5


@dataclass(frozen=True)
class Group:
    code: str
    name: str
    members: int
    share: Decimal
    yuan: Decimal
    yuan_share: Decimal


@dataclass(frozen=True)
class HeatCell:
    """`shade` from 0 (nobody) to 5 (most members of any cell)."""

    recency: int
    frequency: int
    members: int
    share: Decimal
    yuan: Decimal
    shade: int

    @property
    def per_head(self) -> int:
        """Whole yuan."""
        return int(self.yuan / self.members) if self.members else 0


@dataclass(frozen=True)
class HeatRow:
    score: int
    label: str
    cells: list[HeatCell]


@dataclass(frozen=True)
class Table:
    run: RfmRun
    groups: list[Group]
    heat: list[HeatRow]
    columns: list[tuple[int, str]]
    cells: list[Cell]

    def as_json(self) -> dict[str, Any]:
        """For programs: money as text, scores 1 (worst) to 5."""
        return {
            "as_of": self.run.as_of.isoformat(),
            "members": self.run.members,
            "thresholds": self.run.thresholds,
            "groups": [
                {"group": one.code, "members": one.members, "yuan": f"{one.yuan:.4f}"}
                for one in self.groups
            ],
            "cuts": self.run.result["cuts"],
            "heat": [
                {"r": c.recency, "f": c.frequency, "members": c.members, "yuan": f"{c.yuan:.4f}"}
                for row in self.heat
                for c in row.cells
            ],
            "cells": [
                {
                    "r": c.recency,
                    "f": c.frequency,
                    "m": c.money,
                    "members": c.members,
                    "yuan": f"{c.yuan:.4f}",
                }
                for c in self.cells
            ],
        }


def of_run(run: RfmRun) -> Table:
    """The table of a finished run. No query: everything stands in its result."""
    cells = [Cell(*row) for row in run.result["cells"]]
    found = heat(cells)
    most = max((members for members, _amount in found.values()), default=0)
    recency, frequency = _recency_labels(run), _frequency_labels(run)
    return Table(
        run=run,
        groups=groups_of(run.result["groups"]),
        heat=[
            HeatRow(
                score=r,
                label=recency[5 - r],
                cells=[_cell(r, f, *found[r, f], most, run.members) for f in rfm.SCORES],
            )
            for r in reversed(rfm.SCORES)
        ],
        columns=list(zip(rfm.SCORES, frequency, strict=True)),
        cells=cells,
    )


def groups_of(figures: dict[str, Any]) -> list[Group]:
    """Groups with their shares, in the house's order."""
    names = dict(RfmScore.Group.choices)
    shares = rfm.shares({code: figures[code][0] for code in rfm.GROUPS})
    spent = rfm.shares({code: max(figures[code][1], 0) for code in rfm.GROUPS})
    return [
        Group(
            code=code,
            name=str(names[code]),
            members=figures[code][0],
            share=shares[code],
            yuan=_yuan(figures[code][1]),
            yuan_share=spent[code],
        )
        for code in rfm.GROUPS
    ]


def _cell(r: int, f: int, members: int, amount: int, most: int, whole: int) -> HeatCell:
    share = (Decimal(100 * members) / whole).quantize(Decimal("0.1")) if whole else Decimal(0)
    shade = -(-_SHADES * members // most) if most else 0
    return HeatCell(r, f, members, share, _yuan(amount), shade)


def _yuan(amount: int) -> Decimal:
    return Decimal(amount) / rfm.UNIT


def _recency_labels(run: RfmRun) -> list[str]:
    """From the latest fifth to the longest silent one, in days."""
    cuts = [(run.as_of - date.fromisoformat(day)).days for day in run.result["cuts"]["recency"]]
    return _ranges(cuts, _("%(low)s–%(high)s days"), _("%(low)s days and more"))


def _frequency_labels(run: RfmRun) -> list[str]:
    return _ranges(
        run.result["cuts"]["frequency"], _("%(low)s–%(high)s times"), _("%(low)s times and more")
    )


def _ranges(cuts: list[int], closed: str, open_end: str) -> list[str]:
    """What each fifth holds; a fifth that ties have emptied holds nothing."""
    labels, low = [], 0
    for cut in cuts:
        labels.append(closed % {"low": low, "high": cut} if low <= cut else "–")
        low = max(low, cut + 1)
    labels.append(open_end % {"low": low})
    return labels if cuts else ["–"] * 5
