from __future__ import annotations

import base64
import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy
import pydicom
import pytest

from fsxap.engine.sealed import Seal
from tests.e2e.program import Done, Program
from tests.unit.usecases.healthcare_dicom.made import MRN, PLANTS, ROOT, dataset, said, stored
from tests.unit.usecases.healthcare_dicom.pictures import picture
from tests.usecases.drivers import by_lambda, rows

US = "1.2.840.10008.5.1.4.1.1.6.1"


def archive(tmp_path: Path) -> Path:
    """A folder as they are: slices of one study, a picture nobody can look at, something broken, something else."""
    folder = tmp_path / "archive"
    (folder / "a").mkdir(parents=True)
    for number in range(3):
        body = stored(dataset(SOPInstanceUID=f"{ROOT}.3{number}", InstanceNumber=str(number)))
        (folder / "a" / f"slice{number}").write_bytes(body)
    (folder / "again.dcm").write_bytes(stored(dataset(SOPInstanceUID=f"{ROOT}.30", KVP="100")))
    (folder / "loop.dcm").write_bytes(stored(dataset(SOPClassUID=US, Modality="US", BitsAllocated=13)))
    (folder / "cut.dcm").write_bytes(stored(dataset())[:-40])
    (folder / "notes.txt").write_bytes(b"not a picture")
    (folder / "empty.dcm").write_bytes(b"")
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("a key of one site, kept in a safe place\n")
    path.chmod(0o600)
    return path


def run(tmp_path: Path, source: Path, key: Path, *more: str | Path) -> Done:
    where = ("-s", source, "--to", tmp_path / "out", "-P", f"key=file:{key}")
    return Program(tmp_path)("run-uc", "healthcare-dicom", *where, *more)


