"""The box's own health, read from a made-up /sys."""

from __future__ import annotations

import pytest

from cuelight.vitals import vitals

THROTTLED = "bus/platform/drivers/raspberrypi-firmware"


@pytest.fixture
def sys(tmp_path):
    def write(*, temperature=b"61234\n", throttled=b"0\n", firmware="soc:firmware"):
        zone = tmp_path / "class/thermal/thermal_zone0"
        device = tmp_path / THROTTLED / firmware
        for folder in (zone, device):
            folder.mkdir(parents=True, exist_ok=True)
        (zone / "temp").write_bytes(temperature)
        (device / "get_throttled").write_bytes(throttled)
        return tmp_path

    return write


def test_temperature_is_too_coarse_to_show_a_face(sys):
    for degrees in range(58, 63):
        assert vitals(sys(temperature=b"%d000\n" % degrees))["temperature"] == 60


@pytest.mark.parametrize("firmware", ["soc:firmware", "soc@107c000000:firmware"])
@pytest.mark.parametrize(
    ("flags", "wanted"), [(b"0\n", False), (b"50000\n", False), (b"50005\n", True), (b"8\n", True)]
)
def test_throttled_is_what_is_now_on_a_pi_4_and_a_pi_5(sys, firmware, flags, wanted):
    assert vitals(sys(throttled=flags, firmware=firmware))["throttled"] is wanted


@pytest.mark.parametrize("nonsense", [b"", b"warm\n", b"\xff\xfe\n", b"0x\n"])
def test_nonsense_is_none(sys, nonsense):
    found = vitals(sys(temperature=nonsense, throttled=nonsense))
    assert (found["temperature"], found["throttled"]) == (None, None)


def test_a_machine_without_either_says_none(tmp_path):
    found = vitals(tmp_path)
    assert (found["temperature"], found["throttled"]) == (None, None)
    assert found["version"]
