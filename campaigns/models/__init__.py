from campaigns.models.earning_rule_version import EarningRuleVersion

__all__ = ["EarningRuleVersion"]