def outputs(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_command_line_and_lambda_give_equal_rows(tmp_path: Path, key: Path) -> None:
    source = archive(tmp_path)
    done = run(tmp_path, source, key)
    assert done.code == 0, done.err
    environ = {
        "FSXAP_SOURCE": str(source),
        "FSXAP_TO": str(tmp_path / "out"),
        "FSXAP_PARAM_KEY": f"file:{key}",
    }
    answers = by_lambda("healthcare-dicom", str(tmp_path / "lambda"), environ)
    seal = Seal(key.read_bytes().strip())
    assert rows(tmp_path / "lambda", seal) == rows(tmp_path / "state", seal) != {}
    assert answers["ended"]["coverage"] == done.summary["coverage"]


def test_every_file_is_released_or_held_back_with_a_reason(tmp_path: Path, key: Path) -> None:
    done = run(tmp_path, archive(tmp_path), key)
    found = {record["item"]["key"]: record for record in done.of("result")}
    released = {name for name, record in found.items() if record["data"]["released"]}
    assert released == {"a/slice0", "a/slice1", "a/slice2", "again.dcm"}
    for name, record in found.items():
        data = record["data"]
        assert bool(data["quarantine_reason"]) != data["released"]
        assert data["verified"] == data["released"] == bool(record["outputs"])
        assert (record["status"] == "ok") == (name in released)
    assert found["loop.dcm"]["data"]["burned_in_risk"] == "high"
    assert found["loop.dcm"]["data"]["modality"] == "US"
    assert found["notes.txt"]["data"]["class"] == "not-dicom"
    assert found["a/slice0"]["data"]["actions"]["U"] >= 4
    assert {row["item"]["key"] for row in done.of("result") if row["findings"]} == {"loop.dcm", "cut.dcm"}


def test_outputs_and_what_is_told_name_nobody(tmp_path: Path, key: Path) -> None:
    done = run(tmp_path, archive(tmp_path), key, "-v")
    made = outputs(tmp_path / "out")
    assert len(made) == 4, "two files with one instance UID are two outputs"
    told = done.out + done.err + "".join(made) + "".join(said(body) for body in made.values())
    told += "".join(path.read_text("latin-1") for path in (tmp_path / "state").rglob("*") if path.is_file())
    for plant in PLANTS:
        assert plant.lower() not in told.lower(), plant
    assert "a key of one site" not in told


def test_the_certificate_counts(tmp_path: Path, key: Path) -> None:
    certificate = run(tmp_path, archive(tmp_path), key).summary["data"]["certificate"]
    assert (certificate["released"], certificate["quarantined"], certificate["not_dicom"]) == (4, 2, 2)
    assert "2024b" in certificate["profile"]
    assert certificate["codes"] == ["113100"]
    assert sum(certificate["quarantine"].values()) == 2
    assert len(certificate["key_fingerprint"]) == 16


def test_one_key_on_two_machines_gives_the_same_outputs(tmp_path: Path, key: Path) -> None:
    source, made = archive(tmp_path), []
    for machine in ("one", "two"):
        here = tmp_path / machine
        here.mkdir()
        assert run(here, source, key, "-P", "preset=tcia").code == 0
        made.append(outputs(here / "out"))
    assert made[0] == made[1]
    other = tmp_path / "other-key"
    other.write_text("the key of another site, just as safe\n")
    other.chmod(0o600)
    assert run(tmp_path, source, other, "-P", "preset=tcia").code == 0
    assert not made[0].keys() & outputs(tmp_path / "out").keys()


def test_state_names_no_file(tmp_path: Path, key: Path) -> None:
    """Folders are named after patients: only who has the key reads from the state which files there were."""
    source = archive(tmp_path)
    (source / "DOE_JANE").mkdir()
    (source / "DOE_JANE" / "MRN-7788.dcm").write_bytes(stored(dataset(SOPClassUID=US, Modality="US", BitsAllocated=13)))
    done = run(tmp_path, source, key, "--exclude", "nothing/DOE_JANE*")
    assert any(row["item"]["key"] == "DOE_JANE/MRN-7788.dcm" for row in done.of("result"))
    for path in (tmp_path / "state").rglob("*"):
        text = str(path) + (path.read_text("latin-1") if path.is_file() else "")
        assert "DOE_JANE" not in text and "MRN-7788" not in text and "slice0" not in text, path
    assert run(tmp_path, source, key, "--exclude", "nothing/DOE_JANE*").summary["coverage"]["unchanged"] == 9


def test_what_another_key_did_is_not_taken_for_done(tmp_path: Path, key: Path) -> None:
    source = archive(tmp_path)
    run(tmp_path, source, key)
    other = tmp_path / "other"
    other.write_text("the key of another site, just as safe\n")
    other.chmod(0o600)
    assert run(tmp_path, source, other).summary["coverage"]["ok"] == 4
    assert run(tmp_path, source, key).summary["coverage"]["unchanged"] == 8


def test_what_is_left_is_listed_with_the_key_of_the_state(tmp_path: Path) -> None:
    source, program = archive(tmp_path), Program(tmp_path)
    preview = program("run-uc", "healthcare-dicom", "-s", source, "--to", tmp_path / "out", "--dry-run")
    assert len(preview.of("item")) == 8 and not (tmp_path / "state").exists()
    program("run-uc", "healthcare-dicom", "-s", source, "--to", tmp_path / "out")
    (source / "late.dcm").write_bytes(stored(dataset(SOPInstanceUID=f"{ROOT}.77")))
    left = program("discover", source, "--use-case", "healthcare-dicom", "--changed")
    assert [row["key"] for row in left.of("item")] == ["late.dcm"]


def test_again_does_nothing_again(tmp_path: Path, key: Path) -> None:
    source = archive(tmp_path)
    run(tmp_path, source, key)
    assert run(tmp_path, source, key).summary["coverage"]["unchanged"] == 8


def test_without_a_key_one_is_made_beside_the_state(tmp_path: Path) -> None:
    source = archive(tmp_path)
    done = Program(tmp_path)("run-uc", "healthcare-dicom", "-s", source, "--to", tmp_path / "out")
    assert done.code == 0, done.err
    assert (tmp_path / "state" / "healthcare-dicom.key").stat().st_mode & 0o777 == 0o600


def test_the_way_back_is_written_only_when_asked_for(tmp_path: Path, key: Path) -> None:
    source = archive(tmp_path)
    assert run(tmp_path, source, key).code == 0
    assert not list(tmp_path.rglob("*_map.csv"))
    done = run(tmp_path, source, key, "-P", f"crosswalk={tmp_path / 'back' / 'walk'}")
    assert done.summary["coverage"]["unchanged"] == 8, "asking for it is no reason to do anything again"
    uids = dict(csv.reader((tmp_path / "back" / "uid_map.csv").open(newline="")))
    assert uids["id_old"] == "id_new"
    assert all(any(uids[f"{ROOT}.{tail}"] in name for name in outputs(tmp_path / "out")) for tail in ("1", "2", "30"))
    patients = dict(csv.reader((tmp_path / "back" / "patid_map.csv").open(newline="")))
    assert set(patients) == {"id_old", MRN}
    assert (tmp_path / "back" / "uid_map.csv").stat().st_mode & 0o777 == 0o600
    assert done.summary["data"]["certificate"]["crosswalk"] == {"written": True, "inputs_not_found_again": 0}
    assert MRN not in done.out
    walk = tmp_path / "back" / "walk"
    assert MRN.encode() not in walk.read_bytes() and walk.stat().st_mode & 0o777 == 0o600
    program = Program(tmp_path)
    pairs = {
        (row["kind"], row["old"]): row["new"] for row in program("crosswalk", walk, "--key", f"file:{key}").records
    }
    assert pairs["patient", MRN] == patients[MRN] and pairs["uid", f"{ROOT}.1"] == uids[f"{ROOT}.1"]
    assert Path(pairs["file", "a/slice0"]).is_file()
    (one,) = program("crosswalk", walk, "--key", f"file:{key}", "--new", patients[MRN]).records
    assert one["old"] == MRN
    assert program("crosswalk", walk).code == 253, "another key"
    assert program("crosswalk", walk, "--key", f"file:{key}", "--old", "nobody").code == 253


def test_classifying_writes_nothing(tmp_path: Path, key: Path) -> None:
    done = run(tmp_path, archive(tmp_path), key, "-P", "mode=classify")
    assert not (tmp_path / "out").exists() or not outputs(tmp_path / "out")
    found = {record["item"]["key"]: record["data"] for record in done.of("result")}
    assert found["a/slice0"]["class"] == "image"
    assert found["loop.dcm"]["burned_in_risk"] == "high"
    assert not any(data["released"] for data in found.values())


@pytest.mark.parametrize(
    ("param", "code"),
    [
        ("retain=everything", 2),
        ("retain=full-dates,modified-dates", 2),
        ("key=hunter2", 253),
        ("preset=none", 2),
        ("policy=/nowhere", 2),
    ],
)
def test_bad_parameters_stop_before_the_first_file(param: str, code: int, tmp_path: Path, key: Path) -> None:
    done = run(tmp_path, archive(tmp_path), key, "-P", param)
    assert done.code == code
    assert done.error["message"]
    assert not done.of("result")
    assert not (tmp_path / "out").exists() or not outputs(tmp_path / "out")


def hidden(tmp_path: Path, module: str) -> str:
    """A PYTHONPATH under which this module is not installed."""
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text(f"import sys\nsys.modules[{module!r}] = None\n")
    return str(tmp_path / "hidden")


def test_public_files_are_all_answered(tmp_path: Path, key: Path, shared_data: Path) -> None:
    """Without a detector for text in pictures, which would take minutes."""
    source = shared_data / "dicom" / "files"
    if not source.is_dir():
        pytest.skip("no DICOM files beside this checkout")
    where = ("-s", source, "--to", tmp_path / "out", "-P", f"key=file:{key}")
    done = Program(tmp_path)("run-uc", "healthcare-dicom", *where, PYTHONPATH=hidden(tmp_path, "rapidocr"))
    assert done.code == 0, done.err
    found = done.of("result")
    assert len(found) == sum(1 for path in source.rglob("*") if path.is_file())
    counts = Counter(record["data"]["released"] for record in found)
    assert counts[True] == len(outputs(tmp_path / "out"))
    assert counts[True] > 80
    assert all(record["data"]["quarantine_reason"] for record in found if not record["data"]["released"])
    assert any("fsxap[ocr]" in record["data"].get("quarantine_reason", "") for record in found)
    assert "failed" not in {record["status"] for record in found}
    json.dumps(done.summary)


SLICES = {"IM0001", "IM0002", "IM0003"}
SAMPLE = (b"Sally", b"MRN-0042", b"Brightwater", b"Horvath")


def demo(tmp_path: Path, **environ: str) -> dict[str, dict[str, Any]]:
    from fsxap.usecases.healthcare_dicom.sample import write_sample

    write_sample(tmp_path / "sample")
    (tmp_path / "sample" / "capture.dcm").write_bytes(screen())
    where = ("-s", tmp_path / "sample", "--to", tmp_path / "out")
    done = Program(tmp_path)("run-uc", "healthcare-dicom", *where, "--report", tmp_path / "report.html", **environ)
    assert done.code == 0, done.err
    for body in outputs(tmp_path / "out").values():
        assert not [word for word in SAMPLE if word in body]
    return {record["item"]["key"]: record["data"] for record in done.of("result")}


def screen() -> bytes:
    """A capture with its patient's name and number on it, and a label that may stay."""
    pixels = numpy.full((1, 240, 320), 40, numpy.uint8)
    for text, at in (("SALLY SAMPLE", (20, 40)), ("MRN-0042", (20, 90)), ("120 kV", (200, 220))):
        cv2.putText(pixels[0], text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 220, 2, cv2.LINE_AA)
    return stored(picture(pixels, PatientName="Sample^Sally", PatientID="MRN-0042"))


@pytest.mark.parametrize(("package", "extra"), [("rapidocr", "ocr"), ("imagecodecs", "dicom")])
def test_screens_are_held_back_where_nobody_can_look_at_them(package: str, extra: str, tmp_path: Path) -> None:
    found = demo(tmp_path, PYTHONPATH=hidden(tmp_path, package))
    assert {name for name, data in found.items() if data.get("released")} == SLICES
    for name in ("screen.dcm", "capture.dcm"):
        assert found[name]["quarantine_code"] == "burned-in"
        assert f"fsxap[{extra}]" in found[name]["quarantine_reason"]


def test_a_screen_is_masked_and_its_thumbnail_says_nothing(tmp_path: Path) -> None:
    finder = pytest.importorskip("fsxap.providers.local.ocr").RapidOcr()
    found = demo(tmp_path)
    assert {name for name, data in found.items() if data.get("released")} == {*SLICES, "screen.dcm", "capture.dcm"}
    assert found["screen.dcm"]["pixels_examined"] and not found["screen.dcm"]["masked_regions"]
    assert found["capture.dcm"]["masked_regions"] >= 2
    made = outputs(tmp_path / "out")
    (thumbnail,) = (name for name in made if name.endswith(".png"))
    (masked,) = (name for name in made if thumbnail == f"thumbnails/{name.removesuffix('.dcm')}.png")
    assert base64.b64encode(made[thumbnail]).decode() in (tmp_path / "report.html").read_text(encoding="utf-8")
    shown = pydicom.dcmread(io.BytesIO(made[masked])).pixel_array
    assert {line.text for line in finder.find(shown)} == {"120 kV"}
    small = cv2.imdecode(numpy.frombuffer(made[thumbnail], numpy.uint8), cv2.IMREAD_GRAYSCALE)
    plain = shown[::2, ::2].astype(float)
    # Nothing is in it that is not in the output.
    assert numpy.abs(small - (plain - plain.min()) * 255 / numpy.ptp(plain)).max() <= 1


def test_each_released_file_has_its_row_when_asked_for(tmp_path: Path, key: Path) -> None:
    run(tmp_path, archive(tmp_path), key)
    done = run(tmp_path, archive(tmp_path / "again"), key, "-P", "metadata=yes")
    assert done.code == 0, done.err
    with (tmp_path / "out" / "metadata.csv").open(newline="") as table:
        found = list(csv.DictReader(table))
    assert {row["file"] for row in found} == {name for name in outputs(tmp_path / "out") if name.endswith(".dcm")}
    assert {row["Modality"] for row in found} == {"CT"}
    assert all(row["Rows"].isdigit() and row["PatientID"] not in (MRN, "") for row in found)


def test_what_becomes_of_each_attribute_is_told_before_a_run(tmp_path: Path) -> None:
    told = Program(tmp_path)("run-uc", "healthcare-dicom", "--explain", "-P", "retain=patient").of("attribute")
    found = {row["keyword"]: row["action"] for row in told}
    assert found["PatientSex"] == "K" and found["PatientName"] == "Z"
