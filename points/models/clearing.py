"""Clearings that a merchant orders, the runs that book expiry, and the notices before them."""

from datetime import date, datetime

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from points.policies import clearing as policies


class ClearingSettings(models.Model):
    """One row. A missing row means the defaults."""

    class Nightly(models.TextChoices):
        ALL = "all", _("book everything whose day has passed")
        TOLD = "told", _("leave out members without the required notices, and list them")
        NONE = "none", _("book nothing at night; ordered clearings do it")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    remind_days = models.CharField(
        _("reminders, days ahead"),
        max_length=60,
        default="60, 30, 7, 1",
        help_text=_("Whole days, separated by commas; empty: no reminders."),
    )
    least_points = models.PositiveBigIntegerField(_("no reminder for fewer points than"), default=1)
    required_days = models.CharField(
        _("required notices, days ahead"),
        max_length=60,
        default="30, 7",
        help_text=_(
            "An ordered clearing passes over members who were not told so many days ahead; "
            "each must be one of the reminders."
        ),
    )
    late_days = models.PositiveSmallIntegerField(
        _("days by which a required notice may be late"),
        default=3,
        validators=[MaxValueValidator(30)],
    )
    nightly = models.CharField(
        _("the nightly booking"), max_length=4, choices=Nightly.choices, default=Nightly.ALL
    )
    undo_days = models.PositiveSmallIntegerField(
        _("days in which a clearing can be undone"),
        default=30,
        validators=[MaxValueValidator(366)],
    )
    rehearsal_days = models.PositiveSmallIntegerField(
        _("days for which a rehearsal can be approved"),
        default=7,
        validators=[MaxValueValidator(90)],
    )

    class Meta:
        verbose_name = _("expiry settings")
        verbose_name_plural = _("expiry settings")
        constraints = [
            models.CheckConstraint(name="points_clearing_settings_one_row", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @property
    def stages(self) -> tuple[int, ...]:
        """The days ahead of reminders, the farthest first."""
        return policies.days_of(self.remind_days)

    @property
    def required(self) -> tuple[int, ...]:
        return policies.days_of(self.required_days)


class ClearingPlan(models.Model):
    """A clearing that the merchant orders: rehearsed, approved by a second person, then run.

    It books what has lapsed by its own validity (rolling, fixed, year-end, quarter), or ends
    points that were given without an end.

    What it takes is frozen with the approval. The points count until it has run; the members'
    pages say from the approval on that it comes.
    """

    class Policy(models.TextChoices):
        LAPSED = "lapsed", _("points whose own validity has ended")
        YEAR_END = "year_end", _("end of the year: points without an end, by earning years")
        QUARTER_END = (
            "quarter_end",
            _("end of a quarter: points without an end, by earning quarters"),
        )
        FIXED = "fixed", _("a fixed day: points without an end, earned up to a day")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        REHEARSING = "rehearsing", _("being rehearsed")
        REHEARSED = "rehearsed", _("rehearsed")
        APPROVED = "approved", _("approved")
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("done")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")
        WITHDRAWN = "withdrawn", _("withdrawn")

    EDITABLE = (State.DRAFT, State.REHEARSED)
    COMING = (State.APPROVED, State.RUNNING, State.STOPPED)
    """What members are told about, and reminded of."""

    name = models.CharField(_("name"), max_length=80)
    policy = models.CharField(_("what is cleared"), max_length=12, choices=Policy.choices)
    earned_first_day = models.DateField(
        _("earned from"), null=True, blank=True, help_text=_("Empty: from the beginning.")
    )
    earned_last_day = models.DateField(_("earned through"), null=True, blank=True)
    last_day = models.DateField(
        _("last day on which they count"),
        help_text=_("They are cleared when this day has ended, in the time zone of the shop."),
    )
    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("only points that this store bears"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    rehearsal = models.JSONField(_("rehearsal"), default=dict, blank=True)
    rehearsed_at = models.DateTimeField(_("rehearsed at"), null=True, blank=True)
    created_by = models.CharField(_("ordered by"), max_length=64)
    created_at = models.DateTimeField(_("ordered at"))
    changed_by = models.CharField(_("last changed by"), max_length=64)
    approved_by = models.CharField(_("approved by"), max_length=64, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    undone_by = models.CharField(_("undone by"), max_length=64, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undo_reason = models.CharField(_("reason for undoing"), max_length=200, blank=True)
    undo_until = models.DateTimeField(
        _("points given back count at least until"), null=True, blank=True
    )
    undone_accounts = models.BigIntegerField(_("accounts given back"), default=0)
    undone_points = models.BigIntegerField(_("points given back"), default=0)

    class Meta:
        verbose_name = _("clearing")
        verbose_name_plural = _("clearings")
        permissions = [
            ("approve_clearingplan", _("Can approve a clearing that somebody else ordered")),
            ("run_clearingplan", _("Can start and stop an approved clearing")),
            ("undo_clearingplan", _("Can undo a clearing")),
        ]
        constraints = [
            models.CheckConstraint(
                name="points_clearing_approved_by_another",
                condition=Q(approved_by="")
                | (~Q(approved_by=F("created_by")) & ~Q(approved_by=F("changed_by"))),
            ),
            models.CheckConstraint(
                name="points_clearing_says_what",
                condition=Q(policy="lapsed", earned_first_day=None, earned_last_day=None)
                | (~Q(policy="lapsed") & Q(earned_last_day__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def cutoff_at(self) -> datetime:
        """The first instant at which the points no longer count."""
        return policies.ends_after(self.last_day, timezone.get_default_timezone())

    @property
    def scope(self) -> policies.Scope:
        """What it takes, as the engine asks for it."""
        if self.policy == self.Policy.LAPSED:
            return policies.Scope(basis="lapsed", cutoff_at=self.cutoff_at, store_id=self.store_id)
        zone = timezone.get_default_timezone()
        last: date = self.earned_last_day or self.last_day
        first, before = policies.earned_in_days(self.earned_first_day, last, zone)
        return policies.Scope(
            basis="earned",
            cutoff_at=self.cutoff_at,
            earned_from=first,
            earned_before=before,
            store_id=self.store_id,
        )


class ClearingRun(models.Model):
    """One booking of lots (F67): what it covered and what it did.

    A run that was killed is simply left behind; the lots say what is still to be booked.
    """

    plan = models.ForeignKey(
        ClearingPlan,
        verbose_name=_("clearing"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="runs",
    )
    cutoff_at = models.DateTimeField(_("lots past their day at"))
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    accounts = models.BigIntegerField(_("accounts"), default=0)
    lots = models.BigIntegerField(_("lots"), default=0)
    points = models.BigIntegerField(_("points"), default=0)
    told_through = models.BigIntegerField(_("members told, up to account"), default=0)
    is_told = models.BooleanField(
        _("members were told"),
        default=True,
        help_text=_("Bookings of the past, as of an import, tell nobody."),
    )

    class Meta:
        verbose_name = _("clearing run")
        verbose_name_plural = _("clearing runs")
        indexes = [
            models.Index(fields=["id"], condition=Q(is_told=False), name="points_clearing_to_tell"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.cutoff_at:%Y-%m-%d %H:%M}"


class ClearingSkip(models.Model):
    """An account that a run passed over, and why; its points were not touched."""

    class Reason(models.TextChoices):
        NOT_TOLD = "not_told", _("without the required notices")
        HELD = "held", _("reserved by a checkout")

    run = models.ForeignKey(
        ClearingRun,
        verbose_name=_("clearing run"),
        on_delete=models.CASCADE,
        related_name="skips",
        db_index=False,
    )
    account = models.ForeignKey(
        "points.Account",
        verbose_name=_("point account"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=8, choices=Reason.choices)
    lots = models.BigIntegerField(_("lots"))
    points = models.BigIntegerField(_("points"))

    class Meta:
        verbose_name = _("account passed over")
        verbose_name_plural = _("accounts passed over")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "account", "reason"], name="points_clearing_skipped_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.points}"


class ExpiryNotice(models.Model):
    """The proof that a member was told: how many points end when, and how many days ahead.

    One per account, end and reminder. `reference` names the notice in the member's inbox, on
    which the messages of the other channels hang with their delivery.
    """

    account = models.ForeignKey(
        "points.Account",
        verbose_name=_("point account"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    deadline = models.DateTimeField(_("the points count until"))
    stage = models.PositiveSmallIntegerField(_("reminder, days ahead"))
    days_left = models.SmallIntegerField(_("days that were left"))
    points = models.BigIntegerField(_("points"))
    stays = models.BigIntegerField(_("points that stay"))
    reference = models.CharField(_("reference of the notice"), max_length=100)
    told_at = models.DateTimeField(_("told at"))

    class Meta:
        verbose_name = _("expiry notice")
        verbose_name_plural = _("expiry notices")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "deadline", "stage"], name="points_expiry_told_once"
            ),
        ]
        indexes = [models.Index(fields=["deadline", "stage"], name="points_expiry_by_day")]

    def __str__(self) -> str:
        return f"{self.points} · {self.deadline:%Y-%m-%d} · {self.stage}"
