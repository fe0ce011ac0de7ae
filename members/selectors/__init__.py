from members.selectors.people import (
    CURRENT_ID,
    PersonFacts,
    born_on,
    found_by,
    known_tags,
    member_id,
    people_facts,
    standing,
    tags_of,
)

__all__ = [
    "CURRENT_ID",
    "PersonFacts",
    "born_on",
    "found_by",
    "known_tags",
    "member_id",
    "people_facts",
    "standing",
    "tags_of",
]
