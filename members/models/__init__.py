from members.models.address import Address
from members.models.consent import Consent
from members.models.device_session import DeviceSession
from members.models.member import Member
from members.models.password import Password
from members.models.privacy import AccessLog, ErasedPhone, RetentionSettings
from members.models.relation import Relation, RelationInvitation, RelationSettings
from members.models.segment import Segment, SegmentMember
from members.models.sign_in_code import CodeAllowance, SignInCode
from members.models.tag import MemberTag, Tag
from members.models.ticket import Ticket, TicketMessage, TicketPhoto, TicketSettings
from members.models.wechat import WechatIdentity, WechatToken

__all__ = [
    "AccessLog",
    "Address",
    "CodeAllowance",
    "Consent",
    "DeviceSession",
    "ErasedPhone",
    "Member",
    "MemberTag",
    "Password",
    "Relation",
    "RelationInvitation",
    "RelationSettings",
    "RetentionSettings",
    "Segment",
    "SegmentMember",
    "SignInCode",
    "Tag",
    "Ticket",
    "TicketMessage",
    "TicketPhoto",
    "TicketSettings",
    "WechatIdentity",
    "WechatToken",
]
