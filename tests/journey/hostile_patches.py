"""Bad patches with queries: deep, huge, repeated, and patterns that would search for ever; always the same ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Operations = Any
"""What a patch's body says: operations, or what is none."""

EVIL = "a" * 30 + "!"
"""On this, patterns that try one split after the other take longer than anybody waits."""

PATTERNS = [
    *(
        "(a+)+$",
        "(a|a)*$",
        "(a|aa)+$",
        "(a*)*$",
        "(.*a){20}$",
        "([a-z]+)*[a-z]+$",
        "(a+){10,}$",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
    ),
    *(
        "(?=(a+)+$)",
        "(?!(a+)+$)a",
        r"(a)\\1",
        "(?<n>a)",
        "a{1000}{1000}",
        "((a{0,99}){0,99}){0,99}$",
        "(?:a?){50}a{50}$",
    ),
    *("(", ")", "[", "a{", "*", "+", "?", "\\\\", "[z-a]", "(?P<x", "a" * 1900, "(" * 500, "(" * 300 + "a" + ")" * 300),
    *("[[:alpha:]]+$", r"\\p{L}+$", "(?i)(A+)+$", "\\u0000", "x*" * 300, "|" * 1000, ".{0,1000000}"),
]
PLACES = [
    "$..*",
    "$.*",
    "$[*]",
    "$",
    "",
    "/",
    "//",
    "?",
    "/?",
    "/note?",
    "/note?=",
    "/note?id",
    "note[*]",
    "note[*].*",
    "/-",
    "/note/-",
]
CONDITIONS = [
    *(
        "@",
        "@.id",
        "!@.x",
        "@.id!='x'",
        "@.id=='1'||@.id!='1'",
        "@.text=='a'",
        "length(@.text)>0",
        "@.*=='1'",
        "@..id=='1'",
    ),
    *(
        "1==1",
        "'a'=='a'",
        "true",
        "@.id>0",
        "@['id']=='1'",
        "@.id==@.text",
        "$.note[0].id=='1'",
        "min(@.id)>0",
        "stddev(@.id)>=0",
    ),
    *(
        "",
        "@.",
        "(@.id",
        "@.id=='1",
        "@.id=1",
        "@.id==",
        "&&",
        "@.id===1",
        "system('x')",
        "@.constructor",
        "1;drop table individual",
    ),
]


def patches(random: Random) -> Iterator[tuple[str, Operations]]:
    """Yield patches with their labels, for ever."""
    families: list[Callable[[Random], tuple[str, Operations]]] = [
        _deep,
        _nested,
        _pattern,
        _everything,
        _many,
        _growing,
        _condition,
        _noise,
        _values,
        _indexed,
    ]
    while True:
        yield random.choice(families)(random)


def operation(random: Random, path: Any, value: Any = "x") -> dict[str, Any]:
    """Return one operation at a path."""
    return {"op": random.choice(["add", "replace", "remove", "test", "delete"]), "path": path, "value": value}


def _deep(random: Random) -> tuple[str, Operations]:
    depth = random.choice([33, 100, 500, 900, 5000])
    form = random.choice(["/a", ".a", "[0]", "['a']", "/0", "/~0", "..a", "[*]", "/note", "?a"])
    return f"deep {form} {depth}", [operation(random, random.choice(["", "$", "note", "/note"]) + form * depth)]


def _nested(random: Random) -> tuple[str, Operations]:
    depth = random.choice([2, 5, 20, 100, 400])
    opening, closing = random.choice(
        [("[?(@.a", ")]"), ("[?(", ")]"), ("[?((", "))]"), ("[?(!", ")]"), ("[?(@.note", ".id=='1')]"), ("(", ")")]
    )
    return f"nested {opening} {depth}", [operation(random, f"note{opening * depth}@.id=='1'{closing * depth}")]


