"""Read a plan of clips: sets with a kind, a split, seeds and frame rates, as TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.deck import PORTRAITS_SHOW, full_deck
from lab.director import KINDS, write_script
from lab.person import FIRST_TEST_SEED, SPLITS, TEST

if TYPE_CHECKING:
    from pathlib import Path

    from lab.acts import Card
    from lab.script import Script

KEYS: dict[str, type | tuple[type, ...]] = {
    "name": str, "split": str, "kind": str, "source": str, "clips": int, "first_seed": int,
    "seconds": (int, float), "fps": list, "still": bool, "reached": bool,
    "lifelike": bool,
    "names": list, "strengths": list, "spans": list,
}  # fmt: skip
RIG, PORTRAIT = "rig", "portrait"
SOURCES = (RIG, PORTRAIT)
NEEDED = ("name", "split", "kind", "clips")


@dataclass(frozen=True, slots=True)
class Job:
    """One clip to render: its folder's name below the output folder, script and rate."""

    folder: str
    seed: int
    kind: str
    seconds: float
    fps: float
    deck: tuple[Card, ...]
    still: bool
    reached: bool
    source: str = RIG
    lifelike: bool = False

    def script(self) -> Script:
        """Write the clip's script."""
        return write_script(
            self.seed,
            self.kind,
            self.seconds,
            deck=self.deck,
            still=self.still,
            reached=self.reached,
            lifelike=self.lifelike,
        )


def read_plan(path: Path) -> list[Job]:
    """Give every clip of a plan file; raises ValueError with file, set, given and wanted.

    `first_seed` counts from the split's own first seed, so the splits' seeds never meet.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    if set(table) != {"set"}:
        raise ValueError(f"{path} holds {sorted(table)}; [[set]] tables are wanted.")
    jobs = [job for number, one in enumerate(table["set"], 1) for job in _jobs(path, number, one)]
    twice = {job.folder for job in jobs if sum(job.folder == other.folder for other in jobs) > 1}
    if twice:
        raise ValueError(f"{path} names {min(twice)} twice; give each set a name of its own.")
    return jobs


def _jobs(path: Path, number: int, one: dict[str, Any]) -> list[Job]:
    where = f"{path}, set {number}"
    for key, value in one.items():
        if key not in KEYS or not isinstance(value, KEYS[key]):
            raise ValueError(f"{where}: {key} = {value!r}; keys are {', '.join(KEYS)}.")
    for key in NEEDED:
        if key not in one:
            raise ValueError(f"{where} has no {key}; {', '.join(NEEDED)} are needed.")
    source = one.get("source", RIG)
    for key, known in (("split", SPLITS), ("kind", KINDS), ("source", SOURCES)):
        if one.get(key, source) not in known:
            raise ValueError(
                f"{where}: {key} is {one[key]!r}; one of {', '.join(known)} is wanted."
            )
    seed = one.get("first_seed", 0)
    if not 0 <= seed <= FIRST_TEST_SEED - one["clips"]:
        raise ValueError(f"{where}: first_seed is {seed}; 0 to {FIRST_TEST_SEED} is wanted.")
    seed += FIRST_TEST_SEED if one["split"] == TEST else 0
    try:
        deck = _deck(one, source)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    return [
        Job(
            f"{one['name']}/{each}-{fps:g}fps",
            each,
            one["kind"],
            float(one.get("seconds", 60.0)),
            float(fps),
            deck,
            one.get("still", False),
            one.get("reached", False),
            source,
            one.get("lifelike", False),
        )
        for fps in one.get("fps", [30])
        for each in range(seed, seed + one["clips"])
    ]


def _deck(one: dict[str, Any], source: str) -> tuple[Card, ...]:
    chosen = {key: one[key] for key in ("names", "strengths", "spans") if key in one}
    if source == PORTRAIT:
        beyond = set(chosen.setdefault("names", PORTRAITS_SHOW)) - set(PORTRAITS_SHOW)
        if beyond:
            raise ValueError(f"names holds {sorted(beyond)}, which no portrait can show.")
    return tuple(full_deck(**chosen)) if chosen else ()
