"""JSONPath: the expressions of `filter=` as TMF630 part 6 and Jayway write them, read into a frozen tree.

Nothing is ever evaluated as a script. What is not well-formed is told with its place; what is well-formed but not
supported here (descent, wildcards, scripts) is told apart from it, for TMF630 wants 501 for that and 400 for the other.
"""

from __future__ import annotations

import re
from functools import lru_cache

from customer_inventory.model.jsonpath_problems import InvalidJsonPath, JsonPathNotSupported
from customer_inventory.model.jsonpath_tree import (
    FUNCTIONS,
    Against,
    AllOf,
    AnyOf,
    At,
    Call,
    Compare,
    Every,
    Exists,
    Expression,
    Fits,
    Literal,
    Name,
    Not,
    Path,
    Several,
    Slice,
    Step,
    Where,
)
from customer_inventory.model.patterns import Pattern, pattern
from customer_inventory.model.spelling import NUMBER, read_number, spelled_number

LONGEST = 4096
DEEPEST = 24
MOST_CONDITIONS = 60

_NAME = re.compile(r"[@A-Za-z_\u0080-\U0010ffff][\w@\u0080-\U0010ffff-]*")
_SIGN = re.compile(r"==|!=|>=|<=|=~|>|<")
_INDEX = re.compile(r"-?\d{1,9}", re.ASCII)
_WORD = re.compile(r"[A-Za-z]+")
_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_FLIPPED = {"==": "==", "!=": "!=", ">": "<", ">=": "<=", "<": ">", "<=": ">="}
_JAYWAY = frozenset({"in", "nin", "subsetof", "anyof", "noneof", "size", "empty", "contains", "all"})
_OTHER_FUNCTIONS = frozenset({"sum", "count", "size", "keys", "concat", "append", "first", "last", "index", "value"})


Operand = Path | Call | Literal | Pattern


@lru_cache(maxsize=256)
def parse(text: str, *, of_element: bool = False) -> Expression:
    """Return the condition on a whole resource that `text` writes, or on an element of it, which is then `@`.

    Several expressions separated by commas are alternatives. Raises InvalidJsonPath or JsonPathNotSupported.
    """
    reader = _Reader(text, inside=int(of_element))
    parts = [reader.either()]
    while reader.took(","):
        parts.append(reader.either())
    reader.end()
    return AnyOf(tuple(parts)) if len(parts) > 1 else parts[0]


