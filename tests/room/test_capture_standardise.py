"""Standardisation: what a source wrote becomes what the inventory keeps, and nothing is guessed."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.capture import standardise, telephone
from customer_inventory.capture.standardise import Unusable

REGIONS = ("GB", "DE", "FR", "IT", "PL", "US", "SE", "BR", "AU", "AR")


@pytest.mark.parametrize(
    ("standard", "written", "kept"),
    [
        (standardise.text, "  Mary\t Ann ", "Mary Ann"),
        (standardise.text, "Mu\u0308ller", "Müller"),
        (standardise.text, "non\u00a0breaking", "non breaking"),
        (standardise.email, " Ann.Lee+news@Mail.Example.COM ", "ann.lee+news@mail.example.com"),
        (standardise.email, "zoë@bücher.example", "zoë@bücher.example"),
        (standardise.country, "deutschland", "DE"),
        (standardise.country, "GBR", "GB"),
        (standardise.country, "The Netherlands", "NL"),
        (standardise.country, "ch", "CH"),
        (standardise.integer, " -12 ", -12),
        (standardise.number, "1.50", 1.5),
        (standardise.boolean, "Yes", True),
        (standardise.boolean, "0", False),
        (standardise.day(("iso",)), "1971-06-24", "1971-06-24"),
        (standardise.day(("%d/%m/%Y", "iso")), "24/06/1971", "1971-06-24"),
        (standardise.instant(("iso",)), "2024-02-29T12:00:00+02:00", "2024-02-29T10:00:00Z"),
        (standardise.instant(("iso",)), "2024-02-29 12:00", "2024-02-29T12:00:00Z"),
        (standardise.phone("GB"), "020 7946 0123", "+442079460123"),
        (standardise.phone("GB"), "+49 (0)30 23125 001", "+493023125001"),
        (standardise.phone(None), "+33 6 39 98 00 50", "+33639980050"),
        (standardise.phone("IT"), "06 698 12345", "+390669812345"),
    ],
)
def test_what_can_be_read_is_kept_in_one_form(standard, written, kept):
    assert standard(written) == kept
    assert type(standard(written)) is type(kept)


@pytest.mark.parametrize(
    ("standard", "written"),
    [
        (standardise.text, "a\x00b"),
        (standardise.text, "a\x1bb"),
        (standardise.text, "x" * 4001),
        (standardise.text, b"M\xfcller".decode("utf-8", "surrogateescape")),
        (standardise.email, "ann.lee"),
        (standardise.email, "ann@lee@example.com"),
        (standardise.email, "ann@localhost"),
        (standardise.email, ".ann@example.com"),
        (standardise.email, "ann@-example.com"),
        (standardise.email, "a" * 65 + "@example.com"),
        (standardise.country, "Atlantis"),
        (standardise.integer, "1.5"),
        (standardise.integer, "1" * 19),
        (standardise.number, "1,5"),
        (standardise.boolean, "maybe"),
        (standardise.day(("iso",)), "24/06/1971"),
        (standardise.day(("iso",)), "1971-02-30"),
        (standardise.day(("%d/%m/%Y",)), "1971-06-24"),
        (standardise.instant(("iso",)), "noon"),
        (standardise.phone("GB"), "123"),
        (standardise.phone("GB"), "call me"),
        (standardise.phone(None), "020 7946 0123"),
        (standardise.phone("GB"), "+0" + "1" * 10),
    ],
)
def test_what_cannot_be_read_is_refused_without_repeating_it(standard, written):
    with pytest.raises(Unusable) as refused:
        standard(written)
    assert written not in str(refused.value)


@given(
    region=st.sampled_from(REGIONS),
    default=st.sampled_from((*REGIONS, None)),
    style=st.sampled_from((0, 1, 2)),
    kind=st.integers(0, 4),
    digits=st.text("0123456789", min_size=0, max_size=6),
    cut=st.integers(0, 3),
)
def test_plain_numbers_are_read_as_phonenumbers_reads_them(region, default, style, kind, digits, cut):
    example = phonenumbers.example_number_for_type(region, kind)
    if example is None:
        return
    written = phonenumbers.format_number(example, style)
    written = written[: len(written) - cut - len(digits)] + digits
    assert _read(telephone.e164, written, default) == _read(telephone._carefully, written, default)


@given(st.text("+0123456789 ()-./", max_size=20), st.sampled_from((*REGIONS, None)))
def test_any_digits_are_read_as_phonenumbers_reads_them(written, default):
    assert _read(telephone.e164, written, default) == _read(telephone._carefully, written, default)


@given(st.text())
def test_text_is_settled_after_one_time(written):
    try:
        once = standardise.text(written)
    except Unusable:
        return
    assert standardise.text(once) == once


def _read(reader, written, default):
    try:
        return reader(written, default)
    except telephone.UnusableNumber:
        return None
