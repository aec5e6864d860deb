"""Say something about a camera once: where each visitor opens it anew, a log would tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

_said = set[str]()


def say_once(log: logging.Logger, level: int, text: str) -> None:
    """Log a sentence, unless this process has said just that before."""
    if text not in _said:
        _said.add(text)
        log.log(level, "%s", text)
