from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

from fsxap.acl.model import Entry
from fsxap.errors import AccessDenied, ItemError, NotFound, ServiceError, Unauthenticated, UsageError
from fsxap.providers.ontap import ontap
from fsxap.providers.ontap.ontap import OPTIONAL, RestOntap, connect
from fsxap.retry import Retry

from .recordings import recording
from .scripted import Reply, Served, error, serving

SVM = "52d5f766-0000-11ef-9fb4-005056bb088a"
PERMISSIONS = f"/api/protocols/file-security/permissions/{SVM}/"
FILES = "/api/storage/volumes/u-vol1/files/"


class Rest:
    """A little ONTAP: recorded answers, and a table of more by path."""

    def __init__(self) -> None:
        unix = recording("file_security_unix")
        self.answers: dict[str, Reply] = {
            "/api/cluster": Reply({"version": {"full": "NetApp Release 9.17.1P7: Thu Aug 28 10:00:00 UTC 2025"}}),
            "/api/storage/volumes": Reply(recording("volumes")),
            "/api/protocols/cifs/shares": Reply(recording("shares")),
            f"/api/protocols/cifs/services/{SVM}": Reply({"enabled": True, "ad_domain": {"fqdn": "corp.example.com"}}),
            f"/api/protocols/cifs/domains/{SVM}": Reply(
                {"discovered_servers": [{"server_type": "ms_dc", "state": "ok"}]}
            ),
            f"/api/protocols/nfs/services/{SVM}": Reply({"protocol": {"v41_features": {"acl_enabled": True}}}),
            PERMISSIONS + "/vol1/hr": Reply(recording("file_security_ntfs")),
            PERMISSIONS + "/vol1/tmp": Reply(unix),
            PERMISSIONS + "/vol1/bare": Reply({name: value for name, value in unix.items() if "dos" not in name}),
            PERMISSIONS + "/": Reply(unix),
            FILES + "/": Reply(recording("directory_listing")),
            FILES + "sub": Reply({"records": [{"name": ".", "type": "directory"}, {"name": "x", "type": "file"}]}),
            FILES + "bare": Reply({"records": [{"path": "bare", "type": "symlink"}]}),
        }
        self.unknown_fields: set[str] = set()

    def __call__(self, target: str) -> Reply:
        path, _, query = target.partition("?")
        # The client never sends a bare plus, so plain unquoting is exact.
        assert "+" not in target
        asked = parse_qs(query)
        for name in asked.get("fields", [""])[0].split(","):
            if name in self.unknown_fields:
                return error("262197", f'The value "{name}" is invalid for field "fields"')
        place = unquote(path)
        if asked.get("return_metadata"):
            return self.metadata(place)
        return self.answers.get(place, error("4", "entry doesn't exist", 404))

    def metadata(self, place: str) -> Reply:
        parent, _, name = place.removeprefix(FILES).rpartition("/")
        found = copy.deepcopy(self.answers.get(FILES + (parent or "/"), Reply({"records": []})).body)
        records = [record for record in found["records"] if record["name"] == name] if "name" in str(found) else []
        if not records and FILES + name in self.answers:
            records = self.answers[FILES + name].body["records"]
        return Reply({"records": records}) if records else error("4", "entry doesn't exist", 404)


@contextmanager
def connected(rest: Rest, **options: Any) -> Iterator[tuple[RestOntap, Served]]:
    with (
        serving(rest) as served,
        connect(served.url, "reader", "secret", retry=Retry(attempts=2, base=0.0), **options) as rest_ontap,
    ):
        yield rest_ontap, served


@pytest.fixture
def rest() -> Rest:
    return Rest()


def test_the_engine_names_the_release(rest: Rest) -> None:
    with connected(rest) as (found, served):
        assert (found.engine, found.engine, found.release) == ("ontap-rest 9.17.1P7",) * 2 + ("9.17.1P7",)
    assert len(served.requests) == 1


@pytest.mark.parametrize(
    "reply", [error("6", "not authorized", 403), error("4", status=404), Reply({}), Reply({"version": 9})]
)
def test_the_engine_without_a_release(rest: Rest, reply: Reply) -> None:
    rest.answers["/api/cluster"] = reply
    with connected(rest) as (found, _):
        assert found.engine == "ontap-rest"
        assert any("release" in line for line in found.context()["unknown"])


def test_volumes_are_asked_for_once(rest: Rest) -> None:
    with connected(rest) as (found, served):
        [volume] = found.volumes()
        assert found.volumes() == (volume,)
        assert (volume.path, volume.svm_uuid, found.count_hint(volume)) == ("/vol1", SVM, 1234)
    assert len(served.requests) == 1


