"""The command line: one subcommand a module, errors as one clear line and an exit code."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

from cuelight import __version__
from cuelight.errors import CuelightError, InputError, ModelError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = {
    "run": "the service: camera, lamp, broker",
    "demo": "the same loop on a sample clip, with an embedded broker",
    "read": "read the faces in still pictures",
    "replay": "replay a clip and print what is seen in it",
    "watch": "live bars on the device",
    "bench": "time every stage on a clip",
    "selftest": "known clips through the real loop: F1 and delays on this device",
    "zone": "draw the customer zone on outlines, confirm it after the box was moved",
    "check": "check settings and models without starting anything",
    "doctor": "examine camera, pins, models, broker and the rest: a line each, with the fix",
    "notice": "the customers' notice, to print: what is done, what is not, whom to ask",
    "privacy": "what this box promises, what it promised on a day, and what can be proved",
    "retire": "leave the broker cleanly: clear what it keeps of this box",
    "collect": "the managers' side: keep what devices publish, and publish sums by site",
    "dashboard": "a manager's page: fleet, counts with intervals, export",
    "feed": "a manager's terminal: the fleet and the sums by site, live",
    "practice": "train the eye on rendered faces; scores stay with whoever practises",
    "card": "a pocket card: three rhythms, three moves, two sentences for a customer who asks",
    "review": "a week of a site's sums on one page, for a team talk",
    "test-signal": "play one rhythm, or put the lamp and the motor out",
    "identify": "blink this box, to find it among others",
    "provision": "prepare many boxes at once: credentials, first-boot files, labels",
}
"""Each has a module in `cuelight.commands` with `add_arguments(parser)` and `main(args) -> int`.

Only the module of the command that was given is imported, so that `check` needs no rich and
`replay` no MQTT.
"""

DONE, FAILED, WRONG_INPUT = 0, 1, 2

_EXTRAS: Final = "This command needs an extra: pip install 'cuelight[demo]', or [clip] for clips."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed while running, 2 wrong input."""
    if argv is None:  # a program of its own: whatever ends it, lamps are put out on the way
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
    arguments = list(sys.argv[1:] if argv is None else argv)
    chosen = next((word for word in arguments if word in COMMANDS), None)
    try:
        return _run(arguments, chosen)
    except CuelightError as error:
        wrong = isinstance(error, InputError | SettingsError | ModelError)
        return _complain(chosen, str(error), WRONG_INPUT if wrong else FAILED)
    except ImportError as error:
        return _complain(chosen, f"{error}. {_EXTRAS}", WRONG_INPUT)
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        # the reader of our output went away, as with `| head`; keep Python from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _run(arguments: Sequence[str], chosen: str | None) -> int:
    args = _parser(chosen).parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if args.verbose else logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
    )
    return int(args.main(args))


def _complain(command: str | None, message: str, code: int) -> int:
    print(f"cuelight {command or ''}: {message}", file=sys.stderr)  # noqa: T201 - a terminal
    return code


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cuelight", description=sys.modules["cuelight"].__doc__)
    parser.add_argument("--version", action="version", version=f"cuelight {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log details to stderr")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == chosen:
            module = import_module(f"cuelight.commands.{name.replace('-', '_')}")
            module.add_arguments(command)
            command.set_defaults(main=module.main)
    return parser
