"""Ask an emulated Pi, from outside, which lamps are lit after every way a process can end.

Started by scripts/emulate-gpio, which packs the machine. Boots it twice: with GPIO outputs kept
when their process dies (Raspberry Pi OS) and with outputs released (Debian, or a Pi with
`dtparam=strict_gpiod`). Prints a table; exit code 1 when a row is not as wanted.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from emulated_pi import EmulatedPi
from gpio_bench import Bench
from gpio_lamps import Lamps
from gpio_service import Service
from outcomes import Outcomes


def main() -> int:
    """Boot, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("kernel", "tree", "root"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--only", choices=["kept", "released"], help="one of the two boots")
    parser.add_argument("--without-service", action="store_true", help="lamps alone: faster")
    given = parser.parse_args()
    table = Outcomes()
    try:
        for kept in (True, False):
            boot = "kept" if kept else "released"
            if given.only not in (None, boot):
                continue
            start = time.monotonic()
            with EmulatedPi(
                kernel=given.kernel,
                tree=given.tree,
                root=given.root,
                arguments=f"iomem=relaxed pinctrl-bcm2835.persist_gpio_outputs={kept:d}",
                log=given.root.parent / f"gpio-serial-{boot}.log",
            ) as pi:
                print(f"booted in {time.monotonic() - start:.0f} s, outputs are {boot}", flush=True)
                bench = Bench(pi, table)
                lamps = Lamps(bench)
                if kept:
                    lamps.rhythm()
                    lamps.fault()
                lamps.killed(kept=kept)
                if kept and not given.without_service:
                    service = Service(bench)
                    service.run()
                    (given.root.parent / "gpio-journal.log").write_text(service.journal)
    except RuntimeError as error:
        table.show()
        print(f"scripts/emulate-gpio: {error}", file=sys.stderr)
        return 1
    table.show()
    print(f"{table.failed} failed, {len(table.rows) - table.failed} as wanted")
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
