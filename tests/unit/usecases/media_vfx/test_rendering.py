from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from fsxap.errors import ConfigurationError, ItemError
from fsxap.model import Item
from fsxap.rendering import FailedTask, FarmJob, FarmOutcome
from fsxap.usecases.media_vfx import jobs, rendering
from fsxap.usecases.media_vfx.sequences import group


@dataclass
class Place:
    location: str


@dataclass
class FakeFarm:
    """Frames in `bad` fail as often as they say."""

    bad: dict[int, int] = field(default_factory=dict)
    status: str = ""
    seen: list[FarmJob] = field(default_factory=list)
    engine: str = "fake"

    def run(self, job: FarmJob, *, wait: float) -> FarmOutcome:
        self.seen.append(job)
        failed = []
        for frame, times in self.bad.items():
            if times > 0:
                self.bad[frame] -= 1
                failed.append(FailedTask("Render", {"Frame": str(frame)}, ("out of licences",)))
        status = self.status or ("failed" if failed else "succeeded")
        return FarmOutcome(f"job-{len(self.seen)}", status, 5, tuple(failed))


@dataclass
class FakeKit:
    farm: FakeFarm
    source: Place = field(default_factory=lambda: Place("/volume"))
    params: dict[str, Any] = field(default_factory=dict)

    memos: dict[str, Any] = field(default_factory=dict)

    def memo(self, name: str, make: Callable[[], Any]) -> Any:
        return self.memos.setdefault(name, make())

    def __post_init__(self) -> None:
        chosen = {
            "template": jobs.load("sample"),
            "frames": "1-5",
            "root": "",
            "submit": True,
            "scene": "",
            "wait": 9.0,
        }
        self.params = {**chosen, "spec": None, "allow_black": False, **self.params}


SCENE = Item("shot/ball.usda", 1, "t", "v1")


def test_a_frame_that_failed_is_submitted_once_more_by_itself() -> None:
    kit: Any = FakeKit(FakeFarm({3: 1}))
    done = rendering.of_scene(SCENE, "usd", kit)
    first, second = kit.farm.seen
    assert first.parameters == {
        "SceneFile": "/volume/shot/ball.usda",
        "Frames": "1-5",
        "OutputPattern": "/volume/shot/renders/ball/ball.####.exr",
    }
    assert second.parameters == {**first.parameters, "Frames": "3"}
    assert first.token != second.token
    assert [record["status"] for record in done.records] == ["failed", "succeeded"]
    assert done.findings == ()


def test_a_frame_that_fails_twice_is_a_finding() -> None:
    kit: Any = FakeKit(FakeFarm({3: 9, 4: 9}))
    (finding,) = rendering.of_scene(SCENE, "usd", kit).findings
    assert finding.rule == "render-failed" and finding.evidence["frames"] == [3, 4]
    assert finding.evidence["log"] == ["out of licences"]
    assert len(kit.farm.seen) == 2


def test_a_job_that_is_still_running_is_no_result() -> None:
    kit: Any = FakeKit(FakeFarm(status="running"))
    with pytest.raises(ItemError) as caught:
        rendering.of_scene(SCENE, "usd", kit)
    assert caught.value.retryable and caught.value.code == "rendering"
    with pytest.raises(ItemError):
        rendering.of_scene(SCENE, "usd", kit)
    assert kit.farm.seen[0].token == kit.farm.seen[1].token, "the farm finds the same job"


def test_a_plan_is_a_bundle_of_only_the_bad_frames() -> None:
    (made,) = group(Item(f"a/x.{number:04d}.exr", 1, "t", "v") for number in range(1, 9))
    kit: Any = FakeKit(FakeFarm(), params={"template": None})
    plan = rendering.again(made, (3, 7, 8), kit)
    assert plan is not None and not rendering.wanted(kit)
    assert plan.values == {"Frames": "3,7-8", "OutputPattern": "/volume/a/x.####.exr"}
    assert set(plan.files) == {"render-again/template.json", "render-again/parameter_values.json"}
    assert rendering.again(made, (), kit) is None


def test_workers_do_not_see_the_access_point() -> None:
    kit: Any = FakeKit(FakeFarm(), Place("s3://alias-ext-s3alias/"))
    with pytest.raises(ConfigurationError, match="NFS or SMB"):
        rendering.of_scene(SCENE, "usd", kit)
    kit.params["root"] = "/mnt/volume/"
    rendering.of_scene(SCENE, "usd", kit)
    assert kit.farm.seen[0].parameters["SceneFile"] == "/mnt/volume/shot/ball.usda"


def test_a_scene_and_the_frames_it_makes_are_not_rendered_side_by_side() -> None:
    (made,) = group(Item(f"shot/renders/ball/ball.{number:05d}.exr", 1, "t", "v") for number in range(1, 6))
    kit: Any = FakeKit(FakeFarm())
    refused = []

    def run(job: FarmJob, *, wait: float) -> FarmOutcome:
        """While the scene's job runs, its frames are found to be bad."""
        plan = rendering.again(made, (3,), kit)
        assert plan is not None and job.writes == "/volume/shot/renders/ball/ball.#.exr"
        with pytest.raises(ItemError) as caught:
            rendering.submit(plan, made.item(), kit)
        refused.append(caught.value)
        return FarmOutcome("job-1", "succeeded", 5)

    kit.farm.run = run
    rendering.of_scene(SCENE, "usd", kit)
    (error,) = refused
    assert error.code == "rendering" and error.retryable
    kit.farm = FakeFarm()
    plan = rendering.again(made, (3,), kit)
    assert plan is not None and rendering.submit(plan, made.item(), kit).records[0]["status"] == "succeeded"


def test_where_another_job_makes_the_frames_the_item_waits_for_the_next_run() -> None:
    kit: Any = FakeKit(FakeFarm(status="busy"))
    with pytest.raises(ItemError, match="job-1 still renders /volume/shot/renders/ball/ball") as caught:
        rendering.of_scene(SCENE, "usd", kit)
    assert caught.value.code == "rendering" and caught.value.retryable