@lru_cache(maxsize=256)
def parse_path(text: str) -> Path:
    """Return the path that `text` writes. Raises InvalidJsonPath or JsonPathNotSupported."""
    reader = _Reader(text)
    operand = reader.operand()
    reader.end()
    if not isinstance(operand, Path):
        raise reader.fail("a path")
    return operand


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str, *, inside: int = 0) -> None:
        if len(text) > LONGEST:
            raise InvalidJsonPath(f"The JSONPath is longer than {LONGEST} characters.")
        self._text = text
        self._at = 0
        self._deep = 0
        self._inside = inside
        self._conditions = 0

    def fail(self, wanted: str) -> InvalidJsonPath:
        """Return the error that something else was expected here."""
        return InvalidJsonPath(f"The JSONPath is not understood at character {self._at + 1}: expected {wanted}.")

    def unsupported(self, what: str) -> JsonPathNotSupported:
        """Return the error that what stands here is not supported."""
        return JsonPathNotSupported(
            f"The JSONPath has {what} at character {self._at + 1}, which is not supported here."
        )

    def took(self, text: str) -> bool:
        """Pass over spaces and `text`, if that comes next."""
        self._space()
        if not self._text.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def end(self) -> None:
        """Raise InvalidJsonPath unless everything was read."""
        self._space()
        if self._at < len(self._text):
            raise self.fail("an operator or the end")

    def either(self) -> Expression:
        """Read conditions joined by ||."""
        parts = [self._both()]
        while self.took("||"):
            parts.append(self._both())
        return AnyOf(tuple(parts)) if len(parts) > 1 else parts[0]

    def operand(self) -> Operand:
        """Read a path, a function call or a literal."""
        self._space()
        letter = self._peek()
        if letter and letter in "'\"":
            return self._string()
        if letter == "-" or letter.isdigit():
            return self._number()
        if letter and letter in "$@[":
            return self._path()
        return self._named()

    def _space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expect(self, text: str) -> None:
        if not self.took(text):
            raise self.fail(text)

    def _deeper(self) -> None:
        self._deep += 1
        if self._deep > DEEPEST:
            raise InvalidJsonPath(f"The JSONPath is nested deeper than {DEEPEST} levels.")

    def _both(self) -> Expression:
        parts = [self._one()]
        while self.took("&&"):
            parts.append(self._one())
        return AllOf(tuple(parts)) if len(parts) > 1 else parts[0]

    def _one(self) -> Expression:
        self._space()
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise InvalidJsonPath(f"The JSONPath has more than {MOST_CONDITIONS} conditions.")
        self._deeper()
        if self._peek() == "!" and self._text[self._at + 1 : self._at + 2] != "=":
            self._at += 1
            found: Expression = Not(self._one())
        elif self.took("("):
            found = self.either()
            self._expect(")")
        else:
            found = self._comparison()
        self._deep -= 1
        return found

    def _comparison(self) -> Expression:
        left = self.operand()
        self._space()
        found = _SIGN.match(self._text, self._at)
        if found is None:
            return self._existence(left)
        start, sign = self._at, found[0]
        self._at = found.end()
        right = self._pattern() if sign == "=~" else self.operand()
        if isinstance(left, Literal) and isinstance(right, Path | Call):
            left, right, sign = right, left, _FLIPPED[sign]
        if isinstance(left, Path) and isinstance(right, Pattern):
            return Fits(left, right)
        if isinstance(left, Path | Call) and isinstance(right, Literal):
            if right.type in {"null", "boolean"} and sign not in {"==", "!="}:
                self._at = start
                raise self.fail("== or != before true, false and null")
            if isinstance(left, Call) and right.type != "number":
                self._at = start
                raise self.fail("a number to compare a function with")
            return Compare(left, sign, right)
        if isinstance(left, Path) and isinstance(right, Path):
            return Against(left, sign, right)
        self._at = start
        if isinstance(left, Literal):
            raise self.fail("a path to compare with")
        raise self.unsupported("a comparison of a function with what is no number")

    def _existence(self, left: Operand) -> Expression:
        word = _WORD.match(self._text, self._at)
        if word and word[0].lower() in _JAYWAY:
            raise self.unsupported(f"the operator {word[0].lower()}")
        if isinstance(left, Path) or (isinstance(left, Call) and not self._inside):
            return Exists(left)
        raise self.fail("a comparison")

    def _pattern(self) -> Pattern:
        self._space()
        if self._peek() != "/":
            written = self._string(raw=True)
            return pattern(written.text)
        start = self._at = self._at + 1
        while self._peek() not in {"/", ""}:
            self._at += 2 if self._peek() == "\\" else 1
        body = self._text[start : self._at].replace("\\/", "/")
        self._expect("/")
        flags = _WORD.match(self._text, self._at)
        if flags and flags[0] != "i":
            raise self.unsupported("a flag of a regular expression other than i")
        self._at = flags.end() if flags else self._at
        return pattern(body, ignore_case=bool(flags))

    def _string(self, *, raw: bool = False) -> Literal:
        """Read a text in quotes; with `raw`, what is no escape of JSON stays as it is."""
        quote = self._peek()
        if not quote or quote not in "'\"":
            raise self.fail("a text in quotes or /…/")
        self._at += 1
        letters: list[str] = []
        while (letter := self._peek()) != quote:
            if not letter:
                raise self.fail(f"{quote} at the end of a text")
            self._at += 1
            letters.append(self._escaped(raw) if letter == "\\" else letter)
        self._at += 1
        try:
            # Escapes may write a character in two halves.
            text = "".join(letters).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError as error:
            raise self.fail("whole characters") from error
        if "\0" in text:
            raise self.fail("characters that a text can hold")
        return Literal("string", text)

    def _escaped(self, raw: bool) -> str:
        letter = self._peek()
        self._at += 1
        if letter == "u" and not raw:
            code = self._text[self._at : self._at + 4]
            if not re.fullmatch(r"[0-9A-Fa-f]{4}", code):
                raise self.fail("four hexadecimal digits")
            self._at += 4
            return chr(int(code, 16))
        if raw:
            return letter if letter in {"'", '"', "/"} else f"\\{letter}"
        if letter.isalnum() and letter not in _ESCAPES:
            raise self.fail("an escape of JSON")
        return _ESCAPES.get(letter, letter)

    def _number(self) -> Literal:
        found = NUMBER.match(self._text, self._at)
        value = read_number(found[0]) if found else None
        if found is None or value is None:
            raise self.fail("a number")
        self._at = found.end()
        return Literal("number", spelled_number(value))

    def _named(self) -> Operand:
        """Read what begins with a name: true, false, null, a function, or a path that leaves out the root."""
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise self.fail("a path or a value")
        word = found[0]
        if self._text[found.end() : found.end() + 1] == "(":
            return self._call(word, found.end())
        if word in {"true", "false", "null"}:
            self._at = found.end()
            return Literal("null" if word == "null" else "boolean", word)
        if self._inside:
            raise self.fail("@ before the name of an attribute, or quotes around a text")
        return self._path()

    def _call(self, function: str, end: int) -> Call:
        self._known_function(function)
        self._at = end + 1
        argument = self.operand()
        self._expect(")")
        if not isinstance(argument, Path):
            raise self.fail("a path between the brackets of a function")
        return Call(function, argument)

    def _known_function(self, function: str) -> None:
        if function in _OTHER_FUNCTIONS:
            raise self.unsupported(f"the function {function}")
        if function not in FUNCTIONS:
            raise self.fail(f"one of the functions {', '.join(FUNCTIONS)}")

    def _path(self) -> Path | Call:
        letter = self._peek()
        from_root = letter != "@" or not self._inside
        steps: list[Step] = []
        if letter == "$" or (letter == "@" and not _NAME.fullmatch(self._text[self._at : self._at + 2])):
            self._at += 1
        elif letter != "[":
            steps.append(self._name())
        while True:
            if self._text.startswith("..", self._at):
                raise self.unsupported("the descent ..; write the whole path, such as contactMedium.city,")
            if self._peek() == ".":
                self._at += 1
                if self._peek() == "*":
                    raise self.unsupported("the wildcard .*")
                if self._peek() != "[":
                    name = self._name()
                    if self._peek() == "(":
                        return self._method(name.name, Path(tuple(steps), from_root))
                    steps.append(name)
                    continue
            if self._peek() != "[":
                return Path(tuple(steps), from_root)
            steps.append(self._bracket())

    def _method(self, function: str, path: Path) -> Call:
        self._known_function(function)
        self._at += 1
        self._expect(")")
        return Call(function, path)

    def _name(self) -> Name:
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise self.fail("the name of an attribute")
        self._at = found.end()
        return Name(found[0])

    def _bracket(self) -> Step:
        self._expect("[")
        self._space()
        letter = self._peek()
        step: Step
        if letter == "?":
            step = self._where()
        elif letter == "*":
            self._at += 1
            step = Every()
        elif letter and letter in "'\"":
            step = Name(self._string().text)
        elif letter == "(":
            raise self.unsupported("a script")
        else:
            step = self._indices()
        self._space()
        if self._peek() == ",":
            raise self._no_union()
        self._expect("]")
        return step

    def _indices(self) -> Step:
        parts = [self._index()]
        while self.took(","):
            self._conditions += 1
            if self._conditions > MOST_CONDITIONS:
                raise InvalidJsonPath(f"The JSONPath has more than {MOST_CONDITIONS} conditions and indices.")
            self._space()
            if self._peek() in {"'", '"', "?", "*"}:
                raise self._no_union()
            parts.append(self._index())
        return Several(tuple(parts)) if len(parts) > 1 else parts[0]

    def _no_union(self) -> JsonPathNotSupported:
        return self.unsupported("a union of names or conditions; write || between two paths instead,")

    def _index(self) -> At | Slice:
        start = self._whole()
        if not self.took(":"):
            if start is None:
                raise self.fail("an index, * or ? or a name in quotes")
            return At(start)
        self._space()
        stop = self._whole()
        if self.took(":"):
            raise self.unsupported("a slice in steps")
        return Slice(start, stop)

    def _whole(self) -> int | None:
        found = _INDEX.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return int(found[0]) if found else None

    def _where(self) -> Where:
        self._at += 1
        self._inside += 1
        self._deeper()
        condition = self.either()
        self._deep -= 1
        self._inside -= 1
        return Where(condition)
