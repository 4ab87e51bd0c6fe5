"""A listing is complete and exact, or an error: whatever answers, and however it breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus, unquote_plus, urlsplit
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsxap.errors import FsxapError, ServiceError, Throttled, Unavailable, Unreachable
from fsxap.listed import Files
from fsxap.model import Item, Unlisted, dumps
from fsxap.providers.aws import pages
from fsxap.providers.aws.access_point import S3Store
from fsxap.providers.aws.session import Aws
from tests.unit.providers.aws.conftest import Origin, Reply, Request, give_keys

ALIAS = "x-abc-ext-s3alias"
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
HTML = b"<html><head><title>Sign in</title></head><body><p>Welcome to the portal</p></body></html>"


def entry(key: str, *, size: int = 3, extra: str = "", spell: Callable[[str], str] = quote) -> str:
    name = spell(key)
    return (
        f"<Contents><Key>{name}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
        f"<ETag>&quot;e{len(key)}&quot;</ETag>{extra}<Size>{size}</Size>"
        "<Owner><ID>x</ID></Owner><StorageClass>FSX_ONTAP</StorageClass></Contents>"
    )


def page(*entries: str, token: str = "", count: int | None = None, quoted: bool = True) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{ALIAS}</Name><Prefix></Prefix><KeyCount>{len(entries) if count is None else count}</KeyCount>"
        f"<MaxKeys>1000</MaxKeys>{'<EncodingType>url</EncodingType>' if quoted else ''}"
        f"<IsTruncated>{'true' if token else 'false'}</IsTruncated>"
        + (f"<NextContinuationToken>{token}</NextContinuationToken>" if token else "")
        + "".join(entries)
        + "</ListBucketResult>"
    ).encode()


def serve(*bodies: bytes) -> Any:
    """The pages in turn, each continuation token being the number of the next."""

    def answer(request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        return Reply(body=bodies[int(query.get("continuation-token", ["0"])[0])])

    return answer


def keys(store: S3Store, **where: str) -> list[str]:
    return [each.key for each in store.list(**where)]


@pytest.fixture
def store(client: Any) -> S3Store:
    return S3Store(client, ALIAS)


def test_pages_in_order(origin: Origin, store: S3Store) -> None:
    origin.answer = serve(page(entry("a"), entry("b"), token="1"), page(token="2"), page(entry("c")))
    assert list(store.list()) == [Item(key, 3, "2026-01-02T03:04:05Z", "e1") for key in "abc"]
    assert [request.path for request in origin.requests] == [
        f"/{ALIAS}?list-type=2&encoding-type=url",
        f"/{ALIAS}?list-type=2&encoding-type=url&continuation-token=1",
        f"/{ALIAS}?list-type=2&encoding-type=url&continuation-token=2",
    ]


def test_what_follows_is_asked_for_as_the_first_page_was(origin: Origin, client: Any) -> None:
    place = S3Store(client, ALIAS, "a b/\u65e5+&=%")
    rows = [entry(f"a b/\u65e5+&=%/{at}") for at in range(3)]
    # A token may hold whatever base64 does.
    answers = {"": page(rows[0], token="x+/="), "x+/=": page(rows[1], token="y"), "y": page(rows[2])}
    asked = []

    def answer(request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        asked.append({name: values[0] for name, values in query.items()})
        return Reply(body=answers[asked[-1].get("continuation-token", "")])

    origin.answer = answer
    assert keys(place) == ["0", "1", "2"]
    same = {"list-type": "2", "encoding-type": "url", "prefix": "a b/\u65e5+&=%/"}
    assert asked == [same, {**same, "continuation-token": "x+/="}, {**same, "continuation-token": "y"}]
    first, second, _ = ({name.lower(): value for name, value in each.headers.items()} for each in origin.requests)
    for name in ("user-agent", "host", "x-amz-content-sha256"):
        assert first[name] == second[name]
    assert "amz-sdk-invocation-id" in first
    assert "amz-sdk-invocation-id" not in second
    scope, _, signature = second["authorization"].partition("Signature=")
    assert scope == first["authorization"].partition("Signature=")[0]
    assert signature != first["authorization"].partition("Signature=")[2]


def test_behind_a_proxy_every_page_is_botocores(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    give_keys(monkeypatch)
    client = Aws(region="us-east-1", endpoint_url="http://s3.example").client("s3", proxies={"http": origin.url})
    answer = serve(page(entry("a"), token="1"), page(entry("b"), token="2"), page(entry("c")))
    origin.answer = answer
    assert keys(S3Store(client, ALIAS)) == ["a", "b", "c"]
    assert [urlsplit(each.path).netloc for each in origin.requests] == ["s3.example"] * 3
    assert all("amz-sdk-invocation-id" in each.headers for each in origin.requests)


def test_pages_of_another_form_are_asked_for_twice_only_once(origin: Origin, store: S3Store) -> None:
    odd = [page(entry(str(at)), token=str(at + 1) if at < 5 else "", quoted=False) for at in range(6)]
    origin.answer = serve(*odd)
    assert keys(store) == list("012345")
    assert len(origin.requests) == 7
    assert keys(store) == list("012345")
    assert len(origin.requests) == 13


BELOW = ["d/a b+c%41/", "d/日/", "d/&<.txt"]
ASKED = {"Bucket": ALIAS, "EncodingType": "url", "Prefix": "d/", "Delimiter": "/"}


def below(spell: Callable[[str], str], quoted: bool) -> bytes:
    """What lies directly below a directory: two directories and a file."""
    folders = "".join(f"<CommonPrefixes><Prefix>{spell(name)}</Prefix></CommonPrefixes>" for name in BELOW[:2])
    end = b"</ListBucketResult>"
    return page(entry(BELOW[2], spell=spell), quoted=quoted, count=3).replace(end, folders.encode() + end)


@pytest.mark.parametrize(("spell", "quoted"), [(quote, True), (escape, False)])
def test_a_directorys_names_by_botocore(origin: Origin, client: Any, spell: Callable[[str], str], quoted: bool) -> None:
    origin.answer = serve(below(spell, quoted))
    assert sorted(map(pages._decode, pages.Pages(client)._names(ASKED))) == sorted(BELOW)


def test_a_directorys_names_once_a_page_was_read(origin: Origin, client: Any) -> None:
    origin.answer = serve(page(entry("d/x")))
    listing = pages.Pages(client)
    list(listing.read(ALIAS, "", "", "here"))
    origin.answer = serve(below(quote, True))
    assert sorted(map(pages._decode, listing._names(ASKED))) == sorted(BELOW)
    query = parse_qs(urlsplit(origin.requests[-1].path).query)
    assert (query["delimiter"], query["prefix"]) == (["/"], ["d/"])


def test_the_last_page_of_a_range_is_as_good_as_any(origin: Origin, store: S3Store) -> None:
    origin.answer = serve(page(entry("a"), entry("b")))
    for _ in range(3):
        assert keys(store) == ["a", "b"]
    assert len(origin.requests) == 3


def test_what_fails_on_the_short_way_is_told_by_botocore(origin: Origin, store: S3Store) -> None:
    answer, broken = serve(page(entry("a"), token="1"), page(entry("b"), token="2"), page(entry("c"))), [503]
    origin.answer = lambda request: (
        Reply(broken.pop(), SLOW_DOWN) if "token=1" in request.path and broken else answer(request)
    )
    assert keys(store) == ["a", "b", "c"]
    assert len(origin.requests) == 4


def test_prefix_and_start_after_are_asked_for(origin: Origin, client: Any) -> None:
    origin.answer = serve(page(entry("root/a/2")))
    assert keys(S3Store(client, ALIAS, "root"), prefix="a/", start_after="a/1") == ["a/2"]
    query = parse_qs(urlsplit(origin.requests[0].path).query)
    assert (query["prefix"], query["start-after"]) == (["root/a/"], ["root/a/1"])


@pytest.mark.parametrize(
    "extra",
    [
        "",
        "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>",
        "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA256</ChecksumAlgorithm>",
        "\n  ",
    ],
)
def test_good_pages_are_read_without_a_tree(
    origin: Origin, store: S3Store, monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    monkeypatch.setattr(pages, "_row", lambda *_, **__: pytest.fail("botocore's tree was used"))
    origin.answer = serve(page(entry("a", extra=extra), entry("b c+d", extra=extra)))
    assert keys(store) == ["a", "b c+d"]


@pytest.mark.parametrize(
    "body",
    [
        page(entry("a", extra="<Unheard>of</Unheard>"), entry("b")),
        page(entry("a", extra="<!-- <Size>9</Size> -->"), entry("b")),
        page(entry("a"), entry("b")).replace(b"Contents>", b"Contents >").replace(b"</Contents >", b"</Contents>"),
        page(entry("a", spell=escape), entry("b", spell=escape), quoted=False),
        page(entry("a"), entry("b")).replace(b"<Key>a<", b"<Key>&#97;<"),
        page(entry("a"), entry("b")).replace(b"<Size>3<", b"<Size>03<"),
        page(entry("a"), entry("b")).replace(b"03:04:05.000Z", b"12:04:05.000+09:00"),
    ],
)
def test_pages_of_another_shape_are_left_to_botocore(origin: Origin, store: S3Store, body: bytes) -> None:
    origin.answer = serve(body)
    assert list(store.list()) == [Item(key, 3, "2026-01-02T03:04:05Z", "e1") for key in "ab"]


def test_other_users_of_the_client_see_everything(origin: Origin, client: Any, store: S3Store) -> None:
    origin.answer = serve(page(entry("a b")))
    assert keys(store) == ["a b"]
    answer = client.list_objects_v2(Bucket=ALIAS)
    assert [each["Key"] for each in answer["Contents"]] == ["a b"]
    assert answer["Contents"][0]["StorageClass"] == "FSX_ONTAP"


KEY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(names=st.sets(KEY, min_size=1, max_size=5), plus=st.booleans())
def test_any_key_comes_back_exactly(origin: Origin, store: S3Store, names: set[str], plus: bool) -> None:
    """Whether the server writes a space as %20 or as +."""
    wanted = sorted(names)
    origin.answer = serve(page(*(entry(name, spell=quote_plus if plus else quote) for name in wanted)))
    assert keys(store) == wanted


@given(st.lists(st.text("%+aF3\u65e5~/ ", max_size=12) | st.binary(max_size=6).map(quote), max_size=4).map("".join))
def test_percent_signs_mean_what_they_mean_to_urllib(text: str) -> None:
    assert pages._decode(text) == unquote_plus(text, errors="surrogateescape")


ODD = [
    "a b+c%d&e<f>g\"h'i\\j",
    "\u65e5\u672c/\U0001f600.pdf",
    "line\nbreak\ttab\x01\x7f",
    "rtl\u202eend\u2028",
    "dir/",
    "_fsxap/x",
    "z\ufffe",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    names=st.sets(st.sampled_from(ODD) | KEY, min_size=1, max_size=6),
    size=st.sampled_from([0, 7]),
    extra=st.sampled_from(["", "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>", "<Unheard>of</Unheard>"]),
)
def test_pages_give_the_records_the_general_path_gives(
    origin: Origin, client: Any, names: set[str], size: int, extra: str
) -> None:
    """The same bytes, whether a page was understood here or left to botocore."""
    wanted = sorted(names)
    origin.answer = serve(page(*(entry(name, size=size, extra=extra) for name in wanted)))
    text = []
    for part in S3Store(client, ALIAS).pages():
        text += part.lines() if isinstance(part, Files) else [dumps(x.record()) for x in part if isinstance(x, Item)]
    expected = [
        Item(name, size, "2026-01-02T03:04:05Z", f"e{len(name)}") for name in wanted if size or not name.endswith("/")
    ]
    assert text == [dumps(item.record()) for item in expected]


def test_names_that_are_not_utf8_are_counted_not_guessed(origin: Origin, store: S3Store) -> None:
    """They stand where their bytes sort, which is not where their surrogates do."""
    origin.answer = serve(page(entry("a"), entry("b", spell=lambda key: key + "%83"), entry("b\u65e5"), entry("c")))
    listed = list(store.list())
    assert [(type(each), each.key) for each in listed] == [
        (Item, "a"),
        (Unlisted, "b\udc83"),
        (Item, "b\u65e5"),
        (Item, "c"),
    ]
    assert isinstance(listed[1], Unlisted)
    assert (listed[1].failure.code, listed[1].skipped) == ("not-utf8", False)


def test_directory_markers(origin: Origin, client: Any) -> None:
    origin.answer = serve(page(entry("r/", size=0), entry("r/a/", size=0), entry("r/a/1"), entry("r/b/", size=5)))
    listed = list(S3Store(client, ALIAS, "r").list())
    assert [each.key for each in listed] == ["a/", "a/1", "b/"]
    assert isinstance(listed[0], Unlisted)
    assert (listed[0].failure.code, listed[0].skipped) == ("directory-marker", True)
    assert isinstance(listed[2], Item)


@pytest.mark.parametrize("body", [HTML, b"<ListBucketResult/>", page(count=0).replace(b"<KeyCount>0</KeyCount>", b"")])
def test_what_is_no_listing_is_never_an_empty_one(origin: Origin, store: S3Store, body: bytes) -> None:
    origin.answer = serve(body)
    with pytest.raises(Unreachable) as caught:
        list(store.list())
    assert caught.value.code == "not-s3"
    assert len(origin.requests) == 1


@pytest.mark.parametrize("body", [b"<html><body>unclosed<br>", b"Service is starting", b"", page(entry("a"))[:-30]])
def test_what_is_no_xml_is_tried_again_and_then_an_error(origin: Origin, store: S3Store, body: bytes) -> None:
    origin.answer = serve(body)
    with pytest.raises(FsxapError) as caught:
        list(store.list())
    assert caught.value.exit in (253, 254)
    assert len(origin.requests) == (3 if body else 1)


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9, 0.99])
def test_a_page_that_breaks_off_is_asked_for_again(origin: Origin, store: S3Store, cut: float) -> None:
    body = page(*(entry(f"k{number:03d}") for number in range(100)))
    replies = iter(
        [Reply(body=body, cut=int(len(body) * cut)), Reply(body=body[: int(len(body) * cut)]), Reply(body=body)]
    )
    origin.answer = lambda _: next(replies)
    assert keys(store) == [f"k{number:03d}" for number in range(100)]
    assert len(origin.requests) == 3


def test_a_page_that_lost_keys_is_an_error(origin: Origin, store: S3Store) -> None:
    origin.answer = serve(page(entry("a"), entry("b"), count=3))
    with pytest.raises(Unavailable) as caught:
        list(store.list())
    assert caught.value.code == "incomplete-listing"


@pytest.mark.parametrize(
    "bodies",
    [
        [page(entry("a"), token="0").replace(b"<NextContinuationToken>0</NextContinuationToken>", b"")],
        [page(entry("a")).replace(b"<IsTruncated>false</IsTruncated>", b"")],
        [page(entry("a"), token="0").replace(b"<IsTruncated>true", b"<IsTruncated>false")],
    ],
)
def test_more_without_a_way_to_it_is_an_error(origin: Origin, store: S3Store, bodies: list[bytes]) -> None:
    origin.answer = serve(*bodies)
    with pytest.raises(Unavailable) as caught:
        list(store.list())
    assert caught.value.code == "incomplete-listing"


@pytest.mark.parametrize(
    "bodies",
    [
        [page(entry("a"), token="1"), page(token="1")],
        [page(entry("a"), token="1"), page(entry("b"), token="2"), page(entry("c"), token="1")],
    ],
)
def test_tokens_that_lead_in_a_circle_end(origin: Origin, store: S3Store, bodies: list[bytes]) -> None:
    origin.answer = serve(*bodies)
    with pytest.raises(ServiceError) as caught:
        list(store.list())
    assert caught.value.code == "paging-loop"


@pytest.mark.parametrize("entries", [(), (entry("b"), entry("a"))], ids=["empty", "again, out of order"])
def test_pages_without_end_end(
    origin: Origin, store: S3Store, monkeypatch: pytest.MonkeyPatch, entries: tuple[str, ...]
) -> None:
    """Each with a token of its own, which is all that S3 promises of tokens."""
    monkeypatch.setattr(pages, "MOST_EMPTY", 20)
    origin.answer = lambda _: Reply(body=page(*entries, token=str(len(origin.requests))))
    with pytest.raises(ServiceError):
        list(store.list())
    # Once refused for its order, a place is sorted; that must end too.
    with pytest.raises(ServiceError) as caught:
        list(store.list())
    assert caught.value.code == "paging-loop"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("<Size>3<", "<Size>-5<"),
        ("<Size>3<", "<Size>many<"),
        ("<Size>3<", f"<Size>{10**30}<"),
        ("<Size>3<", f"<Size>{'9' * 5000}<"),
        ("<Size>3</Size>", ""),
        ("2026-01-02T03:04:05.000Z", "yesterday"),
        ("<Key>a</Key>", ""),
        ("<Key>a</Key>", "<Key>a</Key><Key>b</Key>"),
        ("<KeyCount>1", "<KeyCount>one"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(origin: Origin, store: S3Store, good: str, bad: str) -> None:
    body = page(entry("a")).decode()
    assert good in body
    origin.answer = serve(body.replace(good, bad).encode())
    with pytest.raises(ServiceError) as caught:
        list(store.list())
    assert caught.value.code == "malformed-listing"


def test_slow_down_twice_is_borne(origin: Origin, store: S3Store) -> None:
    replies = iter([Reply(503, SLOW_DOWN), Reply(503, SLOW_DOWN), Reply(body=page(entry("a")))])
    origin.answer = lambda _: next(replies)
    assert keys(store) == ["a"]


def test_slow_down_for_ever_is_throttling(origin: Origin, store: S3Store) -> None:
    origin.answer = lambda _: Reply(503, SLOW_DOWN)
    with pytest.raises(Throttled) as caught:
        list(store.list())
    assert (caught.value.code, caught.value.retryable) == ("slow-down", True)
    assert len(origin.requests) == 3


def test_an_error_in_the_middle_keeps_what_came_before(origin: Origin, store: S3Store) -> None:
    denied = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    origin.answer = lambda request: (
        Reply(403, denied) if "token=1" in request.path else Reply(body=page(entry("a"), token="1"))
    )
    listing = store.list()
    assert next(listing).key == "a"
    with pytest.raises(ServiceError, match="Access Denied"):
        next(listing)


def test_a_place_without_order_is_refused_once_and_then_sorted(origin: Origin, store: S3Store) -> None:
    origin.answer = serve(page(entry("a/1"), entry("c"), token="1"), page(entry("a-b"), entry("d")))
    listing = store.list()
    assert [next(listing).key, next(listing).key] == ["a/1", "c"]
    with pytest.raises(ServiceError) as caught:
        next(listing)
    assert caught.value.code == "unordered-listing"
    assert keys(store) == ["a-b", "a/1", "c", "d"]
    assert keys(store, start_after="a-b") == ["a/1", "c", "d"]
    assert "start-after" not in origin.requests[-1].path


def test_keys_from_elsewhere_are_refused(origin: Origin, client: Any) -> None:
    origin.answer = serve(page(entry("root/a"), entry("rooted/b")))
    with pytest.raises(ServiceError) as caught:
        list(S3Store(client, ALIAS, "root").list())
    assert caught.value.code == "foreign-key"
