"""A provider for demonstrations: a button pays. The settings allow it with DEBUG only."""

from collections.abc import Mapping
from datetime import datetime

from mall.exceptions.payments import NoticeForged
from mall.services.payments.providers import Bill, RefundOrder, RefundSeen, Seen


class Trial:
    """Knows nothing by itself: the trial's page tells `payments.settle` that it was paid."""

    def start(self, bill: Bill, *, way: str) -> Mapping[str, str]:
        return {"trial": bill.out_trade_no}

    def look(self, out_trade_no: str) -> Seen:
        return Seen(out_trade_no, "open")

    def close(self, out_trade_no: str) -> None:
        return

    def refund(self, order: RefundOrder) -> RefundSeen:
        return RefundSeen("done", f"trial-{order.out_refund_no}")

    def notified(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Seen | None:
        raise NoticeForged
