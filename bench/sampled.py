"""The product under a sampling profiler: `python -m bench.sampled OUT WORDS…` runs the product with those words.

A timer of processor time (setitimer(2), ITIMER_PROF) interrupts it a thousand times a second at the most, and the
stack is counted by its innermost function and package. Time in compiled code counts for the Python function that called
it. The product knows nothing of this, and the cost is below what can be measured.
"""

from __future__ import annotations

import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import msgspec

INTERVAL_S = 0.001
START = signal.SIGUSR1
"""Begins a profile: what was counted before is forgotten."""


class Profile(msgspec.Struct):
    """Samples by package and by function, as shares of all."""

    samples: int
    packages: dict[str, float]
    functions: dict[str, float]


class Sampler:
    """Counts where the processor is."""

    def __init__(self) -> None:
        self._packages: Counter[str] = Counter()
        self._functions: Counter[str] = Counter()

    def start(self, *_: object) -> None:
        """Forget what was counted and begin."""
        self._packages.clear()
        self._functions.clear()
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)

    def stop(self) -> Profile:
        """End and return the profile."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        total = sum(self._packages.values()) or 1
        return Profile(
            samples=total,
            packages={name: count / total for name, count in self._packages.most_common(12)},
            functions={name: count / total for name, count in self._functions.most_common(25)},
        )

    def _sample(self, _: int, frame: FrameType | None) -> None:
        if frame is None:
            return
        module = frame.f_globals.get("__name__", "?")
        words = module.split(".")
        self._packages[".".join(words[:2]) if words[0] == "customer_inventory" else words[0]] += 1
        self._functions[f"{module}:{frame.f_code.co_qualname}"] += 1


def main() -> None:
    """Run the product, profiled from the start signal on; write the profile when it ends."""
    out = Path(sys.argv[1])
    sys.argv = ["customer-inventory", *sys.argv[2:]]
    from customer_inventory.cli import main as product  # noqa: PLC0415  it reads sys.argv

    sampler = Sampler()
    signal.signal(START, sampler.start)
    try:
        product()
    finally:
        out.write_bytes(msgspec.json.encode(sampler.stop()))


if __name__ == "__main__":
    main()
