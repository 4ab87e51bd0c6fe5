"""What is remembered is what the rules would say again, path by path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl.changes import change
from fsxap.acl.model import Ace, Descriptor, Entry, Share, ShareAce
from fsxap.acl.rules import Context, Subject, audit
from fsxap.errors import ServiceError
from fsxap.providers.local.permissions import FolderPermissions
from fsxap.usecases.legal_compliance.verdicts import Verdict, judge_once, likeness

SHARES = (Share("all", "/"), Share("hr", "/HR", aces=(ShareAce("Everyone", "full_control"),)))


def afresh(subject: Subject) -> Verdict:
    """The same without a memory."""
    return Verdict(tuple(audit(subject)), change(subject.descriptor, subject.parent).reasons)


def test_the_sample_is_judged_alike(tmp_path: Path) -> None:
    from fsxap.emulator.sample import write_sample

    write_sample(tmp_path / "volume")
    local = FolderPermissions(tmp_path / "volume")
    (volume,) = local.volumes()
    judge, judged = judge_once(), 0
    known: dict[str, Descriptor] = {}
    for entry in local.walk(volume, files=True):
        if not isinstance(entry, Entry) or entry.kind not in ("directory", "file"):
            continue
        try:
            found = known[entry.path] = local.security(entry.path)
        except ServiceError:
            continue  # planted: a path that cannot be read
        context = Context(ad="healthy", depth=entry.path.count("/"), shares=tuple(local.shares()))
        subject = Subject(found, known.get(entry.path.rpartition("/")[0]), context)
        assert judge(subject) == afresh(subject)
        assert judge(subject) == afresh(subject), "from memory"
        judged += bool(audit(subject))
    assert judged > 5


trustees = st.sampled_from(["Everyone", "CORP\\hr", "S-1-5-21-1-2-3-1104", "BUILTIN\\Administrators", "CREATOR OWNER"])
aces = st.builds(
    Ace,
    trustee=trustees,
    access=st.sampled_from(["allow", "deny"]),
    mask=st.sampled_from([None, 0x1F01FF, 0x1301BF, 0x120089]),
    inherited=st.booleans(),
    sub_folders=st.booleans(),
    files=st.booleans(),
)
descriptors = st.builds(
    Descriptor,
    path=st.sampled_from(["/hr/a", "/hr/b", "/pub/c"]),
    kind=st.sampled_from(["directory", "file"]),
    style=st.sampled_from(["ntfs", "unix"]),
    owner=trustees,
    control=st.sampled_from([None, 0x4, 0x1004]),
    aces=st.lists(aces, max_size=3).map(tuple),
    mode=st.sampled_from([None, 0o777, 0o750]),
    inode=st.integers(0, 5),
)
subjects = st.builds(
    Subject,
    descriptors,
    st.none() | descriptors.map(lambda one: replace(one, kind="directory")),
    st.builds(Context, depth=st.sampled_from([None, 0, 1, 2, 3]), shares=st.just(SHARES)),
)


@given(st.lists(subjects, max_size=8), st.integers(1, 3))
def test_memory_changes_no_verdict(several: list[Subject], kept: int) -> None:
    judge = judge_once(kept=kept)
    for subject in several + several:
        assert judge(subject) == afresh(subject)


@given(subjects, st.integers(0, 9))
def test_only_the_place_may_differ(subject: Subject, inode: int) -> None:
    moved = replace(subject, descriptor=replace(subject.descriptor, path="/hr/elsewhere", inode=inode))
    inside = subject.where.startswith("/hr/")
    assert (likeness(moved) == likeness(subject)) is inside, "a share leads to one of them only"
    tighter = replace(
        subject, descriptor=replace(subject.descriptor, aces=(*subject.descriptor.aces, Ace("x", "deny", 1)))
    )
    assert likeness(tighter) != likeness(subject)
