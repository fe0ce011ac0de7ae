"""What a member was told: the inbox, and the proof that they were told."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """One fact told to one member, once (`reference`), as it was worded then.

    It is there from the moment of the fact, in the same transaction; messages over other channels
    hang on it. The row is what proves that somebody was told: it is never changed but for the
    moment of reading.
    """

    class Kind(models.TextChoices):
        REGISTRATION = "registration", _("joining")
        POINTS_EARNED = "points_earned", _("points earned")
        POINTS_RETURNED = "points_returned", _("points given back or taken back")
        POINTS_EXPIRING = "points_expiring", _("points about to expire")
        POINTS_CLEARED = "points_cleared", _("points expired")
        GIFT = "gift", _("points given and received")
        REDEMPTION = "redemption", _("steps of a redemption")
        COUPON = "coupon", _("coupons")
        TIER = "tier", _("tier changes")
        DRAW = "draw", _("draw results")
        AUCTION = "auction", _("auctions")
        TICKET = "ticket", _("answers to enquiries")
        ANNOUNCEMENT = "announcement", _("announcements")
        RULE_CHANGE = "rule_change", _("changes of the rules")

    class Group(models.TextChoices):
        """The tabs of the inbox."""

        ACCOUNT = "account", _("account")
        ACTIVITY = "activity", _("activities")
        DELIVERY = "delivery", _("orders")

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # the unique constraint below begins with it
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    event = models.CharField(_("event"), max_length=30, blank=True)
    group = models.CharField(_("tab"), max_length=10, choices=Group.choices)
    reference = models.CharField(_("reference"), max_length=100)
    language = models.CharField(_("language"), max_length=10)
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(_("text"))
    context = models.JSONField(_("values"), default=dict, blank=True)
    link = models.CharField(_("link"), max_length=200, blank=True)
    points = models.BigIntegerField(_("points"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(fields=["member", "reference"], name="notifications_told_once"),
        ]
        indexes = [
            models.Index(fields=["member", "-created_at", "-id"], name="notifications_inbox"),
            models.Index(
                fields=["member"],
                condition=models.Q(read_at=None),
                name="notifications_unread",
            ),
        ]

    def __str__(self) -> str:
        return self.title
