"""What a LOCATION on the command line means: a folder, or a prefix of a bucket, alias or access point."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from fsxap.errors import UsageError

ALIAS_END = "-ext-s3alias"

_FORMS = (
    "write ./folder, file:///absolute/folder, s3://BUCKET-OR-ALIAS/prefix, an access point's alias, "
    "or its ARN arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME[/object/PREFIX]"
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_ALIAS = re.compile(rf"[a-z0-9][a-z0-9-]*{ALIAS_END}(?:/|\Z)")
# S3 itself also knows names from before 2018 with capitals and underscores.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_ACCESS_POINT = re.compile(
    r"arn:(?P<partition>aws(?:-[a-z]+)*):s3:(?P<region>[a-z]{2,}(?:-[a-z]+)+-[0-9]+):(?P<account>[0-9]{12}):"
    r"accesspoint[/:](?P<name>[a-z0-9][a-z0-9-]{1,48}[a-z0-9])(?P<rest>/.*)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Location:
    """`path` of a folder (absolute), or `bucket` (name, alias or access-point ARN) and `prefix` (empty or ending in
    a slash). `text` is what was written."""

    kind: Literal["folder", "s3"]
    path: str = ""
    bucket: str = ""
    prefix: str = ""
    text: str = ""

    @property
    def url(self) -> str:
        """The canonical form; parsing it gives an equal place."""
        return self.path if self.kind == "folder" else f"s3://{self.bucket}/{self.prefix}"


def parse(text: str, here: Path | None = None) -> Location:
    """Read a LOCATION; relative folders start at `here` (the current directory). UsageError when it is malformed."""
    if not text or "\0" in text:
        raise UsageError("an empty location" if not text else "a location with a NUL character", hint=_FORMS)
    scheme = _SCHEME.match(text)
    if scheme:
        return _from_url(text, scheme[1].lower(), text[scheme.end() :])
    if text.startswith("arn:"):
        bucket, rest = _access_point(text)
        if rest and not (rest == "/object" or rest.startswith("/object/")):
            raise UsageError(
                f"{text!r} has something after the access point's name that is not /object/PREFIX",
                hint=f"for a folder of it write {bucket}/object{rest}",
            )
        return Location("s3", bucket=bucket, prefix=_folder(rest.removeprefix("/object")[1:]), text=text)
    if re.match(r"(?i)s3:", text):
        raise UsageError(f"{text!r} is not a location", hint=f"did you mean s3://{text[3:].lstrip('/')} ?")
    if _ALIAS.match(text):
        bucket, _, prefix = text.partition("/")
        return Location("s3", bucket=bucket, prefix=_folder(prefix), text=text)
    # abspath also takes away `..`, so a folder and its parent compare right.
    return Location("folder", path=os.path.abspath(here / text if here else text), text=text)  # noqa: PTH100


def is_inside(inner: Location, outer: Location) -> bool:
    """Whether `inner` is `outer` or lies below it, symbolic links of folders followed.

    An alias and an ARN are taken for the same access point when the alias starts like the ARN's name: a wrong yes only
    moves outputs below `_fsxap/`, a wrong no would read them as input.
    """
    if inner.kind != outer.kind:
        return False
    if inner.kind == "folder":
        return Path(os.path.realpath(inner.path)).is_relative_to(os.path.realpath(outer.path))
    return _same_bucket(inner.bucket, outer.bucket) and inner.prefix.startswith(outer.prefix)


def _from_url(text: str, scheme: str, rest: str) -> Location:
    if scheme == "file":
        path = unquote(rest.removeprefix("localhost"), errors="surrogateescape")
        if not path.startswith("/") or "\0" in path:
            raise UsageError(f"{text!r} is not an absolute file URL", hint="write file:///absolute/folder")
        return Location("folder", path=os.path.abspath(path), text=text)  # noqa: PTH100
    if scheme != "s3":
        raise UsageError(f"{text!r}: {scheme}:// is not a place fsxap reads or writes", hint=_FORMS)
    if rest.startswith("arn:"):
        bucket, prefix = _access_point(rest)
        return Location("s3", bucket=bucket, prefix=_folder(prefix[1:]), text=text)
    bucket, _, prefix = rest.partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise UsageError(
            f"{text!r} names no bucket" if not bucket else f"{text!r}: {bucket!r} cannot be a bucket", hint=_FORMS
        )
    return Location("s3", bucket=bucket, prefix=_folder(prefix), text=text)


def _access_point(text: str) -> tuple[str, str]:
    """The ARN of the access point, with a slash before its name, and what follows it."""
    match = _ACCESS_POINT.fullmatch(text)
    if match:
        arn = text[: match.start("name") - 1] + "/" + match["name"]
        return arn, match["rest"] or ""
    if re.match(r"arn:[^:]*:s3:::", text):
        hint = f"a bucket is written s3://{text.split(':::', 1)[1]}"
    elif re.match(r"arn:[^:]*:s3::[0-9]*:accesspoint", text):
        hint = "multi-Region access points do not lead to FSx volumes; write the ARN with its region"
    elif re.match(r"arn:[^:]*:fsx:", text):
        hint = "an FSx volume is read through its S3 access point: aws fsx describe-s3-access-point-attachments"
    else:
        hint = _FORMS
    raise UsageError(f"{text!r} is not the ARN of an S3 access point", hint=hint)


def _folder(prefix: str) -> str:
    """A prefix names a folder: `a` means what is below `a/`, not `ab`."""
    return prefix if not prefix or prefix.endswith("/") else prefix + "/"


def _same_bucket(one: str, other: str) -> bool:
    if one == other:
        return True
    arn, alias = (one, other) if one.startswith("arn:") else (other, one)
    if not arn.startswith("arn:") or not alias.endswith(ALIAS_END):
        return False
    # An alias is the name, cut when it is long, a hyphen, and random characters without one.
    stem = alias.removesuffix(ALIAS_END).rpartition("-")[0]
    return bool(stem) and arn.rpartition("/")[2].startswith(stem)
