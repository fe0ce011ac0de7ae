from members.selectors.people import (
    PersonFacts,
    born_on,
    found_by,
    known_tags,
    member_id,
    people_facts,
    tags_of,
)

__all__ = [
    "PersonFacts",
    "born_on",
    "found_by",
    "known_tags",
    "member_id",
    "people_facts",
    "tags_of",
]
