"""Draw noise for counts; the mechanism is OpenDP's discrete Laplace, and none of our own."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol

from cuelight.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

WHAT_NEXT: Final = (
    "privacy.epsilon is set, but OpenDP, which draws the noise, is not installed; until it is the "
    "camera stays closed. Install it (pip install 'cuelight[noise]'), or set privacy.epsilon = 0."
)


class Mechanism(Protocol):
    """What draws the noise of one release."""

    def scale(self, *, sensitivity: int, epsilon: float) -> float:
        """Give the scale of the noise at which a release costs at most `epsilon`."""

    def noised(self, counts: Sequence[int], *, sensitivity: int, epsilon: float) -> list[int]:
        """Add noise to every count; all of them together cost at most `epsilon`."""


def require_noise(epsilon: float) -> None:
    """Raise SettingsError where noise is wanted and nothing can draw it; imports nothing."""
    if epsilon and find_spec("opendp") is None:
        raise SettingsError(WHAT_NEXT)


class DiscreteLaplace:
    """OpenDP's `make_laplace` over whole numbers: P(x) falls with exp(-|x| / scale).

    `sensitivity` is how much all counts together can differ when one visit is added or left out
    (their L1 distance). The scale is the smallest at which OpenDP's own privacy map, which rounds
    against us, stays within `epsilon`. OpenDP is imported with the first of these, not before.
    Raises SettingsError where it is missing.
    """

    def __init__(self) -> None:
        try:
            import opendp.prelude as dp  # noqa: PLC0415 - 260 MB that only noise needs
        except ImportError as error:
            raise SettingsError(WHAT_NEXT) from error
        dp.enable_features("contrib")
        self._dp: Any = dp
        self._scales: dict[tuple[int, float], float] = {}

    def scale(self, *, sensitivity: int, epsilon: float) -> float:
        """Give the smallest scale at which a release costs at most `epsilon`."""
        wanted = (sensitivity, epsilon)
        if wanted not in self._scales:
            found = self._dp.binary_search_param(
                self._measurement, d_in=sensitivity, d_out=epsilon, T=float
            )
            self._scales[wanted] = float(found)
        return self._scales[wanted]

    def noised(self, counts: Sequence[int], *, sensitivity: int, epsilon: float) -> list[int]:
        """Add noise to every count; all of them together cost at most `epsilon`."""
        draw = self._measurement(self.scale(sensitivity=sensitivity, epsilon=epsilon))
        if draw.map(sensitivity) > epsilon:
            raise ValueError(f"OpenDP says {draw.map(sensitivity)}, more than {epsilon}")
        return [int(count) for count in draw(list(counts))]

    def _measurement(self, scale: float) -> Any:  # noqa: ANN401 - OpenDP's own type
        dp = self._dp
        domain = dp.vector_domain(dp.atom_domain(T=dp.i64))
        return dp.m.make_laplace(domain, dp.l1_distance(T=dp.i64), scale=scale)
