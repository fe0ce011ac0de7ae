"""What the schema calls sets of choices whose fields have the same name."""

ENUM_NAMES = {
    "CouponOrderStateEnum": "mall.policies.coupon_codes.OrderState",
    "CouponStatusEnum": "mall.policies.coupon_codes.Status",
    "EntryKindEnum": "points.models.Entry.Kind",
    "EventStateEnum": "campaigns.models.Event.State",
    "LineKindEnum": "sales.models.ReceiptLine.Kind",
    "NoticeKindEnum": "notifications.models.Notice.Kind",
    "PaymentStateEnum": "mall.models.Payment.State",
    "ReceiptKindEnum": "sales.models.Receipt.Kind",
    "ReceiptStateEnum": "sales.models.Receipt.State",
    "RedemptionDeliveryEnum": "mall.models.Redemption.Delivery",
    "RedemptionReturnReasonEnum": "mall.models.RedemptionReturn.Reason",
    "RedemptionReturnStateEnum": "mall.models.RedemptionReturn.State",
    "RedemptionStateEnum": "mall.models.Redemption.State",
    "RewardKindEnum": "mall.models.Reward.Kind",
    "TicketKindEnum": "members.models.Ticket.Kind",
    "TicketStateEnum": "members.models.Ticket.State",
}
