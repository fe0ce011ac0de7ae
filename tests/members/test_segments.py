"""Segments: their codes and names, who is in them, and what keeps them from going."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.services import rules
from members import exceptions
from members.models import Member, Segment, SegmentMember
from members.selectors import segments as selecting
from members.services import segments
from tests import cast
from tests.campaigns.conftest import draft
from tests.campaigns.making import rule

NOW = timezone.now()


@pytest.fixture
def people(db: None) -> list[Member]:
    return [cast.member(phone=f"1390013900{n}", name="") for n in range(4)]


def a_list(code: str = "press") -> Segment:
    return segments.create(code=code, name="媒体", kind="list", at=NOW)


def members_of(segment: Segment) -> set[int]:
    return set(selecting.in_segment(segment.code))


def test_rfm_groups_can_be_asked_for_before_the_first_night(db: None) -> None:
    assert selecting.known_segments() == {
        "vip": "VIP",
        "active": "活跃",
        "new": "新客",
        "sleeping": "沉睡",
        "lost": "流失",
    }
    assert segments.ensure_rfm(at=NOW) == segments.ensure_rfm(at=NOW)
    assert list(selecting.known_segments()) == ["vip", "active", "new", "sleeping", "lost"]


@pytest.mark.parametrize("code", ["", "VIP", "a b", "-a", "会员", "a" * 33, "a\n"])
def test_codes_are_for_machines(db: None, code: str) -> None:
    if code == "a\n":
        assert a_list(code).code == "a"
        return
    with pytest.raises(exceptions.SegmentCodeInvalid):
        a_list(code)


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x00b", "a\u202eb\x07"])
def test_names_are_for_people(db: None, name: str) -> None:
    with pytest.raises(exceptions.SegmentNameInvalid):
        segments.create(code="press", name=name, kind="list", at=NOW)


def test_a_code_is_had_once_and_those_of_rfm_are_had(db: None) -> None:
    a_list()
    for code in ("press", "vip"):
        with pytest.raises(exceptions.SegmentCodeTaken):
            a_list(code)


def test_only_differences_are_written(people: list[Member]) -> None:
    segment = a_list()
    ids = [one.pk for one in people]
    window = {"segment_id": segment.pk, "low": 0, "high": ids[-1]}
    later = NOW + timedelta(hours=1)

    assert segments.sync(**window, ids=ids[:3], at=NOW) == (3, 0)
    assert segments.sync(**window, ids=ids[:3], at=later) == (0, 0)
    assert segments.sync(**window, ids=ids[1:], at=later) == (1, 1)
    since = dict(SegmentMember.objects.values_list("member_id", "since"))
    assert since == {ids[1]: NOW, ids[2]: NOW, ids[3]: later}
    # Outside of the window nothing is touched, and nobody is put in who does not exist.
    assert segments.sync(**window | {"high": ids[0]}, ids=[], at=later) == (0, 0)
    segments.sync(segment_id=segment.pk, low=ids[-1], high=10**9, ids=[10**8], at=later)
    assert members_of(segment) == set(ids[1:])
    assert segments.finish(segment_id=segment.pk, at=later) == 3


def test_a_list_is_filled_from_numbers_and_phones(people: list[Member]) -> None:
    segment = a_list()
    first, second, third, _fourth = people
    rows = [
        (2, first.grouped_number),
        (3, "+86 139-0013-9001"),
        (4, "13900139001"),
        (5, "13912345678"),
        (6, "<b>"),
    ]

    done = segments.put_list(segment_id=segment.pk, rows=rows, replace=False, at=NOW)

    assert (done.change, done.accepted) == ((2, 0), 2)
    assert [(row.row, row.value) for row in done.refused] == [
        (4, "13900139001"),
        (5, "13912345678"),
        (6, "<b>"),
    ]
    assert members_of(segment) == {first.pk, second.pk}
    more = segments.put_list(segment_id=segment.pk, rows=[(2, third.number)], replace=True, at=NOW)
    assert (more.change, members_of(segment)) == ((1, 2), {third.pk})
    segment.refresh_from_db()
    assert segment.size == 1
    assert segments.remove_from_list(segment_id=segment.pk, member_id=third.pk, at=NOW)
    assert not segments.remove_from_list(segment_id=segment.pk, member_id=third.pk, at=NOW)


def test_only_lists_are_filled_by_hand_and_not_endlessly(
    people: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    built = segments.create(code="tea", name="茶友", kind="built", at=NOW)
    with pytest.raises(exceptions.SegmentNotAList):
        segments.put_list(segment_id=built.pk, rows=[], replace=True, at=NOW)
    monkeypatch.setattr(segments, "LIST_MAX", 1)
    with pytest.raises(exceptions.SegmentListTooLong):
        segments.put_list(segment_id=a_list().pk, rows=[(1, "1"), (2, "2")], replace=True, at=NOW)


def test_a_segment_that_a_rule_asks_for_stays(people: list[Member]) -> None:
    segment = a_list()
    asks = rule("press", "multiplier", {"kind": "segment", "in": ["press"]}, factor=2)
    version = draft(asks, name="媒体双倍", starts_at=NOW + timedelta(days=30))
    as_is: dict[str, Any] = {"code": "press", "name": "媒体", "description": "", "is_active": True}

    # A draft binds nothing; once published, also ahead of its day, it does.
    segments.change(segment_id=segment.pk, **as_is, at=NOW)
    rules.publish(version=version, by=None, now=NOW, short_notice_reason="test")

    with pytest.raises(exceptions.SegmentInUse) as refused:
        segments.delete(segment_id=segment.pk, at=NOW)
    assert "媒体双倍" in str(refused.value)
    for changed in ({"code": "paper"}, {"is_active": False}):
        with pytest.raises(exceptions.SegmentInUse):
            segments.change(segment_id=segment.pk, **as_is | changed, at=NOW)
    kept = segments.change(segment_id=segment.pk, **as_is | {"name": "记者"}, at=NOW)
    assert (kept.name, Segment.objects.get().code) == ("记者", "press")


def test_a_segment_that_nothing_asks_for_goes_with_its_members(people: list[Member]) -> None:
    segment = a_list()
    segments.sync(segment_id=segment.pk, low=0, high=10**9, ids=[people[0].pk], at=NOW)
    segments.delete(segment_id=segment.pk, at=NOW)
    assert not SegmentMember.objects.exists()

    rfm = segments.ensure_rfm(at=NOW)
    with pytest.raises(exceptions.SegmentStays):
        segments.delete(segment_id=rfm["vip"], at=NOW)


def test_nobody_is_in_a_segment_that_is_switched_off(people: list[Member]) -> None:
    segment, one = a_list(), people[0].pk
    segments.sync(segment_id=segment.pk, low=0, high=10**9, ids=[one], at=NOW)
    assert selecting.segments_of([one]) == {one: frozenset({"press"})}

    segments.change(
        segment_id=segment.pk, code="press", name="媒体", description="", is_active=False, at=NOW
    )

    assert selecting.segments_of([one]) == {one: frozenset()}
    assert "press" not in selecting.known_segments()
    assert list(selecting.in_segment("press")) == []


def test_who_becomes_another_takes_the_places_along(people: list[Member]) -> None:
    first, second = people[0].pk, people[1].pk
    press, staff = a_list(), a_list("staff")
    for segment, ids in ((press, [first, second]), (staff, [second])):
        segments.sync(segment_id=segment.pk, low=0, high=10**9, ids=ids, at=NOW)
        segments.finish(segment_id=segment.pk, at=NOW)

    for _time in range(2):
        segments.merge(kept_id=first, gone_id=second, at=NOW)

    assert selecting.segments_of([first, second]) == {
        first: frozenset({"press", "staff"}),
        second: frozenset(),
    }
    assert dict(Segment.objects.values_list("code", "size")) == {"press": 1, "staff": 1}
    segments.forget(member_id=first)
    assert set(Segment.objects.values_list("size", flat=True)) == {0}
