import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fsxap.reports.markup import Markup, escape, inline, join, tag
from fsxap.reports.text import visible
from tests.unit.reports.samples import HOSTILE, Structure

anything = st.text(st.characters(), max_size=40)


@given(anything)
@example(HOSTILE[0])
@example(HOSTILE[1])
@example(HOSTILE[8])
def test_text_and_attributes_come_back_as_text(text: str) -> None:
    read = Structure(tag("td", text, title=text))
    assert read.elements == [("td", {"title": visible(text)})]
    assert "".join(read.words) == visible(text)


@pytest.mark.parametrize(
    ("made", "written"),
    [
        (tag("p", "a", None, 0), "<p>a0</p>"),
        (tag("p", tag("b", "<"), "<"), "<p><b>&lt;</b>&lt;</p>"),
        (
            tag("p", class_="x", aria_label="y", hidden=True, title=None, open=False),
            '<p class="x" aria-label="y" hidden></p>',
        ),
        (tag("meta", name="n", http_equiv="h"), '<meta name="n" http-equiv="h">'),
        (join(["a", Markup("<br>"), None]), "a<br>"),
    ],
)
def test_elements(made: Markup, written: str) -> None:
    assert made == written


@pytest.mark.parametrize("name", ["style", "onclick", "a b", "x>"])
def test_attributes_that_have_no_place(name: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        tag("p", **{name: "x"})


@pytest.mark.parametrize("text", ["</script>", "a</STYLE", "<!-- x"])
def test_an_asset_cannot_end_its_element(text: str) -> None:
    with pytest.raises(ValueError, match="asset"):
        inline("script", text)


def test_joining_markup_with_text_is_not_markup() -> None:
    assert escape(tag("b", "x") + "<i>") == "&lt;b&gt;x&lt;/b&gt;&lt;i&gt;"
