from django.urls import path

from members.views import me, sign_in

app_name = "members"

urlpatterns = [
    path("sign-in/", sign_in.sign_in_phone, name="sign-in"),
    path("sign-in/code/", sign_in.sign_in_code, name="sign-in-code"),
    path("sign-in/code/resend/", sign_in.resend_code, name="resend-code"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("me/", me.me, name="me"),
    path("size/", me.set_size, name="size"),
    path("privacy/", me.privacy, name="privacy"),
]
