from members.admin.member import ConsentAdmin, DeviceSessionAdmin, MemberAdmin, TagAdmin
from members.admin.relations import RelationAdmin, RelationSettingsAdmin

__all__ = [
    "ConsentAdmin",
    "DeviceSessionAdmin",
    "MemberAdmin",
    "RelationAdmin",
    "RelationSettingsAdmin",
    "TagAdmin",
]
