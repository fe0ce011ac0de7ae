"""A member's notices and settings, for the mini-program."""

from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import IsMember, calling_member
from notifications.api import serializers
from notifications.selectors import inbox
from notifications.selectors import reach as selectors
from notifications.services import mailbox, reach, reading


class MemberView(APIView):
    permission_classes = (IsMember,)


class NoticesView(MemberView):
    """What the member was told, the newest first."""

    @extend_schema(
        operation_id="me_notices_list",
        parameters=[serializers.NoticeQuery],
        responses=serializers.NoticePageSerializer,
    )
    def get(self, request: Request) -> Response:
        """404 `notice_unknown` for a cursor that is none of the member's notices."""
        query = serializers.NoticeQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        page = inbox.page(
            calling_member(request).pk,
            group=asked["group"],
            is_unread=asked["unread"],
            before=asked.get("cursor"),
            size=asked["page_size"],
        )
        content = {
            "results": serializers.NoticeSerializer(page.rows, many=True).data,
            "next_cursor": str(page.next_before) if page.next_before else None,
        }
        return Response(content)


class UnreadView(MemberView):
    """How many notices are unread, in all and by tab."""

    @extend_schema(operation_id="me_notices_unread_count", responses=serializers.UnreadSerializer)
    def get(self, request: Request) -> Response:
        groups = inbox.unread_by_group(calling_member(request).pk)
        return Response({"count": sum(groups.values()), "groups": groups})


class ReadView(MemberView):
    """Mark notices as read: some of them, a tab, or all."""

    @extend_schema(
        operation_id="me_notices_read",
        request=serializers.ReadSerializer,
        responses=serializers.ReadCountSerializer,
    )
    def post(self, request: Request) -> Response:
        """Safe to repeat. Notices of others are passed over."""
        data = _valid(serializers.ReadSerializer, request)
        member_id, now = calling_member(request).pk, timezone.now()
        if ids := data.get("ids"):
            count = reading.read(member_id=member_id, ids=ids, at=now)
        else:
            count = reading.read_all(
                member_id=member_id,
                group=data.get("group", ""),
                newest=data.get("newest"),
                at=now,
            )
        return Response({"read": count})


class SettingsView(MemberView):
    """How the member wants to be told."""

    @extend_schema(
        operation_id="me_notification_settings", responses=serializers.SettingsSerializer
    )
    def get(self, request: Request) -> Response:
        held = selectors.reach_of(calling_member(request).pk)
        return Response(serializers.shown_settings(held))

    @extend_schema(
        operation_id="me_notification_settings_change",
        request=serializers.SettingsContentSerializer,
        responses=serializers.SettingsSerializer,
    )
    def put(self, request: Request) -> Response:
        """What is left out stays; all of it is written, or nothing. 422 `switch_unknown`,
        `quiet_hours_incomplete`."""
        data = _valid(serializers.SettingsContentSerializer, request)
        member_id, now = calling_member(request).pk, timezone.now()
        has_quiet = "quiet_from" in data or "quiet_until" in data
        reach.change(
            member_id=member_id,
            at=now,
            language=data.get("language"),
            quiet=(data.get("quiet_from"), data.get("quiet_until")) if has_quiet else None,
            switches={
                (one["kind"], one["channel"]): one["is_on"] for one in data.get("switches", [])
            },
        )
        return Response(serializers.shown_settings(selectors.reach_of(member_id)))


class EmailView(MemberView):
    """Name an address, to which a code goes; or have none any more."""

    @extend_schema(
        operation_id="me_email_send_code",
        request=serializers.EmailSerializer,
        responses={202: serializers.EmailSentSerializer},
    )
    def post(self, request: Request) -> Response:
        """422 `email_invalid`; 429 `email_codes_used`."""
        data = _valid(serializers.EmailSerializer, request)
        sent = mailbox.send_code(
            member_id=calling_member(request).pk,
            email=data["email"],
            ip=request.META.get("REMOTE_ADDR", ""),
            language=get_language() or "",
            at=timezone.now(),
        )
        content = serializers.EmailSentSerializer(sent).data
        return Response(content, status=status.HTTP_202_ACCEPTED)

    @extend_schema(operation_id="me_email_remove", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        mailbox.remove(member_id=calling_member(request).pk, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmailConfirmView(MemberView):
    """The code has come back: messages go to the address from now on."""

    @extend_schema(
        operation_id="me_email_confirm",
        request=serializers.EmailConfirmSerializer,
        responses=serializers.SettingsSerializer,
    )
    def post(self, request: Request) -> Response:
        """422 `email_code_wrong`, also for a code that was sent to another address."""
        data = _valid(serializers.EmailConfirmSerializer, request)
        member_id = calling_member(request).pk
        mailbox.confirm(
            member_id=member_id, email=data["email"], code=data["code"], at=timezone.now()
        )
        return Response(serializers.shown_settings(selectors.reach_of(member_id)))


class SubscriptionsView(MemberView):
    """The templates of subscription messages, and what the member has allowed of each."""

    @extend_schema(
        operation_id="me_notices_wechat_templates",
        responses=serializers.SubscriptionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        rows = selectors.subscriptions_of(calling_member(request).pk)
        return Response(serializers.shown_subscriptions(rows))


class GrantsView(MemberView):
    """The member has allowed messages in `wx.requestSubscribeMessage`."""

    @extend_schema(
        operation_id="me_notices_wechat_grant",
        request=serializers.GrantSerializer,
        responses=serializers.GrantLeftSerializer,
    )
    def post(self, request: Request) -> Response:
        """Each call adds; at most twenty of a kind are kept. 422 `switch_unknown` for a kind that
        has no template."""
        data = _valid(serializers.GrantSerializer, request)
        left = reach.grant(
            member_id=calling_member(request).pk, counts={data["kind"]: data["count"]}
        )
        return Response({"kind": data["kind"], "left": left[data["kind"]]})


def _valid(kind: type[Any], request: Request) -> dict[str, Any]:
    data = kind(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)
