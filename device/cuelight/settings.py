"""The settings: one frozen section per room, each option with default, bounds, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def option(
    default: Any,  # noqa: ANN401 - as dataclasses.field: whatever type the option has
    text: str,
    *,
    unit: str = "",
    bounds: tuple[float, float] | None = None,
    choices: Sequence[str] = (),
) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare one option: its default, what it does, its unit, and what it accepts."""
    meta = {"text": text, "unit": unit, "bounds": bounds, "choices": tuple(choices)}
    return field(default=default, metadata=meta)


@dataclass(frozen=True)
class SiteSettings:
    """Where this box stands; both names are part of its MQTT topics."""

    name: str = option("showroom", "Name of the site in MQTT topics: letters, digits, - and _.")
    device: str = option("table-1", "Name of this box in MQTT topics: letters, digits, - and _.")
    opening_hours: str = option(
        "always",
        "When the camera may be open, as 'mo-fr 09:00-18:30, sa 10:00-16:00'; outside of it the "
        "box is paused, and nothing but the clock ends that. While the clock is not set it is too.",
    )
    time_zone: str = option(
        "", "Time zone of opening_hours, such as Europe/Berlin; empty: this machine's own."
    )


@dataclass(frozen=True)
class CameraSettings:
    """How pictures are taken."""

    source: str = option(
        "picamera2",
        "picamera2 for the Pi's camera, v4l2 for a USB webcam.",
        choices=("picamera2", "v4l2"),
    )
    index: int = option(0, "Which camera, counted from 0.", bounds=(0, 63))
    width: int = option(
        640,
        "Picture width; more finds smaller faces and costs time in detection and copying.",
        unit="pixels",
        bounds=(160, 1920),
    )
    height: int = option(480, "Picture height.", unit="pixels", bounds=(120, 1080))
    fps: float = option(
        30.0,
        "Frames a second; brief cues need 30 or more; 60 sees them better at twice the cost.",
        unit="1/s",
        bounds=(1.0, 120.0),
    )
    seat_distance_m: float = option(
        0.8,
        "From lens to the customer's face; focus is fixed there, since hunting looks like leaning.",
        unit="m",
        bounds=(0.1, 10.0),
    )
    mains_hz: int = option(
        50,
        "Mains frequency, so that lamps do not flicker in the picture (0: no correction).",
        unit="Hz",
        bounds=(0, 60),
    )
    exposure_max_ms: float = option(
        16.0,
        "Longest exposure; longer is brighter but smears brief movements.",
        unit="ms",
        bounds=(0.1, 100.0),
    )


@dataclass(frozen=True)
class ZoneSettings:
    """Where the customer sits in the picture; faces outside are dropped at detection."""

    polygon: tuple[tuple[float, float], ...] = option(
        ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),
        "Corners of the customer zone as parts of the picture, (0, 0) at the top left.",
    )
    face_min: float = option(
        0.12,
        "Smallest face that is read; raise it to ignore people further back.",
        unit="part of the picture's height",
        bounds=(0.02, 1.0),
    )
    distance_max_m: float = option(
        0.0,
        "Farthest face that is read, from the lens (0: face_min alone decides); lower it to ignore "
        "people behind the customer. Heads differ, so it is good to about a fifth.",
        unit="m",
        bounds=(0.0, 10.0),
    )
    face_at_1m: float = option(
        0.18,
        "How high an adult's face, brows to chin, is one metre from this lens: what turns "
        "distance_max_m into a size. The default is that of a Camera Module 3; `cuelight zone` "
        "measures it.",
        unit="part of the picture's height",
        bounds=(0.02, 1.0),
    )
    faces_max: int = option(
        3, "Most faces read at once; each costs its own model time.", bounds=(1, 8)
    )

    @property
    def smallest_face(self) -> float:
        """Height of the smallest face that is read, as a part of the picture's height."""
        if not self.distance_max_m:
            return self.face_min
        return max(self.face_min, self.face_at_1m / self.distance_max_m)


