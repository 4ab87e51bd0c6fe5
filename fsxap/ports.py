"""What a use case may ask for, as protocols: it never learns who answers.

Every provider of a port passes the same contract suite (tests/contract).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, runtime_checkable

from fsxap.acl.model import Descriptor, Entry, Share, Volume
from fsxap.acl.site import Site
from fsxap.documents import Document, Page, Reading
from fsxap.listed import Page as ListedPage
from fsxap.model import Item, Unlisted

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray


class Cancellation(Protocol):
    """One token for signals and deadlines."""

    def is_set(self) -> bool: ...

    def check(self) -> None:
        """Raise `Interrupted` when cancelled."""

    def wait(self, seconds: float) -> bool:
        """Sleep, but wake when cancelled; returns whether it was."""


class Progress(Protocol):
    """What a person sees while waiting. All methods are safe to call from any thread."""

    def stage(self, name: str, total: int | None = None) -> None: ...

    def advance(self, number: int = 1) -> None: ...

    def note(self, message: str) -> None:
        """One line for the person at the terminal; never document text, never PHI."""


class Store(Protocol):
    """Files: a folder, a bucket or an access point. Keys are relative to the store's root, exactly as stored."""

    @property
    def location(self) -> str:
        """How a person writes this place: a path or an s3:// URL, with its prefix."""

    def list(self, prefix: str = "", start_after: str = "") -> Iterator[Item | Unlisted]:
        """Every object in key order (by code point), streamed. What cannot be listed arrives as `Unlisted`."""

    def head(self, key: str) -> Item:
        """`NotFound` when there is none."""

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """Exactly the bytes asked for, fewer only at the end of the object; a cut body is retried, never returned."""

    def open(self, key: str) -> BinaryIO:
        """A stream over the whole object; close it."""

    def put(self, key: str, body: bytes | BinaryIO) -> str:
        """Whole or absent. Returns the location written."""

    def delete(self, key: str) -> None:
        """Deleting what is not there is no error."""

    def locate(self, key: str) -> str: ...


@runtime_checkable
class Paged(Protocol):
    """A store that gives what `list` does by the page as well."""

    def pages(self, prefix: str = "", start_after: str = "") -> Iterator[ListedPage]:
        """Read each to its end before the next."""
        ...


class Ontap(Protocol):
    """Where permissions come from: ONTAP's REST API, or a folder described by a sidecar or by its own modes."""

    @property
    def engine(self) -> str:
        """Name and version of what answers, for results."""

    def volumes(self) -> Sequence[Volume]:
        """The mounted volumes this source was pointed at."""

    def shares(self) -> Sequence[Share]: ...

    def walk(
        self, volume: Volume, path: str = "", *, files: bool = False, depth: int | None = None
    ) -> Iterator[Entry | Unlisted]:
        """The directory at `path` (relative to the volume's root) and everything below, the start included.

        Breadth first, each inode once. `depth` 0 is the start alone. Symbolic links and junctions are reported,
        never followed.
        """

    def stat(self, path: str) -> Entry:
        """The entry at a namespace path; `NotFound` when there is none."""

    def security(self, path: str) -> Descriptor:
        """The descriptor at a namespace path."""

    def effective(self, path: str, trustee: str) -> int:
        """The mask the file server itself computes for an account at a path; `ServiceError` where it does not say."""

    def estimate_calls(self, volumes: Sequence[Volume], files: bool) -> int | None:
        """How many calls an audit takes at most; None when that cannot be told without one."""

    def fingerprint(self) -> str | None:
        """What permissions depend on besides an entry's version; None when equal versions prove nothing, so that
        every path is audited every time."""

    def context(self) -> Mapping[str, Any]:
        """`ad` healthy, unreachable, none or unknown; `ad_domain`; `nfs4_acl` True, False or None when not known;
        `unknown`, a line for each question that was not answered."""

    def site(self) -> Site:
        """The SVM's services and accounts. What was not answered is None there, with a line in `unknown`."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for SQL: column name → Athena type, and the rows as mappings."""

    name: str
    columns: Mapping[str, str]
    rows: Iterable[Mapping[str, Any]]


