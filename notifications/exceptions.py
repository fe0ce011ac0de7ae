"""What can go wrong on the way of a message."""

from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal


class DeliveryFailed(Refusal):
    """A gateway's refusal. `is_final` when another try could only fail again."""

    code = "delivery_failed"
    message = _("The message could not be delivered: %(reason)s")

    def __init__(self, *, reason: str, is_final: bool = False) -> None:
        self.is_final = is_final
        super().__init__(reason=reason)
