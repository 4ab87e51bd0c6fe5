from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.acl.model import Volume
from fsxap.errors import ItemError, UsageError
from fsxap.providers.ontap import paths

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40)
BYTES = st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw and b"/" not in raw)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/vol1/dir a", "%2Fvol1%2Fdir%20a"),
        ("d1/d2", "d1%2Fd2"),
        ("..", "%2E%2E"),
        ("a.b", "a%2Eb"),
        ("1+1", "1%2B1"),
        ("DOM\\user", "DOM%5Cuser"),
        ("c%d#e?f&g", "c%25d%23e%3Ff%26g"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("line\nfeed\x1b", "line%0Afeed%1B"),
        ("caf\udce9", "caf%E9"),
    ],
)
def test_segment(path: str, sent: str) -> None:
    assert paths.segment(path) == sent


@settings(deadline=None)
@given(NAMES)
def test_any_name_survives_the_segment(name: str) -> None:
    assert unquote(paths.segment(name)) == name


@settings(deadline=None)
@given(BYTES)
def test_any_bytes_survive_the_segment(raw: bytes) -> None:
    name = raw.decode("utf-8", "surrogateescape")
    assert unquote(paths.segment(name), errors="surrogateescape") == name


@settings(deadline=None)
@given(NAMES)
def test_a_segment_holds_nothing_a_url_library_would_touch(name: str) -> None:
    assert re.fullmatch(r"([A-Za-z0-9_~-]|%[0-9A-F]{2})+", paths.segment(name))


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "\udcc3\udca9", "\udfff"])
def test_names_that_no_segment_can_say(name: str) -> None:
    with pytest.raises(ItemError) as caught:
        paths.segment(name)
    assert caught.value.code == "unencodable-name"


@pytest.mark.parametrize(
    ("written", "kept"), [("", ""), ("/", ""), ("hr/", "hr"), ("/hr//pay/", "hr/pay"), ("a..b/.c", "a..b/.c")]
)
def test_clean(written: str, kept: str) -> None:
    assert paths.clean(written) == kept


@pytest.mark.parametrize("written", ["..", "a/../b", "./a", "a/."])
def test_climbing_is_refused(written: str) -> None:
    with pytest.raises(UsageError):
        paths.clean(written)


@pytest.mark.parametrize("junction", ["/", "/vol1", "/vol1/", "/a/b"])
@pytest.mark.parametrize("relative", ["", "x", "x/y z"])
def test_both_spaces_name_the_same_place(junction: str, relative: str) -> None:
    place = paths.namespace(junction, relative)
    assert place.startswith("/")
    assert "//" not in place
    assert paths.inside(junction, place)
    assert paths.relative(junction, place) == relative


@settings(deadline=None)
@given(st.lists(NAMES, max_size=4), st.lists(NAMES, max_size=4))
def test_namespace_and_relative_undo_each_other(junction: list[str], relative: list[str]) -> None:
    root, below = "/" + "/".join(junction), "/".join(relative)
    assert paths.relative(root, paths.namespace(root, below)) == below


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/vol1/a", "vol1"),
        ("/vol1", "vol1"),
        ("/vol1/nested", "nested"),
        ("/vol1/nested/x", "nested"),
        ("/vol1/nestedly", "vol1"),
        ("/vol10/a", "root"),
        ("/", "root"),
    ],
)
def test_the_longest_junction_owns_a_path(path: str, name: str) -> None:
    volumes = [
        Volume("root", "r", "/"),
        Volume("vol1", "1", "/vol1"),
        Volume("nested", "n", "/vol1/nested"),
        Volume("unmounted", "u", ""),
    ]
    found = paths.owner(path, volumes)
    assert found is not None
    assert found.name == name


def test_no_volume_owns_a_path_outside() -> None:
    assert paths.owner("/other", [Volume("vol1", "1", "/vol1")]) is None
