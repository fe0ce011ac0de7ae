"""What the outbox tells the overview and monitors about itself."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.selectors import outbox
from stores.selectors import health
from stores.selectors.health import Fact

# A message that is due leaves within seconds; after this somebody should look why it has not.
LATE = timedelta(minutes=10)


def of_outbox(now: datetime) -> Fact:
    """Messages that are due and have not left, and those of the last day that failed."""
    found = outbox.state(now)
    waiting = sum(one.waiting for one in found)
    oldest = min((one.oldest_due_at for one in found if one.oldest_due_at), default=None)
    is_late = oldest is not None and now - oldest > LATE
    failed = sum(one.failed + one.uncertain for one in found)
    words = [
        health.waiting(waiting),
        *([_("%(count)s failed in a day") % {"count": failed}] if failed else []),
    ]
    return Fact(
        code="outbox",
        label=gettext_lazy("Messages to send"),
        value=" · ".join(words),
        is_well=not (is_late or failed),
        is_alarm=is_late,
        page="admin:notifications_message_changelist",
        permission="notifications.view_message",
        detail={
            "waiting": waiting,
            "failed": failed,
            "oldest_seconds": int((now - oldest).total_seconds()) if oldest else 0,
            "resting": [one.channel for one in found if one.rests_until],
        },
    )
