"""Check settings against each other, and against what a single bound cannot say."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Final

from cuelight.errors import InputError
from cuelight.opening_hours import OpeningHours, named_zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cuelight.settings import (
        CameraSettings,
        LampSettings,
        MqttSettings,
        PrivacySettings,
        Settings,
        SiteSettings,
        ZoneSettings,
    )

    Complaint = tuple[str, str, str]

LEAST_EPSILON: Final = 0.1
NOISE_DAYS: Final = (1, 2, 4, 7, 14, 28)
"""Lengths that fit evenly into the 28 days that an epsilon is for."""

_TOPIC_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def complaints(settings: Settings) -> Iterator[Complaint]:
    """Give what is wrong, with the section and the key ("" for all of it) that it is about."""
    yield from _of_site(settings.site)
    yield from _of_hours(settings.site)
    yield from _of_lamp(settings.lamp, asks_first=settings.privacy.asks_first)
    yield from _of_zone(settings.zone)
    yield from _of_camera(settings.camera)
    yield from _of_mqtt(settings.mqtt)
    yield from _of_noise(settings.privacy)


def _of_site(site: SiteSettings) -> Iterator[Complaint]:
    for key in ("name", "device"):
        value = getattr(site, key)
        if not _TOPIC_NAME.fullmatch(value):
            problem = f"site.{key} is {value!r}; 1 to 64 letters, digits, - and _ are wanted"
            yield problem, "site", key


def _of_hours(site: SiteSettings) -> Iterator[Complaint]:
    for key, check in (
        ("opening_hours", lambda: OpeningHours.parse(site.opening_hours, UTC)),
        ("time_zone", lambda: named_zone(site.time_zone)),
    ):
        try:
            check()
        except InputError as error:
            yield f"site.{key} is {str(error).rstrip('.')}", "site", key


def _of_lamp(lamp: LampSettings, *, asks_first: bool) -> Iterator[Complaint]:
    wanted = 3 if lamp.kind == "rgb" else 1
    if len(lamp.pins) != wanted or not all(_is_pin(pin) for pin in lamp.pins):
        problem = f"lamp.pins is {list(lamp.pins)}; a {lamp.kind} lamp wants {wanted} BCM pin(s)"
        yield f"{problem}, each 2 to 27", "lamp", "pins"
    used = [*lamp.pins, lamp.camera_pin, lamp.price_pin, lamp.pause_pin]
    used += [lamp.motor_pin] if lamp.motor else []
    used += [lamp.consent_pin] if asks_first else []
    used += [lamp.off_pin] if lamp.off_switch else []
    twice = [pin for number, pin in enumerate(used) if pin in used[:number]]
    if twice:
        yield f"lamp: pin {twice[0]} is used twice; each pin has one use", "lamp", ""


def _of_zone(zone: ZoneSettings) -> Iterator[Complaint]:
    polygon = zone.polygon
    if len(polygon) < 3 or not all(_is_point(point) for point in polygon):
        problem = "zone.polygon wants at least 3 corners [x, y], each from 0 to 1"
        yield problem, "zone", "polygon"
    elif _area(polygon) < 0.01:
        problem = "zone.polygon covers less than a hundredth of the picture; nobody fits in"
        yield problem, "zone", "polygon"
    if zone.smallest_face > 1.0:
        problem = (
            f"zone.distance_max_m is {zone.distance_max_m:g}: at face_at_1m {zone.face_at_1m:g} a "
            f"face so close is higher than the picture; {zone.face_at_1m:g} or more (or 0, for no "
            "limit) is wanted"
        )
        yield problem, "zone", "distance_max_m"


def _of_camera(camera: CameraSettings) -> Iterator[Complaint]:
    if camera.mains_hz not in {0, 50, 60}:
        problem = f"camera.mains_hz is {camera.mains_hz}; 50, 60 or 0 is wanted"
        yield problem, "camera", "mains_hz"
    for key in ("width", "height"):
        if getattr(camera, key) % 2:
            problem = f"camera.{key} is {getattr(camera, key)}; an even number is wanted"
            yield problem, "camera", key


def _of_mqtt(mqtt: MqttSettings) -> Iterator[Complaint]:
    if mqtt.host and mqtt.sends_password_in_clear and not mqtt.password_in_clear:
        problem = (
            f"mqtt.tls is false, so the password would cross the network to {mqtt.host!r} in "
            "clear; true is wanted (or mqtt.password_in_clear = true, to allow just that)"
        )
        yield problem, "mqtt", "tls"


def _of_noise(privacy: PrivacySettings) -> Iterator[Complaint]:
    if 0.0 < privacy.epsilon < LEAST_EPSILON:
        problem = (
            f"privacy.epsilon is {privacy.epsilon:g}; 0 (no noise) or {LEAST_EPSILON:g} and more "
            "is wanted, since below that nothing but noise would be published"
        )
        yield problem, "privacy", "epsilon"
    if privacy.noise_days not in NOISE_DAYS:
        wanted = ", ".join(map(str, NOISE_DAYS))
        problem = f"privacy.noise_days is {privacy.noise_days}; one of {wanted} is wanted"
        yield problem, "privacy", "noise_days"


def _is_pin(pin: object) -> bool:
    return type(pin) is int and 2 <= pin <= 27


def _is_point(point: object) -> bool:
    return (
        isinstance(point, tuple)
        and len(point) == 2
        and all(type(value) in (int, float) and 0 <= value <= 1 for value in point)
    )


def _area(polygon: Sequence[tuple[float, float]]) -> float:
    """Give a polygon's area by the shoelace formula."""
    following = [*polygon[1:], polygon[0]]
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, following, strict=True))
    return abs(twice) / 2.0
