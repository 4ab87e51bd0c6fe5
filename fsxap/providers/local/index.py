"""Passages of one source in one DuckDB file: words and vectors, ranked inside a query that sees what may be read.

What may not be read is taken out before anything is counted, so that neither ranks nor scores tell of it. Every passage
that an answer rests on carries a seal, made with a key that is not in the file. Who may read what is not in it either:
a stored list would go stale, and be worth forging.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fsxap.errors import ConfigurationError
from fsxap.passages import Embedder, Found, Known, Passage, terms
from fsxap.providers.local import duck

FORMAT = "1"
K1, B = 1.2, 0.75
"""Of Okapi BM25."""
FUSED = 60
"""Of reciprocal-rank fusion: how little the first ranks differ."""
DEEP = 100
"""Passages of each ranking that are fused."""
MEMORY = "2GB"
BUSY = "another process has it open"
AT_ONCE = 512
"""Passages written in one go."""

_TABLES = """
CREATE TABLE about (name VARCHAR, value VARCHAR);
CREATE TABLE documents (id BIGINT, key VARCHAR, version VARCHAR, digest VARCHAR, state VARCHAR, reason VARCHAR,
    modified VARCHAR, passages INTEGER, length BIGINT);
CREATE TABLE passages (id BIGINT, document BIGINT, page INTEGER, number INTEGER, text VARCHAR, seal VARCHAR,
    vector FLOAT[{size}]);
