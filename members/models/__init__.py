from members.models.consent import Consent
from members.models.device_session import DeviceSession
from members.models.member import Member
from members.models.sign_in_code import CodeAllowance, SignInCode

__all__ = ["CodeAllowance", "Consent", "DeviceSession", "Member", "SignInCode"]
