from __future__ import annotations

import os
import posixpath
from pathlib import Path

import pytest

from fsxap.acl.model import Entry
from fsxap.acl.rules import RULES, Context, ShareSubject, SiteSubject, Subject, audit, audit_share, audit_site
from fsxap.emulator.sample import SAMPLE_PROBLEMS, write_sample
from fsxap.errors import NotFound
from fsxap.providers.local.permissions import FolderPermissions


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "company"
    write_sample(folder)
    return folder


def state(folder: Path) -> dict[str, tuple[int, bytes, int, int]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            about = path.stat()
            name = str(path.relative_to(folder))
            found[name] = (about.st_mode, path.read_bytes(), about.st_mtime_ns, about.st_nlink)
    return found


def test_it_is_a_believable_company(sample: Path) -> None:
    files = [path for path in sample.rglob("*") if path.is_file() and not path.is_symlink()]
    assert 300 <= len(files) <= 400
    assert all(path.stat().st_size < 2000 for path in files if path.name != ".fsxap-acl.yaml")
    names = {str(path.relative_to(sample)) for path in sample.rglob("*")}
    assert {name.split("/")[0] for name in names} >= {
        *("finance", "hr", "legal", "engineering", "projects", "sales", "public", "scans"),
    }
    for character in (" ", "#", "+", "%", "?", "&", "ü", "É", "東"):
        assert any(character in name for name in names), character
    assert max(name.count("/") for name in names) >= 9
    assert any(path.is_symlink() for path in sample.rglob("*"))
    assert any(path.is_dir() and not any(path.iterdir()) for path in sample.rglob("*"))
    assert any(path.stat().st_nlink > 1 for path in files)


def test_it_is_always_the_same(sample: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_sample(tmp_path / "other")
    finally:
        os.umask(before)
    assert state(sample) == state(tmp_path / "other")
    write_sample(tmp_path / "seeded", seed=8)
    assert state(sample).keys() == state(tmp_path / "seeded").keys()
    assert state(sample) != state(tmp_path / "seeded")


def test_writing_it_again_restores_what_changed_and_touches_nothing_else(tmp_path: Path) -> None:
    write_sample(tmp_path)
    before = state(tmp_path)
    inode = (tmp_path / "sales/quotes/Q-0001.txt").stat().st_ino
    (tmp_path / "public/kiosk/WLAN.txt").write_text("changed")
    (tmp_path / "scans/inbox/Scan_0001.txt").unlink()
    write_sample(tmp_path)
    assert state(tmp_path) == before
    assert (tmp_path / "sales/quotes/Q-0001.txt").stat().st_ino == inode


def findings(folder: Path) -> set[tuple[str, str]]:
    """Rule and relative path of everything the rules see, as an audit of every file would."""
    ontap = FolderPermissions(folder)
    shares = ontap.shares()
    found: set[tuple[str, str]] = set()
    for entry in ontap.walk(ontap.volumes()[0], files=True):
        assert isinstance(entry, Entry)
        if entry.kind == "symlink":
            continue
        context = Context(
            ad="healthy",
            volume_style="ntfs",
            shares=tuple(shares),
            depth=len(entry.path.split("/")) - (entry.path != "/"),
        )
        try:
            descriptor = ontap.security(entry.path)
        except NotFound:
            found.add(("not-audited", entry.path.strip("/")))
            continue
        try:
            parent = None if entry.path == "/" else ontap.security(posixpath.dirname(entry.path))
        except NotFound:
            parent = None
        found |= {(one.rule, one.where.strip("/")) for one in audit(Subject(descriptor, parent, context))}
    for share in shares:
        others = tuple(one for one in shares if one is not share)
        subject = ShareSubject(share, ontap.security(share.path), others, Context(ad="healthy"))
        found |= {(one.rule, one.where.strip("/")) for one in audit_share(subject)}
    site = SiteSubject(ontap.site(), tuple(shares), Context(ad="healthy"))
    return found | {(one.rule, "") for one in audit_site(site)}


def test_every_planted_problem_is_found(sample: Path) -> None:
    planted = {(rule, path) for rule, paths in SAMPLE_PROBLEMS.items() for path in paths}
    assert planted - findings(sample) == set()


def test_what_everybody_can_do_is_what_was_planted(sample: Path) -> None:
    """Serious rules find nothing but what was planted: the rest of the company is in order."""
    serious = ("open-access-full", "open-access-write", "null-dacl", "unresolved-sid", "corrupted-inheritance")
    found = {pair for pair in findings(sample) if pair[0] in serious}
    assert found == {(rule, path) for rule in serious for path in SAMPLE_PROBLEMS[rule]}


def test_the_table_names_real_rules_and_places(sample: Path) -> None:
    known = {rule.id for rule in RULES}
    for rule, paths in SAMPLE_PROBLEMS.items():
        assert rule in known
        for path in paths:
            assert (sample / path).exists(), path