CREATE TABLE postings (term BIGINT, document BIGINT, passage BIGINT, uses INTEGER, length INTEGER)
"""
_READABLE = "CREATE OR REPLACE TEMP TABLE readable AS SELECT id AS document, passages, length FROM documents"
# Of the documents in `readable` and no others, so that how rare a word is counts among those.
_WORDS = """
SELECT term, passage, uses, length FROM postings
SEMI JOIN readable USING (document) SEMI JOIN (SELECT unnest($1) AS term) asked USING (term)
"""
_VECTORS = """
SELECT id, array_inner_product(vector, $1::FLOAT[{size}]) AS score
FROM passages SEMI JOIN readable USING (document) ORDER BY score DESC, id LIMIT {deep}
"""
# Joined, not IN (...): for a join, blocks that cannot hold what is wanted are passed over.
_PASSAGES = """
SELECT passages.id, key, page, number, text, seal FROM passages SEMI JOIN (SELECT unnest($1) AS id) best USING (id)
JOIN documents ON documents.id = document
"""


class DuckIndex:
    """Owns the file, which one process at a time opens. `secret` makes seals; `embedder` is None for words alone."""

    def __init__(self, path: Path, secret: bytes, embedder: Embedder | None = None) -> None:
        self._duckdb = duck.module()
        self._secret, self._embedder, self._path = secret, embedder, path
        self._waiting: dict[str, tuple[Known, list[Passage]]] = {}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = self._opened()
            path.chmod(0o600)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        self._prepare()

    def _opened(self) -> Any:
        settings = duck.options(self._path.parent, threads=os.cpu_count() or 1, memory=MEMORY)
        # Its log is another file, which DuckDB makes as the process's mask says.
        mask = os.umask(0o077)
        try:
            opened = self._duckdb.connect(str(self._path), config=settings)
            opened.execute("SET enable_external_access=false")
            return opened
        except self._duckdb.Error as error:
            busy = "lock" in str(error).lower()
            raise self._unusable(BUSY if busy else "it is no index, or a damaged one") from error
        finally:
            os.umask(mask)

    def _unusable(self, why: str) -> ConfigurationError:
        hint = "wait for it" if why == BUSY else "make it anew with --rebuild"
        return ConfigurationError(f"the index {self._path} cannot be used: {why}", code="index", hint=hint)

    @property
    def engine(self) -> str:
        words = f"BM25 over words and letter pairs (duckdb {version('duckdb')})"
        return words if self._embedder is None else f"{words}, {self._embedder.engine}, fused by rank"

    def close(self) -> None:
        self._db.close()

    def known(self) -> Mapping[str, Known]:
        rows = self._all("SELECT key, version, digest, state, reason, modified FROM documents")
        return {row[0]: Known(*row[1:]) for row in rows}

    @contextmanager
    def changing(self) -> Iterator[None]:
        self._all("BEGIN")
        try:
            yield
            self._flush()
        except BaseException:
            self._all("ROLLBACK")
            self._waiting.clear()
            raise
        self._all("COMMIT")

    def put(self, key: str, about: Known, passages: Iterable[Passage]) -> None:
        self._waiting[key] = about, list(passages)
        if sum(len(listed) for _, listed in self._waiting.values()) > AT_ONCE:
            self._flush()

    def touch(self, key: str, about: Known) -> None:
        query = "UPDATE documents SET version = $1, modified = $2 WHERE key = $3"
        self._all(query, about.version, about.modified, key)

    def remove(self, keys: Iterable[str]) -> None:
        query = "SELECT id FROM documents WHERE key IN (SELECT unnest($1))"
        gone = [row[0] for row in self._all(query, list(keys))]
        for name in ("postings.document", "passages.document", "documents.id") if gone else ():
            table, _, column = name.partition(".")
            self._all(f"DELETE FROM {table} WHERE {column} IN (SELECT unnest($1))", gone)  # noqa: S608

    def _flush(self) -> None:
        """A statement for each table: one for each row takes a hundred times as long."""
        if not self._waiting:
            return
        self.remove(self._waiting)
        first = max(self._all("SELECT max(id) FROM documents UNION ALL SELECT max(id) FROM passages"), key=_or_zero)
        ids = itertools.count(_or_zero(first) + 1)
        documents, passages, postings = [], [], []
        for key, (about, listed) in self._waiting.items():
            document = next(ids)
            total = 0
            for one in listed:
                number, counted = next(ids), Counter(map(_numbered, terms(one.text)))
                length = counted.total()
                total += length
                seal = self._seal("passage", key, one.page, one.number, one.text)
                passages.append((number, document, one.page, one.number, one.text, seal))
                postings += [(term, document, number, uses, length) for term, uses in counted.items()]
            facts = (about.version, about.digest, about.state, about.reason, about.modified)
            documents.append((document, key, *facts, len(listed), total))
        self._insert("documents", documents)
        self._insert("passages", passages, self._embedded([row[4] for row in passages]))
        self._insert("postings", postings)
        self._waiting.clear()

    def _insert(self, table: str, rows: list[tuple[Any, ...]], last: list[Any] | None = None) -> None:
        columns = [*map(list, zip(*rows, strict=True)), *([last] if last else ())]
        values = ", ".join(f"unnest(${number})" for number in range(1, len(columns) + 1))
        if rows:
            self._all(f"INSERT INTO {table} SELECT {values}", *columns)  # our own names

    def settle(self) -> None:
        """Put what belongs together side by side, after changes: a question then reads a hundredth of the file."""
        with self.changing():
            self._all("CREATE OR REPLACE TABLE postings AS SELECT * FROM postings ORDER BY term, document")
        self._all("CHECKPOINT")

    def search(self, question: str, number: int, readable: Iterable[str] | None = None) -> list[Found]:
        if readable is None:
            self._all(_READABLE)
        else:
            some = f"{_READABLE} SEMI JOIN (SELECT unnest($1) AS key) USING (key)"
            self._all(some, sorted(readable))
        rankings = [self._by_words(question)]
        if self._embedder is not None:
            rankings.append(self._by_vectors(self._embedder, question))
        scores = fused(rankings) if len(rankings) > 1 else dict(rankings[0])
        best = sorted(scores, key=lambda one: (-scores[one], one))[:number]
        rows = self._all(_PASSAGES, best)
        for _id, key, page, place, text, seal in rows:
            if not hmac.compare_digest(seal, self._seal("passage", key, page, place, text)):
                raise self._tampered()
        rows.sort(key=lambda row: best.index(row[0]))
        return [Found(row[1], row[2], row[4], round(scores[row[0]], 6)) for row in rows]

    def _by_words(self, question: str) -> list[tuple[int, float]]:
        ((number, length),) = self._all("SELECT sum(passages), sum(length) FROM readable")
        wanted = sorted({_numbered(term) for term in terms(question)})
        if not wanted or not length:
            return []
        with self._translated():
            hits = self._db.execute(_WORDS, [wanted]).fetchnumpy()
        return okapi(hits, int(number), length / number)

    def _by_vectors(self, embedder: Embedder, question: str) -> list[tuple[int, float]]:
        (vector,) = embedder.embed([question])
        query = _VECTORS.format(size=embedder.size, deep=DEEP)
        return [(one, round(score, 9)) for one, score in self._all(query, list(vector))]

    def _embedded(self, texts: list[str]) -> list[Any]:
        return [None] * len(texts) if self._embedder is None else [list(one) for one in self._embedder.embed(texts)]

    def _prepare(self) -> None:
        made = self._all("SELECT 1 FROM information_schema.tables WHERE table_name = 'about'")
        engine = self._embedder.engine if self._embedder else ""
        if not made:
            with self.changing():
                self._all(_TABLES.format(size=self._embedder.size if self._embedder else 1))
                self._all("INSERT INTO about VALUES ('format', ?), ('embedder', ?)", FORMAT, engine)
        about = dict(self._all("SELECT name, value FROM about"))
        if (stored := about.get("format")) != FORMAT:
            raise self._unusable(f"its format is {stored or 'not said'}, and this fsxap reads {FORMAT}")
        if about != {"format": FORMAT, "embedder": engine}:
            had = about.get("embedder") or "words alone"
            raise ConfigurationError(
                f"the index {self._path} was made with {had}, and {engine or 'words alone'} is asked for",
                code="index",
                hint="ask as it was made, or make it anew with --rebuild",
            )

    def _seal(self, *parts: object) -> str:
        text = "\0".join(f"{len(str(part))}:{part}" for part in parts)
        return hmac.new(self._secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _tampered(self) -> ConfigurationError:
        return ConfigurationError(
            f"the index {self._path} holds something that fsxap did not put there; nothing was answered",
            code="index-tampered",
            hint="find out who may write there, then make it anew with --rebuild",
        )

    def _all(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        with self._translated():
            rows: list[tuple[Any, ...]] = self._db.execute(query, given).fetchall()
        return rows

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._duckdb.Error as error:
            raise duck.translated(self._duckdb, error, "use the index") from error


@lru_cache(maxsize=1 << 16)
def _numbered(term: str) -> int:
    """A word as a number, which DuckDB finds faster than text."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), signed=True)


