"""Static proof of the templates (layer a): what they name exists, what they declare is used, values enter as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from fsxap.deploy import render as rendering
from fsxap.deploy.render import environment, folder, render
from fsxap.engine import catalog
from tests.unit.deploy.templates import NAMES, conditions, nodes, references, rendered, resources

PSEUDO = "AWS::"
HOSTILE = (
    "a'b\"c",
    "line\nbreak",
    "{{ 7 * 7 }}",
    "${AWS::AccountId}",
    "# no comment",
    "- *anchor",
    "yes",
    "\u2028 é",
    "",
)


EVERY = """
from fsxap.deploy.render import render
from fsxap.engine import catalog
from tests.unit.deploy.templates import GIVEN
for name in catalog.names():
    print(render(catalog.load(name), GIVEN.get(name, {})).text, end="")
"""


def test_rendering_twice_gives_equal_bytes_whatever_the_hash_seed() -> None:
    environ = {**os.environ, "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", EVERY], env=environ, capture_output=True, check=True)
    assert done.stdout == "".join(rendered(name).text for name in NAMES).encode()


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_resolves(name: str) -> None:
    template = rendered(name).template
    known = {*template["Parameters"], *template["Resources"]}
    assert {each for each in references(template) if not each.startswith(PSEUDO)} <= known
    assert conditions(template["Resources"]) <= set(template["Conditions"])


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_and_condition_is_used_by_a_resource(name: str) -> None:
    template = rendered(name).template
    used = conditions(template["Resources"])
    for each in used.copy():
        used |= conditions(template["Conditions"][each])
        used |= {node["Condition"] for node in template["Conditions"][each].get("Fn::And", ())}
    assert used == set(template["Conditions"])
    by_condition = references([template["Conditions"][each] for each in used])
    found = {*references(template["Resources"]), *by_condition}
    assert set(template["Parameters"]) - found == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_value_that_a_map_is_asked_for_is_in_it(name: str) -> None:
    """Also those of resources that are left out: they are looked up all the same."""
    template = rendered(name).template
    asked = [
        node["Fn::FindInMap"]
        for node in nodes(template["Resources"])
        if isinstance(node, dict) and "Fn::FindInMap" in node
    ]
    assert asked
    for table, key, field in asked:
        allowed = template["Parameters"][key["Ref"]]["AllowedValues"]
        assert all(field in template["Mappings"][table][value] for value in allowed), (table, allowed)


@pytest.mark.parametrize("name", NAMES)
def test_cfn_lint_finds_nothing(name: str) -> None:
    from cfnlint.api import lint

    assert [str(match) for match in lint(rendered(name).text, regions=["ap-northeast-1"])] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_template_fits_into_a_request(name: str) -> None:
    assert len(rendered(name).body.encode()) <= 51_200
    sent, shown = json.loads(rendered(name).body), rendered(name).template
    assert {part: sent[part] for part in sent if part != "Resources"} == {
        part: shown[part] for part in shown if part != "Resources"
    }
    for logical, about in shown["Resources"].items():
        if logical != "StateMachine":
            assert sent["Resources"][logical] == {part: about[part] for part in about if part != "Metadata"}
    definitions = [each["Resources"]["StateMachine"]["Properties"]["DefinitionString"] for each in (sent, shown)]
    assert "".join(definitions[0]["Fn::Sub"].split()) == "".join(definitions[1]["Fn::Sub"].split())


@pytest.mark.parametrize("name", NAMES)
def test_each_rule_that_is_passed_over_has_its_reason_in_place(name: str) -> None:
    passed = [about["Metadata"]["checkov"]["skip"] for about in resources(name).values() if "Metadata" in about]
    assert passed
    assert all(rule["id"].startswith("CKV_AWS_") and len(rule["comment"]) > 30 for rules in passed for rule in rules)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_arrives_as_it_is(value: str) -> None:
    made = render(catalog.load("legal-compliance"), {"path": value})
    variables = made.template["Resources"]["ProcessFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["FSXAP_PARAM_PATH"] == value
    assert set(made.template["Resources"]) == set(resources("legal-compliance"))


def test_a_value_without_tojson_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_text("a: {{ value }}\n")
    with pytest.raises(TypeError, match="without tojson"):
        environment(tmp_path).get_template("t.j2").render(value="x: y")


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_text("a: {{ vlaue | tojson }}\n")
    with pytest.raises((UndefinedError, TypeError)):
        environment(tmp_path).get_template("t.j2").render(value="x")


def test_templates_lie_in_the_checkout_or_in_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (folder() / "statemachine.json.j2").is_file()
    installed = tmp_path / "fsxap"
    (installed / "_templates").mkdir(parents=True)
    (installed / "_templates" / "usecase.yaml.j2").write_text("")
    monkeypatch.setattr(rendering, "__file__", str(installed / "deploy" / "render.py"))
    assert folder() == installed / "_templates"


def test_architecture_is_a_choice() -> None:
    for chosen in ("arm64", "x86_64"):
        made = render(catalog.load("healthcare-dicom"), {}, chosen)
        assert made.template["Resources"]["ProcessFunction"]["Properties"]["Architectures"] == [chosen]
