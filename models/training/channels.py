"""Name every output of the expression model, in the order that it gives them."""

from __future__ import annotations

UNITS = (
    "AU01", "AU02L", "AU02R", "AU04L", "AU04R", "AU05", "AU06", "AU07", "AU09", "AU10", "AU12L",
    "AU12R", "AU14L", "AU14R", "AU15", "AU17", "AU18", "AU20", "AU24", "AU28", "AU25", "AU26",
    "AU45L", "AU45R",
)  # fmt: skip
EMOTIONS = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
)  # fmt: skip
HEAD = ("yaw", "pitch", "roll")
GAZE = ("yaw", "pitch")
QUALITY = ("present", "clear")

POINTS = {
    "eye_r_outer": 33, "eye_r_inner": 133, "lid_r_upper": 159, "lid_r_lower": 145,
    "eye_l_inner": 362, "eye_l_outer": 263, "lid_l_upper": 386, "lid_l_lower": 374,
    "iris_r": 468, "iris_l": 473, "brow_r_outer": 46, "brow_r_mid": 105, "brow_r_inner": 107,
    "brow_l_inner": 336, "brow_l_mid": 334, "brow_l_outer": 276, "nose_bridge": 168,
    "nose_tip": 1, "nose_base": 2, "nostril_r": 98, "nostril_l": 327, "mouth_r": 61,
    "mouth_l": 291, "lip_upper_outer": 0, "lip_lower_outer": 17, "lip_upper_inner": 13,
    "lip_lower_inner": 14, "chin": 152, "jaw_r": 172, "jaw_l": 397, "cheek_r": 234,
    "cheek_l": 454,
}  # fmt: skip
"""Each landmark and its index in MediaPipe's mesh; `_r` and `_l` are the person's own sides."""

STABLE = (
    "eye_r_outer", "eye_r_inner", "eye_l_inner", "eye_l_outer", "nose_bridge", "nose_tip",
    "nose_base",
)  # fmt: skip
"""The points that expressions hardly move: the crop is fitted to these."""

OUTPUTS = ("units", "emotions", "head", "gaze", "landmarks", "quality", "relative")
WIDTHS = (len(UNITS), len(EMOTIONS), len(HEAD), len(GAZE), 2 * len(POINTS), len(QUALITY))
"""How many values each output has that `fit.py` trains: all but the last."""
RELATIVE = OUTPUTS.index("relative")
"""The output by which a face is compared with itself: 24 units, of which only differences count."""
ABSOLUTE = ("AU25", "AU26", "AU45L", "AU45R")
"""Units that are compared by their intensity all the same: jaw and lids move far."""


def swapped(names: tuple[str, ...]) -> list[int]:
    """Give the order that `names` take in a mirrored picture: every left where its right was."""
    return [names.index(_other_side(name)) for name in names]


def _other_side(name: str) -> str:
    if name.startswith("AU"):
        ending = {"L": "R", "R": "L"}.get(name[-1])
        return name if ending is None else name[:-1] + ending
    for mine, other in (("_r", "_l"), ("_l", "_r")):
        if name.endswith(mine):
            return name[: -len(mine)] + other
        if mine + "_" in name and name.split("_", maxsplit=1)[0] in {"eye", "lid", "brow"}:
            return name.replace(mine + "_", other + "_", 1)
    return name
