"""What providers tell us by themselves."""

import json

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications.services import receipts

# Aliyun sends at most a few hundred at once, and the whole batch again after any other answer.
_ENTRIES_MAX = 2000


@csrf_exempt  # the secret in the address proves who sends it
@require_POST
def sms_reports(request: HttpRequest, secret: str) -> JsonResponse:
    """Aliyun's `SmsReport`: what became of messages, as a JSON array.

    The same report twice changes nothing; numbers that nobody knows are taken and forgotten.
    """
    ours = settings.SMS_REPORT_SECRET
    if not ours or not constant_time_compare(secret.encode(), ours.encode()):
        raise Http404
    try:
        entries = json.loads(request.body)
    except (ValueError, RecursionError, RequestDataTooBig):
        entries = None
    if not isinstance(entries, list) or len(entries) > _ENTRIES_MAX:
        return JsonResponse({"code": 1, "msg": "not a list of reports"}, status=400)
    now = timezone.now()
    receipts.note(receipts.sms_reports(entries, at=now))
    return JsonResponse({"code": 0, "msg": "OK"})
