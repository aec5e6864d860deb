"""A device.toml, a store and a report, for the tests of doctor."""

from __future__ import annotations

import json
from dataclasses import replace

from cuelight.cli import main
from windows import real_windows

READY = '[privacy]\nmode = "notice"\ncontact = "privacy@example.com"\n'


def write_settings(folder, text=READY, *, mqtt=""):
    """Write a device.toml with a store of its own; publishes nothing unless told."""
    path = folder / "device.toml"
    mqtt = mqtt or 'host = ""\n'
    path.write_text(f'{text}\n[store]\nfolder = "{folder / "store"}"\n\n[mqtt]\n{mqtt}')
    return str(path)


def report(capsys, config):
    """Run doctor --json: its exit code and its one object."""
    code = main(["doctor", "--json", "--config", config])
    out = capsys.readouterr().out
    assert out.count("\n") == 1, "one JSON object, one line"
    return code, json.loads(out)


def put(spool, end):
    """Spool a real window that ended so; returns its number."""
    (window,) = real_windows(1)
    return spool.put(replace(window, id=f"id-{end}", end=end), open_sums={}).seq
