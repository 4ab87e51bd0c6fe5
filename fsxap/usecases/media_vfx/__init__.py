"""Rendered frames: judged by their pixels, approved or sent to review, and rendered again where they fail."""

from __future__ import annotations

from fsxap.engine.types import Footprint, Grant, Match, Param, Params, UseCase, boolean
from fsxap.model import Item
from fsxap.usecases.media_vfx.catalogue import RULES
from fsxap.usecases.media_vfx.jobs import job_template
from fsxap.usecases.media_vfx.listing import KINDS, discover
from fsxap.usecases.media_vfx.process import process
from fsxap.usecases.media_vfx.sample import write_sample
from fsxap.usecases.media_vfx.spec import LOOKS, frames, seconds, specification, yes_or_frames
from fsxap.usecases.media_vfx.summary import summarise

OURS = "${AWS::Region}:${AWS::AccountId}"
QUEUE = f"arn:${{AWS::Partition}}:deadline:{OURS}:farm/${{FarmId}}/queue/${{QueueId}}"
LOGS = f"arn:${{AWS::Partition}}:logs:{OURS}:log-group:/aws/deadline/${{FarmId}}/${{QueueId}}:log-stream:session-*"
EXPECTED = ("any", "required", "forbidden")
PARAMS = (
    Param(
        "spec",
        "YAML or JSON file: resolution, aspect, channels, depth, colour_space, range, frames",
        None,
        specification,
    ),
    Param("allow_black", "yes, no, or the frames that may be black, as 1-10,90-100", False, yes_or_frames),
    Param(
        "slate",
        "required or forbidden: whether a shot begins with one frame of another picture with text on it",
        "any",
        choices=EXPECTED,
    ),
    Param(
        "burnin",
        "required or forbidden: whether text stands in one place of all frames (5 of a shot are looked at)",
        "any",
        choices=EXPECTED,
    ),
    Param("moderation", "ask Rekognition for moderation labels of 5 frames of a shot", False, boolean),
    Param("submit", "render scenes, and bad frames again", False, boolean),
    Param(
        "template",
        "job template of Open Job Description: a file, or one of blender, cinema4d, houdini, maya, "
        "nuke, sample, usd; by default the scene's application decides",
        None,
        job_template,
    ),
    Param("scene", "the scene, relative to the source, that bad frames are rendered from again", ""),
    Param(
        "frames",
        "frames that scenes are rendered for, as 1-100; by default the specification's, or the template's",
        "",
        frames,
    ),
    Param("root", "the source as the machines that render see it; by default the folder itself", ""),
    Param("farm", "id of a Deadline Cloud farm; without one, jobs run on this machine", ""),
    Param("queue", "id of that farm's queue", ""),
    Param("wait", "seconds to follow a job", 3600.0, seconds, affects_results=False),
    Param("max_size", "larger files are not judged, in bytes", 1 << 30, int),
    Param("max_pixels", "larger pictures are not judged", 1 << 28, int),
)


def submits(params: Params) -> bool:
    return bool(params["submit"])


def text_wanted(params: Params) -> bool:
    return {params["slate"], params["burnin"]} != {"any"}


def units(item: Item, params: Params) -> dict[str, int]:
    """Pictures that services are asked about: each is billed as one."""
    if item.attrs.get("kind", "still") == "scene":
        return {}
    views = len(item.attrs.get("views", ())) or 1
    looks = min(LOOKS * views, int(item.attrs.get("files", 1)))
    found = {"moderation_images": looks} if params["moderation"] else {}
    if item.attrs.get("kind") == "sequence" and text_wanted(params):
        found["rekognition_images"] = looks if params["burnin"] != "any" else views
    return found


USE_CASE = UseCase(
    name="media-vfx",
    title="Render quality check",
    aliases=("uc4",),
    process=process,
    match=Match(KINDS),
    discover=discover,
    summarise=summarise,
    params=PARAMS,
    footprint=Footprint(
        memory=3008,
        timeout=900,
        grants=(
            Grant(("s3:GetObject", "s3:ListBucket"), ("source",)),
            Grant(("s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"), ("sink",)),
            Grant(("deadline:SearchJobs",), (QUEUE,), submits),
            # The service makes the ids of jobs, and of the steps, tasks and actions that IAM knows by their job.
            Grant(
                (
                    "deadline:CreateJob",
                    "deadline:GetJob",
                    "deadline:ListSteps",
                    "deadline:ListTasks",
                    "deadline:GetSessionAction",
                ),
                (f"{QUEUE}/job/*",),
                submits,
            ),
            Grant(("logs:GetLogEvents",), (LOGS,), submits),
            # Neither action supports resources.
            Grant(("rekognition:DetectText",), ("*",), text_wanted),
            Grant(("rekognition:DetectModerationLabels",), ("*",), lambda params: bool(params["moderation"])),
        ),
        packages=("numpy", "opencv-python-headless", "OpenEXR", "pillow", "openjd-model"),
        # Lambda holds 250 MB unzipped; for x86_64 it would be 257.
        packed=("opencv-python-headless",),
    ),
    engines=("farm", "text_on_frames", "moderation"),
    units=units,
    waits=lambda params: float(params["wait"]) if params["submit"] else 0.0,
    sample=write_sample,
    rules={name: rule.meaning for name, rule in RULES.items()},
)
