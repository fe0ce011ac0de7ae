from django.urls import path

from members import views

app_name = "members"

urlpatterns = [
    path("sign-in/", views.sign_in_phone, name="sign-in"),
    path("sign-in/code/", views.sign_in_code, name="sign-in-code"),
    path("sign-in/code/resend/", views.resend_code, name="resend-code"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("me/", views.me, name="me"),
    path("size/", views.set_size, name="size"),
    path("privacy/", views.privacy, name="privacy"),
]
