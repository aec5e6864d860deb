"""Which lamps are lit after each way that a process which lit them can end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gpio_bench import CAMERA, MOTOR, NAMES, PINS, SIGNAL

if TYPE_CHECKING:
    from gpio_bench import Bench

_CONFIG: Final = "--config /etc/cuelight/device.toml"
_CUELIGHT: Final = "/opt/cuelight/current/bin/cuelight"
_AS_USER: Final = "cd /run; setpriv --reuid cuelight --regid cuelight --groups gpio"
_OFF: Final = f"{_AS_USER} {_CUELIGHT} test-signal off {_CONFIG}"
_HOLDERS: Final = """for process in /proc/[0-9]*; do
  tr '\\0' ' ' <$process/cmdline 2>/dev/null | grep -q '^python3 /opt/gpio_holder' &&
    kill -%s ${process#/proc/}
done; true"""


class Lamps:
    """cuelight's own lamp code, by `cuelight test-signal` and in a process that holds lamps on."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def rhythm(self) -> None:
        """Play `go` and sample the registers meanwhile."""
        self._bench.expect(
            "nothing was opened since boot", "released", lambda at: set(at) == {"released"}
        )
        asked = self._bench.pi.start(f"{_AS_USER} {_CUELIGHT} test-signal go {_CONFIG}")
        high = dict.fromkeys(PINS, 0)
        driven = 0
        while (answer := self._bench.pi.poll(asked)) is None:
            levels = self._bench.pi.levels(PINS)
            driven += levels[SIGNAL[0]] != "released"
            for pin in PINS:
                high[pin] += levels[pin] == "high"
        found = ", ".join(f"{NAMES[pin]} {high[pin]}" for pin in PINS)
        self._bench.table.add(
            "`cuelight test-signal go`, user cuelight, sampled while it plays",
            wanted="signal and motor high in some, camera in none",
            found=f"of {driven} samples high: {found}; it said: {answer[1].strip()}",
            holds=not (answer[0] or high[CAMERA])
            and high[MOTOR] > 0
            and any(high[pin] for pin in SIGNAL),
        )
        self._bench.expect("... after it", "none high", lambda at: "high" not in at)

    def killed(self, *, kept: bool) -> None:
        """Kill -9 a process that holds all lamps on, then do what ExecStopPost does."""
        self._hold("camera")
        self._bench.expect("camera lamp lit by `Panel.camera_lit`", "camera high", _camera_only)
        self._end("KILL")
        wanted = ("high", "still high") if kept else ("released", "released")
        self._bench.expect(
            "... its process killed with -9", f"camera {wanted[1]}", lambda at: at[0] == wanted[0]
        )
        self._off()
        self._hold("all")
        self._bench.expect(
            "all lit: camera, signal, motor",
            "camera, motor high",
            lambda at: at[0] == at[4] == "high",
        )
        self._end("KILL")
        self._bench.expect(
            "... its process killed with -9",
            f"camera, motor {wanted[1]}",
            lambda at: at[0] == at[4] == wanted[0],
        )
        self._off()

    def fault(self) -> None:
        """Let the block that the lamps are lit for fail."""
        status, _ = self._bench.pi.run(_holder("raise"))
        self._bench.expect(
            f"all lit, then an exception inside the block (status {status})",
            "none high",
            lambda at: "high" not in at,
        )

    def _hold(self, what: str) -> None:
        self._bench.must(
            f"rm -f /tmp/held; ({_holder(what)}) >/tmp/holder 2>&1 & echo $! >/tmp/pid"
        )
        if (
            self._bench.pi.wait_for(
                lambda: self._bench.pi.run("test -e /tmp/held")[0] == 0, seconds=60
            )
            is None
        ):
            raise RuntimeError(
                f"the holder lit nothing: {self._bench.pi.run('cat /tmp/holder')[1]}"
            )

    def _end(self, name: str) -> None:
        self._bench.must(_HOLDERS % name)
        self._bench.pi.wait_for(
            lambda: self._bench.pi.run("grep -q '|lg' /sys/kernel/debug/gpio")[0] != 0, seconds=30
        )

    def _off(self) -> None:
        start = time.monotonic()
        status, said = self._bench.pi.run(_OFF)
        took = time.monotonic() - start
        self._bench.table.add(
            "... then `cuelight test-signal off`, as ExecStopPost does",
            wanted="none high",
            found=f"{self._bench.now()}; it said: {said.strip()}",
            holds=status == 0 and "high" not in self._bench.pi.levels(PINS).values(),
            seconds=took,
        )


def _camera_only(levels: list[str]) -> bool:
    return levels[0] == "high" and "high" not in levels[1:]


def _holder(what: str) -> str:
    paths = "PYTHONPATH=/opt/cuelight/current/device:/opt/cuelight/current/site"
    return f"{_AS_USER} env {paths} python3 /opt/gpio_holder.py /tmp {what}"
