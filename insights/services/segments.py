"""Built segments: saved when sound, worked out in the background and every night."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from insights import exceptions
from insights.selectors import segment_words
from insights.selectors import segments as selecting
from members.models import Segment
from members.selectors import segments as known
from members.services import segments
from members.services.segments import Change

WINDOW = 20_000
# Smaller shops need not wait for a worker: the members stand there when the page comes back.
AT_ONCE_MAX = 20_000

Progress = Callable[[int], None]


def checked(definition: Any) -> dict[str, Any]:
    """The definition, if it can be asked. Raises `SegmentDefinitionInvalid`."""
    if wrong := segment_words.all_problems(definition):
        told = [f"{one.field}: {segment_words.told(one)}" for one in wrong[:3]]
        raise exceptions.SegmentDefinitionInvalid(reason=" ".join(told))
    return dict(definition)


def create(
    *, code: str, name: str, description: str, definition: Mapping[str, Any], at: datetime
) -> Segment:
    """Make a built segment; `refresh` works it out. Raises as `members` does, and
    `SegmentDefinitionInvalid`."""
    return segments.create(
        code=code,
        name=name,
        description=description,
        kind=Segment.Kind.BUILT,
        definition=checked(definition),
        at=at,
    )


def change(
    *,
    segment_id: int,
    code: str,
    name: str,
    description: str,
    is_active: bool,
    definition: Mapping[str, Any],
    at: datetime,
) -> Segment:
    """Change a built segment, as `create`. Raises `SegmentInUse` besides."""
    return segments.change(
        segment_id=segment_id,
        code=code,
        name=name,
        description=description,
        is_active=is_active,
        definition=checked(definition),
        at=at,
    )


def refresh(*, segment_id: int, at: datetime, progress: Progress | None = None) -> Change | None:
    """Let exactly those be in the segment who fulfil its conditions at `at`.

    Window by window, each in a transaction of its own; only differences are written, so that a
    run that was cut off is simply run again. None for a segment that is not built, is switched
    off, or names what is gone: its members then stay as they were.
    """
    segment = Segment.objects.usable().filter(pk=segment_id, kind=Segment.Kind.BUILT).first()
    if segment is None or segment_words.all_problems(segment.definition):
        return None
    found = selecting.matching(segment.definition, at)
    added = removed = low = 0
    while (high := known.ids_beyond(low, count=WINDOW)) is not None:
        with transaction.atomic():
            ids = found.filter(pk__gt=low, pk__lte=high).values_list("pk", flat=True)
            done = segments.sync(segment_id=segment_id, low=low, high=high, ids=list(ids), at=at)
        added, removed, low = added + done.added, removed + done.removed, high
        if progress is not None:
            progress(high)
    segments.finish(segment_id=segment_id, at=at, started_at=at)
    return Change(added, removed)


def refresh_all(*, at: datetime, progress: Progress | None = None) -> dict[str, int]:
    """Every built segment, one after the other; sizes of the changes by code."""
    return _refreshed(Segment.objects.usable().filter(kind=Segment.Kind.BUILT), at, progress)


def refresh_waiting(*, at: datetime, progress: Progress | None = None) -> dict[str, int]:
    """Those whose definition has changed since they were worked out."""
    return _refreshed(Segment.objects.waiting(), at, progress)


def _refreshed(rows: Any, at: datetime, progress: Progress | None) -> dict[str, int]:
    found = {}
    for pk, code in rows.order_by("pk").values_list("pk", "code"):
        done = refresh(segment_id=pk, at=at, progress=progress)
        if done is not None:
            found[code] = done.added + done.removed
        else:
            Segment.objects.filter(pk=pk).update(stale_since=None)
    return found