@dataclass(frozen=True)
class ModelSettings:
    """Which model runs, and on what."""

    runtime: str = option(
        "auto",
        "auto takes LiteRT, else tflite-runtime; or name one.",
        choices=("auto", "litert", "tflite-runtime"),
    )
    folder: str = option(
        "", "Folder with expression.tflite and its card; empty: the one that was installed."
    )
    threads: int = option(
        1,
        "Threads of the interpreter; more than 1 seldom pays for a net this small.",
        bounds=(1, 4),
    )


@dataclass(frozen=True)
class ReadSettings:
    """What is claimed of what is seen."""

    micro_claim_ms: int = option(
        200,
        "Brief cues (up to half a second) are told only while the shortest movement that the "
        "frames processed can tell, max(100 ms, 3 frames), takes no longer; raising it tells them "
        "at lower frame rates, where more of them fall between frames.",
        unit="ms",
        bounds=(100, 500),
    )


@dataclass(frozen=True)
class LampSettings:
    """The signal lamp, the motor, the camera lamp and the buttons, by BCM pin number."""

    kind: str = option("rgb", "rgb or single.", choices=("rgb", "single"))
    pins: tuple[int, ...] = option(
        (17, 27, 22), "Pins of the signal lamp: red, green, blue; or one pin for a single lamp."
    )
    brightness: float = option(
        0.15,
        "Brightness of the signal lamp; raise it only if the rep misses hints in daylight.",
        bounds=(0.01, 1.0),
    )
    pulse_hz: int = option(
        1000,
        "PWM frequency; below 1 kHz the lamp shimmers on camera.",
        unit="Hz",
        bounds=(1000, 8000),
    )
    camera_pin: int = option(
        5, "Pin of the lamp that is lit whenever the camera is open.", bounds=(2, 27)
    )
    motor: bool = option(False, "Drive the haptic motor too (behind a transistor and a diode).")  # noqa: FBT003
    motor_pin: int = option(18, "Pin of the motor's transistor.", bounds=(2, 27))
    price_pin: int = option(23, "Pin of the button that marks a price mention.", bounds=(2, 27))
    pause_pin: int = option(24, "Pin of the button that pauses the camera.", bounds=(2, 27))
    consent_pin: int = option(
        25, "Pin of the customer's own button, used with privacy.mode opt_in only.", bounds=(2, 27)
    )
    pause_hold_seconds: float = option(
        2.0, "How long the pause button is held.", unit="s", bounds=(0.2, 10.0)
    )
    off_switch: bool = option(
        False,  # noqa: FBT003
        "There is a switch on the customer's side (lamp.off_pin): the camera opens only while it "
        "is closed, so a cut wire keeps the camera shut.",
    )
    off_pin: int = option(
        6, "Pin of the customer's off-switch, used with lamp.off_switch only.", bounds=(2, 27)
    )
    remind_minutes: float = option(
        30.0,
        "How often one short white flash says that somebody left the box paused; 0 never does.",
        unit="minutes",
        bounds=(0.0, 480.0),
    )
    pin_factory: str = option(
        "", "gpiozero's pin factory; empty: its own choice. mock serves clips and --dry-run only."
    )


@dataclass(frozen=True)
class MqttSettings:
    """Where counts go."""

    host: str = option("localhost", "Broker's host name or address; empty: publish nothing.")
    port: int = option(8883, "Broker's port (mostly 1883 without TLS).", bounds=(1, 65535))
    username: str = option("", "User name at the broker; empty: none.")
    password_file: str = option(
        "",
        "File that holds the password, readable by this service only; a plain name is a credential "
        "that systemd gives the service, kept in /etc/cuelight/credentials.",
    )
    tls: bool = option(
        True,  # noqa: FBT003
        "Encrypt, and check the broker's certificate; false only for a broker on this machine.",
    )
    password_in_clear: bool = option(
        False,  # noqa: FBT003
        "Send the password without TLS to another machine, where everybody on the way can read it.",
    )
    ca_file: str = option(
        "", "File with the authority that signed the broker's certificate; empty: the system's."
    )
    discovery: bool = option(
        False,  # noqa: FBT003
        "Announce this box to Home Assistant, with its health and never a customer's figure; off, "
        "since whoever runs another Home Assistant at this broker would see it there unasked. "
        "`cuelight retire` takes it back.",
    )
    pause: bool = option(
        False,  # noqa: FBT003
        "Let whoever may write this box's topic `set` pause it, and end that pause again; a pause "
        "by button, switch or opening hours they cannot end.",
    )
    keepalive_seconds: int = option(
        30,
        "How often the broker hears from us at least; lower finds a dead device sooner.",
        unit="s",
        bounds=(5, 600),
    )

    @property
    def sends_password_in_clear(self) -> bool:
        """Whether a password would cross a network that others can read."""
        try:
            is_here = ip_address(self.host).is_loopback
        except ValueError:
            is_here = self.host.lower() == "localhost"
        return bool(self.username) and not self.tls and not is_here


