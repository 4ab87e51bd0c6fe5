from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("openjd.sessions")

from fsxap.engine.cancel import Cancel
from fsxap.errors import FsxapError, Interrupted, ItemError
from fsxap.providers.local.farm import LocalFarm
from fsxap.providers.openjd import checked
from fsxap.rendering import FarmJob, FarmOutcome
from fsxap.usecases.media_vfx import jobs

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "openjd"

FLAKY = """
specificationVersion: jobtemplate-2023-09
name: Flaky
parameterDefinitions:
  - {name: Frames, type: STRING}
  - {name: Folder, type: PATH}
  - {name: Bad, type: INT, default: 0}
jobEnvironments:
  - name: Licence
    script:
      actions:
        onEnter: {command: touch, args: ["{{Param.Folder}}/entered"]}
        onExit: {command: touch, args: ["{{Param.Folder}}/exited"]}
steps:
  - name: After
    dependencies: [{dependsOn: Render}]
    script: {actions: {onRun: {command: touch, args: ["{{Param.Folder}}/after"]}}}
  - name: Render
    parameterSpace:
      taskParameterDefinitions: [{name: Frame, type: INT, range: "{{Param.Frames}}"}]
    script:
      actions: {onRun: {command: bash, args: ["{{Task.File.Run}}"]}}
      embeddedFiles:
        - name: Run
          type: TEXT
          data: |
            if [ {{Task.Param.Frame}} = {{Param.Bad}} ]; then echo "out of licences"; exit 3; fi
            touch {{Param.Folder}}/{{Task.Param.Frame}}
"""
SLOW = """
specificationVersion: jobtemplate-2023-09
name: Slow
steps:
  - name: Wait
    script: {actions: {onRun: {command: sleep, args: ["60"]}}}
"""


def job(text: str, **parameters: str) -> FarmJob:
    return FarmJob("job", yaml.safe_load(text), parameters, "token", "out.####.exr")


def run(tmp_path: Path, made: FarmJob, wait: float = 60) -> FarmOutcome:
    return LocalFarm(tmp_path, Cancel()).run(made, wait=wait)


def test_every_frame_is_a_task(tmp_path: Path) -> None:
    outcome = run(tmp_path, job(FLAKY, Frames="1-2,5", Folder=str(tmp_path)))
    assert (outcome.status, outcome.tasks, outcome.failed) == ("succeeded", 4, ())
    assert {"1", "2", "5", "after", "entered", "exited"} <= {path.name for path in tmp_path.iterdir()}


def test_a_frame_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    outcome = run(tmp_path, job(FLAKY, Frames="1-3", Folder=str(tmp_path), Bad="2"))
    assert outcome.status == "failed"
    (failed,) = outcome.failed
    assert (failed.step, failed.parameters) == ("Render", {"Frame": "2"})
    assert "out of licences" in failed.log
    made = {path.name for path in tmp_path.iterdir()}
    assert {"1", "3"} <= made and not {"2", "after"} & made


def test_a_task_that_takes_too_long_has_failed(tmp_path: Path) -> None:
    assert run(tmp_path, job(SLOW), wait=0.5).status == "failed"


def test_a_run_that_is_stopped_stops_its_task(tmp_path: Path) -> None:
    cancel = Cancel()
    threading.Timer(0.3, cancel.set).start()
    with pytest.raises(Interrupted):
        LocalFarm(tmp_path, cancel).run(job(SLOW), wait=60)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        (SLOW.replace("steps:", "stepz:"), {}),
        (FLAKY, {}),
        (FLAKY, {"Frames": "1-3", "Folder": "/tmp", "Colour": "red"}),
        (FLAKY, {"Frames": "one", "Folder": "/tmp"}),
    ],
)
def test_what_does_not_fit_is_refused_before_it_runs(text: str, parameters: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ItemError) as caught:
        run(tmp_path, job(text, **parameters))
    assert caught.value.code == "template"


@pytest.mark.parametrize("name", jobs.BUNDLED)
def test_bundled_templates_are_valid(name: str, tmp_path: Path) -> None:
    template = jobs.load(name)
    values = jobs.parameters(template, scene="/v/a.scene", frames="1-3,7", output="/v/r/a.####.exr")
    values |= {"Command": "true"} if name == "command" else {}
    made, _ = checked(FarmJob(name, template, values, "token", "out.####.exr"), tmp_path)
    assert made.steps[0].parameterSpace is not None
    assert "1-3,7" in values.values()


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the samples of Open Job Description")
def test_published_samples_are_valid() -> None:
    from openjd.model import decode_environment_template, decode_job_template

    seen = 0
    for path in sorted(SHARED.rglob("*.yaml")):
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        version = str(found.get("specificationVersion", ""))
        if version.startswith(("jobtemplate", "environment")):
            decode: Any = decode_job_template if version.startswith("job") else decode_environment_template
            decode(template=found)
            seen += 1
    assert seen >= 15


def test_parameters_go_where_their_names_say() -> None:
    apart = {
        "parameterDefinitions": [
            {"name": "BlenderSceneFile"}, {"name": "Frames"}, {"name": "OutputDir"}, {"name": "OutputPattern"},
            {"name": "Format"},
        ]
    }  # fmt: skip
    assert jobs.parameters(apart, scene="/v/s.blend", frames="1-2", output="/v/out/a_####.exr") == {
        "BlenderSceneFile": "/v/s.blend",
        "Frames": "1-2",
        "OutputDir": "/v/out",
        "OutputPattern": "a_####",
    }
    with pytest.raises(FsxapError, match="no parameter for frames"):
        jobs.parameters({"name": "x"}, scene="", frames="1", output="")


def test_equal_work_has_one_token() -> None:
    template = jobs.load("sample")
    one = jobs.job(template, {"Frames": "1"}, name="a", writes="a.#.exr", version="v1", attempt=1)
    assert one.token == jobs.job(template, {"Frames": "1"}, name="a", writes="a.#.exr", version="v1", attempt=1).token
    others = [
        jobs.job(template, {"Frames": "2"}, name="a", writes="a.#.exr", version="v1", attempt=1),
        jobs.job(template, {"Frames": "1"}, name="a", writes="a.#.exr", version="v2", attempt=1),
        jobs.job(template, {"Frames": "1"}, name="a", writes="a.#.exr", version="v1", attempt=2),
    ]
    assert len({one.token, *(other.token for other in others)}) == 4