class Sql(Protocol):
    """Queries in Athena's dialect over tables of this run. `close()`, where there is one, drops them."""

    @property
    def engine(self) -> str: ...

    def load(self, tables: Sequence[Table]) -> None: ...

    def query(self, sql: str) -> Iterator[dict[str, Any]]:
        """Every row of the answer, all pages."""

    def usage(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How a UTF-8 file of delimited text is to be read; nothing is guessed from here on.

    `columns` are (name, type) in file order, types as in `Table`. `times` says for each timestamp column how it is
    written: a strptime format, "iso", "epoch" or "epoch-ms"; times without an offset are local to `zone`.
    """

    columns: tuple[tuple[str, str], ...]
    delimiter: str = ","
    skip: int = 0
    decimal: str = "."
    times: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that could not be read: its line in the file (the first is 1), the column where there is one, and why."""

    line: int
    column: str
    reason: str
    text: str


class Tabular(Protocol):
    """Files of rows on this machine: delimited text made Parquet, and queries in Athena's dialect over Parquet."""

    @property
    def engine(self) -> str: ...

    def folder(self) -> AbstractContextManager[Path]:
        """A private folder, gone afterwards. Files given to the other methods lie in one."""

    def convert(self, text: Path | BinaryIO, form: CsvFormat, parquet: Path, reject: Callable[[SetAside], None]) -> int:
        """Writes every readable row, times in UTC, and returns how many; tells of every other row once.

        `text` is a path in such a folder, or an open file of this machine.
        """

    def join(self, parts: Sequence[Path], parquet: Path) -> int:
        """Writes the rows of Parquet files with equal columns behind each other, and returns how many."""

    def write(self, table: Table, parquet: Path) -> int:
        """Writes every row and returns how many; `decimal` is one more type, 38 digits, nine behind the point."""

    def query(self, sql: str, tables: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
        """Rows as `Sql.query` gives them; each table is a Parquet file."""


@dataclass(frozen=True, slots=True)
class Narrative:
    """`text` is Markdown. Every number in it stands in the facts it was made from."""

    text: str
    generator: str
    usage: Mapping[str, int]


class Narrator(Protocol):
    def narrate(self, title: str, facts: Mapping[str, Any], template: str) -> Narrative:
        """`template` is the deterministic text, where {name} and {group.name} stand for facts: it is used when there
        is no language model, and when a model says a number that is not in the facts."""


class Notifier(Protocol):
    def notify(self, subject: str, body: str) -> None: ...


Quad = tuple[tuple[float, float], ...]
"""Four corners (x, y) in pixels, clockwise from where the text begins."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text in a picture. `text` is empty where it was only found, not read; `confidence` is 0 to 1."""

    quad: Quad
    text: str = ""
    confidence: float = 0.0


class TextInImage(Protocol):
    """Where text stands in a picture, and what it says."""

    @property
    def engine(self) -> str: ...

    def find(self, picture: NDArray[numpy.uint8], *, read: bool = True) -> Sequence[TextLine]:
        """Lines in a grey (H, W) or RGB (H, W, 3) picture, from top to bottom."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a model calls a picture, or a part: `box` is left, top, width and height as shares of the picture's."""

    name: str
    confidence: float
    box: tuple[float, float, float, float] | None = None


class Labels(Protocol):
    """What a picture shows, in the words of a model."""

    @property
    def engine(self) -> str: ...

    def find(self, body: bytes, least: float) -> Sequence[Label]:
        """Of an encoded picture, from this confidence (0 to 1) on, the surest first."""


class Features(Protocol):
    """What surrounds each place of a picture, for comparing places of textures."""

    @property
    def engine(self) -> str: ...

    def layers(self, picture: NDArray[numpy.uint8]) -> Sequence[NDArray[numpy.float32]]:
        """Of a grey picture of 256 x 256 pixels: arrays (32, 32, channels)."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a text, what they are (NAME, DATE, ID, ...), and how surely, 0 to 1."""

    start: int
    end: int
    kind: str
    score: float


class PhiText(Protocol):
    """Where a text says who a patient is."""

    @property
    def engine(self) -> str: ...

    def find(self, text: str) -> Sequence[Span]:
        """By start. Spans may overlap; none is left out for a low score."""


class Documents(Protocol):
    """Text and layout of PDF, TIFF, PNG and JPEG files.

    What cannot be read is an `ItemError` with the code encrypted, damaged, too-many-pages, too-many-pixels or
    unsupported.
    """

    @property
    def engine(self) -> str: ...

    def read(self, body: bytes, name: str, options: Reading) -> Document:
        """Every page of the file. `name` is for messages; what the file is, its content says."""

    def render(self, body: bytes, name: str, page: Page, *, width: int = 800) -> bytes:
        """A PNG of a page of a document that was read, upright and straightened, `width` pixels wide."""

    def searchable(self, body: bytes, name: str, document: Document) -> bytes | None:
        """A PDF that looks like the document that was read, with unseen text where its pages had none; None where
        none is missing."""


class Entities(Protocol):
    """Persons, organizations, places, dates and quantities in texts."""

    @property
    def engine(self) -> str: ...

    @property
    def languages(self) -> frozenset[str]:
        """What `find` takes; others are an `ItemError` with the code unsupported-language."""

    def language(self, text: str) -> str:
        """ISO 639-1, or nothing when the text is too short to tell."""

    def find(self, text: str, language: str) -> Sequence[Span]:
        """By start; kinds are PERSON, ORGANIZATION, LOCATION, DATE, QUANTITY and the like."""
