from django.urls import path

from members.api import views

urlpatterns = [
    path("sign-in/codes", views.CodesView.as_view(), name="sign-in-codes"),
    path("sign-in", views.SignInView.as_view(), name="sign-in"),
    path("sign-out", views.SignOutView.as_view(), name="sign-out"),
    path("me", views.MeView.as_view(), name="me"),
]
