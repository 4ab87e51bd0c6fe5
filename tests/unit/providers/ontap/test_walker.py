from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.acl.model import Entry
from fsxap.errors import (
    AccessDenied,
    FsxapError,
    Interrupted,
    ItemError,
    NotFound,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from fsxap.model import Unlisted
from fsxap.providers.ontap import walker
from fsxap.providers.ontap.client import Page
from fsxap.providers.ontap.walker import Listing, Scope, walk

Tree = dict[str, Any]
START = Entry("/vol1", "directory")


class Volume:
    """A tree as pages: a mapping is a directory, a tuple other fields of a record, an exception what listing raises."""

    def __init__(self, tree: Tree, size: int = 2) -> None:
        self.tree = tree
        self.size = size
        self.asked: list[str] = []
        self.lock = threading.Lock()

    def __call__(self, listing: Listing) -> Page:
        with self.lock:
            self.asked.append(f"{listing.path}?{listing.link}")
        here: Any = self.tree
        for part in [part for part in listing.path.split("/") if part]:
            here = here[part]
        if isinstance(here, Exception):
            raise here
        records = self.records(here)
        first = int(listing.link or 0)
        following = first + self.size
        return Page(records[first:following], str(following) if following < len(records) else "")

    def records(self, directory: Tree) -> list[dict[str, Any]]:
        dots = [{"name": name, "type": "directory", "inode_number": 1} for name in (".", "..")]
        return dots + [self.record(name, content) for name, content in directory.items()]

    def record(self, name: str, content: Any) -> dict[str, Any]:
        if isinstance(content, tuple):
            return {"name": name, "type": "file", **dict(content)}
        return {"name": name, "type": "directory" if content is not None else "file"}


def walked(fetch: Callable[[Listing], Page], scope: Scope | None = None, **options: Any) -> list[Entry | Unlisted]:
    return list(walk(fetch, START, scope or Scope("/vol1", files=True), workers=3, **options))


def places(found: list[Entry | Unlisted]) -> list[str]:
    return sorted(entry.path for entry in found if isinstance(entry, Entry))


def problems(found: list[Entry | Unlisted]) -> dict[str, str]:
    return {entry.key: entry.failure.code for entry in found if isinstance(entry, Unlisted)}


TREE: Tree = {
    "hr": {"pay": {"deep": {}}, "a.txt": None, "b.txt": None, "c.txt": None},
    "top.txt": None,
    "link": (("type", "symlink"),),
    "mounted": (("type", "directory"), ("is_junction", True)),
    "pipe": (("type", "fifo"),),
    "notes:stream": (("type", "stream"),),
    ".snapshot": {"hourly": {"old.txt": None}},
    "~snapshot": {"old.txt": None},
}
FOLDERS = ["/vol1", "/vol1/hr", "/vol1/hr/pay", "/vol1/hr/pay/deep", "/vol1/link", "/vol1/mounted"]
FILES = ["/vol1/hr/a.txt", "/vol1/hr/b.txt", "/vol1/hr/c.txt", "/vol1/notes:stream", "/vol1/pipe", "/vol1/top.txt"]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_everything_below_once(size: int) -> None:
    assert places(walked(Volume(TREE, size))) == sorted(FOLDERS + FILES)


def test_without_files_only_what_may_hold_a_folder() -> None:
    assert places(walked(Volume(TREE), Scope("/vol1"))) == FOLDERS


@pytest.mark.parametrize(("depth", "count"), [(0, 1), (1, 4), (2, 5), (3, 6), (None, 6)])
def test_depth(depth: int | None, count: int) -> None:
    volume = Volume(TREE)
    assert len(places(walked(volume, Scope("/vol1", depth=depth)))) == count
    levels = {len(asked.partition("?")[0].split("/")) if asked[0] != "?" else 0 for asked in volume.asked}
    assert levels == set(range(4 if depth is None else depth)), "nothing deeper is even asked for"


def test_junctions_and_links_are_not_entered() -> None:
    volume = Volume(TREE)
    walked(volume)
    assert {path.partition("?")[0] for path in volume.asked} == {"", "hr", "hr/pay", "hr/pay/deep"}


def test_a_known_junction_is_one_though_the_release_does_not_say_so() -> None:
    found = walked(Volume({"other": {"x": None}}), Scope("/vol1", files=True, junctions=frozenset({"/vol1/other"})))
    assert [(entry.path, entry.kind) for entry in found[1:] if isinstance(entry, Entry)] == [
        ("/vol1/other", "junction")
    ]


def test_files_named_like_snapshots_are_files() -> None:
    assert places(walked(Volume({".snapshot": None, "~snapshot": None})))[1:] == ["/vol1/.snapshot", "/vol1/~snapshot"]


@pytest.mark.parametrize("junction", ["/", "/a/b"])
def test_a_start_below_the_root(junction: str) -> None:
    start = Entry(f"{junction.rstrip('/')}/hr/pay", "directory")
    found = list(walk(Volume(TREE), start, Scope(junction), workers=1))
    assert places(found) == [start.path, f"{start.path}/deep"]


@pytest.mark.parametrize("kind", ["file", "symlink", "junction", "other"])
def test_a_start_that_is_no_directory_stands_alone(kind: Any) -> None:
    assert list(walk(Volume(TREE), Entry("/vol1", kind), Scope("/vol1"), workers=1)) == [Entry("/vol1", kind)]


def test_breadth_first_with_one_worker() -> None:
    tree: Tree = {"a": {"aa": {}}, "b": {"bb": {}}}
    found = list(walk(Volume(tree), START, Scope("/vol1"), workers=1))
    assert [entry.path.count("/") for entry in found if isinstance(entry, Entry)] == [1, 2, 2, 3, 3]


def test_a_hard_linked_file_once() -> None:
    twin = (("inode_number", 7), ("inode_generation", 1), ("hard_links_count", 2))
    reused = (("inode_number", 7), ("inode_generation", 2), ("hard_links_count", 2))
    tree: Tree = {"a": {"one": twin}, "b": {"two": twin}, "c": {"three": reused}, "single": (("inode_number", 9),)}
    found = [path for path in places(walked(Volume(tree))) if path.count("/") == 3]
    assert len(found) == 2
    assert "/vol1/c/three" in found


def test_an_entry_on_two_pages_once() -> None:
    def fetch(listing: Listing) -> Page:
        names = ["a", "b"] if not listing.link else ["b", "c"]
        return Page([{"name": name, "type": "file", "inode_number": 1} for name in names], "" if listing.link else "2")

    assert [entry.path for entry in walked(fetch) if isinstance(entry, Entry)] == [
        "/vol1",
        "/vol1/a",
        "/vol1/b",
        "/vol1/c",
    ]


def test_a_directory_on_two_pages_is_entered_once() -> None:
    asked: list[str] = []

    def fetch(listing: Listing) -> Page:
        asked.append(listing.path)
        if listing.path:
            return Page([], "")
        return Page([{"name": "d", "type": "directory"}], "" if listing.link else "2")

    assert places(walked(fetch)) == ["/vol1", "/vol1/d"]
    assert Counter(asked) == {"": 2, "d": 1}


@pytest.mark.parametrize(
    ("failure", "code", "retryable"),
    [
        (AccessDenied("no"), "access-denied", False),
        (Unavailable("busy"), "unavailable", True),
        (NotFound("gone"), "vanished", False),
        (ItemError("odd name", code="unencodable-name"), "unencodable-name", False),
    ],
)
def test_what_cannot_be_listed_is_told(failure: FsxapError, code: str, retryable: bool) -> None:
    found = walked(Volume({"bad": failure, "good": {"x": None}}))
    assert places(found) == ["/vol1", "/vol1/bad", "/vol1/good", "/vol1/good/x"]
    assert problems(found) == {"/vol1/bad": code}
    [unlisted] = [entry for entry in found if isinstance(entry, Unlisted)]
    assert unlisted.failure.retryable is retryable
    assert not unlisted.skipped


def test_a_directory_whose_name_was_altered_has_not_vanished() -> None:
    assert problems(walked(Volume({"caf\ufffd": NotFound("none")}))) == {"/vol1/caf\ufffd": "altered-name"}


def test_what_was_listed_before_a_failure_stays() -> None:
    def fetch(listing: Listing) -> Page:
        if listing.path == "d":
            if listing.link:
                raise NotFound("gone")
            return Page([{"name": "first", "type": "file"}], "2")
        return Page([{"name": "d", "type": "directory"}], "")

    found = walked(fetch)
    assert places(found) == ["/vol1", "/vol1/d", "/vol1/d/first"]
    assert problems(found) == {"/vol1/d": "vanished"}


@pytest.mark.parametrize("failure", [NotFound("none"), AccessDenied("no"), Unavailable("busy"), RuntimeError("bug")])
def test_a_start_that_cannot_be_listed_is_an_error(failure: Exception) -> None:
    def fetch(_listing: Listing) -> Page:
        raise failure

    with pytest.raises(type(failure)):
        walked(fetch)


@pytest.mark.parametrize(
    "failure", [Unauthenticated("locked"), Unreachable("gone"), Interrupted("stop"), RuntimeError("bug")]
)
def test_what_every_directory_would_meet_ends_the_walk(failure: Exception) -> None:
    with pytest.raises(type(failure)):
        walked(Volume({"a": {"b": failure}}))


@pytest.mark.parametrize("name", ["", "a/b", "../x", "nul\0", None, 7, ["."], {}])
def test_a_name_no_file_can_have_is_told(name: Any) -> None:
    found = walked(lambda _listing: Page([{"name": name, "type": "directory"}], ""))
    assert places(found) == ["/vol1"]
    assert problems(found) == {"/vol1": "malformed-answer"}


def test_a_record_in_another_shape_is_told() -> None:
    found = walked(
        lambda _listing: Page([{"name": "x", "type": "file", "size": "big"}, {"name": "y", "type": "file"}], "")
    )
    assert places(found) == ["/vol1", "/vol1/y"]
    assert problems(found) == {"/vol1/x": "malformed-answer"}


def test_a_tree_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walker, "DEEPEST", 5)
    found = walked(lambda _listing: Page([{"name": "d", "type": "directory"}], ""))
    assert len(places(found)) == 6
    assert problems(found) == {"/vol1" + "/d" * 5: "too-deep"}


