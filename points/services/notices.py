"""What members are told of gifts and of corrections by hand."""

from datetime import datetime

from django.urls import reverse

from members.models import Member
from notifications.models import Notice
from notifications.services import noting
from notifications.services.telling import Fact
from points.models import Adjustment, Gift
from points.services.rows import Posting


def given(gift: Gift, out: Posting, into: Posting, *, at: datetime) -> None:
    """Tell both sides of a gift. Two statements."""
    people = Member.objects.in_bulk([gift.giver_id, gift.receiver_id])
    giver, receiver = people[gift.giver_id], people[gift.receiver_id]
    sides = (
        ("sent", giver, receiver, out, -gift.points),
        ("received", receiver, giver, into, gift.points),
    )
    facts = [
        Fact(
            member_id=member.pk,
            kind=Notice.Kind.GIFT,
            event=event,
            reference=f"gift:{gift.pk}",
            context={
                # Not the name: this stays with the one when the other has left.
                "person": _masked(other),
                "points": gift.points,
                "balance": posting.available,
            },
            link=reverse("points:entry", args=[posting.entry_id]),
            points=points,
        )
        for event, member, other, posting, points in sides
    ]
    noting.note(facts, at=at)


def _masked(member: Member) -> str:
    """`林**`, or the masked number of somebody without a name."""
    return f"{member.name[0]}**" if member.name else member.masked_number


def adjusted(adjustment: Adjustment, *, balance: int, at: datetime) -> None:
    """Tell the member of a correction that was posted, with its reason, without staff's words."""
    is_gain = adjustment.points > 0
    reason = noting.in_languages(Adjustment.Reason(adjustment.reason).label)
    fact = Fact(
        member_id=adjustment.member_id,
        kind=Notice.Kind.POINTS_EARNED if is_gain else Notice.Kind.POINTS_RETURNED,
        event="" if is_gain else "taken",
        reference=f"adjustment:{adjustment.pk}",
        context={
            "points": abs(adjustment.points),
            "balance": balance,
            "source" if is_gain else "reason": reason,
        },
        link=reverse("points:entry", args=[adjustment.entry_id]),
        points=adjustment.points,
    )
    noting.note([fact], at=at)
