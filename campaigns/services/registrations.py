"""Points for joining, once per member (F19)."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.policies.events import EventInput
from campaigns.selectors import rules
from campaigns.services import events
from members.services import erasure

SOURCE = "registration"


def reward(*, member_ids: Sequence[int], at: datetime) -> None:
    """Record the registration of these members where a rule gives something for it.

    Their points are granted at once, in the caller's transaction. Where a rule has a limit that
    is common to all members, they are only written down and a job grants them seconds later:
    whoever registers people in the middle of taking in receipts still has accounts to lock, and
    accounts come before the counters of all (docs/architecture.md, lock order).
    """
    program = rules.timetable().at(at)
    if program is None or not program.rules_for("registration"):
        return
    # Whoever closes an account and comes back has had it already.
    back = erasure.returning(member_ids)
    acts = [
        EventInput(external_id=str(pk), trigger="registration", member_id=pk, occurred_at=at)
        for pk in sorted(set(member_ids) - back)
    ]
    limits = [limit for rule in program.rules_for("registration") for limit in rule.limits]
    if any(limit.scope == "all" for limit in limits):
        events.put_down(source=SOURCE, events=acts, actor="system", now=at)
    else:
        events.record_many(source=SOURCE, events=acts, actor="system", now=at)
