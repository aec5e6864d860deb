"""What each expression and cue shows, what may bring it on, what it may mean, and what to do next.

The seven expressions and seven cues, their readings and moves are those of the device's own book.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Family = Literal["expressions", "cues"]
Reading = Literal["interest", "hesitation", "discomfort", "scepticism", "price_concern"]


@dataclass(frozen=True, slots=True)
class Move:
    """Something that a rep can do next; `name` is how it is kept."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Sign:
    """One expression or cue, in words that a rep uses.

    `brings_on` says what may trigger it, `advice` what to do if a second, separate sign agrees.
    """

    name: str
    family: Family
    title: str
    shows: str
    brings_on: str
    may_mean: str
    advice: str
    reading: Reading


WAIT: Final = "wait"

MOVES: Final = (
    Move("more", "Offer more detail, or the next step"),
    Move("ask", "Clarify, with an open question"),
    Move("change", "Slow down, explain or change direction"),
    Move("prove", "Back the claim with evidence"),
    Move("simplify", "Reassure about the price, simplify the offer"),
    Move(WAIT, "Wait and watch: one sign is no pattern"),
)

_MOVE_OF: Final[dict[Reading, str]] = {
    "interest": "more",
    "hesitation": "ask",
    "discomfort": "change",
    "scepticism": "prove",
    "price_concern": "simplify",
}

SIGNS: Final = (
    Sign(
        "happiness",
        "expressions",
        "Happiness",
        "Both lip corners rise, the cheeks lift, the eyes crinkle.",
        "Something pleases: a feature they wanted, a joke, relief.",
        "They may like what they hear. A polite smile moves the mouth alone.",
        "Say a little more about what pleased them, or offer the next step.",
        "interest",
    ),
    Sign(
        "surprise",
        "expressions",
        "Surprise",
        "Brows rise in one curve, the eyes widen, the jaw drops. It is the shortest of all.",
        "Something they did not expect, good or bad.",
        "They may be taken with it, or taken aback: what follows it tells which.",
        "Offer more detail and see what comes next.",
        "interest",
    ),
    Sign(
        "disgust",
        "expressions",
        "Disgust",
        "The nose wrinkles and the upper lip rises; the brows may come down a little.",
        "Something strikes them as wrong: a material, a condition, an earlier experience.",
        "They may dislike what is before them, or only a memory of something like it.",
        "Change direction, and come back to a benefit that mattered to them.",
        "discomfort",
    ),
    Sign(
        "anger",
        "expressions",
        "Anger",
        "The brows come down and together, the lids tighten, the lips press together.",
        "An obstacle, unfairness, being interrupted - or hard thinking, which looks alike.",
        "They may be annoyed, or they concentrate.",
        "Slow down. Ask what is in the way, and listen.",
        "discomfort",
    ),
    Sign(
        "fear",
        "expressions",
        "Fear",
        "Brows rise and draw together, the upper lids lift, the lips stretch sideways.",
        "A risk: a long contract, a wrong choice, what others will say.",
        "They may worry about a consequence.",
        "Clarify. Ask openly what they would need to feel safe with it.",
        "hesitation",
    ),
    Sign(
        "sadness",
        "expressions",
        "Sadness",
        "The inner ends of the brows rise, the lip corners go down, the lids droop.",
        "A hope that is given up, or a thought that has nothing to do with you.",
        "They may be disappointed.",
        "Slow down and ask; leave room for an answer.",
        "discomfort",
    ),
    Sign(
        "contempt",
        "expressions",
        "Contempt",
        "One lip corner tightens and rises; the other stays.",
        "A claim that sounds too good, or a comparison they find weak.",
        "They may doubt what was just said.",
        "Back the claim with evidence they can check.",
        "scepticism",
    ),
    Sign(
        "raised_eyebrows",
        "cues",
        "Raised eyebrows",
        "Both brows go up for a moment; eyes and mouth stay as they are.",
        "A new fact, a number, a feature.",
        "Surprise or interest - or simply a question.",
        "Offer more detail.",
        "interest",
    ),
    Sign(
        "soft_smile_tilt",
        "cues",
        "Soft smile, head tilted",
        "A light smile on both sides while the head leans to a shoulder.",
        "Something that they can picture for themselves.",
        "Curiosity, comfort.",
        "Highlight the benefits; offer the next step.",
        "interest",
    ),
    Sign(
        "pressed_lips",
        "cues",
        "Pressed lips",
        "The lips press together and become thin, or roll in.",
        "A condition or a decision that is not ripe yet; something left unsaid.",
        "Hesitation.",
        "Clarify; ask an open question.",
        "hesitation",
    ),
    Sign(
        "nose_wrinkle",
        "cues",
        "Nose wrinkle",
        "The skin beside the nose wrinkles; the upper lip may follow a little.",
        "A detail they do not like: colour, material, wording.",
        "Dislike, disagreement.",
        "Change direction; come back to a benefit.",
        "discomfort",
    ),
    Sign(
        "price_gaze_aversion",
        "cues",
        "Looking away at the price",
        "Eyes, head or both turn away from you and from the table. In real talks it lasts longer "
        "than a second; only here is it brief.",
        "A price was named, just before or just after.",
        "The cost may be above what they expected. Without a price it means nothing.",
        "Reassure with evidence; simplify the offer.",
        "price_concern",
    ),
    Sign(
        "brief_frown",
        "cues",
        "Brief frown",
        "The brows come down and together, and are back within about a second.",
        "A word, a term or a condition that did not fit.",
        "A first reaction that is being hidden - or effort to follow.",
        "Slow down; explain.",
        "discomfort",
    ),
    Sign(
        "one_sided_smile",
        "cues",
        "One-sided smile",
        "One lip corner rises or tucks in; the other stays.",
        "A claim without proof.",
        "Scepticism.",
        "Back the claim with evidence.",
        "scepticism",
    ),
)

BY_NAME: Final = {sign.name: sign for sign in SIGNS}

FAMILIES: Final[dict[Family, tuple[str, ...]]] = {
    "expressions": tuple(sign.name for sign in SIGNS if sign.family == "expressions"),
    "cues": tuple(sign.name for sign in SIGNS if sign.family == "cues"),
}

MIXED_UP: Final = (
    (
        "fear",
        "surprise",
        (
            "In fear the brows are drawn together and the lips stretched sideways; in surprise the "
            "brows make one smooth curve and the jaw drops."
        ),
    ),
    (
        "anger",
        "disgust",
        (
            "In anger the brows and lids do the work and the lips press; in disgust the nose "
            "wrinkles and the upper lip rises."
        ),
    ),
    (
        "contempt",
        "happiness",
        (
            "Contempt is on one side only and leaves the eyes alone; happiness lifts both corners "
            "and the cheeks."
        ),
    ),
    (
        "one_sided_smile",
        "soft_smile_tilt",
        "Look whether the second lip corner moves, and whether the head leans.",
    ),
    (
        "brief_frown",
        "nose_wrinkle",
        "A frown ends between the brows; a wrinkle draws up the sides of the nose.",
    ),
)
"""Pairs that beginners mix up, and how to tell them apart."""


def move_of(name: str) -> str:
    """Give the name of the move that a sign suggests, if a second sign agrees."""
    return _MOVE_OF[BY_NAME[name].reading]
