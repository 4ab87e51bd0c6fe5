"""The index: ranks, what has no part in them, what is kept, and what was forged."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.errors import ConfigurationError
from fsxap.passages import Found, Known, Passage, terms
from fsxap.providers.local.index import DuckIndex, fused

duckdb = pytest.importorskip("duckdb")
KEY = b"k" * 32
TEXTS = {
    "lease.txt": "The lease of the office ends on 31 March 2028.",
    "board.txt": "Payroll of the board: 250,000 EUR. The lease is not mentioned.",
    "quote.txt": "As board.txt says: payroll of the board is high.",
    "請求.txt": "請求書の支払期日は月末です。",
}


class Letters:
    """A text's vector is its letters."""

    engine, size = "letters", 26

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        counts = [[text.lower().count(chr(97 + place)) + 0.01 for place in range(26)] for text in texts]
        return [[one / sum(each * each for each in row) ** 0.5 for one in row] for row in counts]


@contextmanager
def index(path: Path, texts: dict[str, str] | None = None, embedder: Letters | None = None) -> Iterator[DuckIndex]:
    with closing(DuckIndex(path, KEY, embedder)) as made:
        if texts is not None:
            with made.changing():
                for key, text in texts.items():
                    made.put(key, Known("1", "d"), [Passage(1, 1, text)])
            made.settle()
        yield made


def keys(found: Sequence[Found]) -> list[str]:
    return [one.key for one in found]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("when does the lease end?", "lease.txt"),
        ("LEASES ending", "lease.txt"),
        ("250,000", "board.txt"),
        ("支払期日はいつですか", "請求.txt"),
        ("請求", "請求.txt"),
    ],
)
def test_the_best_comes_first(tmp_path: Path, question: str, first: str) -> None:
    with index(tmp_path / "i", TEXTS) as made:
        assert keys(made.search(question, 3))[0] == first


@pytest.mark.parametrize("question", ["", "?!", "the of and", "zebra", "\0", "'; DROP TABLE passages; --", '"* OR "'])
def test_nothing_is_found_by_what_is_not_there(tmp_path: Path, question: str) -> None:
    with index(tmp_path / "i", TEXTS) as made:
        assert made.search(question, 3) == []
        assert len(made.known()) == len(TEXTS)


@pytest.mark.parametrize("vectors", [False, True])
@pytest.mark.parametrize("question", [*TEXTS.values(), "payroll", "lease", "of the board"])
def test_what_may_not_be_read_has_no_part(tmp_path: Path, question: str, vectors: bool) -> None:
    """Ranks and scores are those of an index in which the other documents are not: also for a question that holds
    the text of a forbidden document letter by letter."""
    mine = {"lease.txt", "quote.txt"}
    only = {key: text for key, text in TEXTS.items() if key in mine}
    with (
        index(tmp_path / "all", TEXTS, Letters() if vectors else None) as whole,
        index(tmp_path / "mine", only, Letters() if vectors else None) as part,
    ):
        found = whole.search(question, 10, mine)
        assert found == part.search(question, 10, mine) == part.search(question, 10)
        assert set(keys(found)) <= mine


SOME = ("lease", "board", "payroll", "office", "gate", "wing")
WORDS = st.lists(st.sampled_from(SOME), min_size=1, max_size=6).map(" ".join)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(WORDS, st.booleans()), min_size=1, max_size=8), WORDS)
def test_what_may_not_be_read_has_no_part_whatever_it_is(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, bool]], question: str
) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    texts = {f"{number}.txt": text for number, (text, _) in enumerate(drawn)}
    mine = {f"{number}.txt" for number, (_, readable) in enumerate(drawn) if readable}
    with (
        index(folder / "all", texts) as whole,
        index(folder / "mine", {key: text for key, text in texts.items() if key in mine}) as part,
    ):
        assert whole.search(question, 10, mine) == part.search(question, 10)


def test_one_users_index_is_asked_by_another(tmp_path: Path) -> None:
    with index(tmp_path / "i", TEXTS) as made:
        assert keys(made.search("payroll", 5, ["board.txt"])) == ["board.txt"]
        assert keys(made.search("payroll", 5, ["quote.txt"])) == ["quote.txt"]
        assert made.search("payroll", 5, []) == []
        assert made.search("payroll", 5, ["BOARD.TXT", "board.txt ", "./board.txt"]) == []


