"""What `fsxap ask` does: find what may be read, rank it, and answer from that alone."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fsxap.cli.audit_files import load_groups
from fsxap.cli.session import Session
from fsxap.engine import locations
from fsxap.engine.locations import Location
from fsxap.engine.scope import Scope, parse_moment
from fsxap.engine.state import folder_name
from fsxap.engine.stores import connect_aws, open_store
from fsxap.errors import ConfigurationError, UsageError
from fsxap.model import Item
from fsxap.passages import Embedder, Found
from fsxap.patterns.knowledge_base.build import Refresh
from fsxap.patterns.knowledge_base.readers import Audit, Granted, granted
from fsxap.ports import Documents, Store
from fsxap.providers import answers, secrets

if TYPE_CHECKING:
    from fsxap.providers.aws.session import Aws
    from fsxap.providers.local.index import DuckIndex

NAME = "knowledge-base"
KEY = secrets.Purpose("the key of the index", "it is made by itself; --state says where", code="key")


@dataclass(frozen=True)
class Wish:
    """The flags of `fsxap ask`."""

    question: str
    trustee: str
    acl: str
    groups: str
    acl_root: str
    acl_max_age: str
    top: int
    vectors: bool = False
    rebuild: bool = False

    @cached_property
    def audit(self) -> Audit:
        found = Audit()
        try:
            with Path(self.acl).open("rb") as stream:
                for number, line in enumerate(stream, 1):
                    _take(found, line, f"{self.acl}, line {number}")
        except OSError as error:
            raise ConfigurationError(f"cannot read {self.acl}: {error.strerror}", code="bad-file") from error
        return found

    def root(self, place: Location | None) -> str:
        """Where keys begin in the audit. Taking one folder for another would be taking its permissions: what is not
        certain is asked for."""
        if self.acl_root:
            return "/" + self.acl_root.strip("/")
        top = self.audit.top
        if not self.audit.complete:
            # It admits nothing, wherever it begins.
            return top
        if any(path != top and not path.startswith(f"{top.rstrip('/')}/") for path in self.audit.descriptors):
            raise self._unclear("is about several volumes")
        if self.audit.part:
            raise self._unclear("is about a part of its volume")
        if place is None or place.kind == "s3":
            # An access point opens at the root of its volume.
            return posixpath.join(top, place.prefix if place else "").rstrip("/") or "/"
        try:
            audited = locations.parse(self.audit.source)
            inside = Path(place.path).resolve().relative_to(Path(audited.path).resolve())
        except (UsageError, ValueError):
            raise self._unclear(f"is not about {place.path}") from None
        return posixpath.join("/", *inside.parts)

    def _unclear(self, what: str) -> UsageError:
        return UsageError(f"{self.acl} {what}", hint="say with --acl-root which path in it the source begins at")

    def granted(self, documents: list[tuple[str, str]], place: Location | None) -> Granted:
        oldest = datetime.now(UTC) - datetime.fromisoformat(parse_moment(self.acl_max_age).replace("Z", "+00:00"))
        return granted(
            self.audit, self.trustee, load_groups(self.groups), documents, root=self.root(place), oldest=oldest
        )


def _take(audit: Audit, line: bytes, place: str) -> None:
    try:
        if line.strip():
            audit.add(json.loads(line))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{place} is not a record of scan-acl",
            code="bad-file",
            hint="fsxap scan-acl --files --emit acls --output jsonl -o FILE writes them",
        ) from error


def from_source(session: Session, wish: Wish) -> int:
    location = locations.parse(session.settings.text("source"))
    store = open_store(location, lambda: connect_aws(session.settings))
    folder = Path(session.state().location) / folder_name(NAME, location.url)
    path = folder / ("vectors.duckdb" if wish.vectors else "words.duckdb")
    if wish.rebuild:
        for each in (path, path.with_name(f"{path.name}.wal")):
            each.unlink(missing_ok=True)
    with closing(_index(path, wish.vectors)) as index:
        refresh = _refreshed(session, wish, index, store)
        found, withheld, doubtful = _search(index, wish, location)
        session.progress.close()
        _tell(session, wish, found, withheld, index.engine, model=location.kind == "s3")
    failed = refresh.tally.coverage["failed"]
    if failed:
        session.warn(f"{failed} documents could not be read, and have no part in the answer")
    return 1 if failed or doubtful else 0


def _index(path: Path, vectors: bool) -> DuckIndex:
    from fsxap.providers.local.index import DuckIndex

    embedder: Embedder | None = None
    if vectors:
        from fsxap.providers.local.minilm import connect

        embedder = connect()
    secret = secrets.own(path.parent / "index.key", KEY)
    return DuckIndex(path, secret.encode(), embedder)


def _refreshed(session: Session, wish: Wish, index: DuckIndex, store: Store) -> Refresh:
    from fsxap.engine import reading
    from fsxap.providers.local.plain_text import LARGEST, SUFFIXES, pages_of

    opened: dict[str, Documents] = {}

    def documents() -> Documents:
        if "pdf" not in opened:
            opened["pdf"] = reading.embedded(session.cancel.check)
        return opened["pdf"]

    def fits(item: Item) -> bool:
        return PurePosixPath(item.key).suffix.lower() in SUFFIXES

    session.progress.stage("indexing")
    refresh = Refresh(
        index,
        lambda key: store.read(key, 0, LARGEST + 1),
        lambda body, name: pages_of(body, name, documents),
        session.progress,
        session.cancel,
        # Whoever asks for somebody else must not learn names that they may not.
        named=not wish.trustee,
    )
    try:
        if refresh.run(Scope().select(store.list(), fits)):
            index.settle()
    finally:
        for each in opened.values():
            getattr(each, "close", lambda: None)()
    counts = refresh.tally.coverage
    session.progress.note(f"{counts['seen']} documents: {counts['ok']} new or changed, {refresh.removed} gone")
    return refresh


def _search(index: DuckIndex, wish: Wish, place: Location) -> tuple[list[Found], Mapping[str, int], int]:
    if not wish.trustee:
        return index.search(wish.question, wish.top), {}, 0
    admitted = wish.granted([(key, about.modified) for key, about in index.known().items()], place)
    return index.search(wish.question, wish.top, admitted.keys), admitted.withheld, admitted.doubtful


def from_knowledge_base(session: Session, wish: Wish, identity: str) -> int:
    """Bedrock finds, and what the trustee may not read is taken out before it is shown, to a model or anybody."""
    from fsxap.providers.aws.knowledge_base import changes, retrieve

    aws = connect_aws(session.settings)
    placed = retrieve(aws.client("bedrock-agent-runtime"), identity, wish.question, 100 if wish.trustee else wish.top)
    found = [one for _, one in placed]
    withheld: Mapping[str, int] = {}
    doubtful = 0
    if wish.trustee:
        times = changes(partial(_changed, aws), placed)
        admitted = wish.granted(sorted(times.items()), None)
        found = [one for one in found if one.key in admitted.keys]
        withheld, doubtful = admitted.withheld, admitted.doubtful
        if withheld and len(found) < wish.top:
            session.warn("Bedrock finds 100 passages at most, and most of these may not be read: others may be missing")
    _tell(session, wish, found[: wish.top], withheld, f"bedrock knowledge base {identity}", model=True)
    return 1 if doubtful else 0


def _changed(aws: Aws, bucket: str, key: str) -> str:
    return open_store(locations.parse(f"s3://{bucket}"), lambda: aws).head(key).modified


def _tell(
    session: Session, wish: Wish, found: list[Found], withheld: Mapping[str, int], engine: str, *, model: bool
) -> None:
    for rank, one in enumerate(found, 1):
        row = {"type": "passage", "rank": rank, "key": one.key, "page": one.page, "text": one.text, "score": one.score}
        session.output.write(row)
    answer = _answered(session, model)(wish.question, found)
    record = answer.record(found) | {"engine": engine}
    if wish.trustee:
        record["withheld"] = dict(withheld)
        told = ", ".join(f"{number} {reason}" for reason, number in withheld.items()) or "none"
        session.progress.note(f"documents withheld from {wish.trustee}: {told}")
    if answer.usage:
        record["usage"] = dict(answer.usage)
    session.output.write(record)


def _answered(session: Session, model: bool) -> Callable[[str, list[Found]], answers.Answer]:
    """By the endpoint that is configured; by Bedrock's model where the documents are in AWS anyway."""
    read = session.settings.text
    if read("llm_url"):
        from fsxap.providers.local.narrator import OpenAiNarrator

        narrator = OpenAiNarrator(read("llm_url"), read("llm_model"), read("llm_key_env"))
        return partial(answers.answered, narrator.ask, read("llm_model"))
    if read("bedrock_model") and (read("engines") or ("aws" if model else "local")) == "aws":
        from fsxap.providers.aws.bedrock import BedrockNarrator

        client = connect_aws(session.settings).client("bedrock-runtime", region=read("bedrock_region"))
        return partial(answers.answered, BedrockNarrator(client, read("bedrock_model")).ask, read("bedrock_model"))
    return lambda _question, found: answers.quoted(found)
