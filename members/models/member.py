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

    class Gender(models.TextChoices):
        UNKNOWN = "", _("not said")
        FEMALE = "female", _("female")
        MALE = "male", _("male")
        OTHER = "other", _("another")

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
    gender = models.CharField(
        _("gender"), max_length=6, choices=Gender.choices, default=Gender.UNKNOWN, blank=True
    )
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    avatar = models.CharField(max_length=100, blank=True, editable=False)
    home_store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("home store"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    preferred_store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("preferred store"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Chosen by the member: where they like to buy and pick up."),
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
    source_code = models.CharField(
        _("source code"),
        max_length=64,
        blank=True,
        help_text=_("Which poster, link or partner brought the person."),
    )
    invitation_code = models.CharField(
        _("invitation code"), max_length=10, unique=True, null=True, blank=True
    )
    invited_by = models.ForeignKey(
        "self",
        verbose_name=_("invited by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invited",
    )
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
    )
    merged_at = models.DateTimeField(_("merged at"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)
    joined_at = models.DateTimeField(_("joined at"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        indexes = [models.Index(fields=["name"], name="members_member_name")]
        permissions = [
            ("view_phone", _("Can see whole phone numbers")),
            ("merge_member", _("Can merge two members")),
            ("export_member", _("Can export a member's data")),
            ("erase_member", _("Can erase a member")),
        ]

    def __str__(self) -> str:
        return self.name or self.number

    @property
    def is_closed(self) -> bool:
        """Merged into another member, or erased: the row stays for the ledger only."""
        return self.merged_into_id is not None or self.erased_at is not None

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
