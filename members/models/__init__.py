from members.models.address import Address
from members.models.consent import Consent
from members.models.device_session import DeviceSession
from members.models.member import Member
from members.models.sign_in_code import CodeAllowance, SignInCode
from members.models.tag import MemberTag, Tag

__all__ = [
    "Address",
    "CodeAllowance",
    "Consent",
    "DeviceSession",
    "Member",
    "MemberTag",
    "SignInCode",
    "Tag",
]
