from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.emulator.faults import Faults
from fsxap.emulator.pages import Request, collection, fixed, href
from fsxap.emulator.schema import VOLUME
from tests.unit.emulator.world import World


def listing(world: World, query: str = "") -> str:
    return f"/storage/volumes/{world.volume['vol1']}/files/many{query}"


def names(records: list[dict[str, Any]]) -> list[str]:
    return [record["name"] for record in records]


def test_the_envelope(world: World) -> None:
    body = world.ask("/storage/volumes?max_records=2&fields=%2A%2A&name=*&return_records=true")
    assert list(body) == ["records", "num_records", "_links"]
    assert body["num_records"] == len(body["records"]) == 2
    assert (
        body["_links"]["self"]["href"] == "/api/storage/volumes?max_records=2&fields=%2A%2A&name=*&return_records=true"
    )
    following = world.ask("/storage/volumes")["records"][2]["uuid"]
    assert body["_links"]["next"]["href"] == (
        f"/api/storage/volumes?start.uuid={following}&max_records=2&fields=%2A%2A&name=%2A&return_records=true"
    ), "the start key first, then the original query with its values encoded"


@pytest.mark.parametrize("size", [1, 2, 3, 26, 27, 28, 1000])
def test_pages_of_any_size_give_the_same_listing(world: World, size: int) -> None:
    whole = names(world.ask(listing(world))["records"])
    pages = world.pages(listing(world, f"?max_records={size}"))
    assert [name for page in pages for name in names(page["records"])] == whole
    assert all(page["num_records"] <= size for page in pages)
    assert len(pages) == -(-27 // size)


@pytest.mark.parametrize("order", ["name", "name%20desc", "size%20desc"])
def test_ordered_pages(world: World, order: str) -> None:
    whole = names(world.ask(listing(world, f"?order_by={order}"))["records"])
    assert names(world.records(listing(world, f"?order_by={order}&max_records=4"))) == whole
    if order.startswith("name"):
        assert whole == sorted(whole, reverse="desc" in order)


def test_counting(world: World) -> None:
    body = world.ask(listing(world, "?return_records=False&type=file"))
    assert (body["num_records"], body["records"]) == (25, [])


def test_filtered_pages_do_not_end_in_an_empty_one(world: World) -> None:
    pages = world.pages(listing(world, "?type=!directory&max_records=5"))
    assert [page["num_records"] for page in pages] == [5] * 5


def test_short_pages_still_have_a_next(world: World) -> None:
    pages = world.pages(listing(world, "?max_records=10"), faults=Faults(page_limit=4))
    assert [page["num_records"] for page in pages] == [4, 4, 4, 4, 4, 4, 3]


def test_empty_pages_still_have_a_next(world: World) -> None:
    whole = names(world.ask(listing(world))["records"])
    pages = world.pages(listing(world, "?max_records=10"), faults=Faults(empty_pages=True))
    assert [page["num_records"] for page in pages] == [10, 0, 10, 0, 7]
    assert [name for page in pages for name in names(page["records"])] == whole


def test_a_repeated_entry(world: World) -> None:
    whole = names(world.ask(listing(world))["records"])
    found = names(world.records(listing(world, "?max_records=10"), faults=Faults(repeat_entry=True)))
    assert len(found) == len(whole) + 2
    assert list(dict.fromkeys(found)) == whole


def test_pages_of_one_end_even_with_repeated_entries(world: World) -> None:
    assert len(world.records(listing(world, "?max_records=1"), faults=Faults(repeat_entry=True))) == 27


def test_an_entry_deleted_while_paging(world: World) -> None:
    whole = names(world.ask(listing(world))["records"])
    faults = Faults(delete_entry=True)
    first = world.ask(listing(world, "?max_records=10"), faults=faults)
    gone = first["records"][-1]["name"]
    rest = world.records(first["_links"]["next"]["href"].removeprefix("/api"), faults=Faults())
    assert names(first["records"] + rest) == whole, "the pages themselves lose nothing"
    assert gone not in names(world.ask(listing(world))["records"])
    assert world.refused(f"{listing(world)}%2F{gone.replace(' ', '%20')}?return_metadata=true") == (404, "6684674")
    with pytest.raises(Exception, match="does not exist"):
        world.security(f"/vol1/many/{gone}")


def test_plain_json_drops_links_but_keeps_next(world: World) -> None:
    body = world.ask(listing(world, "?max_records=3"), hal=False)
    assert set(body["_links"]) == {"next"}
    assert not any("_links" in record for record in body["records"])
    assert "_links" not in world.ask(listing(world), hal=False)
    assert "_links" in world.ask(listing(world))


def test_links_encode_dots_slashes_and_dollars() -> None:
    assert href("protocols", "c$", "/a.b/ü", "x y+z") == "/api/protocols/c%24/%2Fa%2Eb%2F%C3%BC/x%20y%2Bz"


@given(
    st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=12),
    st.integers(1, 5),
    st.booleans(),
    st.sampled_from([None, 1, 2]),
)
def test_following_next_always_ends_and_loses_nothing(
    uuids: list[str], size: int, empty: bool, limit: int | None
) -> None:
    """Whatever keys look like: they travel through the link and back."""
    rows = [fixed((uuid,), {"uuid": uuid, "name": uuid}) for uuid in sorted(uuids)]
    faults = Faults(empty_pages=empty, page_limit=limit)
    query, found = f"max_records={size}", []
    for _ in range(60):
        body = collection(Request("/storage/volumes", query, (), faults=faults), VOLUME, rows, key_names=("uuid",))
        found += [record["uuid"] for record in body["records"]]
        if "next" not in body["_links"]:
            break
        query = body["_links"]["next"]["href"].partition("?")[2]
    assert found == sorted(uuids)
