from django.urls import path

from members.api.views import me, sign_in

urlpatterns = [
    path("sign-in/codes", sign_in.CodesView.as_view(), name="sign-in-codes"),
    path("sign-in", sign_in.SignInView.as_view(), name="sign-in"),
    path("sign-out", sign_in.SignOutView.as_view(), name="sign-out"),
    path("me", me.MeView.as_view(), name="me"),
]
