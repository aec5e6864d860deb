"""Hold what was measured against the bars that the first release set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from along import GROUPS

SIZE_MEGABYTES, SHARE_OF_TEACHER = 1.5, 0.25
GROUP_LEAST = {
    "smile": 0.93, "lids": 0.93, "jaw and lips": 0.93, "upper lip": 0.93, "brows": 0.85,
    "gaze": 0.70,
}  # fmt: skip
RIVAL_MOST = 0.2
LOSS_POINTS, LOSS_R = 1.0, 0.02


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is about, what is wanted, where the file stands, and whether that will do.

    `reached` is None where nothing could be measured.
    """

    what: str
    wanted: str
    stands: str
    reached: bool | None


def with_interval(figure: list[float], places: int = 3) -> str:
    """Give a figure with its 95 % interval in words."""
    value, low, high = figure
    return f"{value:.{places}f} ({low:.{places}f} to {high:.{places}f})"


def _least(what: str, wanted: float, figure: list[float]) -> Bar:
    return Bar(what, f"at least {wanted:.2f}", with_interval(figure), figure[0] >= wanted)


def _expressions(found: dict[str, Any]) -> list[Bar]:
    scores = found["expressions"]["majority"]
    plain, back = scores["int8"], scores["int8, adjusted back"]
    return [
        _least("FER+ valid, reported half, majority label: accuracy", 0.83, plain["accuracy"]),
        _least("the same: macro AUC", 0.93, plain["auc"]),
        _least("the same, logits adjusted back: mean recall", 0.62, back["mean_recall"]),
    ]


def group_figure(found: dict[str, Any], group: str) -> tuple[str, float, int] | None:
    """Give a group's worst channel, its median correlation, and over how many clips that is."""
    known = {name: found["channels"][name] for name in GROUPS[group] if name in found["channels"]}
    if not known:
        return None
    worst = min(known, key=lambda name: known[name]["median"])
    return worst, known[worst]["median"], known[worst]["clips"]


def _clips(found: dict[str, Any]) -> list[Bar]:
    bars = []
    for group, wanted in GROUP_LEAST.items():
        what, least = f"along clips, r with Face Landmarker: {group}", f"at least {wanted:.2f}"
        got = group_figure(found, group)
        if got is None:
            bars.append(Bar(what, least, "no clip moves it", None))
            continue
        worst, value, clips = got
        missing = [name for name in GROUPS[group] if name not in found["channels"]]
        said = f"{value:.3f} ({worst}, the worst; median of {clips} clips)"
        said += f"; {', '.join(missing)} moved by no clip" if missing else ""
        bars.append(Bar(what, least, said, value >= wanted))
    return bars


def _nose(found: dict[str, Any]) -> list[Bar]:
    warped, swept = found["nose"]["warped"], found["nose"].get("swept")
    bars = []
    if swept:
        what = "AU09: r with the rig's nose sneer, unseen identities, mouth at rest"
        bars.append(_least(what, 0.8, swept["r"]))
    what = "AU09: AUC on warped real faces"
    bars.append(_least(f"{what}, over the face's own neutral", 0.9, warped["auc over own neutral"]))
    bars.append(_least(f"{what}, no neutral known", 0.9, warped["auc"]))
    for move, name in (("lip_up", "lip raise"), ("brows_down", "brow lowering")):
        if swept and swept["said"][move][-1]:
            mean, high = swept["said"][move][-1]
            what = f"AU09: mean answer to {name} alone at full strength, unseen identities"
            said = f"{mean:.3f} (95th percentile {high:.2f})"
            bars.append(Bar(what, f"below {RIVAL_MOST:.2f}", said, mean < RIVAL_MOST))
    return bars


def _sides(found: dict[str, Any]) -> list[Bar]:
    what = "one-sided smile told from both-sided at a quarter, balanced accuracy: "
    names = {"swept": "unseen rig identities", "warped": "warped real faces"}
    return [
        _least(what + name, 0.95, found["sides"][kind]["0.25"]["own neutral"]["balanced"])
        for kind, name in names.items()
        if kind in found["sides"]
    ]


def _cost(found: dict[str, Any]) -> list[Bar]:
    scores = found["expressions"]["majority"]
    points = 100 * (scores["float"]["accuracy"][0] - scores["int8"]["accuracy"][0])
    losses = {
        name: found["channels"][name]["loss"]
        for group in GROUPS.values()
        for name in group
        if name in found["channels"]
    }
    bars = [
        Bar(
            "float to int8: accuracy lost",
            f"at most {LOSS_POINTS:.0f} point",
            f"{points:.2f} points",
            points <= LOSS_POINTS,
        )
    ]
    if losses:
        worst = max(losses, key=lambda name: losses[name])
        bars.append(
            Bar(
                "float to int8: correlation lost along clips",
                f"at most {LOSS_R:.2f}",
                f"{losses[worst]:.3f} ({worst}, the worst)",
                losses[worst] <= LOSS_R,
            )
        )
    megabytes, share = found["bytes"] / 1e6, found["timing"]["share"]
    return [
        *bars,
        Bar(
            "size",
            f"at most {SIZE_MEGABYTES} MB",
            f"{megabytes:.2f} MB",
            megabytes <= SIZE_MEGABYTES,
        ),
        Bar(
            "time, share of Face Landmarker's two models in the same run",
            f"at most {SHARE_OF_TEACHER:.2f}",
            with_interval(share),
            share[0] <= SHARE_OF_TEACHER,
        ),
    ]


def bars_of(found: dict[str, Any]) -> list[Bar]:
    """Give all bars, in the order in which they were set."""
    return [
        *_expressions(found),
        *_clips(found),
        *_nose(found),
        *_sides(found),
        *_cost(found),
    ]