@dataclass(frozen=True)
class ReleaseSettings:
    """When a count is safe to publish. Lower values leak more about single visits."""

    k: int = option(5, "Fewest visits behind a released number.", bounds=(5, 1000))
    floor: int = option(
        3, "Fewest visits that did, and fewest that did not, show what is counted.", bounds=(3, 500)
    )
    window_minutes: float = option(
        60.0, "Length of a window.", unit="minutes", bounds=(15.0, 1440.0)
    )
    drop_days: float = option(
        28.0, "A cell unreleased for so long is dropped.", unit="days", bounds=(1.0, 90.0)
    )
    keep_days: float = option(
        90.0, "How long released windows stay on the device.", unit="days", bounds=(1.0, 365.0)
    )
    publish_expressions: bool = option(False, "Count the seven expressions too.")  # noqa: FBT003


@dataclass(frozen=True)
class PrivacySettings:
    """What the operator owes the customer. Without mode and contact the camera stays closed."""

    mode: str = option(
        "",
        "notice or opt_in; no default: the operator decides. With opt_in the camera stays closed "
        "until the customer presses their own button (lamp.consent_pin), and again once they left.",
        choices=("", "notice", "opt_in"),
    )
    contact: str = option("", "Whom a customer can ask: an e-mail address or telephone number.")
    notice_url: str = option(
        "", "Web address of this site's full notice, for the QR code of `cuelight notice`."
    )
    epsilon: float = option(
        0.0,
        "Noise on every published number (0: none): what all that is published in 28 days may tell "
        "of a visitor who comes once between two releases; lower hides more and drowns more. Needs "
        "the extra `noise`, without which the camera stays closed.",
        bounds=(0.0, 50.0),
    )
    noise_cells: int = option(
        4,
        "With noise: most readings and cues that one visit is counted for, drawn by lot where it "
        "showed more; raising it loses fewer and makes the noise wider.",
        bounds=(1, 64),
    )
    noise_days: int = option(
        7,
        "With noise: days between two releases (1, 2, 4, 7, 14 or 28); raising it makes the noise "
        "smaller beside the counts, since fewer releases share the 28 days' epsilon.",
        unit="days",
        bounds=(1, 28),
    )
    shared_table: bool = option(
        False,  # noqa: FBT003
        "Declare that several reps share this table, so that figures by device score nobody.",
    )

    @property
    def asks_first(self) -> bool:
        """Whether the camera stays closed until the customer agrees."""
        return self.mode == "opt_in"


@dataclass(frozen=True)
class StoreSettings:
    """What is kept on disk: sums that wait for release, released windows, the alert budget."""

    folder: str = option(
        "~/.local/state/cuelight", "Folder for open sums, released windows and the alert budget."
    )


@dataclass(frozen=True)
class SandboxSettings:
    """How far the parts of the service are kept apart."""

    split: bool = option(
        False,  # noqa: FBT003
        "Run camera, model and reader in a process of their own that can neither open a socket nor "
        "write a file, joined to the rest by a narrow queue; costs memory and some time at start.",
    )


@dataclass(frozen=True)
class Settings:
    """All sections of device.toml."""

    site: SiteSettings = field(default_factory=SiteSettings)
    camera: CameraSettings = field(default_factory=CameraSettings)
    zone: ZoneSettings = field(default_factory=ZoneSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    read: ReadSettings = field(default_factory=ReadSettings)
    lamp: LampSettings = field(default_factory=LampSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    release: ReleaseSettings = field(default_factory=ReleaseSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)

    @property
    def store_folder(self) -> Path:
        """The store folder with `~` resolved."""
        return Path(self.store.folder).expanduser()
