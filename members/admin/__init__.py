from members.admin.member import ConsentAdmin, DeviceSessionAdmin, MemberAdmin, TagAdmin
from members.admin.privacy import AccessLogAdmin, RetentionSettingsAdmin
from members.admin.relations import RelationAdmin, RelationSettingsAdmin
from members.admin.tickets import TicketAdmin, TicketSettingsAdmin

__all__ = [
    "AccessLogAdmin",
    "ConsentAdmin",
    "DeviceSessionAdmin",
    "MemberAdmin",
    "RelationAdmin",
    "RelationSettingsAdmin",
    "RetentionSettingsAdmin",
    "TagAdmin",
    "TicketAdmin",
    "TicketSettingsAdmin",
]
