"""The rules page for programs."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from campaigns.policies.programs import RuleTerms
from campaigns.services import rules
from tests.campaigns.conftest import draft, published

pytestmark = pytest.mark.django_db
FREE = RuleTerms(
    key="join", name="入会", name_en="Joining", effect="fixed", trigger="registration", points=50
)


@pytest.fixture
def api() -> APIClient:
    return APIClient()


def coming() -> None:
    from django.utils import timezone

    now = timezone.now()
    version = draft(
        FREE, starts_at=now + timedelta(days=40), announcement="送分", announcement_en="A gift"
    )
    rules.publish(version=version, by=None, now=now, reason="x")


def test_the_rules_in_force_are_open_to_anybody(api: APIClient) -> None:
    published(points=10, block_yuan=100, method="block", preface="欢迎")
    coming()

    told = api.get("/api/v1/rules").json()

    assert (told["edition"], told["version"], told["revision"]) == ("v1", 1, 0)
    assert told["since"] == "2025-05-10T12:00:00+08:00"
    assert told["preface"] == ["欢迎"]
    assert [s["section"] for s in told["sections"]] == [
        "earning",
        "spending",
        "validity",
        "returns",
        "transfer",
        "special",
    ]
    first = told["sections"][0]["clauses"][0]
    assert first["code"] == "basic_rate"
    assert first["params"] | {"sample": None} == {
        "method": "per_block",
        "points": 10,
        "yuan": "100",
        "sample": None,
    }
    assert first["example"] == "例：消费 ¥250 → 20 分"
    [next_one] = told["upcoming"]
    assert (next_one["edition"], next_one["announcement"]) == ("v2", "送分")
    added = [c for c in next_one["changes"] if c["kind"] == "added"]
    assert [c["title"] for c in added] == ["入会"]


def test_the_language_is_the_callers(api: APIClient) -> None:
    published(FREE)

    told = api.get("/api/v1/rules/v1", headers={"accept-language": "en"}).json()

    clause = next(c for c in told["sections"][0]["clauses"] if c["code"] == "rule")
    assert clause["title"] == "Joining"
    assert clause["text"].startswith("For joining, gives 50 points")
    assert clause["key"] == "rule:join"


def test_differences_and_versions(api: APIClient) -> None:
    published()
    coming()

    changes = api.get("/api/v1/rules/v2/changes").json()
    assert (changes["edition"], changes["before"]) == ("v2", "v1")
    assert {c["kind"] for c in changes["changes"]} == {"added"}
    assert api.get("/api/v1/rules/v1/changes").json()["before"] is None
    back = api.get("/api/v1/rules/v1/changes?from=v2").json()
    assert {c["kind"] for c in back["changes"]} == {"removed"}
    versions = api.get("/api/v1/rules/versions?page_size=1").json()
    assert (versions["count"], [row["edition"] for row in versions["results"]]) == (2, ["v2"])


@pytest.mark.parametrize("path", ["rules", "rules/v1", "rules/v1/changes", "rules/v2.1/changes"])
def test_what_there_is_not_is_404_with_a_code(api: APIClient, path: str) -> None:
    answer = api.get(f"/api/v1/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_schema_has_them(api: APIClient) -> None:
    paths = api.get("/api/schema/?format=json").json()["paths"]

    for path in ("", "/{edition}", "/{edition}/changes", "/versions"):
        assert f"/api/v1/rules{path}" in paths
