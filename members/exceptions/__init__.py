"""What can go wrong about people, each with a stable code."""

from django.utils.translation import gettext_lazy as _

from members.exceptions.tickets import (
    TicketAssigneeInvalid,
    TicketClosed,
    TicketFull,
    TicketKeyConflict,
    TicketKindUnknown,
    TicketMessagesTooMany,
    TicketPhotosTooMany,
    TicketsFull,
    TicketStoreUnknown,
    TicketSubjectOpen,
    TicketTextInvalid,
    TicketUnanswered,
    TicketUnknown,
)
from stores.exceptions import Refusal

# Beside what is defined below.
__all__ = [
    "TicketAssigneeInvalid",
    "TicketClosed",
    "TicketFull",
    "TicketKeyConflict",
    "TicketKindUnknown",
    "TicketMessagesTooMany",
    "TicketPhotosTooMany",
    "TicketStoreUnknown",
    "TicketSubjectOpen",
    "TicketTextInvalid",
    "TicketUnanswered",
    "TicketUnknown",
    "TicketsFull",
]


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


class RefreshRefused(Refusal):
    """One answer for every refresh token that is no good, and for one that came twice."""

    code = "refresh_token_invalid"
    message = _("You have been signed out on this device. Please sign in again.")
    field = "refresh_token"


class PhoneMissing(Refusal):
    code = "phone_missing"
    message = _("Your membership has no mobile number yet. Our staff can add it.")


class PasswordWrong(Refusal):
    """One answer whether the number is a member's, has a password, or the password is wrong."""

    code = "password_wrong"
    message = _("The number or the password is wrong.")
    field = "password"


class PasswordTriesUsed(Refusal):
    code = "password_tries_used"
    message = _("Too many passwords were tried. Please sign in with a code, or try again later.")


class PasswordsPaused(Refusal):
    code = "passwords_paused"
    message = _("Signing in with a password is paused. Please use a code.")


class PasswordWeak(Refusal):
    """The password validators' reasons, in the reader's language."""

    code = "password_weak"
    message = "%(reasons)s"
    field = "new_password"


class PasswordUnfit(Refusal):
    code = "password_unfit"
    message = _("A password has 1 to %(limit)s characters, without control characters.")
    field = "new_password"


class PasswordProofNeeded(Refusal):
    code = "password_proof_needed"
    message = _("Please give the code that we sent you, or your present password.")
    field = "code"


class WechatOff(Refusal):
    code = "wechat_off"
    message = _("Signing in with WeChat is not offered here.")


class WechatTooMany(Refusal):
    code = "wechat_too_many"
    message = _("Too many sign-ins came from your network. Please try again later.")


class WechatCodeInvalid(Refusal):
    code = "wechat_code_invalid"
    message = _("WeChat does not know this code, or it was used already. Please try again.")
    field = "login_code"


class WechatPhoneNeeded(Refusal):
    """An openid that nobody has bound: ask for the phone, with a new login code."""

    code = "wechat_phone_needed"
    message = _("Please allow us to read your mobile number, to find or open your membership.")
    field = "phone_code"


class WechatRefused(Refusal):
    code = "wechat_refused"
    message = _("WeChat does not vouch for this user. Please sign in with a code.")


class WechatUnavailable(Refusal):
    """WeChat hangs, is broken or busy, or does not accept our settings."""

    code = "wechat_unavailable"
    message = _("WeChat does not answer at the moment. Please try again, or sign in with a code.")


class WechatPhoneBound(Refusal):
    code = "wechat_phone_bound"
    message = _(
        "The membership of this number is bound to another WeChat user. "
        "Sign in with a code and unbind that one first."
    )
    field = "phone_code"


class WechatBoundElsewhere(Refusal):
    code = "wechat_bound_elsewhere"
    message = _("This WeChat user is bound to another membership.")
    field = "login_code"


class BirthdayInvalid(Refusal):
    code = "birthday_invalid"
    message = _("This is nobody's birthday: it lies in the future or too far back.")
    field = "birthday"


class BirthdayFixed(Refusal):
    code = "birthday_fixed"
    message = _("A birthday can be entered once. Our staff will gladly correct a mistake.")
    field = "birthday"


class GenderInvalid(Refusal):
    code = "gender_invalid"
    message = _("Please choose one of the answers.")
    field = "gender"


