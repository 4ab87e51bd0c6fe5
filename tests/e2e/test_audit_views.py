"""scan-acl's other questions, asked of the installed program: who, can, drift, waivers, plans, a second opinion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fsxap.emulator.sample import write_sample
from fsxap.emulator.server import serve
from fsxap.emulator.trees import Folder
from tests.e2e.program import Done, Program


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    write_sample(folder)
    return folder


def scan(fsxap: Program, volume: Path, *more: str | Path) -> Done:
    return fsxap("scan-acl", "-s", volume, "-q", *more)


def sidecar(volume: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((volume / ".fsxap-acl.yaml").read_text())
    return found


def test_who_shows_where_a_trustees_access_changes(fsxap: Program, volume: Path) -> None:
    done = scan(fsxap, volume, "--who", "CORP\\HR")
    rows = done.of("access")
    assert rows
    assert all(row["trustee"] == "CORP\\HR" for row in rows)
    levels = {row["path"]: row["level"] for row in rows}
    assert levels["/hr"] == "modify"
    assert len(rows) < done.summary["coverage"]["ok"] / 2, "only where it changes"
    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows)


def test_memberships_make_access_certain(fsxap: Program, volume: Path, tmp_path: Path) -> None:
    (tmp_path / "members.csv").write_text("member,group\nCORP\\k.bauer,CORP\\HR\nCORP\\HR,CORP\\Staff\n")
    known = scan(fsxap, volume, "--who", "CORP\\k.bauer", "--groups", "members.csv").of("access")
    (at_hr,) = [row for row in known if row["path"] == "/hr"]
    assert at_hr["level"] == "modify"
    assert any("CORP\\HR" in via for via in at_hr["via"])
    unknown = scan(fsxap, volume, "--who", "CORP\\k.bauer").of("access")
    assert not all(row["certain"] for row in unknown)


def test_memberships_tell_users_from_groups(fsxap: Program, volume: Path) -> None:
    (fsxap.here / "members.csv").write_text("member,group\nCORP\\m.tanaka,CORP\\Staff\n")

    def single_users(*more: str) -> set[str]:
        return {f["subject"] for f in scan(fsxap, volume, *more).of("finding") if f["rule"] == "direct-user-ace"}

    assert "CORP\\m.tanaka" in single_users("--groups", "members.csv") - single_users()
    assert "CORP\\Staff" not in single_users("--groups", "members.csv")


def test_can_lists_everybody_at_a_path(fsxap: Program, volume: Path) -> None:
    done = scan(fsxap, volume, "--can", "public/exchange")
    assert done.code == 0
    rows = {row["trustee"]: row for row in done.of("access")}
    assert rows["Everyone"]["file"] == "full"
    assert not done.of("summary")
    missing = scan(fsxap, volume, "--can", "nowhere")
    assert missing.code == 254
    assert missing.error["code"] == "not-found"


def test_drift_against_a_baseline(fsxap: Program, volume: Path) -> None:
    scan(fsxap, volume, "--emit", "acls", "-o", "base.jsonl")
    assert drift(scan(fsxap, volume, "--baseline", "base.jsonl")) == {}
    (volume / "finance" / "new folder").mkdir()
    (volume / "public" / "new folder").rmdir()
    document = sidecar(volume)
    document["permissions"]["finance"]["acl"].append({"trustee": "Everyone", "rights": "modify"})
    (volume / ".fsxap-acl.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    done = scan(fsxap, volume, "--baseline", "base.jsonl")
    found = drift(done)
    assert {("drift-added", "/finance/new folder"), ("drift-removed", "/public/new folder")} <= set(found)
    (gained,) = [finding for (_, where), finding in found.items() if where == "/finance"]
    assert gained["subject"]
    assert gained["severity"] in ("high", "critical")
    assert len([where for _, where in found if where.startswith("/finance/")]) == 1, "what is handed down is one change"
    assert done.summary["data"]["drift"] == len(found)
    assert {f["id"] for f in drift(scan(fsxap, volume, "--baseline", "base.jsonl")).values()} == {
        f["id"] for f in found.values()
    }
    narrower = drift(scan(fsxap, volume, "finance", "--baseline", "base.jsonl"))
    assert set(narrower) == {place for place in found if place[1].startswith("/finance")}
    (fsxap.here / "bad.jsonl").write_text("no json\n")
    refused = scan(fsxap, volume, "--baseline", "bad.jsonl")
    assert (refused.code, refused.error["code"]) == (253, "bad-file")


def drift(done: Done) -> dict[tuple[str, str], dict[str, Any]]:
    return {(f["rule"], f["where"]): f for f in done.of("finding") if f["rule"].startswith("drift-")}


def test_waivers_quiet_what_was_accepted_until_their_last_day(fsxap: Program, volume: Path) -> None:
    before = scan(fsxap, volume).summary["findings"]
    waiver = (
        "version: 1\nwaivers:\n- {rule: open-access-full, where: /public/exchange, reason: r, owner: o, until: %s}\n"
    )
    (fsxap.here / "w.yaml").write_text(waiver % "2999-12-31")
    done = scan(fsxap, volume, "--waivers", "w.yaml")
    assert done.summary["findings"]["critical"] == before["critical"] - 1
    (waived,) = [f for f in done.of("finding") if f.get("waived")]
    assert waived["waived"] == {"reason": "r", "until": "2999-12-31", "owner": "o"}
    (fsxap.here / "w.yaml").write_text(waiver % "2020-01-01")
    back = scan(fsxap, volume, "--waivers", "w.yaml")
    assert back.summary["findings"]["critical"] == before["critical"]
    assert [f for f in back.of("finding") if "waiver_expired" in f["evidence"]]
    (fsxap.here / "w.yaml").write_text("version: 1\nwaivers:\n- {rule: x}\n")
    assert scan(fsxap, volume, "--waivers", "w.yaml").error["code"] == "bad-file"


def test_a_plan_pairs_each_call_with_the_one_that_undoes_it(fsxap: Program, volume: Path) -> None:
    done = scan(fsxap, volume, "--plan", "fixes.jsonl")
    steps = [json.loads(line) for line in (fsxap.here / "fixes.jsonl").read_text().splitlines()]
    assert {step["finding"] for step in steps} <= {f["id"] for f in done.of("finding")}
    called = [step for step in steps if "call" in step]
    assert called
    assert all(step["undo"]["path"].startswith("/api/") for step in called)
    assert all("manual" in step for step in steps if "call" not in step)


def test_ontaps_own_answer_agrees(fsxap: Program, volume: Path) -> None:
    with serve([Folder(volume)]) as emulator:
        done = fsxap(
            *("scan-acl", "--ontap", emulator.url, "--ontap-user", emulator.user, "--ontap-secret", "env:PW"),
            *("--ontap-ca", str(emulator.ca_file), "--volume", "*", "--verify", "12"),
            PW=emulator.password,
        )
    rows = done.of("verification")
    assert rows
    answered = [row for row in rows if row["agree"] is not None]
    assert answered
    assert [row for row in answered if row["certain"] and not row["agree"]] == []
    refused = scan(fsxap, volume, "--verify", "3")
    assert refused.code == 2


def test_every_report_format_is_written(fsxap: Program, volume: Path) -> None:
    for suffix in ("html", "md", "csv", "json", "sarif", "ocsf.json"):
        scan(fsxap, volume, "--report", f"r.{suffix}")
        assert (fsxap.here / f"r.{suffix}").stat().st_size > 1000
    sarif = json.loads((fsxap.here / "r.sarif").read_text())
    assert sarif["version"] == "2.1.0"
    page = (fsxap.here / "r.html").read_text()
    assert "Who has what where" in page


def test_the_size_of_a_scan_can_be_asked_first(fsxap: Program, volume: Path) -> None:
    (plan,) = scan(fsxap, volume, "--dry-run").of("plan")
    assert plan["shares"] > 0
    assert not (fsxap.here / "state").exists()
