"""Filters made at random, as what they mean and as one of the ways to write it in a query string."""

from __future__ import annotations

import json
from random import Random
from typing import Any
from urllib.parse import quote, quote_plus

from tests.contract.filter_reading import Asked, Asks, Joined, Step, Test
from tests.contract.filter_shown import ARRAYS, PATHS

_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "==", "ne": "!=", "regex": "=~"}
_PATTERNS = [
    "^a", "b$", "^.$", "[a-z]", "x{200}", "é|É", "^(a|A)$", r"\d", r"\w\s\w", "%", "_", r"\\", "^$", ".", "[^a-z]",
    "a.?b", r"a\Wb", "(?:a)+", "^[+-]?[0-9]+$", "日", "T12", "Z$", "-02-", "true|1",
]  # fmt: skip


def make(chance: Random, kind: str) -> Asked:
    """A filter over records of a kind: one to three alternatives of one to three conditions, of either sort or both."""
    sorts = chance.choice(["attributes", "attributes", "paths", "both"])
    few = chance.choice([1, 1, 1, 1, 2, 3])
    alternatives = [_alternative(chance, kind, chance.choice([1, 1, 2, 3])) for _ in range(few)]
    selections = [
        tuple(_selection(chance, kind) for _ in range(chance.choice([1, 1, 2])))
        for _ in range(chance.choice([1, 1, 2]))
    ]
    return Asked(
        tuple(alternatives) if sorts != "paths" else ((),),
        tuple(selections) if sorts != "attributes" else ((),),
    )


def _alternative(chance: Random, kind: str, many: int) -> tuple[Any, ...]:
    terms: dict[Any, Any] = {}
    for _ in range(many):
        term = _asks(chance, kind)
        # Conditions of one attribute and operator would be one condition with more values.
        same = {"in": "eq", "nin": "ne"}
        terms[term.path, same.get(term.operator, term.operator)] = term
    return tuple(terms.values())


def _asks(chance: Random, kind: str) -> Asks:
    path = chance.choice(list(PATHS[kind]))
    declared = PATHS[kind][path]
    texts = ["regex", "contains", "startswith", "endswith"]
    sizes = [] if declared.type == "boolean" else ["gt", "gte", "lt", "lte", "between"]
    operator = chance.choice(["eq", "eq", "ne", "in", "nin", "isnull", *sizes, *sizes, *texts])
    if operator == "isnull":
        return Asks(path, operator, (chance.choice(["true", "false"]),))
    if operator == "regex":
        return Asks(path, operator, tuple(chance.sample(_PATTERNS, chance.choice([1, 1, 2]))))
    many = 2 * chance.choice([1, 1, 2]) if operator == "between" else chance.choice([1, 1, 2, 3])
    values = [chance.choice(declared.pool) for _ in range(many)]
    if operator in {"contains", "startswith", "endswith"}:
        values = [value[: chance.choice([1, 2, 100])] for value in values]
    return Asks(path, operator, tuple(values))


# ---------------------------------------------------------------- JSONPath


def _selection(chance: Random, kind: str) -> Any:
    """A condition on the whole resource: a path that selects something, or a comparison of one."""
    if chance.random() < 0.5:
        steps = (Step(where=_condition(chance, kind, "", 2)),)
    else:
        array = chance.choice(ARRAYS[kind])
        steps = (*_names(array), Step(where=_condition(chance, kind, array, 1)))
        inner = _paths_below(kind, array)
        if chance.random() < 0.4:
            steps = (*steps, *_names(chance.choice(inner)))
    return Test("exists", steps)


def _condition(chance: Random, kind: str, at: str, deep: int) -> Any:
    if deep and chance.random() < 0.5:
        glue = chance.choice(["&&", "&&", "||", "||", "!"])
        many = 1 if glue == "!" else chance.choice([2, 2, 3])
        return Joined(glue, tuple(_condition(chance, kind, at, deep - 1) for _ in range(many)))
    return _test(chance, kind, at, deep)


