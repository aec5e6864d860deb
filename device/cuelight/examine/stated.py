"""Prove that the models on this box are those that its statement names."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cuelight.compose import book_paths
from cuelight.examine.finding import Finding
from cuelight.places import models_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cuelight.settings import Settings


def examine_stated(settings: Settings, said: Mapping[str, Any] | None) -> Finding:
    """Hold the files against the SHA-256 in a statement; None where nothing was stated yet."""
    if said is None:
        return Finding("models", "note", "nothing was stated yet, so there is nothing to compare")
    stated = said.get("models")
    stated = stated if isinstance(stated, dict) else {}
    files = {
        "expression": models_folder(settings.model.folder) / "expression.tflite",
        **book_paths(settings),
    }
    missing = stated.keys() - files.keys() - {"detector"}
    try:
        found = {
            name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()
        }
    except OSError as error:
        return Finding("models", "failed", f"cannot be read: {error}", "Install cuelight again.")
    wrong = [f"{files[name].name}" for name in found if found[name] != stated.get(name)]
    wrong += sorted(f"{name} (gone)" for name in missing)
    if wrong:
        text = f"not what was stated when the service started: {', '.join(wrong)}"
        fix = "Restart the service, and look who changed them: cuelight privacy names what runs."
        return Finding("models", "failed", text, fix)
    return Finding("models", "good", f"{' and '.join(found)} are the files that are stated")
