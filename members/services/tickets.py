"""Tickets as their members use them: ask, add, close, reopen (F85)."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import IntegrityError, transaction

from members import exceptions, signals
from members.models import Member, Ticket, TicketMessage, TicketPhoto, TicketSettings
from members.services.registration import is_visible
from stores.services import pictures

SUBJECT_LENGTH = 80
TEXT_LENGTH = 2000
KEY_LENGTH = 64
PHOTOS_MAX = 6
MESSAGES_MAX = 200
_PHOTO_SIDE = 1600
_NUMBER_TRIES = 8
_HOUR = timedelta(hours=1)
_ASKED = (Ticket.Kind.QUESTION, Ticket.Kind.COMPLAINT, Ticket.Kind.SUGGESTION)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a ticket is about, for an app above; `carried` is plain JSON.

    `freeze` is called only where a ticket is really opened: looking everything up has a price.
    """

    kind: str
    reference: str
    freeze: Callable[[], Mapping[str, Any]]
    title: str
    store_id: int | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What a member sends: text, photos as they came, and a key by which a repeat is known."""

    text: str
    photos: Sequence[bytes] = field(default=())
    key: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """`is_new` is False where the same request, or a ticket about the same, was there already."""

    ticket: Ticket
    is_new: bool


def open_ticket(
    *,
    member_id: int,
    kind: str,
    subject: str,
    words: Words,
    at: datetime,
    store_id: int | None = None,
) -> Opened:
    """Open a question, complaint or suggestion with its first message.

    Locks the member's row, so that the limits on unfinished tickets and on messages per hour
    hold in any burst. Again with the same key it answers with the first ticket. Raises
    `TicketKindUnknown`, `TicketTextInvalid`, `TicketsFull`, `TicketMessagesTooMany`,
    `TicketPhotosTooMany`, `TicketKeyConflict`, `MemberClosed`, and what a picture is refused for.
    """
    if kind not in _ASKED:
        raise exceptions.TicketKindUnknown
    title = checked(subject, field="subject", limit=SUBJECT_LENGTH, is_line=True)

    def make() -> Ticket:
        return _create(member_id=member_id, kind=kind, subject=title, store_id=store_id, at=at)

    return _opened(member_id, words, make, at=at, subject_key=None)


def open_dispute(*, member_id: int, subject: Subject, words: Words, at: datetime) -> Opened:
    """Open a dispute about one thing, or find the one about it that is not closed.

    For the app whose thing it is; it has made sure that the thing is the member's. Locks and
    raises like `open_ticket`.
    """

    def make() -> Ticket:
        return _create(
            member_id=member_id,
            kind=Ticket.Kind.DISPUTE,
            subject=subject.title[:SUBJECT_LENGTH],
            store_id=subject.store_id,
            at=at,
            subject_kind=subject.kind,
            subject_reference=subject.reference,
            carried=dict(subject.freeze()),
        )

    return _opened(member_id, words, make, at=at, subject_key=(subject.kind, subject.reference))


def reply(*, member_id: int, number: str, words: Words, at: datetime) -> TicketMessage:
    """Add to a ticket; one that had been answered waits for the shop again.

    Raises `TicketUnknown` for another's ticket, `TicketClosed`, `TicketFull`, and what
    `open_ticket` raises for words. Locks the member's row, then the ticket's.
    """
    text = checked(words.text, field="text", limit=TEXT_LENGTH)
    key = checked(words.key, field="key", limit=KEY_LENGTH, is_line=True, is_empty_fine=True)
    _check_photos(words.photos)
    _check_messages(member_id, at=at)
    with _Stored(words.photos) as paths, transaction.atomic():
        _lock_member(member_id)
        ticket = own(member_id, number, lock=True)
        if again := _repeat(member_id, key, text):
            if again.ticket_id != ticket.pk:
                raise exceptions.TicketKeyConflict
            paths.are_wanted = False
            return again
        if ticket.is_closed:
            raise exceptions.TicketClosed
        if ticket.messages.count() >= MESSAGES_MAX:
            raise exceptions.TicketFull(limit=MESSAGES_MAX)
        _check_messages(member_id, at=at)
        message = _write(ticket, text=text, key=key, paths=paths.paths, at=at)
        if ticket.state == Ticket.State.ANSWERED:
            await_answer(ticket, at=at)
    return message


def close(*, member_id: int, number: str, at: datetime) -> Ticket:
    """The member is content. Nothing happens to a closed ticket. Locks as `reply` does."""
    with transaction.atomic():
        _lock_member(member_id)
        ticket = own(member_id, number, lock=True)
        if not ticket.is_closed:
            finish(ticket, at=at)
            record(ticket, act=TicketMessage.Act.CLOSED, at=at)
    return ticket


def reopen(*, member_id: int, number: str, at: datetime) -> Ticket:
    """The member is not content after all; it waits for the shop again.

    Counts like a message and like an unfinished ticket. Raises `TicketSubjectOpen` where a newer
    ticket about the same thing is not closed, and what the limits raise.
    """
    with transaction.atomic():
        _lock_member(member_id)
        ticket = own(member_id, number, lock=True)
        if ticket.is_closed:
            _check_room(member_id)
            _check_messages(member_id, at=at)
            resume(ticket, at=at)
            record(ticket, act=TicketMessage.Act.REOPENED, at=at)
    return ticket


def forget(*, member_ids: Sequence[int], at: datetime) -> None:
    """Take the person out of their tickets: every text and what was carried is blanked, photos
    are deleted, tickets are closed. That there was a ticket, when and of which kind, stays."""
    mine = Ticket.objects.filter(member_id__in=member_ids)
    photos = TicketPhoto.objects.filter(message__ticket__in=mine)
    paths = list(photos.values_list("path", flat=True))
    photos.delete()
    TicketMessage.objects.filter(ticket__in=mine).update(text="", key="", carried={})
    mine.exclude(state=Ticket.State.CLOSED).update(
        state=Ticket.State.CLOSED, closed_at=at, due_at=None
    )
    mine.update(subject="", carried={})
    transaction.on_commit(lambda: _remove(paths))


def move(*, kept_id: int, gone_id: int) -> None:
    """Tickets of a member who was merged belong to the one that is kept."""
    Ticket.objects.filter(member_id=gone_id).update(member_id=kept_id)


# --- what the staff's side shares -----------------------------------------------------------------


def limits() -> TicketSettings:
    return TicketSettings.objects.first() or TicketSettings()


def own(member_id: int, number: str, *, lock: bool = False) -> Ticket:
    """The member's ticket of this number; `TicketUnknown` for anything else."""
    rows = Ticket.objects.select_for_update() if lock else Ticket.objects.all()
    ticket = rows.of(member_id).filter(number=number).first()
    if ticket is None:
        raise exceptions.TicketUnknown
    return ticket