def test_many_threads_try_a_wrong_password_once(rest: Rest) -> None:
    rest.answers["/api/storage/volumes"] = Reply(b"", 401)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            found.security("/vol1/hr")
        except Unauthenticated as failure:
            failures.append(failure)

    with connected(rest) as (found, served):
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(served.requests), len(failures)) == (1, 8)


def test_shares_of_this_svm(rest: Rest) -> None:
    with connected(rest) as (found, served):
        assert [share.name for share in found.shares()] == ["HR", "c$", "ipc$"]
    assert f"svm.uuid={SVM}" in served.requests[-1]


def test_walk(rest: Rest) -> None:
    with connected(rest) as (found, served):
        [volume] = found.volumes()
        kinds = {entry.path: entry.kind for entry in found.walk(volume, files=True) if isinstance(entry, Entry)}
    assert kinds == {
        "/vol1": "directory",
        "/vol1/file1.txt": "file",
        "/vol1/sub": "directory",
        "/vol1/sub/x": "file",
        "/vol1/mounted": "junction",
        "/vol1/link": "symlink",
        "/vol1/pipe": "other",
    }
    assert "type=" not in "".join(served.requests)


def test_walk_without_files_lets_ontap_leave_them_out(rest: Rest) -> None:
    with connected(rest) as (found, served):
        [volume] = found.volumes()
        list(found.walk(volume, "sub"))
    assert "type=directory%7Csymlink" in served.requests[-1]
    assert served.requests[-1].startswith(FILES + "sub?max_records=1000&return_timeout=15")


def test_walk_from_the_root_knows_the_roots_inode(rest: Rest) -> None:
    with connected(rest) as (found, served):
        [volume] = found.volumes()
        [start] = found.walk(volume, depth=0)
        assert isinstance(start, Entry)
        assert (start.path, start.kind, start.inode, start.generation) == ("/vol1", "directory", 96, 7)
    assert len(served.requests) == 2


@pytest.mark.parametrize("path", ["nowhere", "sub/nowhere"])
def test_walk_from_nowhere(rest: Rest, path: str) -> None:
    with connected(rest) as (found, _):
        [volume] = found.volumes()
        with pytest.raises(NotFound):
            next(found.walk(volume, path))


def test_walk_does_not_climb(rest: Rest) -> None:
    with connected(rest) as (found, _):
        [volume] = found.volumes()
        with pytest.raises(UsageError):
            next(found.walk(volume, "../other"))


def test_walk_from_a_file(rest: Rest) -> None:
    with connected(rest) as (found, served):
        [volume] = found.volumes()
        [entry] = found.walk(volume, "file1.txt", files=True)
        assert isinstance(entry, Entry)
        assert (entry.kind, entry.inode) == ("file", 97)
    assert all("return_metadata=true" in request for request in served.requests if "file1" in request)


@pytest.mark.parametrize("missing", [{"inode_generation"}, {"inode_generation", "is_junction"}, set(OPTIONAL)])
def test_fields_a_release_does_not_know_are_left_out(rest: Rest, missing: set[str]) -> None:
    rest.unknown_fields = missing
    with connected(rest) as (found, served):
        [volume] = found.volumes()
        assert len(list(found.walk(volume, files=True))) == 7
        asked = len(served.requests)
        list(found.walk(volume, files=True))
        assert len(served.requests) - asked == 3, "it is found out once"


def test_an_unknown_required_field_is_an_error(rest: Rest) -> None:
    with connected(rest) as (found, _):
        [volume] = found.volumes()
        rest.unknown_fields = {"type"}
        with pytest.raises(ServiceError) as caught:
            next(found.walk(volume))
    assert caught.value.code == "invalid-field"


def test_stat(rest: Rest) -> None:
    with connected(rest) as (found, _):
        assert found.stat("/vol1/file1.txt").inode == 97
        assert found.stat("/vol1").kind == "directory"
        with pytest.raises(NotFound):
            found.stat("/vol1/nowhere")


def test_stat_outside_every_volume(rest: Rest) -> None:
    volumes = recording("volumes")
    del volumes["records"][0]
    rest.answers["/api/storage/volumes"] = Reply(volumes)
    with connected(rest) as (found, _), pytest.raises(NotFound):
        found.stat("/elsewhere")


