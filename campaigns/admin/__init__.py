"""The program in the back office: versions and their rules, faults, events, used limits."""

from campaigns.admin import events, faults, rules, versions

__all__ = ["events", "faults", "rules", "versions"]
