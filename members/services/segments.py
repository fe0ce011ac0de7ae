"""Segments and who is in them. What a definition means is worked out by the apps above."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from members import exceptions
from members.models import Segment, SegmentMember
from members.models.segment import RFM_NAMES
from members.selectors import segments as selecting
from members.services.registration import is_visible
from stores.selectors.arrays import among

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_NAME_LENGTH = 60
_DESCRIPTION_LENGTH = 300
LIST_MAX = 50_000


class Change(NamedTuple):
    """How many members a computation has put into a segment, and taken out of it."""

    added: int
    removed: int


class RefusedRow(NamedTuple):
    """A line of an uploaded list that names no member, and why."""

    row: int
    value: str
    reason: str


class Uploaded(NamedTuple):
    change: Change
    accepted: int
    refused: list[RefusedRow]


def ensure_rfm(*, at: datetime) -> dict[str, int]:
    """The RFM groups' segments by code, made where they are missing; ids."""
    Segment.objects.bulk_create(
        [Segment(code=code, kind=Segment.Kind.RFM, created_at=at) for code in RFM_NAMES],
        ignore_conflicts=True,
    )
    rows = Segment.objects.filter(kind=Segment.Kind.RFM, code__in=RFM_NAMES)
    return dict(rows.values_list("code", "pk"))


def create(
    *,
    code: str,
    name: str,
    description: str = "",
    kind: str,
    definition: Mapping[str, Any] | None = None,
    at: datetime,
) -> Segment:
    """Make an empty segment; one with a definition is stale until it has been worked out.

    Raises `SegmentCodeInvalid`, `SegmentCodeTaken` or `SegmentNameInvalid`.
    """
    segment = Segment(
        code=_checked_code(code),
        name=_checked_name(name),
        description=_checked_description(description),
        kind=Segment.Kind(kind),
        definition=dict(definition or {}),
        created_at=at,
        stale_since=at if kind == Segment.Kind.BUILT else None,
    )
    if segment.code in RFM_NAMES:
        raise exceptions.SegmentCodeTaken
    try:
        with transaction.atomic():
            segment.save(force_insert=True)
    except IntegrityError as error:
        raise exceptions.SegmentCodeTaken from error
    return segment


def change(
    *,
    segment_id: int,
    code: str,
    name: str,
    description: str,
    is_active: bool,
    definition: Mapping[str, Any] | None = None,
    at: datetime,
) -> Segment:
    """Change a segment under its lock. A new definition makes it stale.

    Raises `SegmentInUse` when something live asks for a segment whose code would change or that
    would be switched off, besides what `create` raises. An RFM group keeps its code.
    """
    with transaction.atomic():
        segment = Segment.objects.select_for_update().get(pk=segment_id)
        is_own = segment.kind != Segment.Kind.RFM
        code = _checked_code(code) if is_own else segment.code
        if code != segment.code or (segment.is_active and not is_active):
            _refuse_if_used(segment, at)
        if code != segment.code and code in RFM_NAMES:
            raise exceptions.SegmentCodeTaken
        wakes = is_active and not segment.is_active
        if definition is not None and dict(definition) != segment.definition:
            segment.definition, wakes = dict(definition), True
        if wakes and segment.kind == Segment.Kind.BUILT:
            segment.stale_since = at
        segment.code, segment.is_active = code, is_active
        segment.name = _checked_name(name) if is_own or name.strip() else ""
        segment.description = _checked_description(description)
        try:
            with transaction.atomic():
                segment.save()
        except IntegrityError as error:
            raise exceptions.SegmentCodeTaken from error
    return segment


def delete(*, segment_id: int, at: datetime) -> None:
    """End a segment and its memberships. Raises `SegmentInUse` or `SegmentStays` (RFM groups)."""
    with transaction.atomic():
        segment = Segment.objects.select_for_update().get(pk=segment_id)
        if segment.kind == Segment.Kind.RFM:
            raise exceptions.SegmentStays
        _refuse_if_used(segment, at)
        SegmentMember.objects.filter(segment=segment).delete()
        segment.delete()


def _refuse_if_used(segment: Segment, at: datetime) -> None:
    if places := selecting.uses_of(segment.code, at):
        shown = "; ".join(places[:3])
        raise exceptions.SegmentInUse(places=shown if len(places) <= 3 else f"{shown} …")


# --- who is in it ------------------------------------------------------------------------------


def sync(*, segment_id: int, low: int, high: int, ids: Collection[int], at: datetime) -> Change:
    """Let exactly `ids` be in the segment, of the members with `low` < id ≤ `high`.

    Only differences are written, each way in one statement; twice the same changes nothing.
    """
    window = SegmentMember.objects.filter(
        segment_id=segment_id, member_id__gt=low, member_id__lte=high
    )
    wanted, there = set(ids), set(window.values_list("member_id", flat=True))
    gone, new = there - wanted, wanted - there
    if gone:
        window.filter(among("member_id", sorted(gone))).delete()
    if new:
        _insert(segment_id, sorted(new), at)
    return Change(len(new), len(gone))


