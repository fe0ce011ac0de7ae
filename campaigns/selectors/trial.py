"""What a basket would earn under a version: computed, never written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from campaigns.policies import findings, judging
from campaigns.policies.numbers import unscaled
from campaigns.policies.occasions import Occasion
from campaigns.policies.programs import Program
from campaigns.selectors import explanations, wording


@dataclass(frozen=True)
class LineView:
    """One line of the basket: its yuan, its points, and why it does not count."""

    line_no: int
    sku: str
    name: str
    amount: str
    points: int
    left_out: str


@dataclass(frozen=True)
class LotView:
    """Points that are granted together: from when they are usable, and until when."""

    points: int
    usable_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True)
class RuleFinding:
    """What became of one rule."""

    key: str
    name: str
    points: int
    sentence: str


@dataclass(frozen=True)
class Trial:
    """The whole answer for one version."""

    points: int
    sentence: str
    lots: list[LotView]
    lines: list[LineView]
    findings: list[RuleFinding]


def of_basket(program: Program, occasion: Occasion, names: Mapping[str, str]) -> Trial:
    """Judge `occasion` by `program`, as if its member had not used any limit yet.

    `names` are those of the articles. No query but for the names of what rules mention.
    """
    judged = judging.judge(program, occasion)
    told = judged.explanation
    by_line: dict[int, int] = {}
    for part in judged.parts:
        for line_no, points in part.lines:
            by_line[line_no] = by_line.get(line_no, 0) + points
    left_out: dict[int, str] = dict(told.get("left_out", ()))
    words = wording.Names()
    return Trial(
        points=judged.points,
        sentence=explanations.sentence(told),
        lots=[LotView(part.points, part.usable_at, part.expires_at) for part in judged.parts],
        lines=[
            LineView(
                line.line_no,
                line.sku,
                names.get(line.sku, ""),
                unscaled(line.amount),
                by_line.get(line.line_no, 0),
                left_out.get(line.line_no, ""),
            )
            for line in occasion.lines
        ],
        findings=[
            RuleFinding(
                one.rule,
                explanations.name_of({"rule": one.rule, "name": one.name, "name_en": one.name_en}),
                one.points,
                wording.finding_sentence(one, words),
            )
            for one in findings.findings(program, told)
        ],
    )
