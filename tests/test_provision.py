"""`cuelight provision`: many boxes at once, each with secrets of its own, up to the first boot."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tarfile
import xml.etree.ElementTree as ET
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as rule
from hypothesis import strategies as st

from cuelight.cli import main
from cuelight.device_toml import load_settings, parse_settings
from cuelight.labels import LABELS_A_PAGE, Label, pages
from cuelight.provision import Plan, written
from cuelight.settings import PrivacySettings, Settings

CHECKOUT = Path(__file__).resolve().parents[1]
# what settings take: no control characters, and no user's home that is not there
CONTACT = st.text(max_size=40).filter(lambda text: text.isprintable() and text[:1] != "~")
NAME = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


def provision(folder, *arguments):
    return main(["provision", "--site", "north", "--out", str(folder), *arguments])


@pytest.fixture(scope="module")
def ten(tmp_path_factory):
    """Ten boxes, once; tests only read it."""
    folder = tmp_path_factory.mktemp("ten") / "boxes"
    assert provision(folder, "--count", "10", "--mode", "notice", "--contact", "Jörg <x@y>") == 0
    return folder


def test_every_box_has_settings_that_check_takes_and_a_password_of_its_own(ten):
    users = dict(line.split(":") for line in (ten / "broker/users").read_text().splitlines())
    assert len(set(users.values())) == len(users) == 13
    for number in range(1, 11):
        box = ten / "boxes" / f"table-{number}"
        settings = load_settings(box / "device.toml")
        assert (settings.site.name, settings.site.device) == ("north", f"table-{number}")
        assert (settings.mqtt.tls, settings.mqtt.port) == (True, 8883)
        assert settings.mqtt.username == f"north.table-{number}"
        assert settings.privacy == PrivacySettings(mode="notice", contact="Jörg <x@y>")
        password = (box / settings.mqtt.password_file).read_text().strip()
        assert users[settings.mqtt.username] == password
        assert len(password) >= 32
        assert password not in (box / "device.toml").read_text()
    assert not any(
        word in page.read_text() for page in ten.glob("*.svg") for word in users.values()
    )
    assert {path.name for path in (ten / "roles").iterdir()} == set(users) - {
        f"north.table-{number}" for number in range(1, 11)
    }


def test_all_of_it_is_for_its_owner_only(ten):
    assert stat.S_IMODE(ten.stat().st_mode) == 0o700
    for path in ten.rglob("*"):
        if path.is_file():
            wanted = 0o700 if path.name in {"copy-to-card", "first-boot"} else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_nothing_is_ever_overwritten(ten, capsys):
    before = {path: path.read_bytes() for path in ten.rglob("*") if path.is_file()}
    assert provision(ten, "--count", "2") == 2
    said = capsys.readouterr().err
    assert "is there already" in said
    assert "--start" in said
    assert {path: path.read_bytes() for path in ten.rglob("*") if path.is_file()} == before


def test_more_boxes_of_a_site_bring_no_new_roles(tmp_path, capsys):
    assert provision(tmp_path / "more", "--count", "2", "--start", "11") == 0
    users = (tmp_path / "more/broker/users").read_text().splitlines()
    assert [line.split(":")[0] for line in users] == ["north.table-11", "north.table-12"]
    assert "cameras stay closed" in capsys.readouterr().out


def test_what_all_boxes_share_comes_from_a_settings_file(tmp_path):
    shared = tmp_path / "shared.toml"
    shared.write_text('[camera]\nfps = 60\n[mqtt]\nhost = "hub.example"\n[zone]\nface_min = 0.2\n')
    assert provision(tmp_path / "out", "--settings", str(shared), "--prefix", "sofa") == 0
    settings = load_settings(tmp_path / "out/boxes/sofa-1/device.toml")
    assert (settings.camera.fps, settings.zone.face_min) == (60.0, 0.2)
    assert (settings.mqtt.host, settings.mqtt.tls) == ("hub.example", True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--site", "north/south"], "letters, digits, - and _"),
        (["--prefix", "t+"], "letters, digits, - and _"),
        (["--count", "0"], "1 to 1000 boxes"),
        (["--start", "-3"], "1 to 1000 boxes"),
        (["--software", "/etc/hostname"], "is no packed cuelight"),
        (["--software", "/nowhere.tar.gz"], "is no packed cuelight"),
        (["--contact", "\udcff"], "cannot be written"),
        (["--port", "0"], "mqtt.port"),
    ],
)
def test_wrong_input_is_said_and_leaves_nothing_behind(tmp_path, capsys, arguments, words):
    assert provision(tmp_path / "out", *arguments) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@rule(deadline=None)
@given(NAME, st.integers(1, 1000), st.integers(1, 9999), CONTACT)
def test_no_two_users_share_a_name_and_settings_survive_the_file(site, count, start, contact):
    base = replace(Settings(), privacy=PrivacySettings(mode="notice", contact=contact))
    plan = Plan(site=site, count=count, start=start, base=base)
    names = {plan.settings(box).mqtt.username for box in plan.boxes}
    assert len(names) == count
    assert all(name.count(".") == 1 for name in names), "so site and device can be told apart"
    wanted = plan.settings(plan.boxes[-1])
    assert parse_settings(written(wanted), Path("device.toml")) == wanted


def test_every_setting_can_be_written(tmp_path):
    example = load_settings(CHECKOUT / "device.example.toml")
    for section in fields(Settings):
        assert getattr(parse_settings(written(example), tmp_path), section.name) == getattr(
            example, section.name
        )


@rule(deadline=None)
@given(st.lists(st.tuples(NAME, NAME, st.text(max_size=80)), min_size=1, max_size=23))
def test_labels_are_sound_pictures_that_hold_every_box(rows):
    labels = [Label(*row) for row in rows]
    sheets = [ET.fromstring(page) for page in pages(labels)]
    assert len(sheets) == -(-len(rows) // LABELS_A_PAGE)
    texts = [element.text for sheet in sheets for element in sheet.iter() if element.text]
    for _, device, _ in rows:
        assert device in texts
    for sheet in sheets:
        for words in sheet.iter("{http://www.w3.org/2000/svg}text"):
            width_mm = 0.6 * float(words.get("font-size")) * len(words.text)
            assert float(words.get("x")) + width_mm < 99.1, "it stays on its label"


def copy_to_card(folder, box, boot):
    command = [str(folder / "copy-to-card"), box, str(boot)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def card(tmp_path):
    """A boot partition as Raspberry Pi OS has it, in the root that it will be mounted in."""
    boot = tmp_path / "root/boot/firmware"
    boot.mkdir(parents=True)
    (boot / "cmdline.txt").write_text("console=tty1 root=PARTUUID=1 rootwait quiet\n")
    (boot / "config.txt").write_text("camera_auto_detect=1\n")
    etc = tmp_path / "root/etc"
    etc.mkdir()
    (etc / "hostname").write_text("raspberrypi\n")
    (etc / "hosts").write_text("127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n")
    return boot


@pytest.fixture
def boxes(ten, tmp_path):
    """The ten boxes with the authority that provision-broker puts beside their settings."""
    folder = shutil.copytree(ten, tmp_path / "boxes")
    for box in (folder / "boxes").iterdir():
        (box / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    return folder


def test_a_card_is_prepared_and_its_first_boot_leaves_no_secret_on_it(boxes, card, tmp_path):
    root = tmp_path / "root"
    before = (card / "cmdline.txt").read_text()
    password = (boxes / "boxes/table-3/mqtt-password").read_text()
    done = copy_to_card(boxes, "table-3", card)
    assert (done.returncode, done.stderr) == (0, "")
    words = (card / "cmdline.txt").read_text()
    assert words.startswith(before.strip())
    assert words.count("\n") == 1
    assert "systemd.run=/boot/firmware/cuelight/first-boot" in words.split()

    subprocess.run([card / "cuelight/first-boot", root], check=True)
    assert (card / "cmdline.txt").read_text() == before
    assert {path.name for path in card.iterdir()} == {"cmdline.txt", "config.txt"}
    etc = root / "etc/cuelight"
    assert load_settings(etc / "device.toml").site.device == "table-3"
    assert (etc / "credentials/mqtt-password").read_text() == password
    assert stat.S_IMODE((etc / "credentials/mqtt-password").stat().st_mode) == 0o600
    assert stat.S_IMODE((etc / "credentials").stat().st_mode) == 0o700
    assert (root / "etc/hostname").read_text() == "table-3-north\n"
    assert "127.0.1.1\ttable-3-north" in (root / "etc/hosts").read_text()
    source = root / "opt/cuelight/source"
    assert os.access(source / "scripts/install-pi", os.X_OK)
    assert (source / "device/cuelight/cli.py").is_file()
    assert not (source / "models/training").exists()
    wants = root / "etc/systemd/system/multi-user.target.wants/cuelight-first-boot.service"
    unit = wants.resolve(strict=True).read_text()
    assert "ExecStart=/opt/cuelight/source/scripts/install-pi" in unit


def test_a_first_boot_that_a_power_cut_ended_is_done_again(boxes, card, tmp_path):
    """Whatever of it was done, a second run ends where the first would have."""
    root = tmp_path / "root"
    password = (boxes / "boxes/table-3/mqtt-password").read_text()
    copy_to_card(boxes, "table-3", card)
    archive = card / "cuelight/cuelight.tar.gz"
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    cut = subprocess.run([card / "cuelight/first-boot", root], capture_output=True, check=False)
    assert cut.returncode != 0
    assert "systemd.run=" in (card / "cmdline.txt").read_text(), "so the next boot tries again"
    assert (card / "cuelight/mqtt-password").read_text() == password
    archive.write_bytes(whole)
    subprocess.run([card / "cuelight/first-boot", root], check=True)
    assert "systemd.run=" not in (card / "cmdline.txt").read_text()
    assert not (card / "cuelight").exists()
    secret = root / "etc/cuelight/credentials/mqtt-password"
    assert secret.read_text() == password
    assert (root / "opt/cuelight/source/scripts/install-pi").is_file()


def test_imagers_own_script_on_the_card_is_left_to_run_first(boxes, card):
    imager = (
        "root=PARTUUID=1 systemd.run=/boot/firstrun.sh systemd.run_success_action=reboot "
        "systemd.unit=kernel-command-line.target"
    )
    (card / "cmdline.txt").write_text(imager)
    assert copy_to_card(boxes, "table-1", card).returncode == 0
    words = (card / "cmdline.txt").read_text()
    assert words == f"{imager} systemd.run=/boot/firmware/cuelight/first-boot\n"


def test_cards_and_boxes_that_do_not_fit_are_refused(ten, boxes, card, tmp_path):
    assert "provision-broker" in copy_to_card(ten, "table-1", card).stderr
    assert "no box table-99" in copy_to_card(boxes, "table-99", card).stderr
    assert "no boot partition" in copy_to_card(boxes, "table-1", tmp_path).stderr
    assert not (card / "cuelight").exists()
    copy_to_card(boxes, "table-1", card)
    again = copy_to_card(boxes, "table-2", card)
    assert again.returncode == 2
    assert "prepared already, for table-1-north" in again.stderr


def test_the_packed_software_holds_what_install_pi_wants_and_nothing_to_train_with(ten):
    with tarfile.open(ten / "cuelight.tar.gz") as packed:
        names = set(packed.getnames())
        assert all(member.uid == 0 for member in packed.getmembers())
    assert {"./pyproject.toml", "./models/expression.tflite", "./scripts/fetch"} <= names
    assert not any("training" in name or "__pycache__" in name for name in names)
