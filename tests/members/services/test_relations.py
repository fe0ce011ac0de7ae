"""People are bound when both have agreed, within limits that hold in any burst."""

from datetime import datetime, timedelta

import pytest

from members import exceptions
from members.models import Member, Relation, RelationInvitation, RelationSettings
from members.selectors import relations as selectors
from members.services import relations
from tests import cast
from tests.members.conftest import NOON
from tests.racing import refused, succeeded, together

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> tuple[Member, Member]:
    return cast.member("13800138000", "林小雨"), cast.member("13900139000", "周可")


def invite(member: Member, kind: str = "friend", *, at: datetime = NOON) -> str:
    return relations.invite(member_id=member.pk, kind=kind, at=at).token


def accept(member: Member, token: str, *, at: datetime = NOON) -> Relation:
    return relations.accept(member_id=member.pk, token=token, at=at)


def people(count: int) -> list[Member]:
    return [cast.member(f"137{number:08d}", f"友{number}") for number in range(count)]


def test_both_agree(pair: tuple[Member, Member]) -> None:
    one, other = pair
    token = invite(one, "family")
    assert selectors.bonds(one.pk) == []
    found = relations.find(token=token, at=NOON)
    assert found is not None
    assert found.member == one
    relation = accept(other, token)
    assert selectors.between(other.pk, one.pk) == relation
    assert [bond.other for bond in selectors.bonds(one.pk)] == [other]
    assert [bond.other for bond in selectors.bonds(other.pk)] == [one]
    assert relation.kind == "family"


def test_a_link_works_once_and_not_for_ever(pair: tuple[Member, Member]) -> None:
    one, other = pair
    token = invite(one)
    with pytest.raises(exceptions.InvitationGone):
        accept(other, token, at=NOON + relations.INVITATION_LIFETIME)
    with pytest.raises(exceptions.RelationToOneself):
        accept(one, token)
    accept(other, token)
    with pytest.raises(exceptions.InvitationGone):
        accept(cast.member("13700137000"), token)
    with pytest.raises(exceptions.RelationExists):
        accept(other, invite(one))
    for nonsense in ("", "x", "x" * 500, "\ud800"):
        with pytest.raises(exceptions.InvitationGone):
            accept(other, nonsense)


def test_one_can_part_and_the_waiting_begins_again(pair: tuple[Member, Member]) -> None:
    one, other = pair
    relation = accept(other, invite(one))
    with pytest.raises(exceptions.RelationUnknown):
        relations.end(
            member_id=cast.member("13700137000").pk, relation_id=relation.pk, actor="m", at=NOON
        )
    for _time in range(2):
        relations.end(member_id=other.pk, relation_id=relation.pk, actor="member:2", at=NOON)
    assert selectors.bonds(one.pk) == []
    later = NOON + timedelta(days=1)
    again = accept(other, invite(one, at=later), at=later)
    assert (again.pk != relation.pk, again.bound_at) == (True, later)


def test_the_oldest_of_too_many_links_goes(pair: tuple[Member, Member]) -> None:
    one, other = pair
    tokens = [invite(one) for _number in range(7)]
    assert RelationInvitation.objects.count() == 5
    with pytest.raises(exceptions.InvitationGone):
        accept(other, tokens[0])
    assert accept(other, tokens[-1]).kind == "friend"


def test_limits_of_either_side(pair: tuple[Member, Member]) -> None:
    RelationSettings.objects.create(relations_max=2, new_per_month=3)
    one, other = pair
    for friend in people(2):
        accept(friend, invite(one))
    with pytest.raises(exceptions.RelationsFull):
        invite(one)
    token = invite(other)
    with pytest.raises(exceptions.RelationsFull):
        accept(one, token)
    bond = selectors.bonds(one.pk)[0]
    relations.end(member_id=one.pk, relation_id=bond.relation_id, actor="m", at=NOON)
    accept(one, token)
    bond = selectors.bonds(one.pk)[0]
    relations.end(member_id=one.pk, relation_id=bond.relation_id, actor="m", at=NOON)
    with pytest.raises(exceptions.RelationsTooMany):
        invite(one)
    assert invite(one, at=NOON + timedelta(days=31))
    with pytest.raises(exceptions.RelationKindUnknown):
        invite(other, "enemy")


def test_old_invitations_are_forgotten(pair: tuple[Member, Member]) -> None:
    invite(pair[0])
    assert relations.forget_invitations(now=NOON + timedelta(days=30)) == 0
    assert relations.forget_invitations(now=NOON + timedelta(days=34)) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_link_is_accepted_once_in_a_burst() -> None:
    one = cast.member()
    others = people(24)
    token = invite(one)
    answers = together(24, lambda number: accept(others[number], token))
    assert len(succeeded(answers)) == 1
    assert {type(error) for error in refused(answers)} == {exceptions.InvitationGone}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_limits_hold_when_all_accept_at_once() -> None:
    RelationSettings.objects.create(relations_max=3, new_per_month=3)
    one = cast.member()
    others = people(24)
    tokens = [invite(other) for other in others]
    answers = together(24, lambda number: accept(one, tokens[number]))
    assert len(succeeded(answers)) == 3
    assert len(selectors.bonds(one.pk)) == 3


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_opposite_links_do_not_deadlock() -> None:
    one, other = people(2)
    tokens = [invite(one), invite(other)]
    answers = together(24, lambda number: accept((other, one)[number % 2], tokens[number % 2]))
    assert len(succeeded(answers)) == 1
    assert Relation.objects.standing().count() == 1
