"""Keys with which a store's machines (till, shop, ERP) sign in to the API."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiKey(models.Model):
    """A key of one store. The key itself is shown once and never stored: only its hash is."""

    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("store"),
        on_delete=models.PROTECT,
        related_name="api_keys",
    )
    name = models.CharField(
        _("name"), max_length=60, help_text=_("Which machine or programme uses it.")
    )
    prefix = models.CharField(_("prefix"), max_length=12, unique=True, editable=False)
    digest = models.CharField(_("hash"), max_length=64, editable=False)
    # Members of segments are personal data of the whole chain, not only of the key's store.
    may_read_segments = models.BooleanField(
        _("may read segments"),
        default=False,
        help_text=_("Which segments there are and who is in them, of all stores."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), editable=False)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
