"""How well and how fast pages are read: receipts with a transcript, printed invoices, Japanese and noisy pages."""

from __future__ import annotations

import io
import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fsxap.documents import Document, Reading
from fsxap.providers.local.documents.reader import LocalDocuments

TOKEN = re.compile(r"[a-z0-9]+")
WORD = re.compile(r"\w+")
DPI = 200

JAPANESE = (
    "請求書", "東京都千代田区丸の内一丁目", "株式会社山田商事 御中", "請求番号 A-2024-0137", "発行日 2024年3月15日",
    "登録番号 T1234567890123", "合計金額 ¥128,700", "消費税(10%) 11,700円", "お支払期限 令和6年4月30日",
    "品名 数量 単価 金額", "ノートパソコン 2 48,000 96,000", "事務用椅子 3 7,000 21,000", "振込先 みずほ銀行 東京支店",
    "普通預金 1234567", "担当 佐藤 太郎", "電話 03-1234-5678", "下記のとおりご請求申し上げます。", "備考 納品済み",
)  # fmt: skip


def tokens(text: str, pattern: re.Pattern[str] = TOKEN) -> Counter[str]:
    return Counter(pattern.findall(text.lower()))


def score(pairs: Iterable[tuple[str, str]], pattern: re.Pattern[str] = TOKEN) -> dict[str, float]:
    """Precision, recall and F1 of tokens over all pages, each page a bag of them."""
    right = said = there = 0
    for read, true in pairs:
        one, other = tokens(read, pattern), tokens(true, pattern)
        right, said, there = right + (one & other).total(), said + one.total(), there + other.total()
    return {"precision": right / max(said, 1), "recall": right / max(there, 1), "f1": 2 * right / max(said + there, 1)}


def distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for index, left in enumerate(one, 1):
        before, row[0] = row[0], index
        for place, right in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (left != right))
    return row[-1]


def character_errors(pairs: Iterable[tuple[str, str]]) -> float:
    """Of each true line, the edits to the read line most like it, by all true characters."""
    wrong = total = 0
    for read, true in pairs:
        said = ["".join(line.lower().split()) for line in read.splitlines()]
        for line in true.splitlines():
            wanted = "".join(line.lower().split())
            wrong += min([distance(wanted, each) for each in said if abs(len(each) - len(wanted)) < 20] + [len(wanted)])
            total += len(wanted)
    return wrong / max(total, 1)


def receipts(folder: Path) -> list[tuple[str, bytes, str]]:
    """Name, picture and transcript of each; boxes are CSV rows of eight corners and the text."""
    found = []
    for path in sorted((folder / "img").glob("*.jpg")):
        rows = (folder / "box" / f"{path.stem}.csv").read_text(encoding="utf-8", errors="replace").splitlines()
        found.append(
            (path.name, path.read_bytes(), "\n".join(row.split(",", 8)[8] for row in rows if row.count(",") > 7))
        )
    return found


def noisy(picture: Any, level: int, seed: int) -> Any:
    """Turned, blurred, greyed and speckled as a worse scanner would; level 0 leaves it as it is."""
    import numpy
    from PIL import Image, ImageFilter

    if not level:
        return picture
    random = numpy.random.default_rng(seed)
    turned = picture.convert("L").rotate(
        random.uniform(-1, 1) * level, fillcolor=255, resample=Image.Resampling.BICUBIC
    )
    grey = numpy.asarray(turned.filter(ImageFilter.GaussianBlur(0.5 * level)), dtype=float)
    return Image.fromarray((grey * 0.9 + 15 + random.normal(0, 9 * level, grey.shape)).clip(0, 255).astype("uint8"))


def tiff(picture: Any) -> bytes:
    """As a fax machine stores it: bilevel, G4."""
    buffer = io.BytesIO()
    picture.convert("L").point(lambda value: 255 * (value > 140)).convert("1").save(
        buffer, "TIFF", compression="group4", dpi=(DPI, DPI)
    )
    return buffer.getvalue()


