"""Which earning rule applied when."""

from campaigns import policies
from campaigns.models import EarningRuleVersion


def timetable() -> policies.Timetable:
    """All published versions, to ask for the one in force at an instant. One query.

    Read it per batch and never keep it per process: a newly published version has to count
    everywhere at once.
    """
    return policies.Timetable(v.as_data() for v in EarningRuleVersion.objects.published())
