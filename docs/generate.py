"""Writes the pages that are made from the program: `python -m docs.generate`. A test fails when one is stale."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MADE = "<!-- Made from the program by `make docs`; edit the program instead. -->\n\n"


def pages() -> dict[str, str]:
    """File name → content."""
    from benchmarks import _page
    from docs import costs, regions, reliability, spark_sql, troubles

    results = _page.kept()
    charts = {f"images/{name}": svg for name, _, svg in _page.charts(results)}
    return charts | {
        "benchmarks.md": measured(results),
        "cost.md": MADE + costs.page(),
        "regions.md": MADE + regions.page(),
        "troubleshooting.md": MADE + troubles.page(),
        "reliability.md": MADE + reliability.page(),
        "cli.md": MADE + "# Commands\n\n" + "\n".join(commands()),
        "settings.md": MADE + settings(),
        "exit-codes.md": MADE + exit_codes(),
        "deploy-parameters.md": MADE + deploy_parameters(),
        "../fsxap/patterns/spark/scripts/sensor_sql.py": spark_sql.module(),
        "use-cases/parameters.md": MADE + "# Use-case parameters\n\n" + "\n".join(parameters()),
    }


def measured(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The page of the benchmarks, with what is kept of them between its marks."""
    from benchmarks import _page

    shown = "\n\n".join(f"![{title}](images/{name})" for name, title, _ in _page.charts(results))
    parts = {"figures": _page.figures(results), "charts": shown, "results": _page.tables(results)}
    text = (HERE / "benchmarks.md").read_text(encoding="utf-8")
    for mark, part in parts.items():
        before, _, rest = text.partition(f"<!-- {mark} -->\n")
        _, _, after = rest.partition(f"<!-- /{mark} -->")
        text = f"{before}<!-- {mark} -->\n{part}\n<!-- /{mark} -->{after}"
    return text


def commands() -> Iterator[str]:
    from typer.testing import CliRunner

    from fsxap.cli.app import build

    app, runner = build(), CliRunner()
    environment = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    names = ["", *(command.name or "" for command in app.registered_commands)]
    for group in app.registered_groups:
        names += [f"{group.name} {command.name}" for command in group.typer_instance.registered_commands]
    for name in names:
        text = runner.invoke(app, [*name.split(), "--help"], env=environment, prog_name="fsxap").output
        text = re.sub(r"[ \t]+\n", "\n", text).strip()
        yield f"## fsxap {name}".rstrip() + f"\n\n```text\n{text}\n```\n"


def settings() -> str:
    from fsxap.engine.settings import TABLE

    lines = [
        "# Settings",
        "",
        "Order: flag, environment, the nearest `fsxap.yaml` upward (or `--config FILE`), the user's file",
        "(`$XDG_CONFIG_HOME/fsxap/config.yaml`), default. `--show-settings` on any command prints each value with its",
        "origin. A settings file may also hold `params:` (parameters per use case) and `engine:` (an engine per",
        "capability). Secrets are never settings: `ontap_secret` names where one is kept.",
        "",
        "| setting | flag | environment | default | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for each in TABLE:
        default = (
            "" if each.default is None else f"`{each.default}`".lower() if each.kind is bool else f"`{each.default}`"
        )
        variables = ", ".join(f"`{name}`" for name in each.env)
        lines.append(f"| `{each.name}` | `{each.flag}` | {variables} | {default} | {each.help} |")
    return "\n".join(lines) + "\n"


def exit_codes() -> str:
    from fsxap import errors

    rows = [
        ("0", "done, nothing failed"),
        ("1", "done, but some items failed or are missing from the results"),
        ("2", "usage: a bad flag, an unknown use case, a bad parameter"),
        ("3", "done, with findings at or above `--fail-on SEVERITY` (1 wins over 3)"),
        ("130", "interrupted (SIGINT)"),
        ("143", "terminated (SIGTERM)"),
        ("141", "the reader of a pipe went away"),
        (
            "253",
            "configuration or environment: no credentials, a bad fsxap.yaml, a missing extra, an unreachable endpoint",
        ),
        ("254", "a service (AWS, ONTAP) answered with an error"),
        ("255", "a bug: one line, with the path of a log file that holds the traceback and versions"),
    ]
    lines = ["# Exit codes", "", "| code | meaning |", "| --- | --- |"]
    lines += [f"| {code} | {meaning} |" for code, meaning in rows]
    lines += ["", "## Errors", "", "| error | default code | exit | retried |", "| --- | --- | --- | --- |"]
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.FsxapError):
            lines.append(f"| {name} | `{kind.code}` | {kind.exit} | {'yes' if kind.retryable else 'no'} |")
    return "\n".join(lines) + "\n"


