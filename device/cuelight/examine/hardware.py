"""Examine the pins and the camera together, since no camera opens before its lamp is lit."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final, NoReturn

from cuelight.errors import CameraHeldError, CuelightError, LampError
from cuelight.examine.finding import Finding
from cuelight.loop import end_process
from cuelight.sense.attached import attached_camera
from cuelight.sense.camera import open_camera
from cuelight.tell.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.examine.service import Service
    from cuelight.sense.camera import Camera
    from cuelight.settings import CameraSettings, LampSettings

_FRAMES: Final = 31
"""Frames that are looked at: one second at the usual rate."""

_SLOWER: Final = 0.9
"""Part of the wanted rate below which the camera counts as slow."""

_BLACK: Final = 8.0
"""Mean brightness (of 255) below which a lens is covered or the room is dark."""


def examine_hardware(
    camera: CameraSettings,
    lamp: LampSettings,
    *,
    service: Service | None,
    closed_because: str = "",
    mock_allowed: bool = False,
    attached: Callable[[CameraSettings], str] = attached_camera,
    opened: Callable[[CameraSettings], Camera] = open_camera,
    give_up: Callable[[str], NoReturn] = end_process,
) -> list[Finding]:
    """Return what was found of the camera and of the pins, in this order.

    Nothing is touched while a `service` holds the box; its own words are passed on. The camera
    opens only with its lamp lit, and not while `closed_because` names what is owed to the customer.
    `mock_allowed` lets mock pins serve as the lamp, for tests. A camera that does not close ends
    the process through `give_up`, its lamp still lit.
    """
    if service is not None:
        return [_camera_of(service), _pins_of(service)]
    with ExitStack() as stack:
        panel = stack.enter_context(Panel(lamp, mock_allowed=mock_allowed))
        try:
            panel.open()
        except CuelightError as error:
            pins = Finding.of_error("pins", error)
            return [_unopened(camera, attached, "the pins fail, so its lamp cannot be lit"), pins]
        pins = _pins(panel, lamp)
        if panel.is_switched_off:
            closed_because = "the customer's switch (lamp.off_pin) is off, or its wire is cut"
        if closed_because:
            return [_unopened(camera, attached, closed_because), pins]
        try:
            stack.enter_context(panel.camera_lit())
        except LampError as error:
            return [
                _unopened(camera, attached, "its lamp does not light"),
                Finding.of_error("pins", error),
            ]
        try:
            source = opened(camera)
        except CameraHeldError as error:
            give_up(str(error))
        except CuelightError as error:
            return [Finding.of_error("camera", error), pins]
        stack.callback(_close, source, give_up)
        return [_watch(camera, source, name=_name(camera, attached)), pins]


def _close(source: Camera, give_up: Callable[[str], NoReturn]) -> None:
    try:
        source.close()
    except Exception as error:  # noqa: BLE001 - vendors raise what they like
        give_up(f"the camera cannot be closed: {error}")


def _watch(settings: CameraSettings, source: Camera, *, name: str) -> Finding:
    """Take a second of frames and say how fast they came; no picture is kept."""
    times: list[float] = []
    brightness = 0.0
    try:
        for _ in range(_FRAMES):
            frame = source.read()
            times.append(frame.timestamp)
            brightness = float(frame.image.mean())
    except CuelightError as error:
        return Finding.of_error("camera", error)
    fps = 1.0 / median(later - earlier for earlier, later in pairwise(times))
    height, width = frame.image.shape
    figures: dict[str, Any] = {"camera": name, "width": width, "height": height}
    figures["fps"] = round(fps, 1)
    text = f"{name} gives {width} x {height} pixels and {fps:.1f} frames a second"
    limits = getattr(source, "fps_limits", None)
    if limits:
        text += f" (this mode allows {limits[0]:.3g} to {limits[1]:.3g})"
    if brightness < _BLACK:
        fix = "Take the cap off or open the shutter in front of the lens, and light the seat."
        return Finding("camera", "warning", f"{text}, but the picture is black", fix, figures)
    if fps < _SLOWER * settings.fps:
        fix = (
            "Light the seat (a webcam exposes longer in dim light), or lower camera.width and "
            "camera.height, until the rate is reached; or lower camera.fps."
        )
        text += f", but camera.fps wants {settings.fps:g}"
        return Finding("camera", "warning", text, fix, figures)
    return Finding("camera", "good", text, figures=figures)


def _pins(panel: Panel, settings: LampSettings) -> Finding:
    assert panel.pins is not None
    used = {"lamp": list(settings.pins), "camera lamp": settings.camera_pin}
    if settings.motor:
        used["motor"] = settings.motor_pin
    used |= {"price button": settings.price_pin, "pause button": settings.pause_pin}
    if settings.off_switch:
        used["off-switch"] = settings.off_pin
    named = ", ".join(f"{name} {str(pin).strip('[]')}" for name, pin in used.items())
    text = f"{panel.pins.name} opens all of them: {named}"
    return Finding("pins", "good", text, figures={"factory": panel.pins.name})


def _unopened(
    settings: CameraSettings, attached: Callable[[CameraSettings], str], why: str
) -> Finding:
    try:
        name = attached(settings)
    except CuelightError as error:
        return Finding.of_error("camera", error)
    fix = "Mend that first, then run doctor again."
    text = f"{name} is attached, and not opened: {why}"
    return Finding("camera", "warning", text, fix, {"camera": name})


def _name(settings: CameraSettings, attached: Callable[[CameraSettings], str]) -> str:
    try:
        return attached(settings)
    except CuelightError:
        return f"camera {settings.index}"


def _camera_of(service: Service) -> Finding:
    held = f"held by {service}"
    state, _, fault = service.status.partition(": ")
    if not state:
        text = f"{held}, so it was not opened here; stop that to have it tried"
        return Finding("camera", "note", text, figures={"held_by": service.pid})
    figures = {"held_by": service.pid, "state": state}
    if fault:
        found = Finding.of_error("camera", CuelightError(fault))
        return Finding("camera", "failed", f"{held}, which says: {found.text}", found.fix, figures)
    return Finding("camera", "good", f"{held}, which says: {state}", figures=figures)


def _pins_of(service: Service) -> Finding:
    text = f"held by {service}, so they were not opened here"
    return Finding("pins", "note", text, figures={"held_by": service.pid})
