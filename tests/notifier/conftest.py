"""A notifier for all tests of a module: it is the same, whatever it was told before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from notifying import Notifying, notifying
from receivers import Certificate, certificate


@pytest.fixture(scope="module")
def notifier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notifying]:
    with notifying(tmp_path_factory.mktemp("notifier"), SCHED_TEST_TOKEN="s3cr3t-of-env") as made:
        yield made


@pytest.fixture(scope="session")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("certificate"))
