from members.admin.member import ConsentAdmin, DeviceSessionAdmin, MemberAdmin, TagAdmin

__all__ = ["ConsentAdmin", "DeviceSessionAdmin", "MemberAdmin", "TagAdmin"]