class StoreUnknown(Refusal):
    code = "store_unknown"
    message = _("There is no such store.")
    field = "preferred_store"


class AddressInvalid(Refusal):
    """A part of an address that cannot stand; `field` says which."""

    code = "address_invalid"
    message = _("Please fill in this part of the address, with at most %(limit)s characters.")


class RegionUnknown(Refusal):
    code = "region_unknown"
    message = _("Please choose province, city and district.")
    field = "region"


class TooManyAddresses(Refusal):
    code = "too_many_addresses"
    message = _("You have %(limit)s addresses. Please delete one that you no longer need.")


class AddressUnknown(Refusal):
    code = "address_unknown"
    message = _("This address is no longer in your address book.")


class ConsentUnknown(Refusal):
    code = "consent_unknown"
    message = _("There is no such purpose to agree to.")
    field = "purpose"


class ConsentNeeded(Refusal):
    code = "consent_needed"
    message = _("The membership rests on this agreement. To withdraw it, close your account.")
    field = "purpose"


class InvitationUnknown(Refusal):
    code = "invitation_unknown"
    message = _("There is no such invitation code.")
    field = "invitation_code"


class MemberUnknown(Refusal):
    code = "member_unknown"
    message = _("There is no such member.")
    field = "member"


class MemberCodeStale(Refusal):
    code = "member_code_stale"
    message = _("This member code has expired. Please ask the member to show the current one.")
    field = "code"


class SourceCodeInvalid(Refusal):
    code = "source_code_invalid"
    message = _("A source code has at most 64 visible characters.")
    field = "source_code"


class SegmentCodeInvalid(Refusal):
    code = "segment_code_invalid"
    message = _("A code has 1 to 32 small letters, digits, - and _, and begins with neither.")
    field = "code"


class SegmentCodeTaken(Refusal):
    code = "segment_code_taken"
    message = _("There is a segment with this code already.")
    field = "code"


class SegmentNameInvalid(Refusal):
    code = "segment_name_invalid"
    message = _("Names have 1 to 60 visible characters, descriptions at most 300.")
    field = "name"


class SegmentInUse(Refusal):
    code = "segment_in_use"
    message = _("The segment is used and has to stay as it is: %(places)s")


class SegmentStays(Refusal):
    code = "segment_stays"
    message = _("The groups of the RFM analysis cannot be deleted.")


class SegmentNotAList(Refusal):
    code = "segment_not_a_list"
    message = _("Only a fixed list is filled by hand; other segments follow their conditions.")


class SegmentListTooLong(Refusal):
    code = "segment_list_too_long"
    message = _("A list has at most %(limit)s rows at a time.")
    field = "file"


class SegmentListUnreadable(Refusal):
    code = "segment_list_unreadable"
    message = _("This is not a text file with one member to a line (CSV in UTF-8 or GB18030).")
    field = "file"


class RelationKindUnknown(Refusal):
    code = "relation_kind_unknown"
    message = _("Please choose family or friend.")
    field = "kind"


class InvitationGone(Refusal):
    code = "relation_invitation_gone"
    message = _("This link has been used or is too old. Please ask for a new one.")
    field = "token"


class RelationToOneself(Refusal):
    code = "relation_to_oneself"
    message = _("This is your own link. Send it to the other person.")


class RelationExists(Refusal):
    code = "relation_exists"
    message = _("You are bound to each other already.")


class RelationsFull(Refusal):
    code = "relations_full"
    message = _("Each of you can have %(limit)s relatives and friends at most.")


class RelationsTooMany(Refusal):
    code = "relations_too_many"
    message = _("Each of you can bind %(limit)s people in 30 days at most.")


class RelationUnknown(Refusal):
    code = "relation_unknown"
    message = _("There is no such relative or friend in your list.")


class MemberClosed(Refusal):
    code = "member_closed"
    message = _("This member was merged into another or erased.")
    field = "member"


class MergeWithOneself(Refusal):
    code = "merge_with_oneself"
    message = _("Please name another member.")
    field = "other"


class ExportsExhausted(Refusal):
    code = "exports_exhausted"
    message = _("You can take %(limit)s copies of your data a day. Please come back tomorrow.")


class NotConfirmed(Refusal):
    code = "erasure_not_confirmed"
    message = _("Please type the words exactly as they are shown.")
    field = "confirm"
