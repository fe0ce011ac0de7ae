"""What paying can be refused for, and what goes wrong with a provider."""

from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal


class PaymentUnavailable(Refusal):
    """The provider does not answer, or not in a way that we understand. Trying again may help."""

    code = "payment_provider_unavailable"
    message = _("The payment service does not answer at the moment. Please try again.")


class PaymentRefused(Refusal):
    """The provider has declined the request; its own word is in the log."""

    code = "payment_refused"
    message = _("The payment service has declined this payment. Please ask the shop.")


class PaymentNotDue(Refusal):
    code = "payment_not_due"
    message = _("Nothing is to be paid for this order (any more).")


class PayerUnknown(Refusal):
    """Paying in the mini-program needs the member's WeChat identity."""

    code = "payer_unknown"
    message = _("To pay here, sign in with WeChat first.")


class WayNotOffered(Refusal):
    code = "payment_way_not_offered"
    message = _("This way of paying is not offered.")
    field = "way"


class NoticeForged(Refusal):
    """A message that does not prove that it comes from the provider."""

    code = "payment_notice_forged"
    message = _("The signature is not valid.")
