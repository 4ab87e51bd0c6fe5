"""The smallest PDF with a text layer, and with files attached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.unit.usecases.idp.pages import HEIGHT, SIZE, At

MM = 72 / 25.4


def pdf(pages: Sequence[Sequence[At]], attached: Mapping[str, bytes] | None = None) -> bytes:
    """Texts at millimetres from the top left corner of A4 pages, in Helvetica and Latin-1."""
    objects: list[bytes] = [
        b"",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    numbers = []
    for places in pages:
        stream = b"BT\n" + b"".join(_shown(*place) for place in places) + b"ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F 3 0 R >> >> >>" % len(objects)
        )
        numbers.append(len(objects))
    names = b""
    for name, body in (attached or {}).items():
        objects.append(b"<< /Type /EmbeddedFile /Length %d >>\nstream\n%s\nendstream" % (len(body), body))
        said = name.encode()
        objects.append(b"<< /Type /Filespec /F (%s) /UF (%s) /EF << /F %d 0 R >> >>" % (said, said, len(objects)))
        names += b"(%s) %d 0 R " % (said, len(objects))
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [%s] >> >> >>" % names
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(numbers))
    return _file(objects)


def _shown(left: float, top: float, text: str) -> bytes:
    said = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    place = (left * MM, (HEIGHT - top - SIZE) * MM)
    return b"/F 10 Tf 1 0 0 1 %.2f %.2f Tm (%s) Tj\n" % (*place, said)


def _file(objects: Sequence[bytes]) -> bytes:
    body, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return body + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        len(body),
    )
