from campaigns.models.earning_rule import EarningRule
from campaigns.models.earning_rule_version import EarningRuleVersion
from campaigns.models.event import Event
from campaigns.models.limit_counter import LimitCounter
from campaigns.models.rule_fault import RuleFault
from campaigns.models.rulebook_edition import RulebookEdition

__all__ = [
    "EarningRule",
    "EarningRuleVersion",
    "Event",
    "LimitCounter",
    "RuleFault",
    "RulebookEdition",
]
