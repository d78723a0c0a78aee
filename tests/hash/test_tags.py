from __future__ import annotations

import pytest

from hstar.errors import InputError
from hstar.hash import tags
from hstar.hash.tags import Tag


def test_every_tag_is_listed_and_no_two_agree() -> None:
    defined = {value for value in vars(tags).values() if isinstance(value, Tag)}
    assert defined == set(tags.ALL_TAGS)
    assert len({tag.name for tag in tags.ALL_TAGS}) == len({tag.element for tag in tags.ALL_TAGS}) == len(defined)


def test_person_is_padded_to_16_bytes() -> None:
    assert tags.MERKLE_LEAF.person == b"hstar leaf\0\0\0\0\0\0"
    assert all(len(tag.person) == 16 for tag in tags.ALL_TAGS)
    assert len({tag.person for tag in tags.ALL_TAGS}) == len(tags.ALL_TAGS)


@pytest.mark.parametrize(("name", "element"), [("", 1), ("x" * 17, 1), ("é", 1), ("a\0", 1), ("a", 0), ("a", 256)])
def test_bad_tags_are_refused(name: str, element: int) -> None:
    with pytest.raises(InputError):
        Tag(name, element)
