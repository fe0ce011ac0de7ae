"""Points for a complete profile, once per member."""

from datetime import datetime

from campaigns.policies.events import EventInput
from campaigns.selectors import rules
from campaigns.services import events

SOURCE = "profile"


def reward(*, member_id: int, at: datetime) -> None:
    """Write the act down where a rule gives something for it; a job grants it seconds later.

    Whoever fills in a profile holds the member's row, and accounts are locked before that one
    (docs/architecture.md, lock order): judging has to wait for a transaction of its own.
    """
    program = rules.timetable().at(at)
    if program is None or not program.rules_for(SOURCE):
        return
    act = EventInput(
        external_id=str(member_id), trigger=SOURCE, member_id=member_id, occurred_at=at
    )
    events.put_down(source=SOURCE, events=[act], actor="system", now=at)
