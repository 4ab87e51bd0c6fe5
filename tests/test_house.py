"""The house rules, as tests: who imports whom, how big things are, who prints, what start-up loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "fsxap"
MODULES = sorted(PACKAGE.rglob("*.py"))

CORE = {"fsxap", "fsxap.model", "fsxap.cells", "fsxap.jsontext", "fsxap.errors", "fsxap.documents", "fsxap.rendering"}
CORE |= {"fsxap.passages", "fsxap.listed", "fsxap.yamltext"}
MAY_IMPORT: dict[str, set[str]] = {
    "jsontext": set(),
    "cells": set(),
    "documents": set(),
    "regions": set(),
    "rendering": set(),
    "passages": set(),
    "yamltext": set(),
    "model": {"fsxap.jsontext"},
    "listed": {"fsxap.jsontext", "fsxap.model"},
    "errors": set(),
    "retry": CORE,
    "ports": CORE | {"fsxap.acl.model", "fsxap.acl.site"},
    "acl": {"fsxap.model", "fsxap.acl"},
    "costs": {"fsxap.model", "fsxap.costs"},
    "reports": {"fsxap.model", "fsxap.cells", "fsxap.reports"},
    "usecases": CORE | {"fsxap.ports", "fsxap.engine.types", "fsxap.acl", "fsxap.usecases"},
    "patterns": CORE
    | {"fsxap.ports", "fsxap.engine.types", "fsxap.acl", "fsxap.patterns", "fsxap.providers.local.files"},
    "providers": CORE | {"fsxap.retry", "fsxap.ports", "fsxap.acl", "fsxap.providers", "fsxap.engine.sorting"},
    "engine": CORE
    | {
        "fsxap.retry",
        "fsxap.ports",
        "fsxap.engine",
        "fsxap.usecases",
        "fsxap.providers",
        "fsxap.reports",
        "fsxap.costs",
        "fsxap.acl.site",
    },
    "emulator": CORE | {"fsxap.acl", "fsxap.emulator", "fsxap.providers.local.sidecar"},
    "doctor": CORE | {"fsxap.acl.site", "fsxap.doctor", "fsxap.regions"},
    "deploy": CORE
    | {
        "fsxap.retry",
        "fsxap.usecases",
        "fsxap.patterns",
        "fsxap.engine",
        "fsxap.deploy",
        "fsxap.providers.aws.errors",
        "fsxap.regions",
    },
}
HEAVY = {
    "boto3",
    "botocore",
    "urllib3",
    "jinja2",
    "pydicom",
    "yaml",
    "duckdb",
    "sqlglot",
    "rich",
    "trustme",
    "jmespath",
}


def imports(path: Path, *, top: bool = False) -> Iterator[str]:
    """Names imported by a module; with `top` only at import time, not inside functions or under TYPE_CHECKING."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(top_level(tree)) if top else list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (
                f"{node.module}.{alias.name}" if node.module in ("fsxap", "fsxap.engine", "fsxap.acl") else node.module
                for alias in node.names
            )


def top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node


def layer(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_layers(path: Path) -> None:
    allowed = MAY_IMPORT.get(layer(path))
    if allowed is None:
        assert layer(path) in ("cli", "__init__", "__main__"), "a new layer needs a line in MAY_IMPORT"
        return
    ours = {name for name in imports(path) if name == "fsxap" or name.startswith("fsxap.")}
    wrong = {
        name
        for name in ours
        if not any(name == each or (each != "fsxap" and name.startswith(f"{each}.")) for each in allowed)
    }
    wrong -= {name for name in wrong if name == "fsxap.__version__"}
    assert not wrong


def test_use_cases_do_not_import_each_other() -> None:
    for path in (PACKAGE / "usecases").rglob("*.py"):
        parts = path.relative_to(PACKAGE / "usecases").parts
        if len(parts) < 2:
            continue
        foreign = {n for n in imports(path) if n.startswith("fsxap.usecases.") and n.split(".")[2] != parts[0]}
        assert not foreign, path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_packages_are_imported_where_they_are_used(path: Path) -> None:
    assert not {name for name in imports(path, top=True) if name.split(".")[0] in HEAVY}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_command_line_knows_typer_and_rich(path: Path) -> None:
    if layer(path) != "cli":
        assert not {name for name in imports(path) if name.split(".")[0] in ("typer", "rich")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sizes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 350
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[0].lineno if path.parent.name == "cli" else node.lineno
            assert (node.end_lineno or 0) - body < 60, f"{node.name} is too long"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            assert not node.name.endswith(("Manager", "Helper", "Utils", "Base", "Handler"))


def loaded_by(*arguments: str) -> set[str]:
    """Modules in memory after the command ran in a process of its own."""
    code = (
        "import sys\nfrom fsxap.cli import main\n"
        f"code = main({list(arguments)!r})\n"
        "sys.stderr.write('\\n'.join(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_is_light() -> None:
    assert not loaded_by("--help") & {
        "boto3",
        "botocore",
        "urllib3",
        "jinja2",
        "pydicom",
        "yaml",
        "duckdb",
        "sqlglot",
        "rich",
        "asyncio",
    }


def test_version_is_lighter() -> None:
    assert not loaded_by("--version") & {"typer", "json", "dataclasses", "fsxap.model"}


def test_the_lambda_path_is_pure() -> None:
    code = "import sys, fsxap.engine.lambda_handler, fsxap.reports; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"typer", "rich", "jinja2", "markupsafe", "yaml", "duckdb"}


def test_use_cases_are_found_by_their_folder() -> None:
    from fsxap.engine import catalog
    from fsxap.engine.types import UseCase

    folders = {
        path.name.replace("_", "-") for path in (PACKAGE / "usecases").iterdir() if (path / "__init__.py").exists()
    }
    assert set(catalog.names()) == folders
    for name in folders:
        case = catalog.load(name)
        assert isinstance(case, UseCase)
        assert case.name == name


def test_patterns_are_found_by_their_folder() -> None:
    from fsxap.deploy import targets
    from fsxap.deploy.render import folder
    from fsxap.engine.types import Pattern

    folders = {
        path.name.replace("_", "-") for path in (PACKAGE / "patterns").iterdir() if (path / "__init__.py").exists()
    }
    assert set(targets.pattern_names()) == folders
    for name in folders:
        pattern = targets.load(name)
        assert isinstance(pattern, Pattern)
        assert pattern.name == name
        assert (folder() / "patterns" / f"{name}.yaml.j2").is_file()
