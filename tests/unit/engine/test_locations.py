"""What a LOCATION means, what is refused, and when one place lies inside another."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.engine.locations import Location, is_inside, parse
from fsxap.errors import UsageError

ARN = "arn:aws:s3:ap-northeast-1:123456789012:accesspoint/my-ap"
ALIAS = "my-ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-ext-s3alias"
HERE = Path("/work/here")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("./folder", "/work/here/folder"),
        ("folder", "/work/here/folder"),
        ("folder/../other/", "/work/here/other"),
        (".", "/work/here"),
        ("/abs/olute", "/abs/olute"),
        ("file:///abs/a%20b", "/abs/a b"),
        ("file:///abs/100%25", "/abs/100%"),
        ("file://localhost/abs", "/abs"),
        ("FILE:///abs", "/abs"),
        ("file:///a/%2e%2e/b", "/b"),
        ("./x-ext-s3alias", "/work/here/x-ext-s3alias"),
        ("bucket-s3alias", "/work/here/bucket-s3alias"),
        ("C:\\data", "/work/here/C:\\data"),
        ("日本語", "/work/here/日本語"),
    ],
)
def test_folders(text: str, path: str) -> None:
    assert parse(text, HERE) == Location("folder", path=path, text=text)


@pytest.mark.parametrize(
    ("text", "bucket", "prefix"),
    [
        (f"s3://{ALIAS}", ALIAS, ""),
        (f"s3://{ALIAS}/", ALIAS, ""),
        (f"s3://{ALIAS}/a", ALIAS, "a/"),
        (f"s3://{ALIAS}/a/", ALIAS, "a/"),
        (f"S3://{ALIAS}/a", ALIAS, "a/"),
        ("s3://my.bucket/a/../b", "my.bucket", "a/../b/"),
        ("s3://bucket//double", "bucket", "/double/"),
        ("s3://bucket/a b%20c+d", "bucket", "a b%20c+d/"),
        ("s3://bucket/日本語", "bucket", "日本語/"),
        ("s3://bucket/?x#y", "bucket", "?x#y/"),
        ("s3://Old_Bucket/x", "Old_Bucket", "x/"),
        (ALIAS, ALIAS, ""),
        (f"{ALIAS}/", ALIAS, ""),
        (f"{ALIAS}/in/here", ALIAS, "in/here/"),
        (ARN, ARN, ""),
        (f"{ARN}/object", ARN, ""),
        (f"{ARN}/object/", ARN, ""),
        (f"{ARN}/object/a/b", ARN, "a/b/"),
        (f"{ARN}/object/object/x", ARN, "object/x/"),
        (ARN.replace("point/", "point:"), ARN, ""),
        (f"s3://{ARN}", ARN, ""),
        (f"s3://{ARN}/a", ARN, "a/"),
        (f"s3://{ARN}/object/a", ARN, "object/a/"),
    ],
)
def test_s3(text: str, bucket: str, prefix: str) -> None:
    assert parse(text) == Location("s3", bucket=bucket, prefix=prefix, text=text)


@pytest.mark.parametrize(
    ("partition", "region"),
    [
        ("aws", "us-east-1"),
        ("aws", "ap-northeast-1"),
        ("aws-cn", "cn-northwest-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-iso", "us-iso-east-1"),
        ("aws-iso-b", "us-isob-east-1"),
        ("aws-iso-e", "eu-isoe-west-1"),
        ("aws-iso-f", "us-isof-south-1"),
        ("aws-eusc", "eusc-de-east-1"),
    ],
)
def test_partitions(partition: str, region: str) -> None:
    arn = f"arn:{partition}:s3:{region}:123456789012:accesspoint/my-ap"
    assert parse(f"{arn}/object/x").bucket == arn


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("a\0b", "NUL"),
        ("http://bucket/x", "http://"),
        ("s3a://bucket/x", "s3a://"),
        ("s3://", "no bucket"),
        ("s3:///key", "no bucket"),
        ("s3://a", "cannot be a bucket"),
        ("s3://../x", "cannot be a bucket"),
        ("s3://buc ket/x", "cannot be a bucket"),
        ("s3:bucket/x", "s3://bucket/x"),
        ("s3:/bucket/x", "s3://bucket/x"),
        ("file://relative/x", "absolute"),
        ("file://", "absolute"),
        ("file:///a%00b", "absolute"),
        ("arn:aws:s3:::bucket/prefix", "s3://bucket/prefix"),
        ("arn:aws:s3::123456789012:accesspoint/m.mrap", "multi-Region"),
        ("arn:aws:fsx:us-east-1:123456789012:volume/fs-1/fsvol-1", "access point"),
        ("arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-1/accesspoint/x", "not the ARN"),
        ("arn:aws:s3:us-east-1:12345:accesspoint/my-ap", "not the ARN"),
        ("arn:aws:s3:us-east-1:123456789012:accesspoint/", "not the ARN"),
        ("arn:aws:s3:us-east-1:123456789012:accesspoint/My_AP", "not the ARN"),
        (f"{ARN}/a/b", f"{ARN}/object/a/b"),
        (f"{ARN}/objects/x", "/object/PREFIX"),
        ("s3://arn:aws:s3:::bucket/x", "not the ARN"),
    ],
)
def test_malformed_locations_are_refused_with_a_way_out(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, HERE)
    assert says in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.hint


KEY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(
    st.sampled_from([ALIAS, "bucket", "my.bucket-1", ARN]),
    st.lists(KEY_TEXT, max_size=3).map("/".join),
)
def test_any_s3_place_survives_being_written(bucket: str, prefix: str) -> None:
    place = parse(f"s3://{bucket}/{prefix}")
    assert place.bucket == bucket
    assert place.prefix in (prefix, f"{prefix}/")
    assert not place.prefix or place.prefix.endswith("/")
    again = parse(place.url)
    assert (again.kind, again.bucket, again.prefix) == (place.kind, place.bucket, place.prefix)


@given(st.lists(KEY_TEXT.map(lambda text: text.replace("/", "_")), min_size=1, max_size=4))
def test_any_folder_survives_being_written(parts: list[str]) -> None:
    place = parse("./" + "/".join(parts), HERE)
    assert Path(place.path).is_absolute()
    assert parse(place.url, HERE).path == place.path


@given(st.text(max_size=60))
def test_every_text_is_a_place_or_a_usage_error(text: str) -> None:
    try:
        place = parse(text, HERE)
    except UsageError:
        return
    assert bool(place.path) != bool(place.bucket)


@pytest.mark.parametrize(
    ("inner", "outer", "inside"),
    [
        ("s3://bucket/a/b", "s3://bucket/a", True),
        ("s3://bucket/a", "s3://bucket/a/", True),
        ("s3://bucket/a", "s3://bucket", True),
        ("s3://bucket", "s3://bucket/a", False),
        ("s3://bucket/ab", "s3://bucket/a", False),
        ("s3://other/a", "s3://bucket/a", False),
        (f"{ALIAS}/a/b", f"s3://{ALIAS}/a", True),
        (f"{ALIAS}/a", f"{ARN}/object/a", True),
        (f"{ARN}/object/a/b", f"{ALIAS}/a", True),
        (f"{ALIAS}/b", f"{ARN}/object/a", False),
        ("other-1234567890-ext-s3alias/a", f"{ARN}/object/a", False),
        ("./out", "s3://bucket", False),
    ],
)
def test_inside_s3(inner: str, outer: str, inside: bool) -> None:
    assert is_inside(parse(inner), parse(outer)) is inside


def test_inside_folders(tmp_path: Path) -> None:
    source, link = tmp_path / "source", tmp_path / "link"
    source.mkdir()
    link.symlink_to(source)

    def place(path: Path) -> Location:
        return parse(str(path))

    assert is_inside(place(source / "out"), place(source))
    assert is_inside(place(source), place(source))
    assert not is_inside(place(source), place(source / "out"))
    assert not is_inside(place(tmp_path / "source-2"), place(source))
    assert not is_inside(place(source / ".." / "out"), place(source))
    assert is_inside(place(link / "out"), place(source))
    assert is_inside(place(source / "out"), place(link))
