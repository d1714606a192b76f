"""What changed between two measurements of a matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

K = TypeVar("K")
R = TypeVar("R")


def difference(old: Mapping[K, R], new: Mapping[K, R], told: Callable[[R], str]) -> list[str]:
    """Return a line for each row that went and each that came, those of one place together."""
    lines = [f"- {told(old[key])}" for key in old if new.get(key) != old[key]]
    lines += [f"+ {told(new[key])}" for key in new if old.get(key) != new[key]]
    return sorted(lines, key=lambda line: (line[2:].split(" | ")[:2], line[0] == "+"))
