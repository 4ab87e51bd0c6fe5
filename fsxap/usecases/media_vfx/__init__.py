"""Rendered frames: judged by their pixels, approved or sent to review, and rendered again where they fail."""

from __future__ import annotations

from fsxap.engine.types import Footprint, Grant, Match, Param, UseCase, boolean
from fsxap.usecases.media_vfx.catalogue import RULES
from fsxap.usecases.media_vfx.jobs import job_template
from fsxap.usecases.media_vfx.listing import KINDS, discover
from fsxap.usecases.media_vfx.process import process
from fsxap.usecases.media_vfx.sample import write_sample
from fsxap.usecases.media_vfx.spec import frames, seconds, specification, yes_or_frames
from fsxap.usecases.media_vfx.summary import summarise

PARAMS = (
    Param(
        "spec",
        "YAML or JSON file: resolution, aspect, channels, depth, colour_space, range, frames",
        None,
        specification,
    ),
    Param("allow_black", "yes, no, or the frames that may be black, as 1-10,90-100", False, yes_or_frames),
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
            # Below its farm the service makes the ids.
            Grant(
                (
                    "deadline:CreateJob",
                    "deadline:GetJob",
                    "deadline:ListSteps",
                    "deadline:ListTasks",
                    "deadline:GetSessionAction",
                ),
                ("arn:${AWS::Partition}:deadline:${AWS::Region}:${AWS::AccountId}:farm/*",),
            ),
            Grant(
                ("logs:GetLogEvents",),
                ("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/deadline/*",),
            ),
        ),
        packages=("numpy", "opencv-python-headless", "OpenEXR", "pillow", "openjd-model"),
    ),
    engines=("farm",),
    sample=write_sample,
    rules={name: rule.meaning for name, rule in RULES.items()},
)
