"""The language of policies: one grant a line, to be read by a person and by us.

    read customer (name, status, contactMedium) where status = active for billing at most 5000 a day until 2027-06-30
    read, modify individual (*) where nationality in (NL, BE) at most 10 a second
    read masked agreement (*)

A verb, or several with commas; `masked`; the resource; its attributes in parentheses, or (*) for all there are and will
be; then in any order, each once, `where` with conditions joined by `and`, `with consent` of the parties to the purpose,
`for` with purposes, `at most … a day`, `at most … a second`, `from` and `until` with a date (from its first moment, up
to its first moment, UTC).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from customer_inventory.access.grants import VERBS, grantable, named
from customer_inventory.access.policy.grant import Grant, Row
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import Resource
from customer_inventory.model.search import check_value
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.repository.kinds import KINDS

LONGEST = 4000
"""So many characters a grant may have."""
MOST_GRANTS = 500
_MOST_VALUES = 200
_MOST_AMOUNT = 10**12
_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\["\\])*)"|([(),=*])|([^\s(),="*]+))')
_NAME = re.compile(r"@?[A-Za-z]\w{0,60}(?:\.@?[A-Za-z]\w{0,60}){0,5}", re.ASCII)
_PURPOSE = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_BARE = re.compile(r'[^\s(),="*]+')
_WORDS = frozenset({"where", "for", "at", "from", "until", "and", "in", "masked"})


class InvalidPolicy(InventoryError):
    """The grant is not understood.

    Write it as: verb resource (attributes) where attribute = value for purpose at most 1000 a day until 2027-06-30.
    """

    code = "invalid-policy"
    failure = Failure.INVALID


def parse_policy(texts: Iterable[str]) -> list[Grant]:
    """Return the grants that lines of a policy stand for. Raises InvalidPolicy, saying where it is not understood."""
    grants = [grant for text in texts for grant in _Line(text).grants()]
    if len(grants) > MOST_GRANTS:
        raise InvalidPolicy(f"More than {MOST_GRANTS} grants. Grant several attributes or verbs together.")
    return grants


def written(grant: Grant) -> str:
    """Return the line that stands for a grant; `parse_policy` reads it back as the same."""
    attributes = "*" if grant.attributes is None else ", ".join(sorted(grant.attributes))
    parts = [grant.verb, *(["masked"] if grant.masked else []), named(grant.kind), f"({attributes})"]
    if grant.rows:
        parts.append("where " + " and ".join(map(_row_text, grant.rows)))
    if grant.purposes:
        parts.append("for " + ", ".join(sorted(grant.purposes)))
    parts += ["with consent"] if grant.consent else []
    parts += [f"at most {grant.daily} a day"] if grant.daily is not None else []
    parts += [f"at most {grant.per_second} a second"] if grant.per_second is not None else []
    parts += [f"from {grant.starts.date()}"] if grant.starts is not None else []
    parts += [f"until {grant.ends.date()}"] if grant.ends is not None else []
    return " ".join(parts)


def _row_text(row: Row) -> str:
    values = [_value_text(value) for value in row.values]
    return f"{row.path} = {values[0]}" if len(values) == 1 else f"{row.path} in ({', '.join(values)})"


def _value_text(value: str) -> str:
    if _BARE.fullmatch(value) and value not in _WORDS:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Line:
    """Reads one line of a policy, token by token; a token is its kind (text, sign or word) and what it says."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST or not text.isprintable():
            raise InvalidPolicy(f"A grant is one line of at most {LONGEST} characters, each of which can be printed.")
        self._tokens = list(_tokens(text))
        self._at = 0

    def grants(self) -> list[Grant]:
        verbs = self._list("a verb", VERBS.__contains__, f"the verbs are {', '.join(VERBS)}")
        masked = self._take("word", "masked")
        kind = self._kind()
        resource = KINDS.get(kind)
        attributes = self._attributes(resource)
        limits = self._clauses(resource)
        if masked and (not set(verbs) <= {"read", "download"} or (resource is None and kind != "*")):
            raise InvalidPolicy("Only what is read or downloaded of records can be masked: read masked customer (*).")
        if limits.consent and (resource is None or not set(verbs) <= {"read", "download"}):
            raise InvalidPolicy("Consent is asked of what is read or downloaded: read customer (*) with consent.")
        return [
            Grant(
                verb,
                kind,
                attributes=attributes,
                rows=limits.rows,
                consent=limits.consent,
                masked=masked,
                purposes=limits.purposes,
                daily=limits.amounts.get("day"),
                per_second=limits.amounts.get("second"),
                starts=limits.moments.get("from"),
                ends=limits.moments.get("until"),
            )
            for verb in dict.fromkeys(verbs)
        ]

    def _kind(self) -> str:
        if self._take("sign", "*"):
            return "*"
        name = self._word("a resource")
        kind = grantable().get(name)
        if kind is None:
            raise InvalidPolicy(f"After the verb stands a resource, or *: one of {', '.join(sorted(grantable()))}.")
        return kind

    def _attributes(self, resource: Resource | None) -> frozenset[str] | None:
        if not self._take("sign", "("):
            raise InvalidPolicy(
                "A grant says which attributes it is of: (name, status), or (*) for all there are and will be."
            )
        if self._take("sign", "*"):
            self._expect(")")
            return None
        if resource is None:
            raise InvalidPolicy("Attributes can be granted of one resource that keeps records; here write (*).")
        found = self._list(
            "an attribute", lambda name: _known(resource, name), f"{resource.name} has no such attribute"
        )
        self._expect(")")
        return frozenset(found)

    def _clauses(self, resource: Resource | None) -> _Limits:
        limits = _Limits()
        while self._at < len(self._tokens):
            word = self._word("where, with consent, for, at most, from or until")
            if word == "where":
                limits.once("where")
                limits.rows = self._rows(resource)
            elif word == "with":
                limits.once("with consent")
                if self._word("consent") != "consent":
                    raise InvalidPolicy("After with stands consent.")
                limits.consent = True
            elif word == "for":
                limits.once("for")
                purposes = self._list("a purpose", _PURPOSE.fullmatch, "a purpose is letters, digits, ., - and _")
                limits.purposes = frozenset(purposes)
            elif word == "at":
                amount, per = self._amount()
                limits.once(f"at most … a {per}")
                limits.amounts[per] = amount
            elif word in {"from", "until"}:
                limits.once(word)
                limits.moments[word] = self._date(word)
            else:
                raise InvalidPolicy("After the attributes come where, with consent, for, at most, from and until.")
        return limits

    def _rows(self, resource: Resource | None) -> tuple[Row, ...]:
        if resource is None:
            raise InvalidPolicy("A condition is on the records of one resource that keeps records.")
        rows = [self._row(resource)]
        while self._take("word", "and"):
            rows.append(self._row(resource))
        return tuple(rows)

    def _row(self, resource: Resource) -> Row:
        path = self._word("an attribute")
        attribute = resource.attributes.get(path)
        if attribute is None or not attribute.scalar or path == "href":
            raise InvalidPolicy(f"{resource.name} has no attribute of this name that holds a value to compare.")
        if self._take("word", "in"):
            self._expect("(")
            values = self._list("a value", lambda _: True, "", quoted=True)
            self._expect(")")
        else:
            self._expect("=")
            values = [self._value()]
        if path != "id":
            for value in values:
                check_value(attribute, value)
        return Row(path, tuple(dict.fromkeys(values)))

    def _amount(self) -> tuple[int, str]:
        words = [self._word("most"), self._word("a number"), self._word("a"), self._word("day or second")]
        most, number, article, per = words
        if most != "most" or article != "a" or per not in {"day", "second"}:
            raise InvalidPolicy("An amount is written: at most 1000 a day, or: at most 10 a second.")
        if not (number.isascii() and number.isdigit()) or not 0 < int(number) <= _MOST_AMOUNT:
            raise InvalidPolicy("An amount is a whole number, 1 or more.")
        return int(number), per

    def _date(self, word: str) -> datetime:
        try:
            day = date.fromisoformat(self._word("a date"))
        except ValueError as error:
            raise InvalidPolicy(f"After {word} stands a date: {word} 2027-06-30.") from error
        return datetime.combine(day, time.min, UTC)

    def _list(self, what: str, right: Callable[[str], object], otherwise: str, *, quoted: bool = False) -> list[str]:
        found: list[str] = []
        while True:
            word = self._value() if quoted else self._word(what)
            if not right(word):
                raise InvalidPolicy(f"{what[0].upper()}{what[1:]} is not understood: {otherwise}.")
            found.append(word)
            if len(found) > _MOST_VALUES:
                raise InvalidPolicy(f"More than {_MOST_VALUES} in one list.")
            if not self._take("sign", ","):
                return found

    def _value(self) -> str:
        kind, text = self._next("a value")
        if kind == "sign":
            raise InvalidPolicy('A value is a word, or anything in quotes: "two words".')
        return text

    def _word(self, what: str) -> str:
        kind, text = self._next(what)
        if kind != "word":
            raise InvalidPolicy(f"The grant lacks {what} before a {'quote' if kind == 'text' else text}.")
        return text

    def _next(self, what: str) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise InvalidPolicy(f"The grant ends where {what} is missing.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, kind: str, text: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == (kind, text)
        self._at += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._take("sign", sign):
            raise InvalidPolicy(f"The grant lacks a {sign}")


@dataclass(slots=True)
class _Limits:
    """What the clauses of one line say, each at most once."""

    rows: tuple[Row, ...] = ()
    consent: bool = False
    purposes: frozenset[str] = frozenset()
    amounts: dict[str, int] = field(default_factory=dict)
    moments: dict[str, datetime] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)

    def once(self, clause: str) -> None:
        """Raise InvalidPolicy if a clause is said twice."""
        if clause in self._said:
            raise InvalidPolicy(f"A grant says {clause} once.")
        self._said.add(clause)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise InvalidPolicy("A quote is not closed.")
        quoted, sign, word = found.groups()
        if quoted is not None:
            yield "text", re.sub(r"\\(.)", r"\1", quoted)
        else:
            yield ("sign", sign) if sign else ("word", word)
        at = found.end()


def _known(resource: Resource, name: str) -> bool:
    """Whether a resource has an attribute that can be granted; classes of entity gain theirs at run time."""
    if name in resource.attributes:
        return name not in {"id", "href"}
    return resource is ENTITY and _NAME.fullmatch(name) is not None