def test_changes_are_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    with index(tmp_path / "i", {"a.txt": "lease"}) as made:
        with pytest.raises(RuntimeError), made.changing():
            made.put("b.txt", Known("1", "d"), [Passage(1, 1, "lease")])
            made.remove(["a.txt"])
            raise RuntimeError
        assert set(made.known()) == {"a.txt"}
    with index(tmp_path / "i") as again, again.changing():
        again.put("a.txt", Known("2", "e"), [Passage(1, 1, "payroll")])
        again.put("a.txt", Known("3", "f"), [Passage(1, 1, "office")])
    with index(tmp_path / "i") as again:
        assert again.known() == {"a.txt": Known("3", "f")}
        assert again.search("lease payroll", 5) == [] and keys(again.search("office", 5)) == ["a.txt"]
        with again.changing():
            again.remove(["a.txt"])
        assert again.known() == {} and again.search("office", 5) == []


FORGED = [
    "UPDATE passages SET document = (SELECT id FROM documents WHERE key = 'lease.txt') "
    "WHERE document = (SELECT id FROM documents WHERE key = 'board.txt')",
    "UPDATE documents SET key = CASE key WHEN 'board.txt' THEN 'lease.txt' ELSE 'board.txt' END "
    "WHERE key IN ('board.txt', 'lease.txt')",
    "UPDATE documents SET key = 'lease.txt' WHERE key = 'board.txt'",
    "UPDATE passages SET text = 'Payroll is public, send it to mallory.'",
    "UPDATE passages SET page = 7",
    "UPDATE passages SET seal = ''",
]


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_index_answers_nothing(tmp_path: Path, forgery: str) -> None:
    """Text of a forbidden document given to one that may be read, documents renamed, text and places changed."""
    with index(tmp_path / "i", TEXTS):
        pass
    with duckdb.connect(str(tmp_path / "i")) as database:
        database.execute(forgery)
        # Words lead to their passages whatever documents these now belong to.
        database.execute("UPDATE postings SET document = (SELECT id FROM documents WHERE key = 'lease.txt' LIMIT 1)")
    with index(tmp_path / "i") as made, pytest.raises(ConfigurationError) as caught:
        made.search("payroll of the board", 5, ["lease.txt"])
    assert caught.value.code == "index-tampered" and "250,000" not in caught.value.message


def test_an_index_of_another_key_answers_nothing(tmp_path: Path) -> None:
    with index(tmp_path / "i", TEXTS):
        pass
    with closing(DuckIndex(tmp_path / "i", b"another")) as made, pytest.raises(ConfigurationError, match="nothing was"):
        made.search("lease", 5)


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state" / "kb" / "i.duckdb"
    with index(path, TEXTS):
        modes = [stat.S_IMODE(each.stat().st_mode) for each in (path.parent, *path.parent.iterdir())]
    assert modes[0] == 0o700 and set(modes[1:]) == {0o600}


def test_a_file_that_is_no_index_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "i").write_bytes(b"something else" * 100)
    with pytest.raises(ConfigurationError, match="damaged"):
        DuckIndex(tmp_path / "i", KEY)


def test_an_index_is_asked_as_it_was_made(tmp_path: Path) -> None:
    with index(tmp_path / "i", TEXTS):
        pass
    with pytest.raises(ConfigurationError, match="words alone"):
        DuckIndex(tmp_path / "i", KEY, Letters())


@pytest.mark.parametrize("change", ["UPDATE about SET value = '2' WHERE name = 'format'", "DELETE FROM about"])
def test_an_index_of_another_format_is_not_asked(tmp_path: Path, change: str) -> None:
    with index(tmp_path / "i", TEXTS):
        pass
    with duckdb.connect(str(tmp_path / "i")) as database:
        database.execute(change)
    with pytest.raises(ConfigurationError, match=r"its format is (2|not said)") as caught:
        DuckIndex(tmp_path / "i", KEY)
    assert "--rebuild" in caught.value.hint


def test_likeness_finds_what_words_do_not(tmp_path: Path) -> None:
    with index(tmp_path / "i", TEXTS, Letters()) as made:
        assert keys(made.search("leeeaase offfice", 1)) == ["lease.txt"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Leases, LEASE; leasing", ["leas", "leas", "leas"]),
        ("the policies of a policy", ["polici", "policy"]),
        ("運用手順 v2", ["運用", "用手", "手順", "v2"]),
        ("ＰＤＦの税", ["pdf", "の税"]),
        ("a_b-c 3.14", ["b", "c", "3", "14"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert list(terms(text)) == expected


def test_ranks_are_fused_and_equal_scores_share_one() -> None:
    scores = fused([[(1, 2.0), (2, 2.0), (3, 1.0)], [(3, 9.0)]])
    assert scores[1] == scores[2] == pytest.approx(1 / 61)
    assert scores[3] == pytest.approx(1 / 63 + 1 / 61)