def checked(
    text: str, *, field: str, limit: int, is_line: bool = False, is_empty_fine: bool = False
) -> str:
    """`text` without outer blanks; raises `TicketTextInvalid` at `field`.

    Lines may break where it is not one line. Control characters, lone surrogates and marks that
    turn the direction of the text around them are refused.
    """
    tidy = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    plain = tidy if is_line else tidy.replace("\n", "").replace("\t", "")
    if not (tidy or is_empty_fine) or len(tidy) > limit or not is_visible(plain):
        raise exceptions.TicketTextInvalid(field=field, limit=limit)
    return tidy


def record(
    ticket: Ticket,
    *,
    act: TicketMessage.Act,
    at: datetime,
    text: str = "",
    key: str = "",
    staff_id: int | None = None,
    is_internal: bool = False,
) -> TicketMessage:
    """A line of the ticket; by its member where no staff is named."""
    sides = TicketMessage.Side
    return TicketMessage.objects.create(
        ticket=ticket,
        act=act,
        side=sides.MEMBER if staff_id is None else sides.STAFF,
        staff_id=staff_id,
        text=text,
        key=key,
        at=at,
        is_internal=is_internal,
    )


def await_answer(ticket: Ticket, *, at: datetime) -> None:
    """From now on the shop has to answer, within its hours."""
    ticket.state = Ticket.State.OPEN
    ticket.due_at = at + timedelta(hours=limits().hours_to_answer)
    ticket.closed_at = None
    ticket.save(update_fields=["state", "due_at", "closed_at"])


def finish(ticket: Ticket, *, at: datetime) -> None:
    ticket.state, ticket.closed_at, ticket.due_at = Ticket.State.CLOSED, at, None
    ticket.save(update_fields=["state", "closed_at", "due_at"])


def resume(ticket: Ticket, *, at: datetime) -> None:
    """Reopen, unless another ticket about the same thing is not closed: `TicketSubjectOpen`."""
    if ticket.subject_kind and _about(ticket.subject_kind, ticket.subject_reference):
        raise exceptions.TicketSubjectOpen
    await_answer(ticket, at=at)


