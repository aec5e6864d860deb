"""The import wall of the design: who may import whom, read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "device" / "cuelight"
MODULES = sorted(PACKAGE.rglob("*.py"))
CLOCKED = {"time", "datetime", "threading", "asyncio", "multiprocessing", "subprocess", "socket"}
FILES = {"io", "os", "pathlib", "shutil", "sqlite3", "tempfile", "urllib", "tomllib", "logging"}
VENDORS = {
    "ai_edge_litert",
    "tflite_runtime",
    "cv2",
    "gpiozero",
    "paho",
    "picamera2",
    "libcamera",
    "psycopg",
    "nicegui",
    "fastapi",
    "uvicorn",
    "opendp",
}


def name_of(path: Path) -> str:
    """Return a module's dotted name."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Return the dotted names that a module imports, anywhere in it, types included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(names: set[str], *packages: str) -> set[str]:
    """Return the names that lie in one of the packages."""
    return {n for n in names if any(n == p or n.startswith(f"{p}.") for p in packages)}


ROOMS = {
    "cuelight.clock": (),
    "cuelight.records": (),
    "cuelight.errors": (),
    "cuelight.settings": (),
    "cuelight.match": (),
    "cuelight.opening_hours": ("cuelight.errors",),
    "cuelight.field_precision": (),
    "cuelight.pause": ("cuelight.records",),
    "cuelight.taps": ("cuelight.loop",),
    "cuelight.mqtt_client": (),
    "cuelight.running": (),
    "cuelight.labels": (),
    "cuelight.provision": (
        "cuelight.device_toml",
        "cuelight.errors",
        "cuelight.labels",
        "cuelight.settings",
    ),
    "cuelight.known": ("cuelight.errors", "cuelight.match"),
    "cuelight.grade": ("cuelight.records", "cuelight.match", "cuelight.known"),
    "cuelight.sense.records": (),
    "cuelight.sense": (
        "cuelight.clock",
        "cuelight.records",
        "cuelight.errors",
        "cuelight.settings",
        "cuelight.sense",
    ),
    "cuelight.read": ("cuelight.records", "cuelight.sense.records", "cuelight.read"),
    "cuelight.tell": (
        "cuelight.clock",
        "cuelight.records",
        "cuelight.errors",
        "cuelight.mqtt_client",
        "cuelight.opening_hours",
        "cuelight.pause",
        "cuelight.settings",
        "cuelight.tell",
    ),
    "cuelight.watchdog": (),
    "cuelight.cooling": ("cuelight.vitals",),
    "cuelight.split.words": (),
    "cuelight.split.seccomp": (),
    "cuelight.split.wire": ("cuelight.records", "cuelight.split.words"),
    "cuelight.split.line": ("cuelight.records", "cuelight.split.wire"),
    "cuelight.split.locked": ("cuelight.errors", "cuelight.sandbox", "cuelight.split.seccomp"),
    "cuelight.split.trickle": (),
    "cuelight.split.camera_light": ("cuelight.errors", "cuelight.telling"),
    "cuelight.split.counterpart": ("cuelight.errors", "cuelight.records", "cuelight.split"),
    "cuelight.split.child": (
        "cuelight.split.line",
        "cuelight.split.trickle",
        "cuelight.split.wire",
        "cuelight.split.words",
    ),
    # the telling process knows no model, no reader and no camera
    "cuelight.split.box": (
        "cuelight.clock",
        "cuelight.errors",
        "cuelight.records",
        "cuelight.settings",
        "cuelight.split",
        "cuelight.telling",
        "cuelight.watchdog",
    ),
    # the sensing process knows neither lamp nor disk nor broker
    "cuelight.split.sensing": (
        "cuelight.clock",
        "cuelight.compose",
        "cuelight.device_toml",
        "cuelight.errors",
        "cuelight.loop",
        "cuelight.sense",
        "cuelight.sensing",
        "cuelight.sensing_half",
        "cuelight.settings",
        "cuelight.split",
    ),
    "cuelight.last_good": ("cuelight.device_toml", "cuelight.errors", "cuelight.settings"),
    "cuelight.open_spool": ("cuelight.errors", "cuelight.tell"),
    "cuelight.standby": (
        "cuelight.clock",
        "cuelight.errors",
        "cuelight.privacy",
        "cuelight.records",
        "cuelight.settings",
        "cuelight.tell",
        "cuelight.vitals",
        "cuelight.watchdog",
    ),
    "cuelight.examine": (
        "cuelight.compose",
        "cuelight.cooling",
        "cuelight.errors",
        "cuelight.examine",
        "cuelight.loop",
        "cuelight.moved",
        "cuelight.pause",
        "cuelight.places",
        "cuelight.read",
        "cuelight.sandbox",
        "cuelight.seat_sums",
        "cuelight.seats",
        "cuelight.sense",
        "cuelight.sensing",
        "cuelight.settings",
        "cuelight.statement_log",
        "cuelight.tell",
        "cuelight.vitals",
    ),
    "cuelight.sandbox": (),
    "cuelight.amend": ("cuelight.device_toml", "cuelight.errors"),
    "cuelight.moved": (),
    "cuelight.seat_sums": ("cuelight.sense.records",),
    "cuelight.seats": (
        "cuelight.read.visit",
        "cuelight.records",
        "cuelight.seat_sums",
        "cuelight.settings",
    ),
    # the installer's eyes know the detector's boxes and nothing that reads a face
    "cuelight.zoning": (
        "cuelight.clock",
        "cuelight.records",
        "cuelight.sense.records",
        "cuelight.sense.sight",
        "cuelight.sensing",
        "cuelight.settings",
        "cuelight.zoning",
    ),
    "cuelight.statement_log": (),
    # the pages borrow the dashboard's look and its headers, and nothing that knows of customers,
    # reps or the broker; the mirror alone sees, with the device's own sense and nothing that judges
    "cuelight.practice": (
        "cuelight.errors",
        "cuelight.practice",
        "cuelight.view.board.asgi",
        "cuelight.view.board.style",
    ),
    "cuelight.practice.mirror": (
        "cuelight.clock",
        "cuelight.errors",
        "cuelight.practice.mirror",
        "cuelight.practice.stills",
        "cuelight.sense",
        "cuelight.settings",
    ),
    "cuelight.installed": (),
    "cuelight.view": (
        "cuelight.errors",
        "cuelight.mqtt_client",
        "cuelight.opening_hours",
        "cuelight.settings",
        "cuelight.settings_file",
        "cuelight.view",
    ),
    "cuelight.settings_file": ("cuelight.errors",),
}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_what_lies_below_it(path):
    name = name_of(path)
    room = max((r for r in ROOMS if name == r or name.startswith(f"{r}.")), key=len, default=None)
    if room is None:
        return
    ours = within(imports_of(path), "cuelight")
    assert ours - within(ours, *ROOMS[room]) == set()


