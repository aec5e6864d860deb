"""Prepare many boxes at once: settings, credentials and labels, and what the broker has to know."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.device_toml import parse_settings
from cuelight.errors import InputError
from cuelight.labels import Label, pages
from cuelight.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES: Final = ("collector", "manager", "operator")
"""Users of a site that are no boxes (DESIGN section 5)."""

CA_FILE: Final = "/etc/cuelight/ca.crt"
"""Where scripts/first-boot puts the authority's certificate that the broker's is signed by."""

STORE_FOLDER: Final = "/var/lib/cuelight"
"""Where the service may write."""

CREDENTIAL: Final = "mqtt-password"

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

_SCRIPTS: Final = ("copy-to-card", "first-boot")

_README: Final = """cuelight: {count} boxes for the site {site}.
THIS FOLDER HOLDS PASSWORDS; delete it when all boxes run.

1. On the broker:  sudo scripts/provision-broker --boxes {folder} --host {broker}
   It lets these boxes in and puts ca.crt beside each box's settings.
2. Write a card for each box with Raspberry Pi Imager: Raspberry Pi OS Lite (64-bit).
   Set Wi-Fi and time zone there.
3. Before its first boot:  ./copy-to-card {first} FOLDER-OF-BOOTFS
4. Print labels-*.svg at 100 % and stick each onto its box.
5. Switch on. After some minutes with a network the box tells the broker that it is online.
   `sudo cuelight identify` blinks it.
{roles}"""

_ALWAYS: Final = {"site": {"name", "device"}, "mqtt": {"host", "port", "tls"}}
"""Written even where they are at their default, so that a later default changes no box."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to prepare: `count` boxes of one site, numbered from `start`.

    `base` holds the settings that all of them share. Raises InputError for a name that is no level
    of a topic, or numbers out of range.
    """

    site: str
    count: int
    base: Settings
    start: int = 1
    prefix: str = "table"

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 1000 or not 1 <= self.start <= 100_000:
            raise InputError(
                f"--count is {self.count} and --start {self.start}; 1 to 1000 boxes are wanted, "
                "numbered from 1 to 100000 on."
            )
        for option, name in (("--site", self.site), ("--prefix", self.boxes[-1])):
            if not _NAME.fullmatch(name):
                raise InputError(
                    f"{option} gives the name {name!r}; it is part of an MQTT topic and wants 1 to "
                    "64 letters, digits, - and _."
                )

    @property
    def boxes(self) -> list[str]:
        """Names of the boxes."""
        return [f"{self.prefix}-{number}" for number in range(self.start, self.start + self.count)]

    @property
    def roles(self) -> list[str]:
        """Users that are no boxes; only with the first boxes: a site has each of them once."""
        return [f"{role}@{self.site}" for role in ROLES] if self.start == 1 else []

    def settings(self, box: str) -> Settings:
        """Return one box's settings."""
        mqtt = replace(
            self.base.mqtt, username=f"{self.site}.{box}", password_file=CREDENTIAL, ca_file=CA_FILE
        )
        return replace(
            self.base,
            site=replace(self.base.site, name=self.site, device=box),
            mqtt=mqtt,
            store=replace(self.base.store, folder=STORE_FOLDER),
        )


