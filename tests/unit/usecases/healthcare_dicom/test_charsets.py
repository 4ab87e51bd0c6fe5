from __future__ import annotations

import pytest

from fsxap.usecases.healthcare_dicom.charsets import decode, encode, spellings, terms


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        (b"", b"M\xfcller", "Müller"),
        (b"ISO_IR 100", b"M\xfcller", "Müller"),
        (b"ISO_IR 192", "Müller^山田".encode(), "Müller^山田"),
        (b"ISO_IR 13", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        (b"\\ISO 2022 IR 87", b"\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "山田^太郎"),
        (b"\\ISO 2022 IR 149", b"\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "洪^吉洞"),
        (b"GB18030", "王^小东".encode("gb18030"), "王^小东"),
        (b"ISO_IR 144", "Люкс".encode("iso8859_5"), "Люкс"),
    ],
)
def test_text_is_read_in_its_character_set(charset: bytes, raw: bytes, text: str) -> None:
    assert decode(raw, terms(charset)) == text


def test_bytes_that_are_no_text_leave_a_trace() -> None:
    assert "\ufffd" in decode(b"\xff\xfe", terms(b"ISO_IR 192"))


def test_text_goes_back_where_it_came_from_or_not_at_all() -> None:
    assert encode("Müller", ("ISO_IR 192",)) == "Müller".encode()
    assert encode("山田", ("", "ISO_IR 87")) is None
    assert encode("山田", ("ISO_IR 100",)) is None
    assert encode("plain", ("", "ISO_IR 87")) == b"plain"


@pytest.mark.parametrize("stored", ["MÜLLER".encode("latin-1"), "Müller".encode(), "müller".encode("utf-16-le")])
def test_case_hides_nothing(stored: bytes) -> None:
    assert any(spelling in stored.lower() for spelling in spellings("müller"))
