"""The server on which the matrices are measured."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journey.conftest import Server
from tests.matrix.measured import FLAGS


@pytest.fixture(scope="session")
def measured_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the matrices' own: what they leave behind is in nobody's way."""
    started = Server(tmp_path_factory.mktemp("matrix") / "data").start(*FLAGS)
    yield started
    assert started.stop() == 0, started.output()[-3000:]
