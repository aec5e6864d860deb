"""Where the parts that are no Python code lie: the models and the fetched clips."""

from __future__ import annotations

import sys
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]


def models_folder(setting: str = "") -> Path:
    """Return the folder with the models and their cards.

    That is the one that the setting names, else `models/` of a checkout, else the one that the
    installed distribution brought.
    """
    if setting:
        return Path(setting).expanduser()
    checkout = _CHECKOUT / "models"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "cuelight" / "models"


def selftest_folder() -> Path:
    """Return the folder with the known clips, which come with the models that are installed."""
    return models_folder() / "selftest"


def sample_clip(name: str) -> Path:
    """Return the path of a sample clip; `scripts/setup` fetches them."""
    return _CHECKOUT / "clips" / name


def checkout_folder() -> Path:
    """Return the folder of the checkout that this runs from; of no use where it was installed."""
    return _CHECKOUT
