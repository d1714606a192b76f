"""Masks show no more than they say, wherever in a document the attribute stands; nothing else of it is touched."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.model.places import place
from customer_inventory.requirements.masking import DOTS, MOST_SHOWN, Mask, masked, masked_document, masks_of
from customer_inventory.requirements.reading import requirement_from

KEY = b"k" * 32
FORMS = ("partial", "hash", "generalise", "null")
TEXTS = st.text(max_size=60)
LEAVES = TEXTS | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@given(TEXTS)
def test_a_partial_mask_shows_at_most_four_characters_and_at_most_a_third(text: str) -> None:
    shown = masked(text, "partial", key=KEY)
    assert shown.startswith(DOTS)
    tail = shown.removeprefix(DOTS)
    assert len(tail) <= min(MOST_SHOWN, len(text) // 3)
    assert text.endswith(tail)


@given(LEAVES)
def test_a_hash_is_the_same_for_equal_values_and_tells_nothing_of_their_length(value: Any) -> None:
    shown = masked(value, "hash", key=KEY)
    assert len(shown) == 13
    assert masked(value, "hash", key=KEY) == shown
    assert masked(value, "hash", key=b"other") != shown


@given(TEXTS)
def test_a_generalised_text_shows_a_year_or_one_letter(text: str) -> None:
    shown = masked(text, "generalise", key=KEY)
    assert shown in (DOTS, text[:1] + DOTS, text[:4])
    assert shown != text[:4] or len(shown) < 4 or shown.isdigit() or shown == DOTS


def test_the_forms_are_those_of_the_page() -> None:
    cases = {
        ("partial", "+41441234567"): f"{DOTS}4567",
        ("partial", "Anna"): f"{DOTS}a",
        ("partial", "An"): DOTS,
        ("partial", 1234567): f"{DOTS}67",
        ("partial", True): DOTS,
        ("generalise", "1984-06-02"): "1984",
        ("generalise", "1984-06-02T10:00:00Z"): "1984",
        ("generalise", "Byron"): f"B{DOTS}",
        ("generalise", "Ann"): DOTS,
        ("generalise", -1280.5): "4 digits",
        ("generalise", 7): "1 digit",
        ("generalise", False): DOTS,
        ("null", "x"): None,
        ("none", "x"): "x",
    }
    assert {each: masked(each[1], each[0], key=KEY) for each in cases} == cases


SECRET = "Zürich-geheim-4711-Wert"


@pytest.mark.parametrize("form", FORMS)
@given(beside=st.dictionaries(st.sampled_from(["a", "b", "name"]), VALUES, max_size=3), count=st.integers(1, 3))
def test_a_mask_reaches_the_attribute_wherever_it_stands(form: str, beside: dict[str, Any], count: int) -> None:
    document = {
        "plain": SECRET,
        "list": [SECRET] * count,
        "group": {"@type": "Kept", "deep": {"er": SECRET}},
        "medium": [{**beside, "address": SECRET} for _ in range(count)],
        "extra": [{"name": "hat", "value": SECRET}, {"name": "shoe", "value": 1}, beside],
        "party": {"inner": [{"@type": "Person", "born": SECRET}]},
        "other": beside,
    }
    own = [Mask(place(each), form) for each in ("plain", "list", "group", "medium.address", "extra[hat]", "absent.x")]
    shown = masked_document(document, own, {"Person": [Mask(place("born"), form)]}, key=KEY)
    assert SECRET not in msgspec.json.encode(shown).decode()
    assert SECRET[:-4] not in msgspec.json.encode(shown).decode()
    assert shown["other"] == beside
    assert shown["extra"][1:] == document["extra"][1:]
    assert [{name: each[name] for name in beside if name != "address"} for each in shown["medium"]] == [beside] * count
    assert masked_document(document, [], {}, key=KEY) == document


def test_special_categories_and_cpni_are_masked_and_nothing_else() -> None:
    said = {"resource": "individual", "name": "n", "meaning": "m", "masking": "hash"}
    asked = [
        requirement_from({**said, "attribute": f"a{number}", "sensitivity": sensitivity})
        for number, sensitivity in enumerate(("public", "internal", "personal", "cpni", "special"))
    ]
    shown = requirement_from({**said, "attribute": "b", "sensitivity": "special", "masking": "none"})
    assert masks_of([*asked, shown]) == (Mask(place("a3"), "hash"), Mask(place("a4"), "hash"))
