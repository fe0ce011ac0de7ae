from members.views.visitors import SESSION_COOKIE, member_of, member_required

__all__ = ["SESSION_COOKIE", "member_of", "member_required"]