def png(picture: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def invoices(folder: Path, count: int) -> Iterator[tuple[Any, str]]:
    """First pages of PDFs as pictures, with what their text layers say."""
    import pypdfium2

    for path in sorted(folder.glob("*.pdf"))[:: max(1, len(list(folder.glob("*.pdf"))) // count)][:count]:
        document = pypdfium2.PdfDocument(path)
        yield document[0].render(scale=DPI / 72).to_pil(), document[0].get_textpage().get_text_range()
        document.close()


def japanese(font: Path) -> Iterator[tuple[Any, str]]:
    from PIL import Image, ImageDraw, ImageFont

    for size in (26, 30, 34, 40):
        page = Image.new("L", (1654, 2339), 255)
        pen, face = ImageDraw.Draw(page), ImageFont.truetype(str(font), size)
        for index, line in enumerate(JAPANESE * 2):
            pen.text((120 + index % 3 * 40, 100 + index * 58), line, font=face, fill=0)
        yield page, "\n".join(JAPANESE * 2)


def read(documents: LocalDocuments, bodies: Iterable[bytes]) -> Iterator[Document]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda body: documents.read(body, "page", Reading(text_layer=False)), bodies)


def rows(data: Path) -> list[Mapping[str, Any]]:
    documents = LocalDocuments(os.cpu_count() or 1)
    try:
        return [*_receipts(documents, data), *_invoices(documents, data), *_japanese(documents), *_text_layers(data)]
    finally:
        documents.close()


def _receipts(documents: LocalDocuments, data: Path) -> Iterator[Mapping[str, Any]]:
    known = receipts(data / "receipts")
    list(read(documents, [known[0][1]] * (os.cpu_count() or 1)))
    started = time.perf_counter()
    pairs = [
        (document.text, true)
        for document, (_, _, true) in zip(read(documents, (body for _, body, _ in known)), known, strict=True)
    ]
    minutes = (time.perf_counter() - started) / 60
    yield _row(
        "receipts", pairs, character_error_rate=round(character_errors(pairs), 4), pages_a_minute=len(pairs) / minutes
    )


def _invoices(documents: LocalDocuments, data: Path) -> Iterator[Mapping[str, Any]]:
    for name, level, stored in (("clean", 0, png), ("noise 1", 1, png), ("noise 2", 2, png), ("G4 TIFF", 1, tiff)):
        pages = list(invoices(data / "e-invoices", 8))
        bodies = [stored(noisy(page, level, seed)) for seed, (page, _) in enumerate(pages)]
        said = [document.text for document in read(documents, bodies)]
        pairs = list(zip(said, (true for _, true in pages), strict=True))
        umlauts = [(Counter(one), Counter(other)) for one, other in pairs]
        there = sum(other[each] for _, other in umlauts for each in "äöüßÄÖÜ")
        right = sum(min(one[each], other[each]) for one, other in umlauts for each in "äöüßÄÖÜ")
        yield _row(f"printed invoices, {name}", pairs, WORD, umlaut_recall=round(right / max(there, 1), 4))


def _japanese(documents: LocalDocuments) -> Iterator[Mapping[str, Any]]:
    """FONT_JA names a font file with Japanese characters; without one there is nothing to print with."""
    font = os.environ.get("FONT_JA")
    if not font:
        return
    for level in (0, 1, 2):
        pages = list(japanese(Path(font)))
        said = [
            each.text
            for each in read(documents, [png(noisy(page, level, seed)) for seed, (page, _) in enumerate(pages)])
        ]
        exact = there = 0
        for one, (_, true) in zip(said, pages, strict=True):
            have = Counter("".join(line.split()) for line in one.splitlines())
            want = Counter("".join(line.split()) for line in true.splitlines())
            exact, there = exact + (have & want).total(), there + want.total()
        yield {"set": f"Japanese, noise {level}", "pages": len(pages), "exact_lines": f"{exact} of {there}"}


def _text_layers(data: Path) -> Iterator[Mapping[str, Any]]:
    bodies = [path.read_bytes() for path in sorted((data / "e-invoices").glob("*.pdf"))]
    documents = LocalDocuments()
    documents.read(bodies[0], "page", Reading())
    started, pages = time.process_time(), 0
    for body in bodies * 3:
        pages += len(documents.read(body, "page", Reading()).pages)
    seconds = time.process_time() - started
    yield {"set": "text layers", "pages": pages, "pages_a_core_second": round(pages / seconds)}


def _row(name: str, pairs: list[tuple[str, str]], pattern: re.Pattern[str] = TOKEN, **more: float) -> Mapping[str, Any]:
    figures = {key: round(value, 4) for key, value in {**score(pairs, pattern), **more}.items()}
    return {"set": name, "pages": len(pairs), **figures}
