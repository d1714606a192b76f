"""Check digits: numbers by which states and banks know people, told by the digit that proves them.

A random number passes one of these in one case of ten to a hundred, so a column whose values all pass is of that kind.
Each rule is of the authority that its comment names; separators do not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from customer_inventory.model.value_tests import CHECKS

_SEPARATORS = {ord(letter): None for letter in " .-/"}
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_VERHOEFF = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
_TURNED = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _luhn(digits: str) -> bool:
    return CHECKS["luhn"](digits)


def _nhs(digits: str) -> bool:
    return (11 - _weighted(digits, range(10, 1, -1)) % 11) % 11 == int(digits[9])


def _bsn(digits: str) -> bool:
    return digits != "000000000" and _weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _mod11_10(digits: str) -> bool:
    """ISO/IEC 7064 MOD 11,10."""
    product = 10
    for digit in digits[:-1]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def _nir(text: str) -> bool:
    body = text[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(text[13:])


def _codice_fiscale(text: str) -> bool:
    values = [int(each) if each.isdigit() else ord(each) - ord("A") for each in text[:15]]
    total = sum(_ODD[each] if at % 2 == 0 else each for at, each in enumerate(values))
    return chr(ord("A") + total % 26) == text[15]


def _dni(text: str) -> bool:
    digits = text[:-1].translate(str.maketrans("XYZ", "012"))
    return _DNI[int(digits) % 23] == text[-1]


def _pesel(digits: str) -> bool:
    month = int(digits[2:4]) % 20
    return 1 <= month <= 12 and -_weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10 == int(digits[10])


def _belgian(digits: str) -> bool:
    return any(97 - int(century + digits[:9]) % 97 == int(digits[9:]) for century in ("", "2"))


def _swedish(digits: str) -> bool:
    return _is_day(digits[-10:-4], "ymd") and _luhn(digits[-10:])


def _norwegian(digits: str) -> bool:
    first = _weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    return first == 0 and _weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _finnish(text: str) -> bool:
    return _is_day(text[:6], "dmy") and _HETU[int(text[:6] + text[-4:-1]) % 31] == text[-1]


def _ean(digits: str) -> bool:
    return _weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def _cpf(digits: str) -> bool:
    checks = (_weighted(digits[:9], range(10, 1, -1)), _weighted(digits[:10], range(11, 1, -1)))
    return all(each * 10 % 11 % 10 == int(digits[9 + at]) for at, each in enumerate(checks))


def _aadhaar(digits: str) -> bool:
    check = 0
    for at, digit in enumerate(reversed(digits)):
        turned = int(digit)
        for _ in range(at % 8):
            turned = _TURNED[turned]
        check = _VERHOEFF[check][turned]
    return check == 0


def _chinese(text: str) -> bool:
    weights = [2 ** (17 - at) % 11 for at in range(17)]
    return "10X98765432"[_weighted(text[:17], weights) % 11] == text[17]


def _turkish(digits: str) -> bool:
    values = [int(each) for each in digits]
    tenth = (7 * sum(values[0:9:2]) - sum(values[1:8:2])) % 10
    return tenth == values[9] and sum(values[:10]) % 10 == values[10]


def _south_african(digits: str) -> bool:
    return _is_day(digits[:6], "ymd") and _luhn(digits)


def _is_day(digits: str, order: str) -> bool:
    """Return whether six digits are a day of some century."""
    parts = {name: int(digits[2 * at : 2 * at + 2]) for at, name in enumerate(order)}
    try:
        date(2000 + parts["y"], parts["m"], parts["d"] % 60 or 60)  # Sweden adds 60 to the day of who has no number yet
    except ValueError:
        return parts["m"] == 2 and parts["d"] == 29
    return True


IDENTIFICATIONS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "IBAN (ISO 13616)": (r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", CHECKS["mod97"]),
    "payment card number (ISO/IEC 7812)": (r"[2-6]\d{12,18}", _luhn),
    "NHS number (United Kingdom)": (r"\d{10}", _nhs),
    "burgerservicenummer (Netherlands)": (r"\d{9}", _bsn),
    "Steuer-Identifikationsnummer (Germany) or OIB (Croatia)": (r"\d{11}", _mod11_10),
    "NIR (France)": (r"[12]\d{4}(\d{2}|2[AB])\d{8}", _nir),
    "codice fiscale (Italy)": (r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", _codice_fiscale),
    "DNI or NIE (Spain)": (r"(\d{8}|[XYZ]\d{7})[A-Z]", _dni),
    "PESEL (Poland)": (r"\d{11}", _pesel),
    "national register number (Belgium)": (r"\d{11}", _belgian),
    "personnummer (Sweden)": (r"(\d{2})?\d{10}", _swedish),
    "fødselsnummer (Norway)": (r"\d{11}", _norwegian),
    "henkilötunnus (Finland)": (r"\d{6}[+A-FU-Y]?\d{3}[0-9A-Y]", _finnish),
    "AHV number (Switzerland)": (r"756\d{10}", _ean),
    "CPF (Brazil)": (r"\d{11}", _cpf),
    "social insurance number (Canada)": (r"[1-79]\d{8}", _luhn),
    "Aadhaar number (India)": (r"[2-9]\d{11}", _aadhaar),
    "resident identity number (China)": (r"\d{17}[0-9X]", _chinese),
    "T.C. identity number (Turkey)": (r"[1-9]\d{10}", _turkish),
    "identity number (South Africa)": (r"\d{13}", _south_african),
}
"""How each number is written without separators, and whether its check digit is right."""

UNCHECKED: dict[str, str] = {
    "social security number (United States)": r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}",
    "National Insurance number (United Kingdom)": r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]( ?\d\d){3} ?[A-D]",
}
"""Numbers that carry no check digit and are told by how they are written."""

_WRITTEN = {name: (re.compile(source, re.ASCII), check) for name, (source, check) in IDENTIFICATIONS.items()}
_UNCHECKED = {name: re.compile(source, re.ASCII) for name, source in UNCHECKED.items()}


def is_identification(name: str, text: str) -> bool:
    """Return whether a text is an identification of this name, one of IDENTIFICATIONS or UNCHECKED."""
    if name in _UNCHECKED:
        return _UNCHECKED[name].fullmatch(text.upper()) is not None
    written, check = _WRITTEN[name]
    bare = text.upper().translate(_SEPARATORS)
    return written.fullmatch(bare) is not None and check(bare)
