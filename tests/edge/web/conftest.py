"""What tests of the till's pages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge.web.preview import Preview, serve


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    with serve(tmp_path_factory.mktemp("preview")) as served:
        yield served
