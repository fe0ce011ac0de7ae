"""Families and friends: people who are bound to each other by both of them (F71)."""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class RelationSettings(models.Model):
    """One row: how many people may be bound. A missing row means the defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    relations_max = models.PositiveSmallIntegerField(
        _("relatives and friends per member"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    new_per_month = models.PositiveSmallIntegerField(
        _("new ones per member and 30 days"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Those that were ended again count as well."),
    )

    class Meta:
        verbose_name = _("settings of relatives and friends")
        verbose_name_plural = _("settings of relatives and friends")
        constraints = [models.CheckConstraint(name="members_relation_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class RelationQuerySet(models.QuerySet["Relation"]):
    def standing(self) -> "RelationQuerySet":
        return self.filter(ended_at=None)

    def of(self, member_id: int) -> "RelationQuerySet":
        return self.filter(Q(first_id=member_id) | Q(second_id=member_id))


class Relation(models.Model):
    """Two members who agreed to belong together. `first` has the smaller id.

    `bound_at` is when the second of them agreed; what waits out a cooling-off counts from there,
    and from the beginning when two people part and bind again.
    """

    class Kind(models.TextChoices):
        FAMILY = "family", _("family")
        FRIEND = "friend", _("friend")

    first = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", verbose_name=_("member")
    )
    second = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", verbose_name=_("member")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    invited_by = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("invited by"),
        db_index=False,
    )
    invited_at = models.DateTimeField(_("invited at"))
    bound_at = models.DateTimeField(_("bound at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=64, blank=True)

    objects = RelationQuerySet.as_manager()

    class Meta:
        verbose_name = _("relative or friend")
        verbose_name_plural = _("relatives and friends")
        constraints = [
            models.CheckConstraint(
                name="members_relation_in_order", condition=Q(first__lt=F("second"))
            ),
            models.UniqueConstraint(
                fields=["first", "second"],
                condition=Q(ended_at=None),
                name="members_relation_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} · {self.second}"

    def other_id(self, member_id: int) -> int:
        return self.second_id if member_id == self.first_id else self.first_id


class RelationInvitation(models.Model):
    """One member's half of the agreement: a link that they hand to the other themselves.

    Nobody is found by typing a phone number here, so it tells nobody who is a member.
    """

    member = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        related_name="relation_invitations",
        verbose_name=_("member"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Relation.Kind.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation of a relative or friend")
        verbose_name_plural = _("invitations of relatives and friends")
        indexes = [models.Index(fields=["expires_at"], name="members_relation_inv_expires")]

    def __str__(self) -> str:
        return f"{self.pk}"

    def is_live(self, at: datetime) -> bool:
        return self.used_at is None and self.expires_at > at
