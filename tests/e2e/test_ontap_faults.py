"""A scan over a bad network and a volume that changes: every folder is accounted for, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from fsxap.emulator.faults import Faults
from fsxap.emulator.server import Emulator, serve
from fsxap.emulator.synthetic import Synthetic
from fsxap.emulator.trees import Node
from tests.e2e.program import Done, Program

FOLDERS = 400
NETWORK = Faults(reset=0.05, unavailable=0.02, slow_page=0.02, page_limit=4, repeat_entry=True, seed=11)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with serve([Synthetic(FOLDERS)]) as running:
        yield running


def scan(fsxap: Program, emulator: Emulator, *more: str, attempts: int = 9) -> Done:
    """Attempts enough that no call meets a fault every time."""
    return fsxap(
        *("scan-acl", "--ontap", emulator.url, "--ontap-user", emulator.user, "--ontap-secret", "env:PW"),
        *("--ontap-ca", str(emulator.ca_file), "--volume", "synthetic", "--emit", "all", *more),
        PW=emulator.password,
        AWS_MAX_ATTEMPTS=str(attempts),
    )


def paths_only(done: Done) -> dict[str, int]:
    """The coverage of folders and files: shares and the SVM are audited beside them, without an access list read."""
    coverage, read = done.summary["coverage"], done.summary["usage"]["acl_reads"]
    return {**coverage, "seen": coverage["seen"] - (coverage["ok"] - read), "ok": read}


def everything(done: Done) -> Counter[str]:
    return Counter(record["path"] for record in done.of("acl"))


def test_faults_of_the_network_lose_and_double_nothing(fsxap: Program, emulator: Emulator) -> None:
    emulator.set_faults(NETWORK)
    done = scan(fsxap, emulator)
    assert done.code == 0, done.err
    coverage = paths_only(done)
    assert (coverage["seen"], coverage["ok"]) == (FOLDERS, FOLDERS)
    paths = everything(done)
    assert len(paths) == FOLDERS
    assert set(paths.values()) == {1}
    counters = emulator.counters
    assert counters.faults["reset"] > 0 < counters.statuses[503], "the faults were met"
    assert done.summary["usage"]["acl_reads"] == FOLDERS


@dataclass(frozen=True)
class Doomed(Synthetic):
    """A volume whose folder d3 is deleted after the first page of its listing, with all that lies in it."""

    asked: Counter[str] = field(default_factory=Counter)

    def names(self, path: str) -> Sequence[str]:
        self.asked[path] += 1
        return super().names(path)

    def node(self, path: str) -> Node | None:
        if path == "d3" and self.asked["d3"]:
            self.asked["deleted"] = 1
        if self.asked["deleted"] and f"{path}/".startswith("d3/"):
            return None
        return super().node(path)


def test_a_folder_deleted_while_paging_is_counted_once(fsxap: Program) -> None:
    with serve([Synthetic(FOLDERS)]) as calm:
        whole = everything(scan(fsxap, calm))
    with serve([Doomed(FOLDERS)], faults=Faults(page_limit=4, repeat_entry=True, slow_page=0.02)) as emulator:
        done = scan(fsxap, emulator)
    left = {path for path in whole if not f"{path}/".startswith("/synthetic/d3/")}
    assert 0 < len(left) < len(whole) == FOLDERS
    assert everything(done) == Counter(left)
    coverage = paths_only(done)
    assert (coverage["ok"], coverage["failed"], coverage["missing"]) == (len(left), 0, 0)
    assert coverage["vanished"] == coverage["seen"] - len(left) > 1, "the folder, and what its first page named"


def test_files_deleted_once_they_were_listed_have_vanished(fsxap: Program) -> None:
    with serve([Synthetic(60, 3)], faults=Faults(page_limit=4, repeat_entry=True, delete_entry=True)) as emulator:
        done = scan(fsxap, emulator, "--files")
        (mounted,) = emulator.site.mounted.values()
        gone = {f"/synthetic/{path}" for path in mounted.gone}
    paths, coverage = everything(done), paths_only(done)
    assert gone
    assert not paths.keys() & gone
    assert set(paths.values()) == {1}
    assert (coverage["ok"], coverage["vanished"], coverage["failed"]) == (len(paths), len(gone), 0)
    assert coverage["seen"] == coverage["ok"] + coverage["vanished"] == 60 * 4


def test_what_fails_in_the_end_is_counted_and_tried_again(fsxap: Program, emulator: Emulator) -> None:
    """With a single attempt some calls fail for good; the listing's failures hide folders and say so."""
    emulator.set_faults(Faults(unavailable=0.02, seed=5))
    done = scan(fsxap, emulator, attempts=2)
    coverage = paths_only(done)
    paths = everything(done)
    assert coverage["ok"] == len(paths)
    assert coverage["seen"] == sum(number for name, number in coverage.items() if name != "seen")
    assert done.code == (1 if coverage["failed"] else 0)
    assert coverage["failed"] > 0 or len(paths) == FOLDERS, "a folder that was not listed hides what lies below it"
    emulator.set_faults(None)
    again = scan(fsxap, emulator)
    assert paths_only(again)["ok"] == FOLDERS
