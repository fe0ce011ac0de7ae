from members.forms.naming import one_member
from members.forms.sign_in import CodeForm, PhoneForm

__all__ = ["CodeForm", "PhoneForm", "one_member"]
