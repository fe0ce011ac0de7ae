"""A customer with an account."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members import policies


class Member(models.Model):
    """A person of the programme. The ledger points here, so a member row is never deleted."""

    class Source(models.TextChoices):
        WEB = "web", _("website")
        API = "api", _("mini-program or API")
        TILL = "till", _("till")
        IMPORT = "import", _("import")
        ADMIN = "admin", _("back office")
        DEMO = "demo", _("demonstration")

    number = models.CharField(_("member number"), max_length=20, unique=True)
    external_number = models.CharField(
        _("external number"),
        max_length=64,
        unique=True,
        null=True,
        blank=True,
        help_text=_("The customer's number in the till or the former system."),
    )
    phone = models.CharField(_("phone"), max_length=20, unique=True, null=True, blank=True)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=60, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    home_store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("home store"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    tags = models.ManyToManyField(
        "members.Tag",
        verbose_name=_("tags"),
        through="members.MemberTag",
        blank=True,
        related_name="members",
    )
    source = models.CharField(
        _("source"), max_length=10, choices=Source.choices, default=Source.ADMIN
    )
    joined_at = models.DateTimeField(_("joined at"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        indexes = [models.Index(fields=["name"], name="members_member_name")]
        permissions = [("view_phone", _("Can see whole phone numbers"))]

    def __str__(self) -> str:
        return self.name or self.number

    @property
    def masked_phone(self) -> str:
        """`138****8000`, or an empty text for a member without a phone."""
        return policies.mask_phone(self.phone) if self.phone else ""

    @property
    def masked_number(self) -> str:
        return policies.mask_number(self.number)

    @property
    def grouped_number(self) -> str:
        return policies.grouped_number(self.number)
