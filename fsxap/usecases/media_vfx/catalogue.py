"""What can be wrong with a sequence or a scene: each rule with its severity, its meaning and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

from fsxap.model import Severity


class Rule(NamedTuple):
    """`again` says whether rendering the frame again is the remedy."""

    severity: Severity
    meaning: str
    remediation: str
    again: bool = True


_AGAIN = "render these frames again"
_LOOK = "look at these frames beside their neighbours"
_SLATE, _BURN_IN = "write the delivery again as -P slate says", "write the delivery again as -P burnin says"

RULES: dict[str, Rule] = {
    "frame-missing": Rule("high", "A frame of the range has no file.", _AGAIN),
    "frame-truncated": Rule("high", "The file is empty, cut short or damaged.", _AGAIN),
    "frame-unreadable": Rule("high", "The content is not the kind of picture that the name says.", _AGAIN),
    "frame-black": Rule("high", "The frame is black.", f"{_AGAIN}, or allow black frames with -P allow_black"),
    "frame-constant": Rule("high", "All pixels of the frame are equal.", _AGAIN),
    "frame-nan": Rule("high", "The frame has pixels that are not a number, or infinite.", _AGAIN),
    "frame-missing-tile": Rule("high", "A rectangle of one colour stands where neighbours have a picture.", _AGAIN),
    "frame-duplicate": Rule("high", "The frame repeats another one's pixels, or two files claim one frame.", _AGAIN),
    "frame-resolution": Rule("high", "The frame has another size than the sequence, or than specified.", _AGAIN),
    "frame-channels": Rule("high", "The frame has other channels than the sequence, or than specified.", _AGAIN),
    "frame-depth": Rule("medium", "The frame has another bit depth than the sequence, or than specified.", _AGAIN),
    "frame-aspect": Rule("medium", "The frame has another pixel aspect than its sequence, or than specified.", _AGAIN),
    "frame-colour-space": Rule(
        "medium", "The frame names another colour space than its sequence or the specification.", _AGAIN
    ),
    "frame-range": Rule("medium", "The frame has values outside of the specified range.", _LOOK),
    "frame-firefly": Rule("medium", "Single pixels far brighter than all around them, in this frame only.", _AGAIN),
    "frame-flicker": Rule("medium", "The whole frame is brighter or darker than the frames on both sides.", _LOOK),
    "frame-clipped": Rule(
        "medium", "More of this frame than of its neighbours is cut off at its brightest value.", _LOOK
    ),
    "frame-banding": Rule("medium", "The frame has far fewer distinct levels than its neighbours.", _AGAIN),
    "frame-negative": Rule("medium", "The frame has negative pixels that its neighbours do not have.", _LOOK),
    "frame-alpha": Rule("medium", "Alpha leaves 0 to 1, jumps for this frame, or does not fit the edges.", _AGAIN),
    "frame-isolated-pixels": Rule(
        "low", "Single bright pixels that no neighbouring frame could confirm.", _LOOK, False
    ),
    "frame-size": Rule(
        "low", "The file is much smaller or larger than its neighbours; nothing shows why.", _LOOK, False
    ),
    "frame-padding": Rule(
        "low", "The frame number is written with another number of digits.", "rename these files", False
    ),
    "frame-naming": Rule(
        "medium",
        "The name is spelled unlike its sequence, or unlike the specification says.",
        "rename these files",
        False,
    ),
    "slate-missing": Rule("medium", "The shot does not begin with a slate, which is required.", _SLATE, False),
    "slate-unexpected": Rule("medium", "The shot begins with a slate, which is forbidden.", _SLATE, False),
    "burn-in-missing": Rule("medium", "No text stands in one place of all frames looked at.", _BURN_IN, False),
    "burn-in-unexpected": Rule("medium", "Text stands in one place of all frames looked at.", _BURN_IN, False),
    "moderation-label": Rule(
        "medium", "Amazon Rekognition has moderation labels for the frame.", "let a person look before others do", False
    ),
    "scene-dependency-missing": Rule(
        "high", "A file that the scene reads is not below the source.", "copy it, or correct the path", False
    ),
    "render-failed": Rule("high", "Frames of the job failed, and failed once more.", "read the log of the task", False),
}
