"""Orders of the mall (兑换单), what became of them, and what was paid for them in money."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.models.catalogue import Reward
from mall.models.stock import Variant


class RedemptionQuerySet(models.QuerySet["Redemption"]):
    def of(self, member_id: int) -> "RedemptionQuerySet":
        """A member's orders, newest first."""
        return self.filter(member_id=member_id).order_by("-pk")


class Redemption(models.Model):
    """A member's order: so many pieces of one variant, for points, or points and yuan.

    The points are a spend of the ledger with the reference `redemption:<number>`. `caller` and
    `key` make it happen once (I6): one key belongs to one caller.
    """

    class State(models.TextChoices):
        UNPAID = "unpaid", _("waiting for payment")
        PLACED = "placed", _("placed")
        CONFIRMED = "confirmed", _("confirmed")
        SHIPPED = "shipped", _("shipped")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")
        RETURNED = "returned", _("returned")

    class Delivery(models.TextChoices):
        SHIP = "ship", _("sent to an address")
        PICK_UP = "pick_up", _("picked up in a store")
        VOUCHER = "voucher", _("shown in a store")
        DIGITAL = "digital", _("delivered at once")
        PARTNER = "partner", _("credited by the partner")

    number = models.CharField(_("order number"), max_length=16, unique=True)
    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reward = models.ForeignKey(
        Reward,
        verbose_name=_("reward"),
        on_delete=models.PROTECT,
        related_name="redemptions",
        db_index=False,
    )
    variant = models.ForeignKey(
        Variant,
        verbose_name=_("variant"),
        on_delete=models.PROTECT,
        related_name="redemptions",
        db_index=False,
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    points = models.PositiveBigIntegerField(_("points"))
    # Yuan in all; `freight` is the part of it that is freight.
    money = models.DecimalField(_("yuan"), max_digits=14, decimal_places=2, default=0)
    freight = models.DecimalField(_("freight in yuan"), max_digits=8, decimal_places=2, default=0)
    state = models.CharField(_("state"), max_length=9, choices=State.choices)
    delivery = models.CharField(_("delivery"), max_length=7, choices=Delivery.choices)
    # Emptied when the member leaves.
    recipient = models.CharField(_("recipient"), max_length=40, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    address = models.CharField(_("address"), max_length=240, blank=True)
    partner_account = models.CharField(_("account with the partner"), max_length=40, blank=True)
    # Where it was ordered, for an order at a till; where it is to be handed over; where it was.
    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("ordered in"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    pick_up_store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("pick-up store"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    handed_over_in = models.ForeignKey(
        "stores.Store",
        verbose_name=_("handed over in"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    caller = models.CharField(_("caller"), max_length=64)
    key = models.CharField(_("key"), max_length=64)
    fingerprint = models.CharField(_("fingerprint"), max_length=32)
    placed_at = models.DateTimeField(_("placed at"))
    # Of its state: what the queue of staff is sorted by, and what is stuck.
    state_at = models.DateTimeField(_("in this state since"))
    pay_by = models.DateTimeField(_("to be paid by"), null=True, blank=True)
    use_by = models.DateTimeField(_("to be used by"), null=True, blank=True)
    expected_on = models.DateField(_("expected to be shipped on"), null=True, blank=True)
    carrier = models.CharField(_("carrier"), max_length=40, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=40, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    returned_quantity = models.PositiveIntegerField(_("pieces returned"), default=0)
    points_back = models.PositiveBigIntegerField(_("points given back"), default=0)
    money_back = models.DecimalField(
        _("yuan given back"), max_digits=14, decimal_places=2, default=0
    )

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        permissions = [
            ("fulfil_redemption", _("Can confirm, ship and complete redemptions")),
            ("cancel_redemption", _("Can cancel redemptions and take goods back")),
            ("hand_over_redemption", _("Can hand redemptions over in a store")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="mall_redemption_once"),
            models.CheckConstraint(
                name="mall_redemption_figures",
                condition=Q(
                    quantity__gte=1, points__gte=1, money__gte=0, freight__gte=0, money_back__gte=0
                )
                & Q(freight__lte=F("money")),
            ),
            models.CheckConstraint(
                name="mall_redemption_gives_back_what_it_took",
                condition=Q(
                    returned_quantity__lte=F("quantity"),
                    points_back__lte=F("points"),
                    money_back__lte=F("money"),
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="mall_redemption_of_member"),
            # Limits per member count along it.
            models.Index(fields=["member", "reward", "placed_at"], name="mall_redemption_limits"),
            models.Index(fields=["reward", "placed_at"], name="mall_redemption_of_reward"),
            models.Index(fields=["state", "state_at"], name="mall_redemption_queue"),
            models.Index(
                fields=["pay_by"], name="mall_redemption_unpaid", condition=Q(state="unpaid")
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        """What its spend is called in the ledger."""
        return f"redemption:{self.number}"

    @property
    def is_open(self) -> bool:
        """Nothing has left the house yet: it may still be cancelled."""
        return self.state in (self.State.UNPAID, self.State.PLACED, self.State.CONFIRMED)


class RedemptionStep(models.Model):
    """When an order came into a state, and by whom. Never changed."""

    redemption = models.ForeignKey(
        Redemption, verbose_name=_("redemption"), on_delete=models.PROTECT, related_name="steps"
    )
    state = models.CharField(_("state"), max_length=9, choices=Redemption.State.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor = models.CharField(_("actor"), max_length=64)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("step of a redemption")
        verbose_name_plural = _("steps of redemptions")

    def __str__(self) -> str:
        return str(self.get_state_display())


class RedemptionReturn(models.Model):
    """Pieces that a member wants to send back (申请售后), and what was decided."""

    class Reason(models.TextChoices):
        QUALITY = "quality", _("the quality is not right")
        WRONG = "wrong", _("not what was ordered")
        DAMAGED = "damaged", _("arrived damaged")
        UNWANTED = "unwanted", _("not wanted any more")

    class State(models.TextChoices):
        ASKED = "asked", _("asked for")
        APPROVED = "approved", _("agreed, to be sent back")
        REJECTED = "rejected", pgettext_lazy("return", "declined")
        RECEIVED = "received", _("received")
        WITHDRAWN = "withdrawn", _("withdrawn")

    redemption = models.ForeignKey(
        Redemption, verbose_name=_("redemption"), on_delete=models.PROTECT, related_name="returns"
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    reason = models.CharField(_("reason"), max_length=8, choices=Reason.choices)
    words = models.CharField(_("words"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ASKED)
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    points = models.PositiveBigIntegerField(_("points given back"), default=0)
    # Of them, those whose day had passed and that came back no more.
    points_lapsed = models.PositiveBigIntegerField(_("of them lapsed"), default=0)
    money = models.DecimalField(_("yuan given back"), max_digits=14, decimal_places=2, default=0)
    is_restocked = models.BooleanField(_("put back on the shelf"), default=False)
    asked_at = models.DateTimeField(_("asked at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    actor = models.CharField(_("actor"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("return of a redemption")
        verbose_name_plural = _("returns of redemptions")
        constraints = [
            models.CheckConstraint(name="mall_return_positive", condition=Q(quantity__gte=1)),
            models.UniqueConstraint(
                fields=["redemption"],
                condition=Q(state__in=["asked", "approved"]),
                name="mall_return_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["state", "asked_at"], name="mall_return_queue")]

    def __str__(self) -> str:
        return f"{self.redemption_id}: {self.quantity}"


class Payment(models.Model):
    """The money part of one order, with one provider. Amounts in fen, as providers count."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        CLOSED = "closed", _("closed")

    redemption = models.OneToOneField(
        Redemption, verbose_name=_("redemption"), on_delete=models.PROTECT, related_name="payment"
    )
    provider = models.CharField(_("provider"), max_length=16)
    # What the provider knows the order by.
    out_trade_no = models.CharField(_("merchant's number"), max_length=32, unique=True)
    amount = models.PositiveBigIntegerField(_("amount in fen"))
    refunded = models.PositiveBigIntegerField(_("refunded in fen"), default=0)
    state = models.CharField(_("state"), max_length=6, choices=State.choices)
    transaction_id = models.CharField(_("provider's number"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created at"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    # What is still to be told to the provider: the order is not to be paid any more.
    is_close_due = models.BooleanField(_("to be closed"), default=False)
    tried_at = models.DateTimeField(_("last tried at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(
                name="mall_payment_amounts",
                condition=Q(amount__gte=1, refunded__lte=F("amount")),
            ),
            models.CheckConstraint(
                name="mall_payment_paid",
                condition=Q(state="paid", paid_at__isnull=False) | ~Q(state="paid"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="mall_payment_due",
                condition=Q(state="open") | Q(is_close_due=True),
            ),
        ]

    def __str__(self) -> str:
        return self.out_trade_no


class Refund(models.Model):
    """Money that goes back. A row first; a sweep tells the provider until it is done."""

    class State(models.TextChoices):
        DUE = "due", _("due")
        PROCESSING = "processing", _("with the provider")
        DONE = "done", _("done")
        FAILED = "failed", _("failed, needs a person")

    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="refunds"
    )
    out_refund_no = models.CharField(
        _("merchant's number of the refund"), max_length=40, unique=True
    )
    amount = models.PositiveBigIntegerField(_("amount in fen"))
    reason = models.CharField(_("reason"), max_length=80)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DUE)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=200, blank=True)
    provider_id = models.CharField(_("provider's number"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created at"))
    next_at = models.DateTimeField(_("next try at"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(name="mall_refund_positive", condition=Q(amount__gte=1)),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="mall_refund_due",
                condition=Q(state__in=["due", "processing"]),
            ),
        ]

    def __str__(self) -> str:
        return self.out_refund_no
