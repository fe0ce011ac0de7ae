"""The keys of the stores' machines."""

from datetime import UTC, datetime, timedelta

import pytest

from stores.models import ApiKey, Store
from stores.services import api_keys

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def store() -> Store:
    return Store.objects.create(code="HZ1", name="西湖店")


def test_the_secret_finds_its_key_and_is_kept_nowhere(store: Store) -> None:
    issued = api_keys.issue(store=store, name="till 1", now=NOW)

    assert api_keys.find(secret=issued.secret, now=NOW) == issued.key
    kept = ApiKey.objects.values().get()
    assert issued.secret.startswith(f"jd_{kept['prefix']}_")
    assert issued.secret not in str(kept)
    assert issued.secret.rpartition("_")[2] not in str(kept)


@pytest.mark.parametrize(
    "secret",
    ["", "jd_", "jd__", "jd_00000000_x", "x", "jd_\x00_x", "jd_é_x", "jd_" + "a" * 5000, "jd_%_x"],
)
def test_other_texts_find_nothing(store: Store, secret: str) -> None:
    api_keys.issue(store=store, name="till 1", now=NOW)

    assert api_keys.find(secret=secret, now=NOW) is None


def test_the_right_prefix_with_a_wrong_secret_finds_nothing(store: Store) -> None:
    issued = api_keys.issue(store=store, name="till 1", now=NOW)

    assert api_keys.find(secret=issued.secret[:-1] + "!", now=NOW) is None


def test_a_withdrawn_key_and_one_of_a_closed_store_find_nothing(store: Store) -> None:
    withdrawn = api_keys.issue(store=store, name="till 1", now=NOW)
    api_keys.withdraw(key=withdrawn.key)
    other = api_keys.issue(store=store, name="till 2", now=NOW)
    assert api_keys.find(secret=other.secret, now=NOW) == other.key
    store.is_active = False
    store.save(update_fields=["is_active"])

    assert api_keys.find(secret=withdrawn.secret, now=NOW) is None
    assert api_keys.find(secret=other.secret, now=NOW) is None


def test_the_use_is_noted_once_a_minute(store: Store, django_assert_num_queries: object) -> None:
    issued = api_keys.issue(store=store, name="till 1", now=NOW)

    for seconds, queries in ((0, 2), (30, 1), (59, 1), (60, 2)):
        with django_assert_num_queries(queries):  # type: ignore[operator]
            api_keys.find(secret=issued.secret, now=NOW + timedelta(seconds=seconds))

    issued.key.refresh_from_db()
    assert issued.key.last_used_at == NOW + timedelta(seconds=60)
