from notifications.models.announcement import Announcement
from notifications.models.fact import NotedFact
from notifications.models.lane import Lane
from notifications.models.message import Message
from notifications.models.notice import Notice
from notifications.models.recipient import Preference, Recipient, WechatGrant
from notifications.models.template import MessageSettings, MessageTemplate

__all__ = [
    "Announcement",
    "Lane",
    "Message",
    "MessageSettings",
    "MessageTemplate",
    "NotedFact",
    "Notice",
    "Preference",
    "Recipient",
    "WechatGrant",
]
