"""The demo's dashboard, in a process of its own: simulated neighbours, then `cuelight dashboard`.

Not a command of its own: `cuelight demo` starts it as `python -m cuelight.commands.demo_board`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from cuelight.cli import main as cuelight
from cuelight.neighbours import Neighbour
from cuelight.past import give_past

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAYS: Final = 35
"""Past of the neighbours: four weeks and a week, so that every part of the page shows."""

_NICENESS: Final = 10

_NOTICE: Final = (
    "This is the demo. The device 'sample-clip' is real: its camera is a clip, and it releases "
    "windows with k = 1 and floor = 0, which no real box does. Its neighbours are simulated and "
    "their past is made up."
)


def main(arguments: Sequence[str]) -> int:
    """Fill the store (first argument) for a site (second), then serve with the rest."""
    store, site, *rest = arguments
    os.nice(_NICENESS)  # the demo's own loop comes first
    neighbours = [
        Neighbour(site, f"simulated-{number}", visits_an_hour=pace)
        for number, pace in enumerate((3.2, 2.4, 1.2), start=1)
    ]
    give_past(store, neighbours, days=_DAYS)
    return cuelight(
        ["dashboard", "--store", store, "--opening-hours", "always", "--notice", _NOTICE, *rest]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