def finish(*, segment_id: int, at: datetime, started_at: datetime | None = None) -> int:
    """Note that the segment has been worked out; its size. Changed meanwhile, it stays stale."""
    size = SegmentMember.objects.filter(segment_id=segment_id).count()
    Segment.objects.filter(pk=segment_id).update(size=size, computed_at=at)
    Segment.objects.filter(pk=segment_id, stale_since__lte=started_at or at).update(
        stale_since=None
    )
    return size


_INSERT = {
    "postgresql": "SELECT %s, listed.pk, %s FROM unnest(%s::bigint[]) AS listed(pk)"
    " JOIN members_member m ON m.id = listed.pk",
    "sqlite": "SELECT %s, m.id, %s FROM members_member m"
    " WHERE m.id IN (SELECT value FROM json_each(%s))",
}


def _insert(segment_id: int, ids: list[int], at: datetime) -> None:
    vendor = connection.vendor
    sql = f"INSERT INTO members_segmentmember (segment_id, member_id, since) {_INSERT[vendor]}"
    stamp = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{sql} ON CONFLICT DO NOTHING",
            [segment_id, stamp, ids if vendor == "postgresql" else json.dumps(ids)],
        )


def put_list(
    *, segment_id: int, rows: Iterable[tuple[int, str]], replace: bool, at: datetime
) -> Uploaded:
    """Put the members named by `rows` (row of the file, number or phone) into a fixed list.

    With `replace` nobody else stays. All or nothing is not asked for: rows that name nobody are
    told and left out. Raises `SegmentListTooLong` beyond 50,000 rows, `SegmentNotAList`.
    """
    asked = list(rows)
    if len(asked) > LIST_MAX:
        raise exceptions.SegmentListTooLong(limit=LIST_MAX)
    with transaction.atomic():
        segment = Segment.objects.select_for_update().get(pk=segment_id)
        if segment.kind != Segment.Kind.LIST:
            raise exceptions.SegmentNotAList
        found, refused = _resolved(asked)
        last = max((*found, _last_of(segment)), default=0)
        ids = set(found)
        if not replace:
            ids |= set(segment.memberships.values_list("member_id", flat=True))
        changed = sync(segment_id=segment.pk, low=0, high=last, ids=ids, at=at)
        finish(segment_id=segment.pk, at=at)
    return Uploaded(changed, len(found), refused)


def remove_from_list(*, segment_id: int, member_id: int, at: datetime) -> bool:
    """Take one member off a fixed list; whether the member was on it."""
    with transaction.atomic():
        segment = Segment.objects.select_for_update().get(pk=segment_id)
        if segment.kind != Segment.Kind.LIST:
            raise exceptions.SegmentNotAList
        gone, _rows = segment.memberships.filter(member_id=member_id).delete()
        finish(segment_id=segment.pk, at=at)
    return bool(gone)


def _last_of(segment: Segment) -> int:
    last = segment.memberships.order_by("-member_id").values_list("member_id", flat=True).first()
    return last or 0


def _resolved(asked: list[tuple[int, str]]) -> tuple[list[int], list[RefusedRow]]:
    found: dict[int, int] = {}
    refused = []
    known = selecting.ids_by_keys([value for _row, value in asked])
    for row, value in asked:
        member = known.get(value)
        if member is None:
            refused.append(RefusedRow(row, value[:64], _("There is no such member.")))
        elif member in found:
            text = _("The same member stands in row %(row)s.") % {"row": found[member]}
            refused.append(RefusedRow(row, value[:64], text))
        else:
            found[member] = row
    return list(found), refused


# --- people who become one, or go ---------------------------------------------------------------


def merge(*, kept_id: int, gone_id: int, at: datetime) -> None:
    """The kept member takes the other's place in fixed lists and other segments.

    What is worked out is worked out again in the night. Harmless when repeated.
    """
    with transaction.atomic():
        taken = SegmentMember.objects.filter(member_id=gone_id)
        for segment_id in list(taken.values_list("segment_id", flat=True)):
            _insert(segment_id, [kept_id], at)
        _leave(gone_id)


def forget(*, member_id: int) -> None:
    """Take an erased member out of every segment."""
    with transaction.atomic():
        _leave(member_id)


def _leave(member_id: int) -> None:
    rows = SegmentMember.objects.filter(member_id=member_id)
    touched = list(rows.values_list("segment_id", flat=True))
    rows.delete()
    for segment in Segment.objects.filter(pk__in=touched):
        size = SegmentMember.objects.filter(segment=segment).count()
        Segment.objects.filter(pk=segment.pk).update(size=size)


# --- input --------------------------------------------------------------------------------------


def _checked_code(code: str) -> str:
    text = code.strip()
    if not _CODE.fullmatch(text):
        raise exceptions.SegmentCodeInvalid
    return text


def _checked_name(name: str) -> str:
    text = name.strip()
    if not 0 < len(text) <= _NAME_LENGTH or not is_visible(text):
        raise exceptions.SegmentNameInvalid
    return text


def _checked_description(description: str) -> str:
    text = " ".join(description.split())
    if len(text) > _DESCRIPTION_LENGTH or (text and not is_visible(text)):
        raise exceptions.SegmentNameInvalid(field="description")
    return text
