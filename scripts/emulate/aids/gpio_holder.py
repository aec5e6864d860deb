"""Hold cuelight's own lamps on inside the emulated Pi until told or killed; the test looks on.

python3 gpio_holder.py FOLDER WHAT: "camera" lights the camera lamp, "all" the signal lamp and the
motor too, "raise" lights all and then fails inside the block. Writes FOLDER/held once lit.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from cuelight.device_toml import load_settings
from cuelight.tell.panel import Panel


def main() -> None:
    """Light and hold."""
    folder, what = Path(sys.argv[1]), sys.argv[2]
    settings = load_settings(Path("/etc/cuelight/device.toml"))
    with Panel(settings.lamp) as panel, panel.camera_lit():
        if what != "camera":
            panel.show(1.0, colour=(1.0, 1.0, 1.0))
        (folder / "held").touch()
        if what == "raise":
            raise RuntimeError("as a fault inside the block would")
        signal.pause()


if __name__ == "__main__":
    main()
