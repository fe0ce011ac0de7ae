"""Where providers send their notices, and the button of the trial's provider."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mall.exceptions.payments import NoticeForged
from mall.models import Payment
from mall.services import payments
from mall.services.payments.providers import Seen
from members.models import Member
from members.views import member_required

_NOTICE_BYTES_MAX = 64 * 1024


@csrf_exempt  # the signature proves who sends it
@require_POST
def notify(request: HttpRequest, provider: str) -> HttpResponse:
    """A provider's message: 204 when it is taken in, so that it is not sent again."""
    if provider not in settings.PAYMENT_PROVIDERS:
        raise Http404
    if int(request.headers.get("Content-Length") or 0) > _NOTICE_BYTES_MAX:
        return JsonResponse({"code": "FAIL", "message": "too large"}, status=413)
    try:
        payments.notify(
            provider=provider,
            headers=request.headers,
            body=request.body,
            at=timezone.now(),
        )
    except NoticeForged:
        return JsonResponse({"code": "FAIL", "message": "signature"}, status=401)
    return HttpResponse(status=204)


@require_POST
@member_required
def pay_in_trial(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    """The trial's button: the order counts as paid."""
    if settings.PAYMENT_PROVIDER != "trial":
        raise Http404
    payment = Payment.objects.filter(
        redemption__number=number, redemption__member=member, provider="trial"
    ).first()
    if payment is None:
        raise Http404
    seen = Seen(payment.out_trade_no, "paid", "trial", payment.amount)
    payments.settle(seen=seen, provider="trial", at=timezone.now())
    return redirect("mall:redemption", number=number)
