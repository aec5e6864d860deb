"""Start an emulated Raspberry Pi 3B, run commands in it and read its pins from outside."""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

_GPIO: Final = 0x3F200000  # BCM2837: function select at +0, levels at +0x34
_OUTPUT: Final = 1
_BOOT_SECONDS: Final = 400.0


class EmulatedPi:
    """One qemu `raspi3b` machine; `log` gets all that its serial line says.

    Raises RuntimeError when it does not start or does not answer in time.
    """

    def __init__(self, *, kernel: Path, tree: Path, root: Path, arguments: str, log: Path) -> None:
        self._asked = 0
        self.longest_gap = 0.0
        self._open = ExitStack()
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="emulate-")))
        self._log = self._open.enter_context(log.open("wb"))
        words = (
            "console=ttyAMA0,115200 loglevel=4 rdinit=/lib/systemd/systemd rootfstype=ramfs "
            f"systemd.show_status=0 systemd.log_level=err net.ifnames=0 {arguments}"
        )
        command = ["qemu-system-aarch64", "-M", "raspi3b", "-nographic", "-nodefaults"]
        command += ["-kernel", str(kernel), "-dtb", str(tree), "-initrd", str(root)]
        command += ["-append", words, "-serial", f"unix:{folder}/serial,server=on,wait=off"]
        command += ["-qmp", f"unix:{folder}/qmp,server=on,wait=off", "-no-reboot"]
        self._qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self._open.callback(self._stop)
        try:
            self._serial = self._connected(folder / "serial")
            self._monitor = self._connected(folder / "qmp")
            self._lines = self._monitor.makefile("rwb")
            self._lines.readline()
            self._query("qmp_capabilities")
            self._rest = b""
            self._answer(0, _BOOT_SECONDS)
        except BaseException:
            self.close()
            raise

    def run(self, command: str, *, seconds: float = 120.0) -> tuple[int, str]:
        """Run a shell command as root inside; returns its exit status and what it printed."""
        asked = self.start(command, seconds=seconds)
        return self.finish(asked, seconds=seconds)

    def start(self, command: str, *, seconds: float = 120.0) -> int:
        """Send a shell command without waiting; `finish` takes its answer."""
        self._asked += 1
        line = {"id": self._asked, "command": command, "timeout": seconds}
        self._serial.settimeout(30.0)
        self._serial.sendall(json.dumps(line).encode() + b"\n")
        return self._asked

    def finish(self, asked: int, *, seconds: float = 120.0) -> tuple[int, str]:
        """Wait for a command's answer."""
        answer = self._answer(asked, seconds + 30.0)
        return int(answer["status"]), str(answer["printed"])

    def poll(self, asked: int) -> tuple[int, str] | None:
        """Return a command's answer if it is there, without waiting."""
        self._listen(0.0)
        answer = self._heard(asked)
        return None if answer is None else (int(answer["status"]), str(answer["printed"]))

    def levels(self, pins: tuple[int, ...]) -> dict[int, str]:
        """Read pins in the chip's registers: "high" or "low" when driven, else "released"."""
        words = self._registers()
        found = {}
        for pin in pins:
            driven = words[pin // 10] >> (pin % 10 * 3) & 7 == _OUTPUT
            found[pin] = ("low", "high")[words[13] >> pin & 1] if driven else "released"
        return found

    def wait_for(self, holds: Callable[[], bool], *, seconds: float) -> float | None:
        """Wait until something holds; returns how many seconds it took, None if it never did.

        `longest_gap` is then the longest time between two looks, in seconds.
        """
        start = looked = time.monotonic()
        self.longest_gap = 0.0
        while looked - start < seconds:
            if holds():
                return time.monotonic() - start
            self._listen(0.01)
            self.longest_gap = max(self.longest_gap, time.monotonic() - looked)
            looked = time.monotonic()
        return None

    def close(self) -> None:
        """Switch the machine off."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _registers(self) -> list[int]:
        text = self._query("human-monitor-command", **{"command-line": f"xp /14wx {_GPIO:#x}"})
        words = [word for line in text.splitlines() for word in line.partition(":")[2].split()]
        return [int(word, 16) for word in words]

    def _query(self, what: str, **arguments: str) -> Any:  # noqa: ANN401 - whatever qemu says
        asked = {"execute": what, "arguments": arguments}
        self._lines.write(json.dumps(asked).encode() + b"\n")
        self._lines.flush()
        while True:
            answer = json.loads(self._lines.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(f"qemu refuses {what}: {answer['error']}")

    def _answer(self, asked: int, seconds: float) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (answer := self._heard(asked)) is not None:
                return answer
            self._listen(0.5)
        raise RuntimeError(f"the emulated Pi gave no answer in {seconds:g} s")

    def _heard(self, asked: int) -> dict[str, Any] | None:
        while b"\n" in self._rest:
            line, _, self._rest = self._rest.partition(b"\n")
            if line.startswith(b"@@"):
                answer: dict[str, Any] = json.loads(line[2:])
                if answer["id"] == asked:
                    return answer
        return None

    def _listen(self, seconds: float) -> None:
        if self._qemu.poll() is not None:
            raise RuntimeError(f"qemu ended with status {self._qemu.returncode}")
        self._serial.settimeout(seconds)
        try:
            said = self._serial.recv(65536)
        except (TimeoutError, BlockingIOError):
            return
        self._log.write(said)
        self._log.flush()
        self._rest += said.replace(b"\r", b"")

    def _connected(self, path: Path) -> socket.socket:
        channel = self._open.enter_context(socket.socket(socket.AF_UNIX))
        end = time.monotonic() + 30.0
        while True:
            try:
                channel.connect(str(path))
            except OSError:
                if self._qemu.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("qemu did not start") from None
                time.sleep(0.1)
            else:
                return channel

    def _stop(self) -> None:
        self._qemu.kill()
        self._qemu.wait()