@pytest.mark.parametrize("path", sorted((PACKAGE / "read").glob("*.py")), ids=name_of)
def test_reading_is_pure(path):
    top = {name.split(".")[0] for name in imports_of(path)}
    assert top & (CLOCKED | FILES | VENDORS) == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_vendors_stay_at_their_edges(path):
    allowed = {
        "cuelight.sense.runtime": {"ai_edge_litert", "tflite_runtime"},
        "cuelight.sense.clip": {"cv2"},
        "cuelight.sense.picture": {"cv2"},
        "cuelight.sense.webcam": {"cv2"},
        "cuelight.sense.picamera": {"picamera2", "libcamera"},
        "cuelight.tell.pins": {"gpiozero"},
        "cuelight.mqtt_client": {"paho"},
        "cuelight.tell.link": {"paho"},
        "cuelight.tell.mechanism": {"opendp"},
        "cuelight.view.listener": {"paho"},
        "cuelight.view.wire": {"paho"},
        "cuelight.view.postgres": {"psycopg"},
        "cuelight.view.dashboard": {"nicegui", "fastapi", "uvicorn"},
        "cuelight.practice.server": {"nicegui", "fastapi", "uvicorn"},
        "cuelight.practice.mirror.routes": {"fastapi"},
        "cuelight.view.board.frame": {"nicegui"},
        "cuelight.view.board.ask": {"nicegui"},
        "cuelight.view.board.fleet_page": {"nicegui"},
        "cuelight.view.board.customers_page": {"nicegui"},
        "cuelight.view.board.customers_cards": {"nicegui"},
    }
    top = {name.split(".")[0] for name in imports_of(path)}
    assert top & VENDORS - allowed.get(name_of(path), set()) == set()


PURE = (
    *("rates", "difference", "summary", "words"),
    *(
        "board.figures",
        "board.courses",
        "board.fleet",
        "board.tables",
        "board.charts",
        "board.parquet",
    ),
)


@pytest.mark.parametrize("name", PURE)
def test_what_the_dashboard_says_needs_no_clock_nor_network(name):
    path = PACKAGE / "view" / f"{name.replace('.', '/')}.py"
    top = {one.split(".")[0] for one in imports_of(path)}
    assert top & (CLOCKED - {"datetime"} | FILES | VENDORS) == set()
    assert "now(" not in path.read_text(encoding="utf-8")


def test_nothing_below_the_commands_imports_a_command():
    for path in MODULES:
        name = name_of(path)
        if not name.startswith(("cuelight.commands", "cuelight.cli", "cuelight.__main__")):
            assert within(imports_of(path), "cuelight.commands", "cuelight.cli") == set(), name


def test_the_wall_would_notice_a_breach(tmp_path):
    breach = tmp_path / "breach.py"
    breach.write_text("from cuelight.tell.feed import Feed\nimport time\n")
    assert within(imports_of(breach), "cuelight.tell") == {"cuelight.tell.feed.Feed"}
    assert {n.split(".")[0] for n in imports_of(breach)} & CLOCKED == {"time"}
