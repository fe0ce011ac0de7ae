"""The rule builder: adding, changing, ordering rules of a draft, and the preview."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from campaigns.exceptions import AlreadyPublished
from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.services import drafts, rules
from stores.models import Article, Category

pytestmark = pytest.mark.django_db
PATH = "/admin/campaigns/earningrule/"

RULE = {
    "name": "会员日",
    "trigger": "purchase",
    "effect": "multiplier",
    "factor": "2",
    "combine": "extra",
    "c_weekday_in": ["4"],
    "timing_kind": "inherit",
    "bands-TOTAL_FORMS": "0",
    "bands-INITIAL_FORMS": "0",
    "limits-TOTAL_FORMS": "0",
    "limits-INITIAL_FORMS": "0",
}


@pytest.fixture
def draft() -> EarningRuleVersion:
    return EarningRuleVersion.objects.create(name="Basic", starts_at=timezone.now())


def add(client: Client, of: EarningRuleVersion, **fields: Any) -> Any:
    return client.post(f"{PATH}add/?version={of.pk}", RULE | fields)


def test_a_rule_is_built_without_json(admin_client: Client, draft: EarningRuleVersion) -> None:
    Category.objects.create(code="TEA", name="茶")
    answer = add(admin_client, draft, c_category_in=["TEA"], c_category_not="1")

    assert answer["Location"] == f"/admin/campaigns/earningruleversion/{draft.pk}/change/"
    made = EarningRule.objects.get()
    assert made.conditions == [
        {"kind": "category", "in": ["TEA"], "not": True},
        {"kind": "weekday", "in": [4]},
    ]
    assert (made.factor, made.version, made.position) == (Decimal(2), draft, 1)
    assert "每周四" in LogEntry.objects.get().change_message

    page = admin_client.get(f"{PATH}{made.pk}/change/").content.decode()
    assert "积分 × 2" in page
    assert "{&quot;" not in page


def test_what_is_wrong_comes_back_to_its_field(
    admin_client: Client, draft: EarningRuleVersion
) -> None:
    answer = add(admin_client, draft, factor="-2", c_amount_from="5", c_amount_to="3")

    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"factor", "c_amount_to"}
    assert not EarningRule.objects.exists()


def test_a_preview_says_the_rule_and_writes_nothing(
    admin_client: Client, draft: EarningRuleVersion
) -> None:
    path = f"{PATH}preview/?version={draft.pk}"

    told = admin_client.post(path, RULE).content.decode()
    assert "每周四，积分 × 2" in told
    assert "<html" not in told
    half = admin_client.post(path, RULE | {"factor": "", "name": ""})
    assert half.status_code == 200
    assert "rb-missing" in half.content.decode()
    assert admin_client.post(path, {}).status_code == 200
    by_button = add(admin_client, draft, _preview="1").content.decode()
    assert "每周四，积分 × 2" in by_button
    assert not EarningRule.objects.exists()
    assert admin_client.get(path).status_code == 405
    assert admin_client.post(f"{PATH}preview/?version=9999", RULE).status_code == 404
    assert admin_client.post(f"{PATH}preview/?version=x", RULE).status_code == 404


def test_a_preview_warns(admin_client: Client, draft: EarningRuleVersion) -> None:
    forever = {name: value for name, value in RULE.items() if name != "c_weekday_in"}

    told = admin_client.post(f"{PATH}preview/?version={draft.pk}", forever).content.decode()

    assert "rb-hints" in told


def test_the_preview_is_for_those_who_may_edit(client: Client, draft: EarningRuleVersion) -> None:
    path = f"{PATH}preview/?version={draft.pk}"
    assert client.post(path, RULE).status_code == 302
    someone = User.objects.create_user("someone", password="x", is_staff=True)
    client.force_login(someone)
    assert client.post(path, RULE).status_code == 403
    assert client.get(f"{PATH}articles/?q=1").status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("boss"))
    assert strict.post(path, RULE).status_code == 403


def test_articles_are_found_by_number_or_name(admin_client: Client) -> None:
    Article.objects.create(sku="1001", name="龙井茶")

    for text in ("10", "井"):
        found = admin_client.get(f"{PATH}articles/", {"q": text}).json()
        assert found == {"articles": [{"sku": "1001", "name": "龙井茶"}]}
    assert admin_client.get(f"{PATH}articles/").json() == {"articles": []}


def test_rules_are_moved_copied_and_deleted(
    admin_client: Client, draft: EarningRuleVersion
) -> None:
    for name in ("A", "B", "C"):
        add(admin_client, draft, name=name)
    a, b, _c = EarningRule.objects.order_by("position")

    def names() -> list[str]:
        return list(EarningRule.objects.order_by("position").values_list("name", flat=True))

    admin_client.post(f"{PATH}{b.pk}/move/", {"direction": "up"})
    assert names() == ["B", "A", "C"]
    admin_client.post(f"{PATH}{b.pk}/move/", {"direction": "up"})
    assert names() == ["B", "A", "C"]
    admin_client.post(f"{PATH}{b.pk}/move/", {"direction": "down"})
    assert names() == ["A", "B", "C"]
    answer = admin_client.post(f"{PATH}{a.pk}/copy/")
    copy = EarningRule.objects.latest("pk")
    assert answer["Location"] == f"{PATH}{copy.pk}/change/"
    assert names()[1] == copy.name
    assert len(set(EarningRule.objects.values_list("key", flat=True))) == 4
    answer = admin_client.post(f"{PATH}{copy.pk}/delete/?version={draft.pk}", {"post": "yes"})
    assert answer["Location"] == f"/admin/campaigns/earningruleversion/{draft.pk}/change/"
    assert names() == ["A", "B", "C"]
    assert admin_client.get(f"{PATH}{a.pk}/move/").status_code == 405
    assert admin_client.get(PATH).status_code == 302


def test_rules_of_a_published_version_stand(
    admin_client: Client, draft: EarningRuleVersion
) -> None:
    add(admin_client, draft)
    rule = EarningRule.objects.get()
    rules.publish(version=draft, by=None, now=timezone.now())

    assert admin_client.get(f"{PATH}{rule.pk}/change/").status_code == 200
    assert admin_client.post(f"{PATH}{rule.pk}/change/", RULE).status_code == 403
    assert admin_client.post(f"{PATH}{rule.pk}/move/", {"direction": "up"}).status_code == 403
    assert admin_client.post(f"{PATH}{rule.pk}/copy/").status_code == 403
    assert admin_client.post(f"{PATH}{rule.pk}/delete/", {"post": "yes"}).status_code == 403
    assert add(admin_client, draft).status_code == 403
    for call in (
        lambda: drafts.save_rule(rule=rule),
        lambda: drafts.duplicate(rule=rule, name="x"),
        lambda: drafts.move(rule=rule, up=True),
        lambda: drafts.remove(rule=rule),
    ):
        with pytest.raises(AlreadyPublished):
            call()


def test_a_rule_changed_meanwhile_is_not_overwritten(
    admin_client: Client, draft: EarningRuleVersion
) -> None:
    add(admin_client, draft)
    rule = EarningRule.objects.get()
    seen = admin_client.get(f"{PATH}{rule.pk}/change/").context["form"]["seen"].value()
    EarningRule.objects.update(factor=5)

    late = admin_client.post(f"{PATH}{rule.pk}/change/", RULE | {"seen": seen})

    assert late.context["form"].has_error("__all__", "changed")
    assert EarningRule.objects.get().factor == 5


def test_who_may_only_look_sees_the_rule_and_no_button(
    client: Client, admin_client: Client, draft: EarningRuleVersion
) -> None:
    add(admin_client, draft)
    rule = EarningRule.objects.get()
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_earningrule"))
    client.force_login(viewer)

    page = client.get(f"{PATH}{rule.pk}/change/").content.decode()
    assert "积分 × 2" in page
    assert 'name="_save"' not in page
    assert client.post(f"{PATH}{rule.pk}/change/", RULE).status_code == 403
    assert client.get(f"{PATH}add/?version={draft.pk}").status_code == 403
