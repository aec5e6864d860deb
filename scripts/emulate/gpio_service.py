"""Whether the camera lamp tells the truth while the real service runs, fails and comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gpio_bench import Bench

_PULL_UP: Final = """python3 -c '
import mmap, os, struct
memory = mmap.mmap(os.open("/dev/mem", os.O_RDWR | os.O_SYNC), 4096, offset=0x3f200000)
memory[0x1c:0x20] = struct.pack("<I", 1 << 23 | 1 << 24)'"""
"""The emulated chip has no pull-ups: both buttons are set to their resting level by hand."""

_WITHOUT_RESTART: Final = """mkdir -p /run/systemd/system/cuelight.service.d
printf '[Service]\\nRestart=no\\n' >/run/systemd/system/cuelight.service.d/once.conf
systemctl daemon-reload"""


class Service:
    """The unit as shipped, with the kernel's V4L2 test camera (vivid)."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.journal = ""

    def run(self) -> None:
        """Run the real unit with a V4L2 test camera and do to it what a showroom does."""
        self._bench.must(
            "mount -o remount,rw / ; modprobe vivid n_devs=1; udevadm settle; " + _PULL_UP
        )
        self._bench.must(
            "rm -f /run/stop; nohup python3 /opt/gpio_watch.py 5 /run/stop >/run/seen 2>&1 &"
        )
        self._bench.must("systemctl start --no-block cuelight")
        self._bench.lamp("the service starts and opens its camera", "high", seconds=300)
        self._ready()
        for when in ("once ready", "the moment its lamp is lit", "that moment again"):
            self._bench.must("systemctl kill -s KILL cuelight")
            self._bench.lamp(f"the service killed with -9, {when}", "dark", seconds=120)
            self._bench.lamp("... it comes back", "high", seconds=300)
        self._ready()
        self._bench.must("systemctl stop cuelight", seconds=60)
        self._bench.expect("`systemctl stop`", "none high", lambda at: "high" not in at)
        self._bench.must("systemctl start --no-block cuelight")
        self._bench.lamp("started again", "high", seconds=300)
        self._ready()
        self._bench.must("systemctl kill -s STOP cuelight")
        self._bench.lamp("it hangs: the watchdog (60 s here) kills it", "dark", seconds=300)
        self._bench.must("systemctl stop cuelight", seconds=60)
        self._bench.must(_WITHOUT_RESTART)
        self._bench.must("systemctl start --no-block cuelight")
        self._bench.lamp("started once more, without Restart", "high", seconds=300)
        self._bench.must("systemctl kill -s KILL cuelight")
        self._bench.lamp("... killed with -9: only ExecStopPost is left", "dark", seconds=120)
        _, said = self._bench.pi.run(
            "journalctl -u cuelight -o cat | grep -c 'lamp and motor are off'"
        )
        self._bench.table.add(
            "ExecStopPost said in the journal that all is off",
            wanted="6 or 7 times",
            found=f"{said.strip()} times",
            holds=said.strip() in {"6", "7"},
        )
        self._bench.must(
            "rm /run/systemd/system/cuelight.service.d/once.conf; systemctl daemon-reload"
        )
        self._busy()
        self._unplugged()
        self._bench.must("systemctl stop cuelight", seconds=60)
        self._bench.expect("`systemctl stop`", "none high", lambda at: "high" not in at)
        self.journal = self._bench.pi.run("journalctl -u cuelight -o short-monotonic")[1]
        self._bench.must("touch /run/stop")
        self._bench.pi.wait_for(lambda: self._bench.pi.run("test -s /run/seen")[0] == 0, seconds=60)
        seen = json.loads(self._bench.pi.run("cat /run/seen")[1])
        self._bench.table.add(
            "looks from inside over all of the service's runs",
            wanted="never an open camera with a dark lamp",
            found=f"{seen['lies']} lies in {seen['camera_open']} looks with the camera open, "
            f"{seen['looks']} looks in all",
            holds=seen["lies"] == 0 and seen["camera_open"] > 50,
        )

    def _busy(self) -> None:
        self._bench.must("systemd-run --unit=taker gpioset --mode=signal gpiochip0 5=0")
        self._bench.must("systemctl start --no-block cuelight")
        asked = "journalctl -u cuelight -o cat | grep -q 'busy'"
        took = self._bench.pi.wait_for(lambda: self._bench.pi.run(asked)[0] == 0, seconds=300)
        opened = self._bench.pi.run("ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c /dev/video")[
            1
        ].strip()
        self._bench.table.add(
            "the camera lamp's pin is held by another program; the service starts",
            wanted="it says so, and the camera stays closed",
            found=f"{'said' if took is not None else 'not said'}, {opened} handles on the camera",
            holds=took is not None and opened == "0",
            seconds=took or -1,
        )
        self._bench.must("systemctl stop taker")
        self._bench.lamp("... the pin is free again", "high", seconds=120)

    def _unplugged(self) -> None:
        driver = "/sys/bus/platform/drivers/vivid"
        self._bench.must(f"echo vivid.0 >{driver}/unbind")
        self._bench.lamp("the camera disappears while open", "dark", seconds=120)
        self._bench.must(f"echo vivid.0 >{driver}/bind; udevadm settle")
        self._bench.lamp("... it is back", "high", seconds=180)

    def _ready(self) -> None:
        asked = "systemctl is-active cuelight"
        took = self._bench.pi.wait_for(lambda: self._bench.pi.run(asked)[0] == 0, seconds=300)
        self._bench.table.add(
            "... systemd is told READY under the unit's hardening",
            wanted="active",
            found="active"
            if took is not None
            else self._bench.pi.run("journalctl -u cuelight | tail")[1],
            holds=took is not None,
        )