def _test(chance: Random, kind: str, at: str, deep: int) -> Test:
    path = chance.choice(_paths_below(kind, at))
    whole = f"{at}.{path}" if at else path
    declared = PATHS[kind][whole]
    steps = _walked(chance, kind, at, path, deep)
    draw = chance.random()
    if draw < 0.15:
        return Test("exists", steps)
    if draw < 0.3:
        return Test("fits", steps, "", chance.choice(_PATTERNS), chance.choice(["", "i"]))
    if draw < 0.4:
        return Test("length", steps, chance.choice(["==", "!=", ">", "<="]), str(chance.randrange(4)))
    if draw < 0.5 and declared.type in {"number", "any"}:
        function = chance.choice(["min", "max", "avg", "stddev"])
        return Test(function, steps, chance.choice([">", ">=", "<"]), chance.choice(["0.25", "7.25", "9.75", "-3"]))
    sized = [] if declared.type == "boolean" else ["<", "<=", ">", ">="]
    if draw < 0.65:
        alike = [other for other in _paths_below(kind, at) if _type(kind, at, other) == declared.type]
        other = chance.choice(alike if chance.random() < 0.7 else _paths_below(kind, at))
        walked = _walked(chance, kind, at, other, 0)
        return Test("against", steps, chance.choice(["==", "!=", "<", "<=", ">", ">="]), other=walked)
    value = chance.choice(declared.pool)
    literal = "number" if declared.type == "number" else "boolean" if declared.type == "boolean" else "string"
    return Test("compare", steps, chance.choice(["==", "==", "!=", *sized]), value, literal)


def _type(kind: str, at: str, path: str) -> str:
    return PATHS[kind][f"{at}.{path}" if at else path].type


def _paths_below(kind: str, at: str) -> list[str]:
    return [path[len(at) + 1 :] if at else path for path in PATHS[kind] if not at or path.startswith(f"{at}.")]


def _names(path: str) -> tuple[Step, ...]:
    return tuple(Step(name=name) for name in path.split("."))


def _walked(chance: Random, kind: str, at: str, path: str, deep: int) -> tuple[Step, ...]:
    """The names of a path; behind an array sometimes an index, every element, or a condition on its elements."""
    steps: list[Step] = []
    here = at
    for name in path.split("."):
        steps.append(Step(name=name))
        here = f"{here}.{name}" if here else name
        if here in ARRAYS[kind] and chance.random() < 0.5:
            choices = [Step(index=chance.choice([0, 1, -1, -2])), Step(), Step(several=_several(chance))]
            if deep:
                choices.append(Step(where=_condition(chance, kind, here, 0)))
            steps.append(chance.choice(choices))
    return tuple(steps)


def _several(chance: Random) -> tuple[Any, ...]:
    """A slice, or several indices and slices."""
    ends = [None, 0, 1, 2, 3, -1, -2, -4]
    parts: list[Any] = [(chance.choice(ends), chance.choice(ends)) for _ in range(chance.choice([1, 1, 2]))]
    parts += [chance.choice([0, 1, -1, -3]) for _ in range(chance.randrange(2))]
    return tuple(parts)


# ---------------------------------------------------------------- written


def write(chance: Random, asked: Asked) -> str:
    """A filter in one of its spellings."""
    parts = [
        ";".join("&".join(_written(chance, term) for term in terms) for terms in alternatives)
        for alternatives in (asked.alternatives, asked.selections)
    ]
    chance.shuffle(parts)
    return "&".join(filter(None, parts))


def _encoded(chance: Random, text: str) -> str:
    return chance.choice([quote, quote_plus])(text, safe="")


def _written(chance: Random, term: Any) -> str:
    if not isinstance(term, Asks):
        text = _top(chance, term)
        plain = all(letter not in text for letter in "%+#") and text.isascii() and "&&" in text
        return f"filter={text if plain and chance.random() < 0.7 else _encoded(chance, text)}"
    name = chance.choice([quote(term.path), quote(term.path, safe="")])
    values = [_encoded(chance, value) for value in term.values]
    if term.operator == "isnull":
        if values == ["true"]:
            return chance.choice(
                [f"{name}.isnull", f"{name}.isnull=true", f"{name}.isnull=", f"{name}.isnotnull=false"]
            )
        return chance.choice([f"{name}.isnull=false", f"{name}.isnotnull", f"{name}.isNotNull=true"])
    words = [f"{name}.{term.operator}="]
    if term.operator in {"contains", "startswith", "nin", "between"}:
        words.append(f"{name}.{term.operator.upper()}=")
    if sign := _SIGNS.get({"in": "eq", "nin": "ne"}.get(term.operator, term.operator)):
        risky = term.values[0][:1] in {"=", "~"}
        if not risky:
            words += [name + sign, name + quote(sign, safe=""), name + quote(sign[0], safe="") + sign[1:]]
        if term.operator in {"gt", "lt"} and term.values[0].startswith("="):
            words = words[:1]
    if term.operator in {"eq", "in"} and not term.values[0].startswith("~"):
        words.append(f"{name}=")
    if term.operator == "regex":
        words += [f"{name}*=", f"{name}%2A%3D", f"{name}%3D~"]
    return _listed(chance, chance.choice(words), values, term)