def test_security(rest: Rest) -> None:
    with connected(rest) as (found, served):
        descriptor = found.security("/vol1/hr")
        assert (descriptor.path, descriptor.kind, len(descriptor.aces)) == ("/vol1/hr", "directory", 7)
        assert found.security("/") == found.security("")
    assert f"{PERMISSIONS}%2Fvol1%2Fhr" in served.requests


def test_directories_are_remembered(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ontap, "KEPT", 1)
    with connected(rest) as (found, served):
        found.security("/vol1/hr")
        asked = len(served.requests)
        assert found.security("/vol1/hr") is found.security("/vol1/hr/")
        assert len(served.requests) == asked
        found.security("/vol1/tmp")
        found.security("/vol1/hr")
        assert len(served.requests) == asked + 2, "the oldest makes room"


def test_the_kind_is_asked_for_where_the_answer_has_none(rest: Rest) -> None:
    with connected(rest) as (found, _):
        assert found.security("/vol1/bare").kind == "symlink"


def test_a_missing_path(rest: Rest) -> None:
    with connected(rest) as (found, _), pytest.raises(NotFound):
        found.security("/vol1/nowhere")


def test_a_name_that_cannot_be_sent(rest: Rest) -> None:
    with connected(rest) as (found, _), pytest.raises(ItemError):
        found.security("/vol1/\ud800")


def test_a_descriptor_in_another_shape(rest: Rest) -> None:
    rest.answers[PERMISSIONS + "/vol1/hr"] = Reply({"acls": "odd"})
    with connected(rest) as (found, _), pytest.raises(ServiceError) as caught:
        found.security("/vol1/hr")
    assert caught.value.code == "malformed-answer"


@pytest.mark.parametrize("ask", ["stat", "security"])
def test_nothing_at_an_altered_name_is_not_gone(rest: Rest, ask: str) -> None:
    with connected(rest) as (found, _), pytest.raises(ServiceError) as caught:
        getattr(found, ask)("/vol1/caf\ufffd")
    assert caught.value.code == "altered-name"
    assert not isinstance(caught.value, NotFound)


def test_context(rest: Rest) -> None:
    with connected(rest) as (found, _):
        context = found.context()
    assert context["left_out"].keys() == {"svm1_root", "vol1_dp", "archive", "scratch"}
    assert {name: value for name, value in context.items() if name != "left_out"} == {
        "ad": "healthy",
        "ad_domain": "corp.example.com",
        "nfs4_acl": True,
        "svm": "svm1",
        "version": "9.17.1P7",
        "unknown": (),
    }


def test_volumes_left_out_of_all_are_told(rest: Rest) -> None:
    with connected(rest, volumes=["*"]) as (found, _):
        assert any("vol1_dp" in line for line in found.context()["unknown"])


def test_equal_versions_prove_nothing(rest: Rest) -> None:
    with connected(rest) as (found, served):
        assert found.fingerprint() is None
    assert served.requests == []


@pytest.mark.parametrize("path", ["/api/storage/volumes", "/api/protocols/cifs/shares"])
def test_a_refused_endpoint_is_named(rest: Rest, path: str) -> None:
    rest.answers[path] = error("6", "not authorized for that command", 403)
    with connected(rest) as (found, _), pytest.raises(AccessDenied) as caught:
        found.shares()
    assert path in caught.value.message
    assert "readonly" in caught.value.hint


@pytest.mark.parametrize(
    ("root", "files", "calls"),
    [
        ({"analytics": {"subdir_count": 9, "file_count": 100}}, True, 120),
        ({"analytics": {"subdir_count": 9, "file_count": 100}}, False, 20),
        ({}, False, 2 * 1234),
        (None, True, 2 * 1234),
    ],
)
def test_calls_are_estimated(rest: Rest, root: dict[str, Any] | None, files: bool, calls: int) -> None:
    refused = error("262197", 'The value "analytics.file_count" is invalid for field "fields"')
    listing = Reply({"records": [{"name": ".", "type": "directory", **(root or {})}]})
    rest.answers[FILES + "/"] = refused if root is None else listing
    with connected(rest) as (found, served):
        assert found.estimate_calls(found.volumes(), files) == calls
        assert found.estimate_calls(found.volumes() * 2, files) == 2 * calls
    assert len(served.requests) == 1 + 3


def test_an_estimate_is_not_made_with_a_refused_password(rest: Rest) -> None:
    rest.answers[FILES + "/"] = Reply(b"", 401)
    with connected(rest) as (found, _), pytest.raises(Unauthenticated):
        found.estimate_calls(found.volumes(), False)
