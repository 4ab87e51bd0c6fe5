"""What a use case is: one frozen value that names its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from fsxap.model import Finding, Item, Record, Result, Section, Unlisted
from fsxap.ports import (
    Cancellation,
    Documents,
    Entities,
    Features,
    Labels,
    Narrator,
    Notifier,
    Ontap,
    PhiText,
    Progress,
    Sql,
    Store,
    Tabular,
    TextInImage,
)
from fsxap.rendering import Farm, Frames, Moderation

Params = Mapping[str, Any]


def labels_engine(params: Params) -> str:
    """A model of one's own is the only engine that is chosen by naming it."""
    return "aws" if params.get("model") else "local"


class Kit(Protocol):
    """What a use case is handed. Each capability is connected when first asked for."""

    @property
    def params(self) -> Params: ...
    @property
    def run(self) -> str: ...
    @property
    def source(self) -> Store: ...
    @property
    def sink(self) -> Store: ...
    @property
    def ontap(self) -> Ontap: ...
    @property
    def sql(self) -> Sql: ...
    @property
    def tabular(self) -> Tabular: ...
    @property
    def features(self) -> Features: ...
    def labels(self, model: str) -> Labels:
        """Of the model with this ARN; without one, what pictures show in general."""
        ...

    @property
    def text_in_image(self) -> TextInImage: ...
    @property
    def text_on_frames(self) -> TextInImage:
        """One engine: text that should be noticed, where `text_in_image` is about text that must not be missed."""
        ...

    @property
    def moderation(self) -> Moderation | None:
        """None where engines are embedded ones: none of them judges content."""
        ...

    @property
    def documents(self) -> Documents: ...
    @property
    def entities(self) -> Entities | None:
        """None where a use case has only its own rules."""
        ...

    @property
    def phi_text(self) -> PhiText | None:
        """None where a use case has only its own rules."""
        ...

    @property
    def frames(self) -> Frames: ...
    @property
    def farm(self) -> Farm: ...
    @property
    def narrator(self) -> Narrator: ...
    @property
    def notifier(self) -> Notifier: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def cancel(self) -> Cancellation: ...

    def secret(self, reference: str, own: str) -> bytes:
        """The bytes behind `env:NAME`, `file:PATH` or a Secrets Manager name; without a reference, a key of our own,
        made once and kept in the state folder as `own`."""
        ...

    def memo(self, name: str, make: Callable[[], Any]) -> Any:
        """Made once per run and process, whichever thread asks first."""
        ...

    def used(self) -> Mapping[str, int]:
        """What services bill for this thread's calls of the other capabilities since it last asked, by unit."""
        ...


@dataclass(frozen=True, slots=True)
class Param:
    """One -P parameter. `parse` turns text into a value; a ValueError in it becomes a usage error."""

    name: str
    help: str
    default: Any = None
    parse: Callable[[str], Any] = str
    choices: tuple[str, ...] = ()
    affects_results: bool = True


def boolean(text: str) -> bool:
    if text.lower() in ("yes", "true", "1", "on"):
        return True
    if text.lower() in ("no", "false", "0", "off"):
        return False
    raise ValueError(f"yes or no, not {text!r}")


def words(text: str) -> tuple[str, ...]:
    """Comma-separated."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


@dataclass(frozen=True, slots=True)
class Match:
    """Which keys are this use case's: suffixes, compared without case; none means every key."""

    suffixes: tuple[str, ...] = ()

    def __call__(self, item: Item) -> bool:
        return not self.suffixes or item.key.lower().endswith(self.suffixes)


def always(_params: Params) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Grant:
    """IAM actions on resources; `source`, `sink` and `state` stand for the access point and the state bucket.

    `parameter:NAME` stands for what that parameter says. `when` says of a deployment's parameters whether they call
    for it."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    when: Callable[[Params], bool] = always


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a use case needs when deployed. Memory in MB, time-out in seconds."""

    memory: int = 512
    timeout: int = 300
    needs_ontap: bool = False
    grants: tuple[Grant, ...] = ()
    packages: tuple[str, ...] = ()
    packed: tuple[str, ...] = ()
    """Of `packages`, those that not every item needs: they stay zipped until they are imported, because Lambda limits
    what is unzipped."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What `summarise` hands back: the use case's own `data`, and sections for the report."""

    data: Mapping[str, Any] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    usage: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    """Findings about no single item, such as drift against a baseline."""


