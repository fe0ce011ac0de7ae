"""What people decide about growth and levels: corrections, invitations, levels given by hand."""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from members.models import Member
from points.services import batch
from tiers import exceptions
from tiers.models import GrowthCorrection, Level, StandingChange
from tiers.policies import standings
from tiers.policies.growth import Figures, Movement, whole
from tiers.policies.ladders import THRESHOLD_MAX, Ladder
from tiers.policies.standings import By, Change, Why
from tiers.services.climbing import Climb

REASON_LENGTH = 200


def correct_growth(
    *,
    member: Member,
    amount: int,
    reason: str,
    actor: str,
    at: datetime,
    reference: str,
    note: str = "",
) -> GrowthCorrection:
    """Add growth to a member's present day, or take it; a level that it reaches is reached at
    once, and none is lost before its period ends.

    The same `reference` again answers with the first correction. Locks the member's account.
    Raises `AmountInvalid`, `ReasonMissing`.
    """
    if type(amount) is not int or not 0 < abs(amount) <= THRESHOLD_MAX:
        raise exceptions.AmountInvalid(limit=THRESHOLD_MAX)
    with transaction.atomic():
        batch.lock([member.pk], at=at)
        known = GrowthCorrection.objects.filter(reference=reference).first()
        if known is not None:
            return known
        climb = Climb(at=at, actor=actor).load([member.pk])
        made = GrowthCorrection.objects.create(
            member=member,
            day=climb.today,
            amount=amount,
            reason=_reason(reason),
            note=note.strip(),
            reference=reference,
            actor=actor,
            created_at=at,
        )
        figures = Figures(adjusted=amount)
        climb.note(Movement(member.pk, climb.today, figures, f"growth:{made.pk}"))
        climb.save(reasons={member.pk: made.reason})
    return made


def invite(
    *,
    member: Member,
    level: Level,
    reason: str,
    actor: str,
    at: datetime,
    until: date | None = None,
) -> StandingChange:
    """Give a member a higher level than the growth does, through `until` (None: by invitation
    without an end, of an ordinary level for its usual period).

    When it ends the member has the level that growth gives. Growth that reaches more in the
    meantime counts at once. Locks the member's account. Raises `NotHigher`, `UntilPast`,
    `ReasonMissing`, `NoLadder`.
    """
    with transaction.atomic():
        batch.lock([member.pk], at=at)
        climb = Climb(at=at, actor=actor).load([member.pk])
        if climb.ladder is None:
            raise exceptions.NoLadder
        if until is not None and until < climb.today:
            raise exceptions.UntilPast
        told = _reason(reason)
        climber = climb.climbers[member.pk]
        change = _given(climb.ladder, climber.standing, level, until, climb.today)
        growth = whole(climber.units[0])
        climb.put(member.pk, replace(change, growth=growth))
        climb.save(reasons={member.pk: told})
    return StandingChange.objects.filter(member=member).latest("pk")


def _given(
    ladder: Ladder, now: standings.Standing, level: Level, until: date | None, on: date
) -> Change:
    step, before = ladder.at(level.pk), ladder.at(now.level_id)
    if step.rank <= before.rank:
        raise exceptions.NotHigher
    is_invited = step.threshold is None
    by = By.INVITATION if is_invited else By.STAFF
    given = standings.reached(ladder, step, on=on, before=before, by=by)
    if is_invited or until is not None:
        given = standings.through(ladder, given, until)
    return Change(Why.INVITED if is_invited else Why.GIVEN, given, growth=0)


def _reason(text: str) -> str:
    reason = text.strip()[:REASON_LENGTH]
    if not reason:
        raise exceptions.ReasonMissing
    return reason
