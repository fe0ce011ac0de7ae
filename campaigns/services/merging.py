"""What becomes of acts, limits and faults when two members become one."""

from django.db.models import F

from campaigns.models import Event, LimitCounter, RuleFault


def merge(*, kept_id: int, gone_id: int) -> None:
    """Move them to the member who is kept; what limits counted of both is added up.

    Within the caller's transaction, under both accounts' locks, which guard the counters.
    """
    Event.objects.filter(member_id=gone_id).update(member_id=kept_id)
    RuleFault.objects.filter(member_id=gone_id).update(member_id=kept_id)
    for counter in LimitCounter.objects.filter(member_id=gone_id):
        own = LimitCounter.objects.filter(
            member_id=kept_id,
            rule_key=counter.rule_key,
            period=counter.period,
            starts_on=counter.starts_on,
        )
        added = own.update(times=F("times") + counter.times, points=F("points") + counter.points)
        if added:
            counter.delete()
        else:
            LimitCounter.objects.filter(pk=counter.pk).update(member_id=kept_id)
