"""What a version would give for a few amounts, at a glance."""

from decimal import Decimal

from django.utils.translation import gettext as _

from campaigns.models import EarningRuleVersion
from campaigns.policies import judging
from campaigns.policies.numbers import scaled
from campaigns.policies.occasions import PURCHASE, Line, Occasion
from campaigns.policies.programs import Program
from campaigns.selectors import rules
from campaigns.selectors.explanations import money

# A small, an ordinary and a round amount.
_AMOUNTS = (Decimal("88.80"), Decimal(199), Decimal(250))


def of_version(version: EarningRuleVersion) -> list[str]:
    """`¥199 → 10` for each of a few amounts, on the day that the version starts. One query."""
    program = rules.program_of(version)
    return [
        _("%(amount)s → %(points)s")
        % {"amount": money(f"{amount}", "CNY"), "points": _points(program, amount)}
        for amount in _AMOUNTS
    ]


def _points(program: Program, amount: Decimal) -> int:
    at = program.terms.starts_at
    occasion = Occasion(trigger=PURCHASE, at=at, lines=[Line(1, scaled(amount))])
    return judging.judge(program, occasion).points