def provision(plan: Plan, folder: Path, *, software: Path | None, checkout: Path) -> None:
    """Write everything into a folder that is not there yet: whole, or not at all.

    `software` is a packed release; None packs the checkout. Files are for their owner only. Raises
    InputError when the folder is there, or the software is none.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"{folder} is there already, and passwords in use may lie in it; nothing is "
            "overwritten. Name another --out; for more boxes of a site, give --start too."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))  # for us only
    try:
        _pack(part / "cuelight.tar.gz", software, checkout)
        _write_all(plan, part, folder)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_all(plan: Plan, part: Path, folder: Path) -> None:
    users = {}
    for box in plan.boxes:
        settings = plan.settings(box)
        users[settings.mqtt.username] = password = secrets.token_urlsafe(24)
        _write(part / "boxes" / box / "device.toml", written(settings))
        _write(part / "boxes" / box / CREDENTIAL, password + "\n")
        _write(part / "boxes" / box / "hostname", _hostname(plan.site, box) + "\n")
    for role in plan.roles:
        users[role] = password = secrets.token_urlsafe(24)
        _write(part / "roles" / role, password + "\n")
    _write(part / "broker" / "users", "".join(f"{who}:{word}\n" for who, word in users.items()))
    labels = [Label(plan.site, box, plan.base.privacy.contact) for box in plan.boxes]
    for number, page in enumerate(pages(labels), start=1):
        _write(part / f"labels-{number}.svg", page)
    roles = "The collector's, manager's and operator's passwords are in roles/.\n"
    _write(
        part / "README.txt",
        _README.format(
            count=plan.count,
            site=plan.site,
            folder=folder.resolve(),
            broker=plan.base.mqtt.host,
            first=plan.boxes[0],
            roles=roles if plan.roles else "",
        ),
    )


def written(settings: Settings) -> str:
    """Write settings as a device.toml: what a box must have, and whatever is not at its default.

    What is written is read back and compared, so no box gets other settings than were meant.
    """
    default = Settings()
    lines = ["# Written by cuelight provision. device.example.toml lists all that can be set."]
    for section in fields(settings):
        given, usual = getattr(settings, section.name), getattr(default, section.name)
        changed = {
            entry.name: getattr(given, entry.name)
            for entry in fields(given)
            if getattr(given, entry.name) != getattr(usual, entry.name)
            or entry.name in _ALWAYS.get(section.name, ())
        }
        if changed:
            lines += ["", f"[{section.name}]"]
            lines += [f"{key} = {_toml(value)}" for key, value in changed.items()]
    text = "\n".join(lines) + "\n"
    sound = not any("\ud800" <= letter <= "\udfff" for letter in text)  # half a character is none
    if not sound or parse_settings(text, Path("device.toml")) != settings:
        raise InputError(
            f"these settings cannot be written to a device.toml: {text!r}. Is --contact readable?"
        )
    return text


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, str):  # a JSON text is a TOML text, but for DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _hostname(site: str, box: str) -> str:
    """Return the name by which a network knows the box: letters, digits, hyphens, 63 at most."""
    plain = f"{box}-{site}".lower().replace("_", "-")
    return plain[:63].strip("-") or "cuelight"


def _pack(archive: Path, software: Path | None, checkout: Path) -> None:
    if software is None:
        _pack_checkout(archive, checkout)
    try:
        if software is not None:
            shutil.copyfile(software, archive)
        archive.chmod(0o600)
        with tarfile.open(archive) as packed:
            texts: Mapping[str, bytes] = {name: _member(packed, name) for name in _SCRIPTS}
    except (tarfile.TarError, EOFError, KeyError, OSError) as error:
        raise InputError(
            f"{software or checkout} is no packed cuelight: {error}. Make one with "
            "scripts/install-pi --pack cuelight.tar.gz."
        ) from error
    for name, content in texts.items():
        path = archive.parent / name
        path.write_bytes(content)
        path.chmod(0o700)


def _pack_checkout(archive: Path, checkout: Path) -> None:
    script = checkout / "scripts" / "install-pi"
    if not script.is_file():
        raise InputError(
            "This is no checkout of cuelight, so there is nothing to pack for the boxes. Name a "
            "packed one with --software."
        )
    command = [str(script), "--pack", str(archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise InputError(f"{script} could not pack the software: {done.stderr.strip()}.")


def _member(packed: tarfile.TarFile, name: str) -> bytes:
    file = packed.extractfile(f"./scripts/{name}")
    if file is None:
        raise KeyError(f"scripts/{name} is no file in it")
    return file.read()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")