class Stop:
    def __init__(self, after: int) -> None:
        self.left = after

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0

    def wait(self, seconds: float) -> bool:
        return self.is_set()


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_cancelled_walk_does_not_look_complete(after: int) -> None:
    found: list[Entry | Unlisted] = []
    with pytest.raises(Interrupted):
        found.extend(walk(Volume(TREE), START, Scope("/vol1"), workers=2, cancel=Stop(after)))


def test_an_abandoned_walk_leaves_no_thread() -> None:
    before = threading.active_count()
    tree: Tree = {f"d{number}": {} for number in range(50)}
    entries = walk(Volume(tree), START, Scope("/vol1"), workers=4)
    for _ in range(5):
        next(entries)
    assert isinstance(entries, Iterator)
    entries.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_no_more_in_flight_than_workers() -> None:
    volume, lock = Volume({f"d{number}": {"x": {}} for number in range(30)}), threading.Lock()
    inside = peak = 0

    def fetch(listing: Listing) -> Page:
        nonlocal inside, peak
        with lock:
            inside += 1
            peak = max(peak, inside)
        page = volume(listing)
        with lock:
            inside -= 1
        return page

    assert len(walked(fetch)) == 61
    assert 1 <= peak <= 3


NAMES = st.text("ab.+ 日", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))
TREES = st.dictionaries(
    NAMES,
    st.recursive(st.none(), lambda child: st.dictionaries(NAMES, child, max_size=4), max_leaves=15),
    max_size=4,
)


def paths_of(tree: Tree, at: str = "/vol1") -> Iterator[str]:
    yield at
    for name, content in tree.items():
        if content is None:
            yield f"{at}/{name}"
        else:
            yield from paths_of(content, f"{at}/{name}")


@settings(deadline=None)
@given(TREES, st.integers(1, 5), st.integers(1, 4))
def test_any_tree_is_walked_whole(tree: Tree, size: int, workers: int) -> None:
    found = list(walk(Volume(tree, size), START, Scope("/vol1", files=True), workers=workers))
    assert places(found) == sorted(paths_of(tree))
    assert problems(found) == {}
