from django.urls import path

from members.views import me, security, sign_in

app_name = "members"

urlpatterns = [
    path("sign-in/", sign_in.sign_in_phone, name="sign-in"),
    path("sign-in/code/", sign_in.sign_in_code, name="sign-in-code"),
    path("sign-in/code/resend/", sign_in.resend_code, name="resend-code"),
    path("sign-in/password/", sign_in.sign_in_password, name="sign-in-password"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("me/", me.me, name="me"),
    path("me/devices/", security.devices, name="devices"),
    path("me/devices/<int:device_id>/", security.sign_out_device, name="sign-out-device"),
    path("me/sign-out-everywhere/", security.sign_out_everywhere, name="sign-out-everywhere"),
    path("me/wechat/unbind/", security.unbind_wechat, name="unbind-wechat"),
    path("me/password/", security.password, name="password"),
    path("me/password/code/", security.send_password_code, name="password-code"),
    path("me/password/remove/", security.remove_password, name="password-remove"),
    path("size/", me.set_size, name="size"),
    path("privacy/", me.privacy, name="privacy"),
]
