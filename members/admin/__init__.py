from members.admin.member import ConsentAdmin, DeviceSessionAdmin, MemberAdmin

__all__ = ["ConsentAdmin", "DeviceSessionAdmin", "MemberAdmin"]
