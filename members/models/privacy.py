"""Who looked at whose data, and how long things are kept."""

from datetime import date, datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class AccessLogQuerySet(models.QuerySet["AccessLog"]):
    def put(self, *, member_id: int, actor: str, what: str, day: date, at: datetime) -> None:
        """Count one access; the first of a day makes the row. Two statements."""
        self.bulk_create(
            [
                AccessLog(
                    member_id=member_id, actor=actor, what=what, day=day, first_at=at, last_at=at
                )
            ],
            ignore_conflicts=True,
        )
        self.filter(member_id=member_id, actor=actor, what=what, day=day).update(
            times=F("times") + 1, last_at=at
        )


class AccessLog(models.Model):
    """That somebody saw or took a member's personal data: one row per person, kind and day.

    Rows are only added and counted up, and deleted when their time is over.
    """

    class What(models.TextChoices):
        PAGE = "page", _("saw the whole phone number")
        SEARCH = "search", _("searched by phone number")
        EXPORT = "export", _("took a copy of the data")
        LIST = "list", _("took a list with the member in it")
        MERGE = "merge", _("merged two rows of the member")
        ERASURE = "erasure", _("asked to close the account")

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # the unique constraint below begins with it
    )
    # `staff:<id>`, or `member` for the person themselves. Never a name.
    actor = models.CharField(_("who"), max_length=64)
    what = models.CharField(_("what"), max_length=10, choices=What.choices)
    day = models.DateField(_("day"))
    times = models.PositiveIntegerField(_("times"), default=0)
    first_at = models.DateTimeField(_("first time"))
    last_at = models.DateTimeField(_("last time"))

    objects = AccessLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("access to personal data")
        verbose_name_plural = _("access to personal data")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "day", "actor", "what"], name="members_access_once_a_day"
            )
        ]
        indexes = [models.Index(fields=["day"], name="members_access_by_day")]

    def __str__(self) -> str:
        return f"{self.actor} {self.what} {self.day}"


_AT_MOST = MaxValueValidator(3650)


class RetentionSettings(models.Model):
    """One row: for how many days what names people is kept. A missing row means the defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    access_days = models.PositiveIntegerField(
        _("log of access to personal data"),
        default=1095,
        validators=[MinValueValidator(180), _AT_MOST],
    )
    device_days = models.PositiveIntegerField(
        _("devices that were signed out"), default=90, validators=[MinValueValidator(1), _AT_MOST]
    )
    message_days = models.PositiveIntegerField(
        _("recipient and text of messages"),
        default=180,
        validators=[MinValueValidator(1), _AT_MOST],
    )
    notice_days = models.PositiveIntegerField(
        _("what members were told, with the proof that they were"),
        default=1095,
        # Points lapse a year and more after they were announced to.
        validators=[MinValueValidator(400), _AT_MOST],
    )
    import_days = models.PositiveIntegerField(
        _("rows that imports refused"), default=90, validators=[MinValueValidator(1), _AT_MOST]
    )
    delivery_days = models.PositiveIntegerField(
        _("addresses of redemptions that came to their end"),
        default=365,
        validators=[MinValueValidator(30), _AT_MOST],
    )
    erased_days = models.PositiveIntegerField(
        _("mark of numbers whose account was closed"),
        default=365,
        validators=[MinValueValidator(1), _AT_MOST],
    )

    class Meta:
        verbose_name = _("how long data are kept, in days")
        verbose_name_plural = _("how long data are kept, in days")
        constraints = [models.CheckConstraint(name="members_retention_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class ErasedPhone(models.Model):
    """That an account with this number was closed; only a keyed digest of the number is kept.

    What is given once per person is not given again to who leaves and comes back.
    """

    phone_key = models.CharField(max_length=64, unique=True)
    erased_at = models.DateTimeField(_("erased at"), db_index=True)

    class Meta:
        verbose_name = _("number of a closed account")
        verbose_name_plural = _("numbers of closed accounts")

    def __str__(self) -> str:
        return str(self.pk)
