"""A Raspberry Pi's sensors, as the kernel shows them below /sys."""

from __future__ import annotations

from cuelight.vitals import vitals


class Pi:
    """Writes temperature and the firmware's flags into a folder; `firmware` None is no Pi."""

    def __init__(self, folder, *, degrees=50.0, flags=0, firmware="soc@107c000000:firmware"):
        self.folder = folder
        zone = folder / "class/thermal/thermal_zone0"
        zone.mkdir(parents=True, exist_ok=True)
        self._temperature = zone / "temp"
        self._flags = None
        if firmware is not None:
            device = folder / "bus/platform/drivers/raspberrypi-firmware" / firmware
            device.mkdir(parents=True, exist_ok=True)
            self._flags = device / "get_throttled"
        self.write(degrees=degrees, flags=flags)

    def write(self, *, degrees, flags=0):
        self._temperature.write_text(f"{round(1000 * degrees)}\n")
        if self._flags is not None:
            self._flags.write_text(f"{flags:x}\n")

    def vitals(self):
        return vitals(self.folder)
