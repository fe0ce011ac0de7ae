"""What members ask, complain of, suggest or dispute, and what they are answered (F82, F85)."""

from datetime import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class TicketSettings(models.Model):
    """One row: when an answer is due, and how much one member may ask. Missing means defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    hours_to_answer = models.PositiveSmallIntegerField(
        _("hours to answer"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
        help_text=_("A ticket is overdue when it has waited longer for an answer."),
    )
    open_max = models.PositiveSmallIntegerField(
        _("unfinished tickets per member"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    messages_per_hour = models.PositiveSmallIntegerField(
        _("messages per member and hour"),
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
    )

    class Meta:
        verbose_name = _("settings of tickets")
        verbose_name_plural = _("settings of tickets")
        constraints = [models.CheckConstraint(name="members_ticket_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class TicketQuerySet(models.QuerySet["Ticket"]):
    def of(self, member_id: int) -> "TicketQuerySet":
        return self.filter(member_id=member_id)

    def unfinished(self) -> "TicketQuerySet":
        return self.exclude(state=Ticket.State.CLOSED)

    def overdue(self, at: datetime) -> "TicketQuerySet":
        return self.filter(state=Ticket.State.OPEN, due_at__lt=at)


class Ticket(models.Model):
    """One matter between a member and the shop.

    `due_at` is set exactly while the shop has to answer. A ticket about something of an app above
    names it by `subject_kind` and `subject_reference`, and keeps in `carried` what was to be
    seen of it at that moment: later changes of rules or words do not touch it.
    """

    class Kind(models.TextChoices):
        QUESTION = "question", _("question")
        COMPLAINT = "complaint", _("complaint")
        SUGGESTION = "suggestion", _("suggestion")
        DISPUTE = "dispute", _("dispute")

    class State(models.TextChoices):
        OPEN = "open", _("being worked on")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed")

    number = models.CharField(_("ticket number"), max_length=10, unique=True)
    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="tickets",
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    subject = models.CharField(_("subject"), max_length=80)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("store"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assigned to"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    opened_at = models.DateTimeField(_("asked at"))
    due_at = models.DateTimeField(_("answer due"), null=True, blank=True)
    first_answered_at = models.DateTimeField(_("first answered at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    subject_kind = models.CharField(_("kind of subject"), max_length=32, blank=True)
    subject_reference = models.CharField(_("reference of subject"), max_length=64, blank=True)
    carried = models.JSONField(_("what was seen of it"), default=dict, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_reference"],
                condition=~Q(subject_kind="") & ~Q(state="closed"),
                name="members_ticket_one_per_subject",
            ),
            models.CheckConstraint(
                name="members_ticket_due_while_open",
                condition=Q(state="open", due_at__isnull=False)
                | (~Q(state="open") & Q(due_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="members_ticket_closed_at",
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="members_ticket_of_a_member"),
            models.Index(fields=["due_at"], name="members_ticket_due"),
            models.Index(fields=["first_answered_at"], name="members_ticket_answered"),
            models.Index(
                fields=["subject_reference", "subject_kind"],
                condition=~Q(subject_kind=""),
                name="members_ticket_about",
            ),
        ]
        permissions = [("answer_ticket", _("Can answer tickets of members"))]

    def __str__(self) -> str:
        return self.grouped_number

    @property
    def grouped_number(self) -> str:
        """`482 093 7551`: as it is read aloud."""
        return f"{self.number[:3]} {self.number[3:6]} {self.number[6:]}"

    @property
    def is_closed(self) -> bool:
        return self.state == self.State.CLOSED

    def is_overdue(self, at: datetime) -> bool:
        return self.due_at is not None and self.due_at < at


class TicketMessage(models.Model):
    """One line of a ticket: what somebody wrote or did. Internal ones are for staff only."""

    class Act(models.TextChoices):
        WROTE = "wrote", _("wrote")
        NOTED = "noted", _("noted")
        ASSIGNED = "assigned", _("assigned")
        CLOSED = "closed", _("closed")
        REOPENED = "reopened", _("reopened")

    class Side(models.TextChoices):
        MEMBER = "member", _("member")
        STAFF = "staff", _("staff")

    ticket = models.ForeignKey(
        "members.Ticket",
        verbose_name=_("ticket"),
        on_delete=models.PROTECT,
        related_name="messages",
    )
    act = models.CharField(_("what was done"), max_length=8, choices=Act.choices)
    side = models.CharField(_("by"), max_length=6, choices=Side.choices)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("staff"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    text = models.TextField(_("text"), blank=True)
    at = models.DateTimeField(_("time"))
    is_internal = models.BooleanField(_("internal"), default=False)
    # Chosen by who sends it: a message that arrives twice is one.
    key = models.CharField(_("key of the request"), max_length=64, blank=True)
    # What an app above did with this answer, such as the entry that corrects another.
    carried = models.JSONField(_("what came of it"), default=dict, blank=True)

    class Meta:
        verbose_name = _("message of a ticket")
        verbose_name_plural = _("messages of a ticket")
        constraints = [
            models.CheckConstraint(
                name="members_ticket_message_side",
                condition=Q(side="member", staff__isnull=True, is_internal=False)
                | Q(side="staff", staff__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["ticket", "key"], condition=~Q(key=""), name="members_ticket_message_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class TicketPhoto(models.Model):
    """A picture of a message, made anew by us, under a random name."""

    message = models.ForeignKey(
        "members.TicketMessage",
        verbose_name=_("message of a ticket"),
        on_delete=models.PROTECT,
        related_name="photos",
    )
    path = models.CharField(_("file"), max_length=120)

    class Meta:
        verbose_name = _("photo of a ticket")
        verbose_name_plural = _("photos of a ticket")

    def __str__(self) -> str:
        return f"{self.pk}"
