from django.urls import path, register_converter

from mall.views import catalogue, coupons, ordering, orders, payments, pictures

app_name = "mall"


class PictureName:
    """The random part of a path: no dot and no slash can be in it."""

    regex = "[A-Za-z0-9_-]{16,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(PictureName, "picture")

urlpatterns = [
    path("mall/", catalogue.home, name="home"),
    path("mall/rewards/", catalogue.rewards, name="rewards"),
    path("mall/rewards/<slug:code>/", catalogue.reward, name="reward"),
    path("mall/rewards/<slug:code>/wish/", catalogue.wish, name="wish"),
    path("mall/rewards/<slug:code>/redeem/", ordering.confirm, name="confirm"),
    path("mall/wishes/", catalogue.wish_list, name="wishes"),
    path("mall/orders/", orders.orders, name="orders"),
    path("mall/orders/<slug:number>/", orders.order, name="redemption"),
    path("mall/orders/<slug:number>/cancel/", orders.cancel, name="order-cancel"),
    path("mall/orders/<slug:number>/pay/", orders.pay, name="order-pay"),
    path("mall/orders/<slug:number>/received/", orders.received, name="order-received"),
    path("mall/orders/<slug:number>/codes/", orders.open_code, name="order-codes"),
    path("mall/orders/<slug:number>/return/", orders.ask_return, name="order-return"),
    path(
        "mall/orders/<slug:number>/returns/<int:return_id>/withdraw/",
        orders.withdraw_return,
        name="order-return-withdraw",
    ),
    path("coupons/", coupons.wallet, name="coupons"),
    path("coupons/claim/", coupons.claim, name="coupon-claim"),
    path("coupons/<int:coupon_id>/", coupons.coupon, name="coupon"),
    path("payments/<str:provider>/notify/", payments.notify, name="payment-notify"),
    path("mall/orders/<str:number>/trial-pay/", payments.pay_in_trial, name="pay-in-trial"),
    path("mall/pictures/<picture:name>-<int:width>.webp", pictures.picture, name="picture"),
]
