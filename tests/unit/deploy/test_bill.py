"""The bill of materials of a zip names what is in it, in the form the standard asks for."""

from __future__ import annotations

import json
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from fsxap import __version__
from fsxap.deploy.bill import materials

METADATA = "Metadata-Version: 2.4\nName: Tidy\nVersion: 1.2\nLicense-Expression: MIT\n\nLicense: not this\n"
PROSE = "Metadata-Version: 2.1\nName: older\nVersion: 3\nLicense: do what you like\n"


def content(folder: Path) -> dict[str, Path]:
    made = {}
    for name, text in (("Tidy-1.2.dist-info", METADATA), ("older-3.dist-info", PROSE), ("tidy", "x = 1")):
        path = folder / name
        path.write_text(text)
        made[f"{name}/METADATA"] = path
    return made


def test_every_package_is_named_once_with_its_version_and_licence(tmp_path: Path) -> None:
    bill = json.loads(materials("some-zip", "ab" * 32, content(tmp_path)))
    found = {one["purl"]: one.get("licenses") for one in bill["components"]}
    assert found == {
        f"pkg:pypi/fsxap@{__version__}": [{"expression": "Apache-2.0"}],
        "pkg:pypi/tidy@1.2": [{"expression": "MIT"}],
        "pkg:pypi/older@3": None,
    }


def test_it_is_valid_by_the_standards_own_schema(tmp_path: Path) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    text = materials("some-zip", "ab" * 32, content(tmp_path))
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"library"', '"book"')) is not None


def test_other_contents_are_another_bill(tmp_path: Path) -> None:
    one, two = (json.loads(materials("z", digest * 32, {})) for digest in ("ab", "cd"))
    assert one["serialNumber"] != two["serialNumber"]
