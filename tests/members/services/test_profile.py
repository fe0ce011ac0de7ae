"""What members tell about themselves, and what is refused of it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from members import exceptions, signals
from members.models import Address, Consent, Member
from members.selectors.consents import consents_of, has_agreed
from members.services import addresses, consents, joining, profile, registration
from members.services.addresses import Content
from members.services.profile import Changes
from stores.models import Store
from stores.services import pictures
from tests import cast
from tests.members.conftest import NOON
from tests.racing import refused, succeeded, together
from tests.stores.test_pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Member:
    return cast.member(name="")


def edit(member: Member, **changes: Any) -> Member:
    return profile.edit(member_id=member.pk, changes=Changes(**changes), at=NOON)


@pytest.fixture
def told() -> Any:
    heard: list[int] = []

    def listen(member_id: int, **_kwargs: Any) -> None:
        heard.append(member_id)

    signals.profile_completed.connect(listen)
    yield heard
    signals.profile_completed.disconnect(listen)


def test_profile_is_told_once_when_it_is_complete(member: Member, told: list[int]) -> None:
    edit(member, name="林小雨")
    edit(member, gender="female")
    assert told == []
    edit(member, birthday=date(2000, 2, 29))
    edit(member, name="林大雨")
    assert told == [member.pk]
    member.refresh_from_db()
    assert (member.name, member.gender, member.birthday) == ("林大雨", "female", date(2000, 2, 29))


def test_what_is_left_out_stays(member: Member) -> None:
    edit(member, name="林小雨", gender="female")
    edit(member)
    member.refresh_from_db()
    assert (member.name, member.gender) == ("林小雨", "female")


def test_a_birthday_is_entered_once(member: Member) -> None:
    edit(member, birthday=date(1990, 5, 1))
    edit(member, birthday=date(1990, 5, 1))  # the same again is no change
    with pytest.raises(exceptions.BirthdayFixed):
        edit(member, birthday=date(1990, 5, 2))


@pytest.mark.parametrize("day", [date(2026, 3, 3), date(2099, 1, 1), date(1900, 1, 1)])
def test_nobody_s_birthday(member: Member, day: date) -> None:
    with pytest.raises(exceptions.BirthdayInvalid) as refusal:
        edit(member, birthday=day)
    assert refusal.value.field == "birthday"


@pytest.mark.parametrize("name", ["李" * 61, "x" * 10_000, "a\x00b", "a\u202eb", "\ud800"])
def test_names_that_cannot_stand(member: Member, name: str) -> None:
    with pytest.raises(exceptions.NameInvalid):
        edit(member, name=name)


@pytest.mark.parametrize("name", ["👩‍👩‍👧 Lin", "محمد علي", "  José  ", ""])
def test_names_of_the_world(member: Member, name: str) -> None:
    assert edit(member, name=name).name == name.strip()


def test_gender_and_store_come_from_their_lists(member: Member) -> None:
    Store.objects.create(code="west", name="西湖店")
    Store.objects.create(code="shut", name="关了", is_active=False)
    edited = edit(member, preferred_store_code="west")
    assert edited.preferred_store is not None
    assert edit(member, preferred_store_code="").preferred_store is None
    with pytest.raises(exceptions.StoreUnknown):
        edit(member, preferred_store_code="shut")
    with pytest.raises(exceptions.GenderInvalid):
        edit(member, gender="robot")


@pytest.mark.django_db(transaction=True)
def test_a_new_picture_replaces_the_file(
    member: Member, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    profile.set_avatar(member_id=member.pk, content=picture())
    member.refresh_from_db()
    first = member.avatar
    assert pictures.read(first)
    profile.set_avatar(member_id=member.pk, content=picture("JPEG"))
    member.refresh_from_db()
    assert member.avatar != first
    assert pictures.read(first) is None
    profile.remove_avatar(member_id=member.pk)
    assert not list(tmp_path.rglob("*.webp"))


HOME = Content("林小雨", "138 0013 8000", "330106", "文三路 90 号")


def add(member: Member, **changes: Any) -> Address:
    content = Content(**({s: getattr(HOME, s) for s in HOME.__slots__} | changes))
    return addresses.add(member_id=member.pk, content=content, at=NOON)


def test_the_first_address_is_the_default_and_there_is_always_one(member: Member) -> None:
    first, second = add(member), add(member, detail="二楼")
    third = add(member, detail="三楼", is_default=True)
    rows = list(Address.objects.of(member.pk))
    assert [row.pk for row in rows] == [third.pk, second.pk, first.pk]
    addresses.remove(member_id=member.pk, address_id=third.pk)
    assert Address.objects.get(is_default=True).pk == second.pk
    addresses.make_default(member_id=member.pk, address_id=first.pk)
    assert Address.objects.get(is_default=True).pk == first.pk
    assert first.phone == "+8613800138000"


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"recipient": " "}, exceptions.AddressInvalid, "recipient"),
        ({"recipient": "李" * 41}, exceptions.AddressInvalid, "recipient"),
        ({"detail": "a\x00b"}, exceptions.AddressInvalid, "detail"),
        ({"detail": "x" * 121}, exceptions.AddressInvalid, "detail"),
        ({"phone": "12345"}, exceptions.PhoneInvalid, "phone"),
        ({"region": "330100"}, exceptions.RegionUnknown, "region"),
        ({"region": ""}, exceptions.RegionUnknown, "region"),
    ],
)
def test_addresses_that_cannot_stand(
    member: Member, changes: dict[str, str], error: type[Exception], field: str
) -> None:
    with pytest.raises(error) as refusal:
        add(member, **changes)
    assert getattr(refusal.value, "field", "") == field
    assert not Address.objects.exists()


def test_another_s_address_is_unknown(member: Member) -> None:
    other = cast.member("13900139000")
    address = add(other)
    for act in (addresses.remove, addresses.make_default):
        with pytest.raises(exceptions.AddressUnknown):
            act(member_id=member.pk, address_id=address.pk)
    with pytest.raises(exceptions.AddressUnknown):
        addresses.change(member_id=member.pk, address_id=address.pk, content=HOME)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_twenty_addresses_in_any_burst(member: Member) -> None:
    for _number in range(addresses.LIMIT - 4):
        add(member)
    answers = together(24, lambda number: add(member, detail=f"{number}", is_default=True))
    assert len(succeeded(answers)) == 4
    assert {type(error) for error in refused(answers)} == {exceptions.TooManyAddresses}
    assert Address.objects.filter(is_default=True).count() == 1


def test_consents_are_given_taken_back_and_given_again(member: Member) -> None:
    def give(purpose: str) -> None:
        consents.give(member_id=member.pk, purpose=purpose, at=NOON)

    give("marketing")
    give("marketing")
    assert has_agreed(member.pk, "marketing")
    consents.withdraw(member_id=member.pk, purpose="marketing", at=NOON)
    assert not has_agreed(member.pk, "marketing")
    give("marketing")
    given = [(row.withdrawn_at is None) for row in Consent.objects.order_by("pk")]
    assert given == [False, True], "what stood when stays readable"
    standing = {row.purpose: row.is_given for row in consents_of(member.pk)}
    assert standing == {"terms": False, "marketing": True, "profiling": False}
    with pytest.raises(exceptions.ConsentNeeded):
        consents.withdraw(member_id=member.pk, purpose="terms", at=NOON)
    with pytest.raises(exceptions.ConsentUnknown):
        give("everything")


def test_invitation_code_stays_and_names_its_member(member: Member) -> None:
    code = profile.invitation_code(member)
    assert profile.invitation_code(Member.objects.get()) == code
    assert profile.inviter(f" {code.lower()} ") == member
    assert profile.inviter("") is None
    assert profile.inviter("X" * 500) is None


def test_joining_with_all_that_is_told(member: Member) -> None:
    newcomer = joining.Newcomer(
        phone="139 0013 9000",
        name="周可",
        birthday=date(1999, 1, 2),
        gender="male",
        invitation_code=profile.invitation_code(member),
        source_code="poster-7",
        agreed_to_terms=True,
    )
    joined = joining.join(newcomer, store_id=None, source="till", at=NOON)
    assert joined.invited_by == member
    assert (joined.source, joined.source_code, joined.gender) == ("till", "poster-7", "male")
    assert has_agreed(joined.pk, "terms")


def test_joining_is_all_or_nothing() -> None:
    newcomer = joining.Newcomer(phone="13900139000", birthday=date(2999, 1, 1))
    with pytest.raises(exceptions.BirthdayInvalid):
        joining.join(newcomer, store_id=None, source="till", at=NOON)
    with pytest.raises(exceptions.InvitationUnknown):
        joining.origin_of("NOBODYS")
    with pytest.raises(exceptions.SourceCodeInvalid):
        registration.checked_source_code("x" * 65)
    assert not Member.objects.exists()
