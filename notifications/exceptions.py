"""What can go wrong on the way of a message."""

from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal


class DeliveryFailed(Refusal):
    """A gateway's refusal. `is_final` when another try could only fail again; `is_outage` when the
    provider could not be reached at all; `error_code` is the provider's own."""

    code = "delivery_failed"
    message = _("The message could not be delivered: %(reason)s")

    def __init__(
        self,
        *,
        reason: str,
        is_final: bool = False,
        error_code: str = "",
        is_outage: bool = False,
    ) -> None:
        self.is_final = is_final
        self.error_code = error_code[:60]
        self.is_outage = is_outage
        super().__init__(reason=reason)


class DeliveryUncertain(DeliveryFailed):
    """The gateway was asked and gave no answer: the message may have left, or not."""


class ChannelClosed(Refusal):
    code = "channel_closed"
    message = _("No provider is set up for this channel.")
    field = "channel"


class EventUnknown(Refusal):
    code = "event_unknown"
    message = _("Nothing of the name %(event)s is ever told.")
    field = "event"


class WordingBroken(Refusal):
    code = "wording_broken"
    message = _(
        "A brace names nothing here: %(excerpt)s. Values are written as {points}, "
        "a brace itself as {{ or }}."
    )
    field = "body"


class PlaceholderUnknown(Refusal):
    code = "placeholder_unknown"
    message = _("There is no value {%(name)s} here. There are: %(names)s")
    field = "body"


class ProviderTemplateInvalid(Refusal):
    code = "provider_template_invalid"
    message = _("This cannot be read: %(excerpt)s")
    field = "provider_template"


class NoticeUnknown(Refusal):
    code = "notice_unknown"
    message = _("There is no such notice.")


class EmailInvalid(Refusal):
    code = "email_invalid"
    message = _("This is not an e-mail address that we can write to.")
    field = "email"


class EmailCodesUsed(Refusal):
    code = "email_codes_used"
    message = _("A code was just sent, or too many were. Please try again a little later.")
    field = "email"


class EmailCodeWrong(Refusal):
    code = "email_code_wrong"
    message = _("The code is wrong or no longer valid. Please have a new one sent.")
    field = "code"


class QuietHoursIncomplete(Refusal):
    code = "quiet_hours_incomplete"
    message = _("Quiet hours need a beginning and an end, different from each other.")
    field = "quiet_until"


class SwitchUnknown(Refusal):
    code = "switch_unknown"
    message = _("There is no such message, or it does not use this channel.")
    field = "switches"


class LanguageUnknown(Refusal):
    code = "language_unknown"
    message = _("Messages are not written in this language.")
    field = "language"


class AnnouncementUnknown(Refusal):
    code = "announcement_unknown"
    message = _("There is no such announcement.")


class AnnouncementNotDraft(Refusal):
    code = "announcement_not_draft"
    message = _("This announcement was published already.")


class AnnouncementNotSending(Refusal):
    code = "announcement_not_sending"
    message = _("This announcement cannot be stopped or resumed as it stands.")


class PublishTooEarly(Refusal):
    code = "publish_too_early"
    message = _("This time has passed already.")
    field = "publish_at"


class TrialsUsed(Refusal):
    code = "trials_used"
    message = _("Too many trials were sent within an hour. Please try again later.")
    field = "to"


class TrialNotPossible(Refusal):
    code = "trial_not_possible"
    message = _("Trials go out by SMS and e-mail only.")
    field = "to"
