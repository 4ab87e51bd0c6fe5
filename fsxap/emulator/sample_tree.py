"""The files of the sample company: their paths, and short invented prose to put in them."""

from __future__ import annotations

import random
from collections.abc import Iterator

MONTHS = tuple(f"{number:02d}" for number in range(1, 13))
PEOPLE = (
    *("Aoki Haruka", "Bauer Jonas", "Cohen Miriam", "Dubois Élise", "Eriksen Nils", "Fujita Ren"),
    *("Garcia Lucía", "Horvath Dora", "Ito Sakura", "Jansen Femke", "Kowalski Piotr", "Leblanc Hugo"),
)
CUSTOMERS = ("Altamira Foods", "Brightwater", "Cascade Rail", "Delta & Sons", "Étoile", "Fjord Marine", "Granite Bay")
SUPPLIERS = ("Kestrel Logistics", "Northlight Paper", "Orchard Tools", "Pine Street Catering")

HARD_LINK = ("hr/policies/Employee handbook.txt", "public/announcements/Employee handbook.txt")
"""Two names of one file."""
SYMLINK = ("projects/current", "apollo")
"""A link, and where it points."""
EMPTY_FOLDERS = ("public/new folder", "scans/legacy", "projects/closed/2017")

_SUBJECTS = ("The team", "Our auditor", "The supplier", "The steering group", "A colleague", "The night shift")
_VERBS = ("agreed on", "asked for", "postponed", "reviewed", "signed off", "questioned", "summarised", "archived")
_OBJECTS = ("the new layout", "last month's figures", "the second draft", "the delivery plan", "the open points")
_ENDINGS = ("before lunch.", "without objections.", "until the next meeting.", "in two rounds.", "for the record.")


def tree(seed: int) -> dict[str, str]:
    """Relative path → text. The same seed gives the same text; the paths never change."""
    drawn = random.Random(seed)  # noqa: S311 - prose, not secrecy
    return {path: _prose(path, drawn) for path in paths()}


def paths() -> Iterator[str]:
    for part in (_finance, _hr, _legal, _engineering, _projects, _sales, _public, _scans):
        yield from part()


def _prose(path: str, drawn: random.Random) -> str:
    title = path.rpartition("/")[2].rpartition(".")[0]
    sentences = [
        " ".join((drawn.choice(_SUBJECTS), drawn.choice(_VERBS), drawn.choice(_OBJECTS), drawn.choice(_ENDINGS)))
        for _ in range(drawn.randint(2, 6))
    ]
    return f"{title}\n\n" + "\n".join(sentences) + "\n"


def _finance() -> Iterator[str]:
    for year in ("2024", "2025", "2026"):
        for number, supplier in enumerate(SUPPLIERS * 3, 1):
            yield f"finance/invoices/{year}/{year}-{number:04d} {supplier}.txt"
        yield f"finance/budget/Budget {year}.txt"
        yield f"finance/budget/Budget {year} (draft #2).txt"
        for quarter in range(1, 5):
            yield f"finance/reports/{year} Q{quarter}.txt"
    for topic in ("Agenda", "Minutes", "Dividend proposal", "Outlook 2027"):
        yield f"finance/board/{topic}.txt"


def _hr() -> Iterator[str]:
    for year in ("2025", "2026"):
        for month in MONTHS:
            yield f"hr/payroll/{year}/Payroll {year}-{month}.txt"
    for person in PEOPLE:
        for topic in ("Contract", "Review 2026"):
            yield f"hr/people/{person}/{topic}.txt"
    for topic in ("Employee handbook", "Travel + expenses", "Remote work", "Code of conduct", "Parental leave"):
        yield f"hr/policies/{topic}.txt"
    for case in ("Case 14", "Case 15", "Case 16"):
        yield f"hr/disciplinary/{case}.txt"


def _legal() -> Iterator[str]:
    for year in ("2019", "2023", "2025"):
        for customer in CUSTOMERS:
            yield f"legal/contracts/{year}/{customer} master agreement.txt"
    for topic in ("Timeline", "Witnesses", "Correspondence", "Costs"):
        yield f"legal/litigation/{topic}.txt"
    for topic in ("Complaint", "Reply", "Exhibit A#1"):
        yield f"legal/litigation/Müller v. Contoso/{topic}.txt"
    yield "legal/litigation/Müller v. Contoso/sealed/Settlement.txt"
    for topic in ("NDA", "Order form", "Data processing annex"):
        yield f"legal/templates/{topic}.md"


def _engineering() -> Iterator[str]:
    for number in range(1, 13):
        yield f"engineering/specs/SPEC-{number:03d}.md"
    for month in MONTHS[:8]:
        yield f"engineering/reviews/Design review 2026-{month}.md"
    for release in ("1.0", "1.1", "2.0", "2.1"):
        for name in ("notes", "checklist", "known issues"):
            yield f"engineering/firmware/r{release}/{name}.md"
    for number in range(1, 9):
        yield f"engineering/build/logs/build-{number:03d}.txt"
    yield from (f"engineering/build/tools/{name}" for name in ("flash-tool", "README.txt", "run-tests"))
    yield from (f"engineering/build/tmp/{name}" for name in ("core notes.txt", "scratch.txt"))


def _projects() -> Iterator[str]:
    for project in ("apollo", "orion", "titan"):
        for topic in ("Charter", "Plan", "Risks", "Status", "Budget", "Lessons"):
            yield f"projects/{project}/{topic}.txt"
    yield from (f"projects/apollo/shared notes/Note {number}.txt" for number in range(1, 5))
    yield from (f"projects/orion/moved in/Item {number}.txt" for number in range(1, 4))
    deep = "projects/titan/phase 1/site A/building 2/floor 3/room 12/rack 4/unit 7/photos/captions"
    yield from (f"{deep}/Caption {number}.txt" for number in range(1, 4))
    yield from (f"projects/東京オフィス/{name}.txt" for name in ("議事録", "予算案", "見積書 2026年", "引っ越し計画"))
    yield from (f"projects/R&D #7/{name}.txt" for name in ("Idea list", "Prototype #1", "Prototype #2"))
    yield from (f"projects/C++ migration/{name}.txt" for name in ("a+b test", "Scope", "100% coverage"))
    yield from (f"projects/50% plan?/{name}.txt" for name in ("What if", "Why not"))
    yield from (f"projects/closed/{name}.txt" for name in ("Read me first", "Handover", "Archive index"))


def _sales() -> Iterator[str]:
    for customer in CUSTOMERS:
        for topic in ("Account plan", "Contacts", "Offer 2026"):
            yield f"sales/accounts/{customer}/{topic}.txt"
    for number in range(1, 11):
        yield f"sales/quotes/Q-{number:04d}.txt"


def _public() -> Iterator[str]:
    for topic in ("Letter", "Fax cover", "Meeting notes", "Slides outline", "Visitor badge", "Expense form"):
        yield f"public/templates/{topic}.txt"
    for number in range(1, 7):
        yield f"public/exchange/From visitor {number}.txt"
    yield from (f"public/kiosk/{name}.txt" for name in ("Welcome", "Floor plan", "WLAN"))
    for month in MONTHS[:10]:
        yield f"public/announcements/Announcement 2026-{month}.txt"


def _scans() -> Iterator[str]:
    for number in range(1, 11):
        yield f"scans/inbox/Scan_{number:04d}.txt"
    for month in MONTHS[:6]:
        for page in ("front", "back"):
            yield f"scans/2026-{month}/Delivery note {page}.txt"
