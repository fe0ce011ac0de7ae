from django.urls import path

from mall.api import catalogue, coupons, my_coupons, redemptions, till

urlpatterns = [
    path("mall", catalogue.LayoutView.as_view(), name="mall"),
    path("mall/rewards", catalogue.RewardsView.as_view(), name="mall-rewards"),
    path("mall/rewards/<str:code>", catalogue.RewardView.as_view(), name="mall-reward"),
    path("me/wishes", catalogue.WishesView.as_view(), name="me-wishes"),
    path("me/wishes/<str:code>", catalogue.WishView.as_view(), name="me-wish"),
    path("me/redemptions", redemptions.RedemptionsView.as_view(), name="me-redemptions"),
    path("me/redemptions/quote", redemptions.QuoteView.as_view(), name="me-redemptions-quote"),
    path(
        "me/redemptions/<str:number>",
        redemptions.RedemptionView.as_view(),
        name="me-redemption",
    ),
    path(
        "me/redemptions/<str:number>/code",
        redemptions.HandOverCodeView.as_view(),
        name="me-redemption-code",
    ),
    path(
        "me/redemptions/<str:number>/cancel",
        redemptions.CancelView.as_view(),
        name="me-redemption-cancel",
    ),
    path(
        "me/redemptions/<str:number>/received",
        redemptions.ReceivedView.as_view(),
        name="me-redemption-received",
    ),
    path(
        "me/redemptions/<str:number>/codes",
        redemptions.CodesView.as_view(),
        name="me-redemption-codes",
    ),
    path(
        "me/redemptions/<str:number>/returns",
        redemptions.ReturnsView.as_view(),
        name="me-redemption-returns",
    ),
    path(
        "me/redemptions/<str:number>/returns/<int:return_id>/withdraw",
        redemptions.WithdrawView.as_view(),
        name="me-redemption-return-withdraw",
    ),
    path(
        "me/redemptions/<str:number>/payment",
        redemptions.PaymentView.as_view(),
        name="me-redemption-payment",
    ),
    path("redemptions", till.TillRedemptionsView.as_view(), name="redemptions"),
    path("redemptions/look-up", till.HandOverLookUpView.as_view(), name="redemptions-look-up"),
    path("redemptions/hand-over", till.HandOverView.as_view(), name="redemptions-hand-over"),
    path("coupons/look-up", coupons.CouponLookUpView.as_view(), name="coupons-look-up"),
    path("coupons/quote", coupons.CouponQuoteView.as_view(), name="coupons-quote"),
    path("coupons/lock", coupons.CouponLockView.as_view(), name="coupons-lock"),
    path("coupons/use", coupons.CouponUseView.as_view(), name="coupons-use"),
    path("coupons/release", coupons.CouponReleaseView.as_view(), name="coupons-release"),
    path("coupons/return", coupons.CouponReturnView.as_view(), name="coupons-return"),
    path("me/coupons", my_coupons.MyCouponsView.as_view(), name="me-coupons"),
    path("me/coupons/claim", my_coupons.CouponClaimView.as_view(), name="me-coupons-claim"),
    path("me/coupons/<int:coupon_id>", my_coupons.MyCouponView.as_view(), name="me-coupon"),
]
