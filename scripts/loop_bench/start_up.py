"""Time how each contender starts: imports, the rest to its first picture, and its memory then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loop_bench.contest import Running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loop_bench.contest import Contender
    from loop_bench.scene import Scene


@dataclass(slots=True)
class Started:
    """Seconds from a fresh process to each point, and MB of memory (PSS) once it works."""

    imports: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)
    pss_mb: list[float] = field(default_factory=list)


def start_in_turn(
    contenders: Sequence[Contender], scene: Scene, *, rounds: int, frames: int, cpu: int
) -> dict[str, Started]:
    """Start every contender anew in each round; memory is that after `frames` pictures."""
    started = {contender.name: Started() for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            one = started[contender.name]
            with Running(contender, cpu=cpu) as runner:
                runner.ask(scene.message)
                first = float(runner.ask({"do": "play", "count": 1})["since_start"])
                runner.ask({"do": "play", "count": max(2, round(frames * contender.share))})
                one.pss_mb.append(float(runner.ask({"do": "memory"})["pss_mb"]))
            one.imports.append(runner.imported_seconds)
            one.rest.append(first - runner.imported_seconds)
    return started
