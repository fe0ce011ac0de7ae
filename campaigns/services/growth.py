"""What acts add to their members' growth."""

from datetime import datetime

from campaigns.models import Event
from tiers.policies.growth import Figures, Movement
from tiers.services.climbing import Climb, day_of


def acted(climb: Climb, event: Event, points: int) -> None:
    """An act has earned these points."""
    figures = Figures(acted=points)
    climb.note(Movement(event.member_id, day_of(event.occurred_at), figures, f"event:{event.pk}"))


def fell_away(event: Event, *, actor: str, now: datetime) -> None:
    """What an act had earned is taken back. The caller holds the lock of the account."""
    climb = Climb(at=now, actor=actor).load([event.member_id])
    cause = f"event:{event.pk}"
    figures = Figures(acted=-event.points)
    day = day_of(event.occurred_at)
    climb.note(Movement(event.member_id, day, figures, cause, returns=cause))
    climb.save()
