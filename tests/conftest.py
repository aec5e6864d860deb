"""What holds for every test: no time limit of Hypothesis, and garbage that is collected in time."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# how long an example took says how busy the machine was, and nothing about the code
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """Set the collected tests themselves aside."""
    _collect()


@pytest.fixture(scope="module", autouse=True)
def _garbage_goes_with_its_module() -> Iterator[None]:
    """Collect once a module is through, and keep what lives on out of any later collection.

    Whatever was left open is then said of the module that left it. And the code itself collects
    where it closes a camera, which takes half a second among the millions of objects of a run.
    """
    yield
    _collect()


def _collect() -> None:
    gc.collect()
    gc.freeze()