def _listed(chance: Random, begin: str, values: list[str], term: Asks) -> str:
    """Several values: with commas, by repetition, or as mere texts behind semicolons."""
    whole = any(value.startswith(("=", "~")) for value in term.values)
    ways = [begin + ",".join(values)]
    if not whole:
        ways.append("&".join(begin + value for value in values))
    if not any(sign in value for value in term.values for sign in "<>=!*") and all(values[1:]):
        ways.append(begin + ";".join(values))
    return chance.choice(ways)


def _top(chance: Random, term: Test) -> str:
    path = _path(chance, term.steps)
    if path.startswith("["):
        return chance.choice(["$", ""]) + path
    return chance.choice(["$.", ""]) + path.removeprefix(".")


def _path(chance: Random, steps: tuple[Step, ...]) -> str:
    text = ""
    for step in steps:
        if step.name is not None:
            bracket = chance.random() < 0.2
            text += f"[{_quoted(chance, step.name)}]" if bracket and text else f".{step.name}"
        elif step.index is not None:
            text += f"[{step.index}]"
        elif step.several:
            gap = chance.choice(["", " "])
            text += f"[{f',{gap}'.join(_part(part, gap) for part in step.several)}]"
        elif step.where is None:
            text += "[*]"
        else:
            inner = _expression(chance, step.where)
            text += f"[?({inner})]" if chance.random() < 0.8 else f"[?{inner}]"
    return text


def _part(part: Any, gap: str) -> str:
    if not isinstance(part, tuple):
        return str(part)
    start, stop = ("" if each is None else str(each) for each in part)
    return f"{start}{gap}:{gap}{stop}"


def _expression(chance: Random, term: Any) -> str:
    gap = chance.choice(["", " "])
    if isinstance(term, Joined):
        parts = [_expression(chance, part) for part in term.parts]
        if term.glue == "!":
            whole = isinstance(term.parts[0], Test) and term.parts[0].kind == "exists" and chance.random() < 0.5
            return f"!{parts[0]}" if whole else f"!({parts[0]})"
        # && binds tighter than ||, so that only these need their brackets.
        inside = [
            f"({text})" if isinstance(part, Joined) and part.glue == "||" and term.glue == "&&" else text
            for part, text in zip(term.parts, parts, strict=True)
        ]
        return f"{gap}{term.glue}{gap}".join(inside)
    path = f"@{_path(chance, term.steps)}"
    if term.kind == "exists":
        return path
    if term.kind == "fits":
        pattern = (term.value or "").replace("/", r"\/")
        if term.literal == "" and chance.random() < 0.3 and "'" not in (term.value or ""):
            return f"{path}{gap}=~{gap}'{term.value}'"
        return f"{path}{gap}=~{gap}/{pattern}/{term.literal}"
    if term.kind == "compare":
        literal = _quoted(chance, term.value or "") if term.literal == "string" else str(term.value)
        if chance.random() < 0.1:
            turned = {">": "<", "<": ">", ">=": "<=", "<=": ">="}.get(term.sign, term.sign)
            return f"{literal}{gap}{turned}{gap}{path}"
        return f"{path}{gap}{term.sign}{gap}{literal}"
    if term.kind == "against":
        return f"{path}{gap}{term.sign}{gap}@{_path(chance, term.other)}"
    called = chance.choice([f"{path}.{term.kind}()", f"{term.kind}({path})"])
    return f"{called}{gap}{term.sign}{gap}{term.value}"


def _quoted(chance: Random, text: str) -> str:
    if chance.random() < 0.3:
        return json.dumps(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t")
    return f"'{escaped}'"
