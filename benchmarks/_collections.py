"""Owns collections that rankings are judged by: texts, questions, and which texts answer them how well."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LEAST = 120
"""Characters of a text that says something."""


class Collection(NamedTuple):
    texts: dict[int, str]
    questions: dict[int, str]
    judged: dict[int, dict[int, int]]
    """Question → text → grade; the highest is the best."""


def cranfield(folder: Path) -> Collection:
    """From `cran.all.1400`, `cran.qry` and `cranqrel`."""
    judged: dict[int, dict[int, int]] = {}
    for line in (folder / "cranqrel").read_text().splitlines():
        question, document, code = map(int, line.split()[:3])
        # Codes run from 1, the best, to 4; 5 and below 1 are of no use.
        judged.setdefault(question, {})[document] = 5 - code if 1 <= code <= 4 else 0
    questions = dict(enumerate((text for _, text in _records(folder / "cran.qry")), 1))
    return Collection(dict(_records(folder / "cran.all.1400")), questions, judged)


def _records(path: Path) -> Iterator[tuple[int, str]]:
    """(Number, title and text) of the collection's files."""
    for part in re.split(r"^\.I ", path.read_text(), flags=re.MULTILINE)[1:]:
        number, _, rest = part.partition("\n")
        fields = dict(re.findall(r"^\.([TABW])\n(.*?)(?=^\.[TABW]\n|\Z)", rest, flags=re.MULTILINE | re.DOTALL))
        yield int(number), " ".join(f"{fields.get('T', '')} {fields.get('W', '')}".split())


def docstrings(package: str) -> Collection:
    """What a package's files document of themselves: a summary asks for the text it stands above, its one answer.

    Who wrote both shares more words with himself than people who ask do: it compares ways, and says no more.
    """
    pairs: dict[str, str] = {}
    for documented in sorted(set(_documented(Path(_place(package))))):
        summary, _, rest = documented.partition("\n\n")
        question, text = " ".join(summary.split()), " ".join(rest.split())
        if len(text) >= LEAST and len(question.split()) > 3 and text not in pairs.values():
            pairs.setdefault(question, text)
    questions = dict(enumerate(pairs))
    texts = {number: pairs[question] for number, question in questions.items()}
    return Collection(texts, questions, {number: {number: 1} for number in questions})


def _place(package: str) -> str:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"no package {package}")
    return found.submodule_search_locations[0]


def _documented(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        if "test" not in path.as_posix().removeprefix(folder.as_posix()):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and (said := ast.get_docstring(node)):
                    yield said
