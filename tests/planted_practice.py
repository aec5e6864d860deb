"""`cuelight practice` as it runs on the machine whose root folder is named first."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cuelight.commands import practice

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["practice"])
    practice.add_arguments(parser)
    sys.exit(practice.main(parser.parse_args(sys.argv[2:]), root=Path(sys.argv[1])))
