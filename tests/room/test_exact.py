"""Numbers come in to the last digit or not at all."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.model import InvalidDocument
from customer_inventory.model.exact import decoded


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_double_precision_holds_comes_in(number: float) -> None:
    assert decoded(repr(number).encode()) == number
    assert decoded(json.dumps({"a": [number]}).encode()) == {"a": [number]}


@given(st.integers(-(10**300), 10**300))
def test_whole_numbers_have_as_many_digits_as_they_like(number: int) -> None:
    assert decoded(str(number).encode()) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=20, min_value=-1000, max_value=1000))
def test_what_is_taken_comes_out_as_the_same_number(number: Decimal) -> None:
    text = f"{number:f}"
    try:
        taken = decoded(text.encode())
    except InvalidDocument:
        assert Decimal(repr(float(text))) != number
    else:
        assert Decimal(msgspec.json.encode(taken).decode()) == number


@pytest.mark.parametrize(
    "text", ["0.12345678901234567890", "9007199254740993.0", "1e-400", "1e309", "1.00000000000000000001E2"]
)
def test_a_number_that_would_be_rounded_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(InvalidDocument) as refusal:
        decoded(f'{{"a": [1.5, {{"b": {text}}}], "c": {text}, "d": "{text}"}}'.encode())
    assert str(refusal.value).split("; ") == [
        "a[1].b: is a number that double precision does not hold",
        "c: is a number that double precision does not hold",
    ]
    with pytest.raises(InvalidDocument):
        decoded(text.encode())


def test_what_is_no_json_is_refused_as_that() -> None:
    for text in (b"1.", b"[0.12345678901234567890", b"nan", b"\xff"):
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
            decoded(text)
    many = b"[" + b"0.12345678901234567890," * 100_000 + b"1]"
    with pytest.raises(InvalidDocument) as refusal:
        decoded(many)
    assert len(refusal.value.problems) == 20