def parameters() -> Iterator[str]:
    from fsxap.engine import catalog

    for name in catalog.names():
        case = catalog.load(name)
        aliases = ", ".join(f"`{alias}`" for alias in case.aliases)
        yield f"## {name}\n\n{case.title}. Aliases: {aliases or 'none'}. Engines used: {', '.join(case.engines)}.\n"
        yield "| parameter | default | meaning |\n| --- | --- | --- |"
        for param in case.params:
            default = "" if param.default in (None, "") else f"`{param.default}`"
            choices = f" ({', '.join(param.choices)})" if param.choices else ""
            yield f"| `{param.name}` | {default} | {param.help}{choices} |"
        yield ""


def deploy_parameters() -> str:
    from fsxap.deploy import targets
    from fsxap.deploy.render import render

    found: dict[tuple[str, str, str], list[str]] = {}
    for name in targets.names():
        for parameter, about in render(targets.load(name), {}).parameters.items():
            row = (parameter, str(about["Default"]) if "Default" in about else "required", about["Description"])
            found.setdefault(row, []).append(name)
    lines = [
        "# Parameters of deployed pipelines",
        "",
        "Given with `--param NAME=VALUE`, a file (`--params FILE`), or by the setting that means the same.",
        "",
        "| parameter | default | of | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for (parameter, default, meaning), names in sorted(found.items()):
        shown = "required" if default == "required" else f"`{default}`" if default else ""
        whose = "all" if names == targets.names() else ", ".join(names)
        lines.append(f"| `{parameter}` | {shown} | {whose} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


README = HERE.parent / "README.md"
TRANSCRIPT = re.compile(r"(<!-- transcript -->\n```console\n).*?(```\n<!-- /transcript -->)", re.DOTALL)
SHOWN = (
    "fsxap demo -q --query \"type == 'summary' && coverage || null\"",
    "fsxap scan-acl -s fsxap-demo/volume -q --query \"severity == 'critical' && join('  ', [rule, where]) || null\""
    " | sort",
    "fsxap discover fsxap-demo/volume --newer-than 2026-01-10 --include '*.txt' --count --query data",
)


def transcript() -> str:
    """The README's commands and what they print, run in a folder of their own."""
    bin_folder = str(Path(sys.executable).parent)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        environ = {"PATH": f"{bin_folder}:/usr/bin:/bin", "HOME": folder, "FSXAP_STATE": f"{folder}/state"}
        for command in SHOWN:
            done = subprocess.run(  # noqa: S602 - our own commands, with a shell as a reader would use
                command, shell=True, cwd=folder, env=environ, capture_output=True, text=True, check=False
            )
            if done.returncode not in (0, 1, 3):
                raise RuntimeError(f"{command}: {done.stderr}")
            lines += [f"$ {command}", *done.stdout.splitlines()]
    return "\n".join(lines) + "\n"


def readme() -> str:
    """The README with a fresh transcript."""
    return TRANSCRIPT.sub(lambda found: found[1] + transcript() + found[2], README.read_text(encoding="utf-8"))


def main() -> None:
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    main()