def _or_zero(row: tuple[Any, ...]) -> int:
    return int(row[0] or 0)


def okapi(hits: Mapping[str, Any], number: int, usual: float) -> list[tuple[int, float]]:
    """BM25 of the passages that `hits` (columns term, passage, uses and length) are in, of `number` passages that are
    `usual` words long. Added up here it takes half of the time that a query with a window takes.
    """
    import numpy

    _, which, found = numpy.unique(hits["term"], return_inverse=True, return_counts=True)
    passages, places = numpy.unique(hits["passage"], return_inverse=True)
    rarity = numpy.log1p((number - found + 0.5) / (found + 0.5))
    uses = hits["uses"]
    parts = uses / (uses + K1 * (1 - B + B * hits["length"] / usual)) * rarity[which]
    # To nine digits: the order in which hits come is not always the same.
    scores = numpy.round(numpy.bincount(places, parts, len(passages)), 9)
    best = numpy.lexsort((passages, -scores))[:DEEP]
    return list(zip(passages[best].tolist(), scores[best].tolist(), strict=True))


def fused(rankings: Iterable[Sequence[tuple[int, float]]]) -> dict[int, float]:
    """Reciprocal-rank fusion: equal scores share a rank, so that nothing but the ranking counts."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        rank, last = 0, math.inf
        for place, (one, score) in enumerate(ranking, 1):
            if score < last:
                rank, last = place, score
            scores[one] = scores.get(one, 0.0) + 1 / (FUSED + rank)
    return scores
