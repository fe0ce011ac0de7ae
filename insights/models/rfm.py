"""The nightly RFM analysis: what the merchant sets, its runs, and where each member stands."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from insights.policies import rfm

_DAYS = [MinValueValidator(1), MaxValueValidator(3660)]


class RfmSettings(models.Model):
    """One row; a missing row means the defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    window_days = models.PositiveIntegerField(
        _("window in days"),
        default=365,
        validators=_DAYS,
        help_text=_("Purchases and yuan are counted within so many days."),
    )
    sleeping_days = models.PositiveIntegerField(
        _("sleeping from … days without a purchase"), default=90, validators=_DAYS
    )
    lost_days = models.PositiveIntegerField(
        _("lost from … days without a purchase"), default=180, validators=_DAYS
    )
    vip_purchases = models.PositiveIntegerField(
        _("VIP from … purchases within the window"), default=6, validators=_DAYS
    )
    vip_yuan = models.DecimalField(
        _("and from … yuan within the window"),
        max_digits=11,
        decimal_places=2,
        default=Decimal(2000),
        validators=[MinValueValidator(Decimal(0))],
    )
    new_days = models.PositiveIntegerField(
        _("new for … days after the first purchase"), default=30, validators=_DAYS
    )

    class Meta:
        verbose_name = _("RFM settings")
        verbose_name_plural = _("RFM settings")
        constraints = [
            models.CheckConstraint(name="insights_rfm_settings_one", condition=Q(id=1)),
            models.CheckConstraint(
                name="insights_rfm_settings_order",
                condition=Q(
                    lost_days__gt=F("sleeping_days"),
                    sleeping_days__gte=1,
                    window_days__gte=1,
                    new_days__gte=1,
                    vip_purchases__gte=1,
                    vip_yuan__gte=0,
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(_("RFM settings"))

    def thresholds(self) -> rfm.Thresholds:
        return rfm.Thresholds(
            window_days=self.window_days,
            sleeping_days=self.sleeping_days,
            lost_days=self.lost_days,
            vip_purchases=self.vip_purchases,
            vip_yuan=self.vip_yuan,
            new_days=self.new_days,
        )


class RfmRun(models.Model):
    """One computation as of the end of a day, with the thresholds that it used.

    `cursor` is the last member whose window is done: a run that was cut off goes on behind it.
    `result` has the groups, the quintile cuts and the cells of the table.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    as_of = models.DateField(_("as of"))
    thresholds = models.JSONField(default=dict, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RUNNING
    )
    cursor = models.BigIntegerField(default=0, editable=False)
    changed = models.BigIntegerField(_("members whose figures changed"), default=0)
    moved = models.BigIntegerField(_("members who changed their group"), default=0)
    members = models.BigIntegerField(_("members who have bought"), default=0)
    result = models.JSONField(default=dict, editable=False)
    started_at = models.DateTimeField(_("started at"))
    heartbeat_at = models.DateTimeField(editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("RFM analysis")
        verbose_name_plural = _("RFM analysis")
        indexes = [models.Index(fields=["state", "-id"], name="insights_rfm_newest")]

    def __str__(self) -> str:
        return f"RFM {self.as_of}"


class RfmScore(models.Model):
    """Where a member who has bought stands. The day of the last purchase is kept, not the days
    since: a night writes only the rows of members for whom something has changed."""

    class Group(models.TextChoices):
        VIP = rfm.VIP, pgettext_lazy("segment", "VIP")
        ACTIVE = rfm.ACTIVE, pgettext_lazy("segment", "Active")
        NEW = rfm.NEW, pgettext_lazy("segment", "New customers")
        SLEEPING = rfm.SLEEPING, pgettext_lazy("segment", "Sleeping")
        LOST = rfm.LOST, pgettext_lazy("segment", "Lost")

    member = models.OneToOneField(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
    )
    first_on = models.DateField(_("first purchase"))
    last_on = models.DateField(_("last purchase"))
    purchases = models.PositiveIntegerField(_("purchases within the window"))
    # Ten-thousandths of a yuan: whole numbers add up and compare alike in either database.
    amount = models.BigIntegerField(_("spent within the window"))
    group = models.CharField(pgettext_lazy("rfm", "group"), max_length=8, choices=Group.choices)
    changed_on = models.DateField(_("as it is since"))

    class Meta:
        verbose_name = _("RFM figures of a member")
        verbose_name_plural = _("RFM figures of members")
        indexes = [models.Index(fields=["group", "member"], name="insights_rfm_by_group")]

    def __str__(self) -> str:
        return f"{self.pk} {self.group}"

    @property
    def yuan(self) -> Decimal:
        return Decimal(self.amount) / rfm.UNIT
