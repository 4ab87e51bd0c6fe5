import pytest

from fsxap.reports.prose import Block, Span, blocks, spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("one\ntwo\n\nthree", [Block("paragraph", ("one two",)), Block("paragraph", ("three",))]),
        ("# Title\ntext", [Block("heading", ("Title",)), Block("paragraph", ("text",))]),
        ("- a\n* b\n\n1. c\n2) d", [Block("list", ("a", "b")), Block("numbers", ("c", "d"))]),
        ("text\n- a", [Block("paragraph", ("text",)), Block("list", ("a",))]),
        ("#hash 1.5 -x", [Block("paragraph", ("#hash 1.5 -x",))]),
    ],
)
def test_blocks(text: str, expected: list[Block]) -> None:
    assert blocks(text) == expected


def test_spans() -> None:
    assert list(spans("a **b** *c* `d*e*` 2 * 3 * 4 ** `")) == [
        Span("a "),
        Span("b", "bold"),
        Span(" "),
        Span("c", "italic"),
        Span(" "),
        Span("d*e*", "code"),
        Span(" 2 * 3 * 4 ** `"),
    ]