def _pattern(random: Random) -> tuple[str, Operations]:
    pattern = random.choice(PATTERNS)
    sign = random.choice(["=~", "=~", "*=", "!=~"])
    quoted = random.choice([f"'{pattern}'", f"/{pattern}/", f'"{pattern}"'])
    path = random.choice(
        [f"note[?(@.text{sign}{quoted})]", f"note[?(@.text{sign}{quoted} || @.id{sign}{quoted})].text"]
    )
    return f"pattern {path[:60]}", [operation(random, path)] * random.choice([1, 1, 1, 50])


def _everything(random: Random) -> tuple[str, Operations]:
    path = random.choice(PLACES) + random.choice(["", "/text", ".text", "?id=1", "[?(@.id)]"])
    return f"everything {path}", [operation(random, path, random.choice(["x", {}, [], None]))] * random.choice(
        [1, 20, 1000]
    )


def _many(random: Random) -> tuple[str, Operations]:
    number = random.choice([1000, 1001, 10_000])
    path = random.choice(["/note?id=1", "note[*].text", "note[?(@.id!='x')].text", "/title", "/note/text?note.text!=x"])
    return f"many {number} {path}", [{"op": "replace", "path": path, "value": "x"}] * number


def _growing(random: Random) -> tuple[str, Operations]:
    copies = [
        {"op": "copy", "from": "/note", "path": random.choice(["/note/-", "/x", "/note/0/x", "note[*].x"])}
    ] * random.choice([5, 30, 500])
    moves = [
        {"op": "move", "from": "note[?(@.id=='1')]", "path": "note[*].x"},
        {"op": "move", "from": "$", "path": "/x"},
    ]
    return "growing", random.choice([copies, moves, copies + moves])


def _condition(random: Random) -> tuple[str, Operations]:
    condition = random.choice(CONDITIONS)
    joined = random.choice([" && ", " || ", ""]).join([condition] * random.choice([1, 1, 2, 60]))
    form = random.choice(["note[?({})]", "note[?({})].text", "$[?({})]", "$..note[?({})]", "/note?{}", "/note/text?{}"])
    return f"condition {condition[:40]}", [operation(random, form.format(joined))]


def _noise(random: Random) -> tuple[str, Operations]:
    one = operation(random, "/note?id=1")
    noise: list[Any] = [
        *(None, 1, True, "x", [], [[]], {}, [None], [1], [{}], [one, None]),
        *({**one, "op": what} for what in (None, 1, [], {}, "", "REPLACE", "x" * 10_000)),
        *(
            {**one, "path": what}
            for what in (None, 1, [], {}, "x" * 2001, "\0", "/note?id=\0", "é" * 700, "/note?id=%zz")
        ),
        *(
            {**one, "path": what}
            for what in ("/note?" + "id=1&" * 390, "/note?" + "=" * 1900, "/note?" + "&" * 1900, "/id", "$.id")
        ),
        {"op": "copy", "path": "/x"},
        {"op": "move", "path": "/x", "from": 5},
    ]
    return "noise", random.choice(noise)


def _values(random: Random) -> tuple[str, Operations]:
    deep: Any = "x"
    for _ in range(random.choice([30, 40, 300])):
        deep = random.choice([[deep], {"a": deep}])
    value = random.choice(
        [deep, ["x"] * 20_000, {str(n): n for n in range(20_000)}, "x" * 300_000, 10**400, {"a" * 300: 1}]
    )
    return "value", [
        operation(random, random.choice(["/note?id=1", "note[*].text", "/note/-", "/x", "note[*]"]), value)
    ]


def _indexed(random: Random) -> tuple[str, Operations]:
    index = random.choice(["-1", "9" * 30, "0", "00", "1e3", "-0", "*", "1,2", "0:5", "?", "'", "1.5", " 1", "٣"])
    return f"index {index}", [
        operation(
            random, random.choice(["/note/{}", "note[{}]", "$.note[{}].text", "/note/{}/text?id=1"]).format(index)
        )
    ]


def body(operations: Operations) -> bytes:
    """Return the body of a patch."""
    return json.dumps(operations).encode()
