"""The few errors that a user can meet, each also a builtin, so that either name catches it."""

from __future__ import annotations


class CuelightError(Exception):
    """Something that a person can put right; the message says what, where and what to do next."""


class InputError(CuelightError, ValueError):
    """Wrong input: a clip, picture, event file or argument that cannot be used (exit code 2)."""


class SettingsError(CuelightError, ValueError):
    """A setting that is unknown, of the wrong type or out of bounds (exit code 2)."""


class ModelError(CuelightError, ValueError):
    """A model file that is missing, broken or not the one in its card (exit code 2)."""


class CameraError(CuelightError, OSError):
    """No camera, or one that stopped giving frames (exit code 1; the loop retries)."""


class CameraHeldError(CameraError):
    """A camera that could not be given back: it may still be open, so its lamp must stay lit."""


class LampError(CuelightError, OSError):
    """No GPIO, or a pin that is taken (exit code 1; no camera lamp, no camera)."""


class BrokerError(CuelightError, ConnectionError):
    """The demo's own broker did not start (exit code 1)."""


class StoreError(CuelightError, OSError):
    """The folder for open sums and released windows cannot be used (exit code 1)."""
