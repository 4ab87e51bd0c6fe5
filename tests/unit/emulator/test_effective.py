from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl import trustees
from fsxap.acl.description import Description, parse
from fsxap.acl.evaluate import granted as evaluated
from fsxap.acl.model import Ace, Descriptor
from fsxap.acl.token import token
from fsxap.emulator.refusal import Refusal
from fsxap.emulator.site import build
from fsxap.emulator.trees import Node, described
from tests.unit.emulator.world import DOCUMENT, DOMAIN, World, segment

READ = ["read", "read_ea", "read_attributes", "read_control", "synchronize"]
RX = ["read", "read_ea", "execute", "read_attributes", "read_control", "synchronize"]
WRITE = ["write", "append", "write_ea", "write_attributes"]
EVERYTHING = [
    *("read", "write", "append", "read_ea", "write_ea", "execute", "delete_child", "read_attributes"),
    *("write_attributes", "delete", "read_control", "write_dac", "write_owner", "synchronize"),
]
BITS = dict(zip(EVERYTHING, (*(1 << bit for bit in range(9)), *(0x10000 << bit for bit in range(5))), strict=True))


def ask(world: World, path: str, user: str, query: str = "") -> dict[str, list[str]]:
    base = f"/protocols/file-security/effective-permissions/{world.svm}"
    return world.ask(f"{base}/{segment(path)}?user={quote(user, safe='')}{query}")


@pytest.mark.parametrize(
    ("path", "user", "granted"),
    [
        ("/vol1/many", "CORP\\ann", RX),
        ("/vol1/many", f"{DOMAIN}-1201", None),
        ("/vol1/many", "CORP\\eve", []),
        ("/vol1/many/file 01", "corp\\BOB", RX),
        ("/vol1/hr", "CORP\\ann", READ),
        ("/vol1/hr", "CORP\\bob", [word for word in READ if word != "synchronize"]),
        ("/vol1/hr", "CORP\\eve", EVERYTHING),
        ("/vol1/hr/x", "CORP\\ann", READ),
        ("/vol1/nobody", "CORP\\ann", ["read_control", "write_dac"]),
        ("/vol1/nobody", "CORP\\bob", []),
        ("/vol1/unix", "ann", None),
    ],
)
def test_windows_users(world: World, path: str, user: str, granted: list[str] | None) -> None:
    """Groups in groups, deny before allow, the guard over the list, the owner's own rights; names without case."""
    if granted is None:
        with pytest.raises(Refusal) as caught:
            ask(world, path, user)
        assert caught.value.code == "4849676"
        return
    assert ask(world, path, user)["file_permissions"] == granted


def test_a_null_list_gives_everything(world: World) -> None:
    assert ask(world, "/vol1/null", "CORP\\eve")["file_permissions"] == EVERYTHING


@pytest.mark.parametrize(
    ("user", "kind", "some", "none"),
    [
        ("ann", "unix", {"read", "write", "execute", "write_dac"}, set()),
        ("root", "unix", {"write_owner"}, set()),
        ("bob", "unix", set(), {"read", "write", "execute"}),
        ("CORP\\ann", "windows", {"read", "write", "delete_child"}, set()),
    ],
)
def test_unix_objects(world: World, user: str, kind: str, some: set[str], none: set[str]) -> None:
    found = set(ask(world, "/vol1/unix", user, f"&type={kind}")["file_permissions"])
    assert some <= found
    assert not none & found


def test_through_a_share(world: World) -> None:
    body = ask(world, "/x", "CORP\\ann", "&share.name=hr")
    assert body["share"] == {"name": "HR", "path": "/vol1/hr"}
    assert set(WRITE) <= set(body["share_permissions"]), "her team may change"
    assert set(ask(world, "/", "CORP\\eve", "&share.name=HR")["share_permissions"]) == set(RX)


@pytest.mark.parametrize(
    ("query", "code"), [("", "262278"), ("user=CORP%5Cann&type=mac", "2"), ("user=x&share.name=no", "655470")]
)
def test_refusals(world: World, query: str, code: str) -> None:
    base = f"/protocols/file-security/effective-permissions/{world.svm}/%2Fvol1"
    assert world.refused(f"{base}?{query}")[1] == code


class OneFolder:
    """A volume that is its root folder alone."""

    def __init__(self, description: Description) -> None:
        self.description = description

    def node(self, path: str) -> Node | None:
        return None if path else Node("", "directory", 64)

    def names(self, path: str) -> Sequence[str]:
        return ()

    def usage(self) -> tuple[int, int]:
        return 1, 0

    def stored(self, node: Node) -> tuple[Ace, ...]:
        return self.description.stored("", "directory")

    def descriptor(self, node: Node) -> Descriptor:
        return described(self.description, node)


ANN = token(
    *("CORP\\ann", "CORP\\Team", "CORP\\Staff", f"{DOMAIN}-513", trustees.EVERYONE, trustees.NETWORK),
    *(trustees.AUTHENTICATED_USERS, trustees.USERS),
)
ENTRIES = st.fixed_dictionaries(
    {
        "trustee": st.sampled_from(
            (
                *("CORP\\ann", "CORP\\Team", "CORP\\Staff", "CORP\\eve", "CORP\\Domain Users", "Everyone"),
                *("OWNER RIGHTS", "BUILTIN\\Users", "CREATOR OWNER", "NT AUTHORITY\\Authenticated Users"),
            )
        ),
        "access": st.sampled_from(("allow", "allow", "deny", "audit_success")),
        "rights": st.integers(0, 0x1F01FF).map(lambda mask: f"0x{mask & 0x1F01FF:x}")
        | st.sampled_from(("full_control", "modify", "read", "write")),
        "apply_to": st.sampled_from((["this_folder"], ["this_folder", "files"], ["sub_folders", "files"])),
    }
)


@given(st.lists(ENTRIES, max_size=6), st.sampled_from(("CORP\\ann", "CORP\\Team", "CORP\\eve")))
def test_the_two_walks_over_the_bits_agree(acl: list[dict[str, Any]], owner: str) -> None:
    """The emulator's own walk and the evaluator share no code, so agreement says something about both."""
    permissions = {".": {"acl": acl, "owner": owner}}
    folder = OneFolder(parse({**DOCUMENT, "other_volumes": [], "permissions": permissions}))
    body = ask(World(build([folder], "9.17.1")), "/vol1", "CORP\\ann")
    descriptor = folder.descriptor(Node("", "directory", 64))
    assert sum(BITS[word] for word in body["file_permissions"]) == evaluated(descriptor, ANN).mask
