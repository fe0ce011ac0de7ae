"""What members are told of gifts and corrections."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from members.services import relations
from notifications.models import Notice
from notifications.services import noting
from points.models import GiftSettings
from points.services import adjustments, gifts
from tests import cast

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_both_sides_of_a_gift_are_told() -> None:
    GiftSettings.objects.create(is_on=True, cooling_off_days=0)
    lin, chen = cast.member(), cast.member("13900139000", "周可")
    then = NOW - timedelta(days=30)
    token = relations.invite(member_id=lin.pk, kind="friend", at=then).token
    relations.accept(member_id=chen.pk, token=token, at=then)
    cast.earned(lin, 300)
    for _again in range(2):
        gifts.give(
            giver_id=lin.pk,
            receiver_id=chen.pk,
            points=100,
            words="",
            key="k",
            actor="test",
            at=timezone.now(),
        )
    noting.tell_noted(now=timezone.now())
    sent, received = Notice.objects.filter(kind="gift").order_by("member")
    assert (sent.member, sent.event, sent.points) == (lin, "sent", -100)
    assert (received.member, received.event, received.points) == (chen, "received", 100)
    assert ("周**" in sent.body, "林**" in received.body) == (True, True)
    assert (sent.context["balance"], received.context["balance"]) == (200, 100)


@pytest.mark.parametrize(
    ("points", "kind", "event"),
    [(50, "points_earned", ""), (-50, "points_returned", "taken")],
)
def test_a_correction_is_told_with_its_reason_not_with_the_note(
    points: int, kind: str, event: str
) -> None:
    lin = cast.member()
    cast.earned(lin, 100)
    staff = User.objects.create_superuser("kefu")
    adjustments.request(
        key="a",
        member_id=lin.pk,
        points=points,
        reason="complaint",
        note="内部备注",
        requested_by=staff,
        at=timezone.now(),
    )
    noting.tell_noted(now=timezone.now())
    told = Notice.objects.exclude(kind="registration").get()
    assert (told.kind, told.event, told.points) == (kind, event, points)
    assert told.context["balance"] == 100 + points
    assert "内部备注" not in f"{told.body}{told.context}"
    assert "投诉" in told.body
