from django.urls import path, register_converter

from mall.views import coupons, payments, pictures

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
    path("coupons/", coupons.wallet, name="coupons"),
    path("coupons/claim/", coupons.claim, name="coupon-claim"),
    path("coupons/<int:coupon_id>/", coupons.coupon, name="coupon"),
    path("payments/<str:provider>/notify/", payments.notify, name="payment-notify"),
    path("mall/orders/<str:number>/trial-pay/", payments.pay_in_trial, name="pay-in-trial"),
    path("mall/pictures/<picture:name>-<int:width>.webp", pictures.picture, name="picture"),
]
