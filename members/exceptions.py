"""What can go wrong about people, each with a stable code."""

from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal


class PhoneInvalid(Refusal):
    code = "phone_invalid"
    message = _("This is not a mobile phone number that we can send to.")
    field = "phone"


class PhoneTaken(Refusal):
    code = "phone_taken"
    message = _("This phone number already belongs to a member.")
    field = "phone"


class ExternalNumberTaken(Refusal):
    code = "external_number_taken"
    message = _("This external number already belongs to a member.")
    field = "external_number"


class ExternalNumberInvalid(Refusal):
    code = "external_number_invalid"
    message = _("An external number has 1 to 64 visible characters.")
    field = "external_number"


class NameInvalid(Refusal):
    code = "name_invalid"
    message = _("A name has at most 60 visible characters.")
    field = "name"


class CodeTooSoon(Refusal):
    code = "sign_in_code_too_soon"
    message = _("A code was just sent. Please wait %(seconds)s seconds before asking for another.")
    field = "phone"


class CodesExhausted(Refusal):
    code = "sign_in_codes_exhausted"
    message = _("Today's codes for this number are used up. Please try again tomorrow.")
    field = "phone"


class TooManyRequests(Refusal):
    code = "sign_in_too_many_requests"
    message = _("Too many codes were asked for from your network. Please try again later.")


class CodesPaused(Refusal):
    code = "sign_in_codes_paused"
    message = _("No codes can be sent at the moment. Please try again later.")


class CodeWrong(Refusal):
    """One answer for wrong, used, expired and exhausted codes: a guesser learns nothing."""

    code = "sign_in_code_wrong"
    message = _("The code is wrong or no longer valid. Please check it or ask for a new one.")
    field = "code"
