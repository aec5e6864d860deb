"""What every case on the emulated Pi needs: its pins by name, commands, and rows of outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulated_pi import EmulatedPi
    from outcomes import Outcomes

CAMERA, SIGNAL, MOTOR = 5, (17, 27, 22), 18
PINS: Final = (CAMERA, *SIGNAL, MOTOR)
NAMES: Final = {CAMERA: "camera", 17: "red", 27: "green", 22: "blue", MOTOR: "motor"}


class Bench:
    """One emulated machine and the table that its cases fill."""

    def __init__(self, pi: EmulatedPi, table: Outcomes) -> None:
        self.pi = pi
        self.table = table

    def expect(self, what: str, wanted: str, holds: Callable[[list[str]], bool]) -> None:
        """Add a row on all five levels as they are now, in the order of PINS."""
        levels = list(self.pi.levels(PINS).values())
        self.table.add(what, wanted=wanted, found=self.now(), holds=holds(levels))

    def lamp(self, what: str, wanted: str, *, seconds: float) -> None:
        """Wait until the camera lamp is "high" or "dark", and add a row."""
        lit = wanted == "high"
        took = self.pi.wait_for(
            lambda: (self.pi.levels(PINS)[CAMERA] == "high") == lit, seconds=seconds
        )
        holds = took is not None
        if not holds:
            print(self.pi.run("journalctl -u cuelight -o cat | tail -20")[1])
        self.table.add(
            what,
            wanted=f"camera {wanted}",
            found=f"{self.now()}; looked every {self.pi.longest_gap:.1f} s or oftener",
            holds=holds,
            seconds=-1 if took is None else took,
        )

    def now(self) -> str:
        """Say what the pins show."""
        levels = self.pi.levels(PINS)
        if len(set(levels.values())) == 1:
            return f"all {levels[CAMERA]}"
        return ", ".join(f"{NAMES[pin]} {level}" for pin, level in levels.items())

    def must(self, command: str, *, seconds: float = 120.0) -> None:
        """Run a command that has to work. Raises RuntimeError."""
        status, said = self.pi.run(command, seconds=seconds)
        if status:
            raise RuntimeError(f"inside the emulated Pi, {command!r} ended with {status}: {said}")