# --- inside ------------------------------------------------------------------------------------


class _Stored:
    """Photos that are written first, and removed again when their message does not come about."""

    def __init__(self, photos: Sequence[bytes]) -> None:
        self._photos = photos
        self.paths: list[str] = []
        self.are_wanted = True

    def __enter__(self) -> Self:
        try:
            for content in self._photos:
                self.paths.append(pictures.stored(content, folder="tickets", side=_PHOTO_SIDE))
        except BaseException:
            _remove(self.paths)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is not None or not self.are_wanted:
            _remove(self.paths)


def _opened(
    member_id: int,
    words: Words,
    make: Callable[[], Ticket],
    *,
    at: datetime,
    subject_key: tuple[str, str] | None,
) -> Opened:
    text = checked(words.text, field="text", limit=TEXT_LENGTH)
    key = checked(words.key, field="key", limit=KEY_LENGTH, is_line=True, is_empty_fine=True)
    _check_photos(words.photos)
    if subject_key and (there := _about(*subject_key)):
        return Opened(there, is_new=False)
    _check_messages(member_id, at=at)  # before any picture is looked at; below it counts
    with _Stored(words.photos) as stored, transaction.atomic():
        _lock_member(member_id)
        stored.are_wanted = False
        if again := _repeat(member_id, key, text):
            return Opened(again.ticket, is_new=False)
        if subject_key and (there := _about(*subject_key)):
            return Opened(there, is_new=False)
        stored.are_wanted = True
        _check_room(member_id)
        _check_messages(member_id, at=at)
        ticket = make()
        _write(ticket, text=text, key=key, paths=stored.paths, at=at)
        signals.ticket_opened.send(sender=Ticket, ticket=ticket, at=at)
    return Opened(ticket, is_new=True)


def _create(*, at: datetime, **values: Any) -> Ticket:
    """Under a number that nobody can guess from another."""
    due_at = at + timedelta(hours=limits().hours_to_answer)
    for _try in range(_NUMBER_TRIES):
        number = str(10**9 + secrets.randbelow(9 * 10**9))
        if not Ticket.objects.filter(number=number).exists():
            break
    else:  # pragma: no cover - eight taken numbers of nine billion
        raise IntegrityError("no free ticket number was found")
    return Ticket.objects.create(
        number=number, state=Ticket.State.OPEN, opened_at=at, due_at=due_at, **values
    )


def _write(
    ticket: Ticket, *, text: str, key: str, paths: Sequence[str], at: datetime
) -> TicketMessage:
    message = record(ticket, act=TicketMessage.Act.WROTE, text=text, key=key, at=at)
    TicketPhoto.objects.bulk_create([TicketPhoto(message=message, path=path) for path in paths])
    return message


def _repeat(member_id: int, key: str, text: str) -> TicketMessage | None:
    if not key:
        return None
    rows = TicketMessage.objects.filter(ticket__member_id=member_id, key=key)
    found = rows.select_related("ticket").first()
    if found is not None and found.text != text:
        raise exceptions.TicketKeyConflict
    return found


def _about(kind: str, reference: str) -> Ticket | None:
    """The ticket about this thing that is not closed."""
    rows = Ticket.objects.unfinished().filter(subject_kind=kind, subject_reference=reference)
    return rows.first()


def _check_photos(photos: Sequence[bytes]) -> None:
    if len(photos) > PHOTOS_MAX:
        raise exceptions.TicketPhotosTooMany(limit=PHOTOS_MAX)


def _check_room(member_id: int) -> None:
    limit = limits().open_max
    if Ticket.objects.of(member_id).unfinished().count() >= limit:
        raise exceptions.TicketsFull(limit=limit)


def _check_messages(member_id: int, *, at: datetime) -> None:
    limit = limits().messages_per_hour
    lately = TicketMessage.objects.filter(
        ticket__member_id=member_id, side=TicketMessage.Side.MEMBER, at__gt=at - _HOUR
    )
    if lately.count() >= limit:
        raise exceptions.TicketMessagesTooMany(limit=limit)


def _lock_member(member_id: int) -> None:
    member = Member.objects.select_for_update().get(pk=member_id)
    if member.is_closed:
        raise exceptions.MemberClosed


def _remove(paths: Sequence[str]) -> None:
    for path in paths:
        pictures.remove(path)
