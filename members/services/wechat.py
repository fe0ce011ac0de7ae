"""Signing in from a WeChat mini-program, and what binds a WeChat user to a member.

WeChat is always asked outside of a transaction: it may hang, and a row must not hang with it.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from members import exceptions, policies
from members.models import CodeAllowance, DeviceSession, Member, WechatIdentity
from members.services import codes, registration, wechat_client, wechat_tokens
from members.services import sign_in as signing_in
from members.services.wechat_client import Client, WechatUser

_HOUR = 3600
_CODE_LENGTH_MAX = 200


def sign_in(
    *,
    login_code: str,
    phone_code: str,
    ip: str,
    user_agent: str,
    at: datetime,
    origin: registration.Origin = registration.NOWHERE,
) -> signing_in.SignedIn:
    """Sign in whoever called `wx.login`; a WeChat user who is bound needs nothing else.

    An unknown one without `phone_code` gets `WechatPhoneNeeded`, and nothing is made. With it,
    the member of that number is found or registered, and bound to the WeChat user. The login
    code is used up in either case: the next call needs a new one. A bound user's `phone_code`
    is left alone, since WeChat takes money for each.

    Raises `WechatOff`, `WechatTooMany`, `WechatCodeInvalid`, `WechatRefused`,
    `WechatUnavailable`, `PhoneInvalid`, `WechatPhoneBound` and `WechatBoundElsewhere`. Must not
    run inside a caller's transaction.
    """
    _check_code(login_code, field="login_code")
    client = _allowed_client(ip=ip, at=at)
    user = client.user_of(login_code=login_code)
    member = _bound_member(user)
    if member is not None:
        return _signed_in(member, is_new=False, user_agent=user_agent, at=at)
    if not phone_code:
        raise exceptions.WechatPhoneNeeded
    _check_code(phone_code, field="phone_code")
    number = _checked(_phone_of(client, phone_code=phone_code, at=at))
    with transaction.atomic():
        member, is_new = signing_in.find_or_register(
            phone=number, source=Member.Source.API, at=at, origin=origin
        )
        _bind(member, user, at=at)
        return _signed_in(member, is_new=is_new, user_agent=user_agent, at=at)


def bind(*, member: Member, login_code: str, ip: str, at: datetime) -> None:
    """Bind a signed-in member to whoever called `wx.login`; doing it again changes nothing.

    Raises as `sign_in` does. Must not run inside a caller's transaction.
    """
    _check_code(login_code, field="login_code")
    user = _allowed_client(ip=ip, at=at).user_of(login_code=login_code)
    with transaction.atomic():
        _bind(member, user, at=at)


def unbind(*, member_id: int) -> int:
    """Forget which WeChat users a member is; devices stay signed in. Returns how many went."""
    return WechatIdentity.objects.filter(member_id=member_id).delete()[0]


def _check_code(code: str, *, field: str) -> None:
    """No code of WeChat's looks otherwise; what is no code at all is not worth a call."""
    if not 0 < len(code) <= _CODE_LENGTH_MAX or not code.isascii() or not code.isprintable():
        raise exceptions.WechatCodeInvalid(field=field)


def _allowed_client(*, ip: str, at: datetime) -> Client:
    """The client, once the network has one of its sign-ins left: each holds a thread of ours."""
    client = wechat_client.chosen()
    with transaction.atomic(durable=True):
        if not CodeAllowance.objects.take(
            scope=CodeAllowance.Scope.WECHAT_NETWORK,
            key=policies.network(ip),
            window=int(at.timestamp()) // _HOUR,
            limit=settings.SIGN_IN_WECHAT_PER_NETWORK_AND_HOUR,
            at=at,
        ):
            raise exceptions.WechatTooMany
    return client


def _bound_member(user: WechatUser) -> Member | None:
    known = WechatIdentity.objects.filter(app_id=settings.WECHAT_APP_ID, openid=user.openid)
    identity = known.select_related("member").first()
    if identity is None:
        return None
    if user.unionid and user.unionid != identity.unionid:
        known.update(unionid=user.unionid)
    return identity.member


def _phone_of(client: Client, *, phone_code: str, at: datetime) -> str:
    """The number behind `phone_code`; a token that WeChat refuses is renewed once."""
    token = wechat_tokens.current(client, at=at)
    try:
        return client.phone_of(phone_code=phone_code, access_token=token.value)
    except wechat_client.TokenStale:
        token = wechat_tokens.replaced(client, stale=token, at=at)
    try:
        return client.phone_of(phone_code=phone_code, access_token=token.value)
    except wechat_client.TokenStale:
        raise exceptions.WechatUnavailable(seconds=5) from None


def _checked(phone: str) -> str:
    try:
        return codes.checked_phone(phone)
    except exceptions.PhoneInvalid:
        raise exceptions.PhoneInvalid(field="phone_code") from None


def _bind(member: Member, user: WechatUser, *, at: datetime) -> None:
    """One row between the two, whoever else tries to make another at the same moment."""
    app_id = settings.WECHAT_APP_ID
    WechatIdentity.objects.bulk_create(
        [
            WechatIdentity(
                member=member,
                app_id=app_id,
                openid=user.openid,
                unionid=user.unionid,
                bound_at=at,
            )
        ],
        ignore_conflicts=True,
    )
    standing = WechatIdentity.objects.filter(app_id=app_id, openid=user.openid).first()
    if standing is None:
        raise exceptions.WechatPhoneBound
    if standing.member_id != member.pk:
        raise exceptions.WechatBoundElsewhere


def _signed_in(
    member: Member, *, is_new: bool, user_agent: str, at: datetime
) -> signing_in.SignedIn:
    return signing_in.signed_in(
        member=member,
        is_new=is_new,
        kind=DeviceSession.Kind.API,
        user_agent=user_agent,
        at=at,
    )
