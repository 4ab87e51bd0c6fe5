"""Whatever a page says, it is read without an error, and every confidence is a share."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.usecases.idp.extract import extract
from fsxap.usecases.idp.output import body_of, data_of
from fsxap.usecases.idp.validate import doubted, problems
from tests.unit.usecases.idp.pages import At, document

SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "schemas" / "idp-document-1.json").read_text("utf-8"))
PIECES = (
    "Invoice|Rechnung Nr.|FACTURE|請求書|Receipt|AGREEMENT|between|and|Total|Subtotal|VAT|Due date:|Datum|until|days"
    "|effective as of|notice of|governed by the laws of|Bill to:|IBAN|DE89 3704 0044|T7000012050002|Qty|Price|Amount"
    "|RM|€|$|¥|-|:|(|甲|乙|様|Ltd|GmbH|12.03.2024|31/02/2024|99/99/99|令和元年5月1日|R0.0.0|1.234,56|0|-5|1,2,3"
    "|9999999999999999999999999999999999999999|12 345,00"
)
LINES = st.lists(
    st.tuples(
        st.floats(0, 200),
        st.floats(0, 290),
        st.one_of(
            st.lists(st.sampled_from(PIECES.split("|")), min_size=1, max_size=6).map(" ".join),
            st.text(min_size=1, max_size=20),
        ),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(LINES, st.sampled_from(["", "en", "de", "fr", "es", "ja", "xx"]))
def test_any_page_is_understood(lines: list[At], language: str) -> None:
    made = document([(left, top, said) for left, top, said in lines if said.strip()], language=language)
    found = extract(made)
    failed = tuple(problems(found))
    fields = doubted(found, failed)
    assert all(0 <= each.confidence <= 1 for each in [*fields.values(), *found.line_items])
    data = data_of(found, fields, made, failed) | {"review": []}
    jsonschema.validate(json.loads(body_of("a.pdf", data, made)), SCHEMA)
