from django.urls import path

from members.views import addresses, codes, me, privacy, profile, relations, security, sign_in

app_name = "members"

urlpatterns = [
    path("sign-in/", sign_in.sign_in_phone, name="sign-in"),
    path("sign-in/code/", sign_in.sign_in_code, name="sign-in-code"),
    path("sign-in/code/resend/", sign_in.resend_code, name="resend-code"),
    path("sign-in/password/", sign_in.sign_in_password, name="sign-in-password"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("me/", me.me, name="me"),
    path("me/profile/", profile.edit, name="profile"),
    path("me/avatar/", profile.avatar, name="avatar"),
    path("me/avatar/set/", profile.set_avatar, name="set-avatar"),
    path("me/consents/", profile.agreements, name="consents"),
    path("me/addresses/", addresses.book, name="addresses"),
    path("me/addresses/add/", addresses.add, name="address-add"),
    path("me/addresses/<int:address_id>/", addresses.change, name="address"),
    path("me/addresses/<int:address_id>/remove/", addresses.remove, name="address-remove"),
    path("me/addresses/<int:address_id>/default/", addresses.make_default, name="address-default"),
    path("me/people/", relations.people, name="relations"),
    path("me/people/<int:relation_id>/end/", relations.end, name="relation-end"),
    path("people/<str:token>/", relations.accept, name="relation-accept"),
    path("me/code/", codes.member_code, name="code"),
    path("me/invite/", codes.invite, name="invite"),
    path("join/<slug:code>/", codes.join, name="join"),
    path("divisions/<slug:code>.json", addresses.divisions, name="divisions"),
    path("me/devices/", security.devices, name="devices"),
    path("me/devices/<int:device_id>/", security.sign_out_device, name="sign-out-device"),
    path("me/sign-out-everywhere/", security.sign_out_everywhere, name="sign-out-everywhere"),
    path("me/wechat/unbind/", security.unbind_wechat, name="unbind-wechat"),
    path("me/password/", security.password, name="password"),
    path("me/password/code/", security.send_password_code, name="password-code"),
    path("me/password/remove/", security.remove_password, name="password-remove"),
    path("size/", me.set_size, name="size"),
    path("privacy/", me.privacy, name="privacy"),
    path("me/privacy/", privacy.overview, name="my-privacy"),
    path("me/privacy/copy/", privacy.copy, name="my-copy"),
    path("me/close/", privacy.close, name="close"),
    path("me/close/code/", privacy.send_close_code, name="close-code"),
    path("closed/", privacy.closed, name="closed"),
]
