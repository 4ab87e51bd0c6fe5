from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks._collections import cranfield, docstrings


def test_cranfield_reads_as_it_is_published(tmp_path: Path) -> None:
    (tmp_path / "cran.all.1400").write_text(
        ".I 1\n.T\nwings\n.A\nlee\n.W\nof slipstream\n.I 2\n.T\nflow\n.W\nis flow\n"
    )
    (tmp_path / "cran.qry").write_text(".I 001\n.W\nwhat flows\n.I 004\n.W\nwhich wings\n")
    (tmp_path / "cranqrel").write_text("1 2 1\n1 1 5\n2 1 3\n")
    made = cranfield(tmp_path)
    assert made.texts == {1: "wings of slipstream", 2: "flow is flow"}
    assert made.questions == {1: "what flows", 2: "which wings"}
    assert made.judged == {1: {2: 4, 1: 0}, 2: {1: 2}}


def test_a_summary_asks_for_the_text_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "documented"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('nobody runs this')\n")
    long = "Of what is given it keeps the second half. " * 4
    body = f"def cut(): ' Cut what is given in half.\\n\\n{long}'\nclass Short: ' Nothing to ask here.\\n\\nNo.'\n"
    (package / "parts.py").write_text(body)
    (package / "test_parts.py").write_text(body.replace("in half", "in three"))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert docstrings("documented")[:2] == ({0: long.strip()}, {0: "Cut what is given in half."})
