"""A program: a SplitBox on file pins and an acting sensing process; stops at SIGTERM.

python split_box.py CONFIG PART
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path

from cuelight.device_toml import load_settings
from cuelight.split.box import SplitBox

ACTING = Path(__file__).parent / "stand_ins" / "apart" / "acting.py"


def main() -> None:
    config, part = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = load_settings(Path(config))
    with SplitBox(settings, program=(sys.executable, str(ACTING), part), stop=stop) as box:
        box.run()
        sys.stderr.write(f"LATENCIES {sorted(box.teller.signal_latencies)}\n")


if __name__ == "__main__":
    main()
