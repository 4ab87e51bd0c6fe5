"""Questions: speed at a hundred thousand passages of which the asker may read a twentieth, and quality by nDCG@10.

Quality is measured on Cranfield where `--cranfield FOLDER` holds it, or on what a Python package documents of itself
(`--docstrings numpy`): made-up texts would only say how they were made. SQLite's FTS5 ranks the same in the same run.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy

from benchmarks._collections import Collection, cranfield, docstrings
from fsxap.errors import FsxapError
from fsxap.passages import Embedder, Found, Known, Passage, terms
from fsxap.providers.local.index import DuckIndex

PASSAGES = int(os.environ.get("BENCH_PASSAGES", "100000"))
EACH, WORDS, SHARE, QUESTIONS = 10, 100, 0.05, 40
SIZE = 384


class Made:
    """Vectors in clusters, as those of texts are: a text's cluster is its first word's."""

    engine, size = "made-up vectors", SIZE

    def __init__(self) -> None:
        self._random = numpy.random.default_rng(7)
        self._centres = self._random.standard_normal((256, SIZE), dtype=numpy.float32)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        places = [hash_of(text) % len(self._centres) for text in texts]
        drawn = self._centres[places] + 0.7 * self._random.standard_normal((len(texts), SIZE), dtype=numpy.float32)
        return (drawn / numpy.linalg.norm(drawn, axis=1, keepdims=True)).tolist()


def hash_of(text: str) -> int:
    return sum(map(ord, text.split(maxsplit=1)[0]))


def main(options: Sequence[str] = ()) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="benchmarks ask")
    parser.add_argument("--cranfield", type=Path)
    parser.add_argument("--docstrings", metavar="PACKAGE")
    given = parser.parse_args(options)
    with tempfile.TemporaryDirectory() as name:
        if given.cranfield or given.docstrings:
            judged = cranfield(given.cranfield) if given.cranfield else docstrings(given.docstrings)
            return {"rows": quality(Path(name), judged), "collection": given.docstrings or "Cranfield"}
        return {"rows": speed(Path(name)), "passages": PASSAGES, "share readable": SHARE}


def speed(folder: Path) -> list[dict[str, Any]]:
    draw = random.Random(7)
    words = [f"{stem}{ending}" for stem in ("gate", "lease", "flow", "invoice", "wing") for ending in range(4000)]
    # As in texts, the tenth word is a tenth as frequent as the first.
    weights = list(numpy.cumsum([1 / (rank + 3) for rank in range(len(words))]))
    draw.shuffle(words)
    made = Made()
    index = DuckIndex(folder / "index.duckdb", b"benchmark" * 4, made)
    begun = time.perf_counter()
    texts: list[str] = []
    for start in range(0, PASSAGES // EACH, 100):
        with index.changing():
            for document in range(start, min(start + 100, PASSAGES // EACH)):
                pieces = [" ".join(draw.choices(words, cum_weights=weights, k=WORDS)) for _ in range(EACH)]
                texts += pieces
                index.put(key(document), Known("1", ""), [Passage(1, n, text) for n, text in enumerate(pieces, 1)])
    index.settle()
    built = time.perf_counter() - begun
    readable = sorted(draw.sample(range(PASSAGES // EACH), int(PASSAGES / EACH * SHARE)))
    keys = [key(document) for document in readable]
    asked = [" ".join(draw.choices(words[:2000], k=8)) for _ in range(QUESTIONS)]
    rows = [
        {
            "job": "indexed, words and vectors",
            "ms": round(built * 1000),
            "per passage": round(built * 1e3 / PASSAGES, 2),
        },
        timed("words and vectors, 5 % readable", lambda text: index.search(text, 10, keys), asked),
        timed("words and vectors, everything", lambda text: index.search(text, 10), asked),
    ]
    rows[1]["recall@10 of vectors"] = recall(index, keys, asked)
    # What is readable was settled by the line above.
    rows.append(timed("words alone, 5 % readable", index._by_words, asked))
    rows.append(timed("vectors alone, 5 % readable", lambda text: index._by_vectors(made, text), asked))
    rows.append(peer(texts, readable, asked))
    index.close()
    return rows


def key(document: int) -> str:
    return f"{document:06d}.txt"


def timed(job: str, ask: Callable[[str], object], asked: Sequence[str]) -> dict[str, Any]:
    ask(asked[0])
    taken: list[tuple[float, float]] = []
    for text in asked:
        begun, used = time.perf_counter(), time.process_time()
        ask(text)
        taken.append(((time.perf_counter() - begun) * 1000, (time.process_time() - used) * 1000))
    wall, cpu = zip(*taken, strict=True)
    told = {"ms": statistics.median(wall), "ms at best": min(wall), "cpu ms": statistics.median(cpu)}
    return {"job": job, **{name: round(value, 1) for name, value in told.items()}}


def recall(index: DuckIndex, keys: Sequence[str], asked: Sequence[str]) -> float:
    """Of the vector ranking: how many of the true ten best of what may be read are in it."""
    database: Any = index._db
    index.search("gate0", 1, keys)
    found = database.execute("SELECT id, vector FROM passages SEMI JOIN readable USING (document)").fetchall()
    ids, vectors = [row[0] for row in found], numpy.array([row[1] for row in found], numpy.float32)
    hits = 0
    for text in asked:
        embedder = Fixed(Made().embed([text]))
        mine = [one for one, _ in index._by_vectors(embedder, text)[:10]]
        best = numpy.argsort(-(vectors @ numpy.array(embedder.vectors[0], numpy.float32)), kind="stable")[:10]
        hits += len({ids[place] for place in best} & set(mine))
    return hits / (10 * len(asked))


class Fixed:
    """The same vector for both who are compared."""

    engine, size = "fixed", SIZE

    def __init__(self, vectors: Sequence[Sequence[float]]) -> None:
        self.vectors = vectors

    def embed(self, _texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return self.vectors


def fts5(texts: Sequence[str]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE p USING fts5(body, content='')")
    database.executemany("INSERT INTO p(rowid, body) VALUES (?, ?)", enumerate(" ".join(terms(t)) for t in texts))
    return database


def by_fts5(database: sqlite3.Connection, text: str, where: str = "") -> list[int]:
    query = " OR ".join(f'"{word}"' for word in sorted(set(terms(text))))
    ranked = f"SELECT rowid FROM p WHERE p MATCH ? {where} ORDER BY bm25(p) LIMIT 10"
    return [row[0] for row in database.execute(ranked, (query,))] if query else []


def peer(texts: Sequence[str], readable: Sequence[int], asked: Sequence[str]) -> dict[str, Any]:
    """Words alone by FTS5, filtered as it can be: after its statistics have counted every document."""
    database = fts5(texts)
    database.execute("CREATE TABLE mine (document INTEGER PRIMARY KEY)")
    database.executemany("INSERT INTO mine VALUES (?)", [(document,) for document in readable])
    where = f"AND rowid / {EACH} IN (SELECT document FROM mine)"
    return timed("SQLite FTS5, words alone, 5 % readable", lambda text: by_fts5(database, text, where), asked)


def quality(folder: Path, given: Collection) -> list[dict[str, Any]]:
    order = sorted(given.texts)
    database = fts5([given.texts[number] for number in order])
    ways: dict[str, Callable[[str], list[int]]] = {
        "SQLite FTS5": lambda text: [order[row] for row in by_fts5(database, text)]
    }
    for name, embedder in (("words", None), ("words and MiniLM", minilm())):
        if name == "words" or embedder:
            ways[name] = indexed(folder / f"{len(ways)}.duckdb", given.texts, embedder)
    asked = [(text, given.judged[number]) for number, text in given.questions.items() if number in given.judged]
    return [
        {
            "job": name,
            "texts": len(given.texts),
            "questions": len(asked),
            "nDCG@10": round(statistics.mean(ndcg(ask(text), judged) for text, judged in asked), 3),
        }
        for name, ask in ways.items()
    ]


def minilm() -> Embedder | None:
    from fsxap.providers.local.minilm import connect

    try:
        return connect()
    except FsxapError as error:
        print(f"without vectors: {error.message}; {error.hint}")
        return None


def indexed(path: Path, texts: dict[int, str], embedder: Embedder | None) -> Callable[[str], list[int]]:
    index = DuckIndex(path, b"benchmark" * 4, embedder)
    with index.changing():
        for number, text in texts.items():
            index.put(str(number), Known("1", ""), [Passage(0, 1, text)])
    index.settle()

    def ask(text: str) -> list[int]:
        found: list[Found] = index.search(text, 10)
        return [int(one.key) for one in found]

    return ask


def ndcg(found: Sequence[int], judged: dict[int, int]) -> float:
    gain = sum(judged.get(document, 0) / math.log2(rank + 1) for rank, document in enumerate(found, 1))
    best = sum(grade / math.log2(rank + 1) for rank, grade in enumerate(sorted(judged.values(), reverse=True)[:10], 1))
    return gain / best if best else 0.0
