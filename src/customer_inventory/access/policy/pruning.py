"""Pruning: a document without the attributes that are not granted.

The names of classes stay, since nothing could be read without them; an object below the first level of which nothing is
granted goes whole, so that not even how many there are is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

Tree = Mapping[str, "Tree | None"]
"""Names that are kept, each with those below it; None for all of them."""

_FIRST = msgspec.json.Decoder(dict[str, msgspec.Raw])


def pruned(text: bytes, attributes: frozenset[str]) -> bytes:
    """Return a document as JSON with these attributes of it only, each with everything below it."""
    tree = tree_of(attributes)
    kept: dict[str, Any] = {}
    # Only the first level is taken apart, unless less than the whole of an attribute is granted: it costs a tenth.
    for name, value in _FIRST.decode(text).items():
        if name.startswith("@"):
            kept[name] = value
        elif name in tree:
            below = tree[name]
            found = value if below is None else _below(msgspec.json.decode(value), below)
            if found is not None:
                kept[name] = found
    return msgspec.json.encode(kept)


@lru_cache(maxsize=4096)
def tree_of(attributes: frozenset[str]) -> Tree:
    """Return the attributes as a tree of names."""
    return _tree(path.split(".") for path in attributes)


def _tree(paths: Iterable[list[str]]) -> Tree:
    below: dict[str, list[list[str]]] = {}
    for first, *rest in paths:
        below.setdefault(first, []).append(rest)
    return {name: None if [] in rests else _tree(rests) for name, rests in below.items()}


def _below(value: Any, tree: Tree) -> Any:
    """What is kept of a value, None for nothing."""
    if isinstance(value, list):
        found = [kept for each in value if (kept := _below(each, tree)) is not None]
        return found or None
    if not isinstance(value, dict):
        return None
    granted: dict[str, Any] = {}
    for name in value.keys() & tree.keys():
        below = tree[name]
        found = value[name] if below is None else _below(value[name], below)
        if found is not None:
            granted[name] = found
    if not granted:
        return None
    return {name: granted.get(name, each) for name, each in value.items() if name in granted or name.startswith("@")}
