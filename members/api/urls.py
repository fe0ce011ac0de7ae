from django.urls import path

from members.api.views import addresses, me, relations, security, sign_in, till

urlpatterns = [
    path("sign-in/codes", sign_in.CodesView.as_view(), name="sign-in-codes"),
    path("sign-in", sign_in.SignInView.as_view(), name="sign-in"),
    path("sign-in/password", sign_in.PasswordSignInView.as_view(), name="sign-in-password"),
    path("sign-in/wechat", sign_in.WechatSignInView.as_view(), name="sign-in-wechat"),
    path("sign-in/refresh", sign_in.RefreshView.as_view(), name="sign-in-refresh"),
    path("sign-out", sign_in.SignOutView.as_view(), name="sign-out"),
    path("me/devices", security.DevicesView.as_view(), name="me-devices"),
    path("me/devices/<int:device_id>", security.DeviceView.as_view(), name="me-device"),
    path(
        "me/devices/<int:device_id>/sign-out",
        security.DeviceSignOutView.as_view(),
        name="me-device-sign-out",
    ),
    path(
        "me/sign-out-everywhere",
        security.SignOutEverywhereView.as_view(),
        name="me-sign-out-everywhere",
    ),
    path("me/codes", security.OwnCodesView.as_view(), name="me-codes"),
    path("me/password", security.PasswordView.as_view(), name="me-password"),
    path("me/password/remove", security.PasswordRemovalView.as_view(), name="me-password-remove"),
    path("me/wechat", security.WechatView.as_view(), name="me-wechat"),
    path("me/wechat/bind", security.WechatBindView.as_view(), name="me-wechat-bind"),
    path("me/wechat/unbind", security.WechatUnbindView.as_view(), name="me-wechat-unbind"),
    path("me", me.MeView.as_view(), name="me"),
    path("me/avatar", me.AvatarView.as_view(), name="me-avatar"),
    path("me/code", me.CodeView.as_view(), name="me-code"),
    path("me/invitation", me.InvitationView.as_view(), name="me-invitation"),
    path("me/consents", me.ConsentsView.as_view(), name="me-consents"),
    path("me/addresses", addresses.AddressesView.as_view(), name="me-addresses"),
    path("me/addresses/parse", addresses.ParseView.as_view(), name="me-addresses-parse"),
    path("me/addresses/<int:address_id>", addresses.AddressView.as_view(), name="me-address"),
    path("me/relations", relations.RelationsView.as_view(), name="me-relations"),
    path(
        "me/relations/invitations",
        relations.RelationInvitationsView.as_view(),
        name="me-relations-invite",
    ),
    path("me/relations/accept", relations.RelationAcceptView.as_view(), name="me-relations-accept"),
    path("me/relations/<int:relation_id>", relations.RelationView.as_view(), name="me-relation"),
    path("regions", addresses.RegionsView.as_view(), name="regions"),
    path("members", till.MembersView.as_view(), name="members"),
    path("members/look-up", till.LookUpView.as_view(), name="members-look-up"),
]