class Discover(Protocol):
    def __call__(self, kit: Kit) -> Iterator[Item | Unlisted]: ...


class Process(Protocol):
    def __call__(self, item: Item, kit: Kit) -> Result: ...


class Summarise(Protocol):
    def __call__(self, results: Iterable[Result], kit: Kit) -> Digest: ...


Units = Callable[[Item, Params], Mapping[str, int]]
Count = Callable[[Item, Store, Params], Mapping[str, int]]
"""What a look at an item tells of what it will consume, by the measures of an estimate: `pages`, `images`. It reads
little, and raises an FsxapError where it cannot tell."""


def no_waiting(_params: Params) -> float:
    return 0.0


def no_units(_item: Item, _params: Params) -> Mapping[str, int]:
    return {}


@dataclass(frozen=True, slots=True)
class UseCase:
    """Adding one is adding a folder under `fsxap/usecases` whose package defines USE_CASE.

    `process` must be idempotent and write only to `kit.sink`. `discover` is given only where listing the source
    does not serve. `units` says what one item will consume, for estimates; what `count`
    found by a look is in the item's `attrs`.
    """

    name: str
    title: str
    process: Process
    match: Match = Match()
    aliases: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    discover: Discover | None = None
    summarise: Summarise | None = None
    footprint: Footprint = Footprint()
    units: Units = no_units
    count: Count | None = None
    waits: Callable[[Params], float] = no_waiting
    """Seconds that an item may spend waiting for others, beside the time it may take."""
    engines: tuple[str, ...] = ()
    """Capabilities used, for --dry-run and the digest: "ontap", "sql", "narrator", ..."""
    sample: Callable[[Path], None] | None = None
    """Writes a few made-up files of its kind into a folder, for `fsxap demo`; None where the sample volume serves."""
    seal: Callable[[Kit], bytes] | None = None
    """The secret that state is encrypted with, where the names of files must not be read from it. Findings and
    sections of such a use case stay readable, so they name no file."""
    explain: Callable[[Params], Iterator[Record]] | None = None
    """Records that say what these parameters come down to, for --explain after the parameters themselves."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """What each finding rule means, by id: for reports."""
    revision: int = 1
    """Raised when results of the same input change; part of the digest, so everything is done again."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What a month of something deployed has to do, for its cost: items and their bytes at its beginning, runs, and
    items that come before each; `chosen` are values of its template's parameters."""

    items: int
    size: int
    runs: Fraction
    fresh: int = 0
    chosen: Mapping[str, str] = field(default_factory=dict)


def no_context(_params: Params) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Pattern:
    """Something deployed that has no stages. Adding one is adding a folder under `fsxap/patterns` whose package defines
    PATTERN, and `templates/patterns/<name>.yaml.j2`.

    `params` are what the template needs besides CloudFormation's own parameters (a file of users, say); `context`
    makes of their values what the template may name. It raises UsageError or ConfigurationError for what cannot be.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    needs: tuple[str, ...] = ()
    """Of `params`, those without which nothing is to be deployed; a template without them can be looked at."""
    context: Callable[[Params], Mapping[str, Any]] = no_context
    month: Callable[[Workload], Mapping[str, int]] = lambda _: {}
    """Units of a month, by costs/prices.json. What is assumed is halved and doubled for the range."""
    assumed: str = ""
    """What `month` takes for granted, in a line."""
    services: tuple[str, ...] = ()
    """Services it needs in the region, by botocore's names."""
    run: tuple[Param, ...] = ()
    """What `run-uc` takes as -P, where it can be run as well."""
