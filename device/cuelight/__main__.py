"""Run the command line with `python -m cuelight`."""

import sys

from cuelight.cli import main

sys.exit(main())
