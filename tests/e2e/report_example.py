"""The report of a permission audit as a company's file volume would give it: 380 items, about 240 findings."""

from __future__ import annotations

import random

from fsxap.acl.overview import AccessMatrix, FolderTree
from fsxap.model import Finding, Section, Severity, Summary, Tally, Waiver
from fsxap.reports import Report

DEPARTMENTS = {
    "finance": ("payroll", "invoices/2024", "invoices/2025", "tax", "treasury/bank statements", "audit"),
    "hr": ("contracts", "applications/2025", "reviews", "medical certificates", "pensions"),
    "legal": ("litigation", "contracts/suppliers", "board minutes", "patents"),
    "engineering": ("cad/gearbox-7", "cad/housing", "test benches", "releases/4.2", "suppliers", "drawings/archive"),
    "sales": ("offers/2025", "price lists", "customers/EMEA", "customers/APAC", "trade fairs"),
    "projects": ("atlas", "borealis/field data", "cobalt", "delta/handover", "日本語/設計書"),
    "shared": ("scans", "exchange", "templates", "public"),
    "it": ("backup scripts", "images", "licences"),
    "archive": ("2016", "2017", "2018", "2019"),
}
OWNERS = ("CORP\\j.meyer", "CORP\\a.okafor", "CORP\\m.silva", "CORP\\k.tanaka", "CORP\\l.dubois")
GROUPS = ("CORP\\Domain Users", "Everyone", "NT AUTHORITY\\Authenticated Users", "BUILTIN\\Users")
ORPHAN = "S-1-5-21-3623811015-3361044348-30300820-{}"

WAIVERS = (
    Waiver("meant for everybody; reviewed by the security board", "2026-06-30"),
    Waiver("scanners cannot log on until they are replaced", "2025-05-31"),
)

# rule, severity, how many, message, remediation, controls
RULES: tuple[tuple[str, Severity, int, str, str, tuple[str, ...]], ...] = (
    (
        "open-access-full",
        "critical",
        9,
        "{group} ends up with full control",
        "Replace the entry with the owning department's group, and give it modify at most.",
        ("CIS 3.3", "NIST AC-6"),
    ),
    (
        "open-access-write",
        "high",
        21,
        "{group} can change and delete files",
        "Remove the write entry; grant it to the group that needs it.",
        ("CIS 3.3", "NIST AC-6"),
    ),
    (
        "anonymous-access",
        "high",
        3,
        "ANONYMOUS LOGON may read",
        "Remove the entry for ANONYMOUS LOGON.",
        ("CIS 3.3",),
    ),
    (
        "unix-world-writable",
        "high",
        7,
        "Mode {mode} lets every UNIX user write",
        "chmod o-w, or set the sticky bit where everybody must create files.",
        ("CIS 3.3",),
    ),
    (
        "open-access-read",
        "medium",
        38,
        "{group} can read",
        "Check that this folder is meant for everybody; otherwise restrict it.",
        ("CIS 3.3",),
    ),
    (
        "unresolved-sid",
        "medium",
        27,
        "{orphan} no longer resolves to an account",
        "Remove the entry once it is clear the account is gone.",
        ("NIST AC-2(3)",),
    ),
    (
        "inheritance-blocked",
        "medium",
        19,
        "Inheritance from the parent is switched off",
        "Switch inheritance on again, or write down why this folder is apart.",
        (),
    ),
    (
        "full-control-non-admin",
        "medium",
        24,
        "{owner} has full control without being an administrator",
        "Lower it to modify: full control includes changing permissions.",
        ("NIST AC-6(5)",),
    ),
    (
        "permission-change-right",
        "medium",
        8,
        "{owner} may change permissions",
        "Remove WRITE_DAC and WRITE_OWNER from the entry.",
        ("NIST AC-6(5)",),
    ),
    ("not-audited", "medium", 1, "The security descriptor could not be read (ONTAP answered 655865)", "", ()),
    ("direct-user-ace", "low", 36, "{owner} is granted directly, not through a group", "Grant a group instead.", ()),
    (
        "explicit-differs-from-parent",
        "low",
        17,
        "Entries differ from the parent's",
        "Confirm that the difference is wanted.",
        (),
    ),
    ("owner-user", "low", 12, "{owner} owns a top-level folder", "Give ownership to Administrators.", ()),
    ("share-abe-off", "info", 4, "Access-based enumeration is off", "Consider switching it on.", ()),
    ("undecoded-ace", "info", 14, "Generic rights were not decoded by ONTAP", "", ()),
)


def folders() -> list[str]:
    top = [f"/corp/{name}" for name in DEPARTMENTS]
    return top + [f"/corp/{name}/{below}" for name, inner in DEPARTMENTS.items() for below in inner]


def findings() -> list[Finding]:
    """Always the same ones; the open folders of finance, hr and shared come up most."""
    draw, places = random.Random(11), folders()
    weights = [3 if place.split("/")[2] in ("finance", "shared", "projects") else 1 for place in places]
    made: dict[str, Finding] = {}
    for rule, severity, number, message, remediation, controls in RULES:
        wanted = len(made) + number
        while len(made) < wanted:
            words = {
                "group": draw.choice(GROUPS),
                "owner": draw.choice(OWNERS),
                "orphan": ORPHAN.format(draw.randint(1100, 4800)),
                "mode": draw.choice(("0777", "0757", "0776")),
            }
            place = draw.choices(places, weights)[0]
            subject = next((words[name] for name in ("group", "owner", "orphan") if f"{{{name}}}" in message), "")
            evidence = {
                "layer": "file",
                "effective_style": "unix" if "unix" in rule else "ntfs",
                "inherited": draw.random() < 0.3,
            }
            if subject:
                evidence |= {"trustee": subject, "mask": "0x1f01ff", "applies_to": "this folder, subfolders and files"}
            waiver = WAIVERS[place.endswith("/scans")]
            waived = waiver if place.startswith("/corp/shared/") and rule == "open-access-read" else None
            made.setdefault(
                f"{rule}|{place}|{subject}",
                Finding(
                    rule, severity, message.format(**words), place, evidence, remediation, subject, controls, waived
                ),
            )
    return list(made.values())


def summary(found: list[Finding]) -> Summary:
    tally = Tally()
    tally.add_findings(found)
    for status, number in (("ok", 371), ("skipped", 6), ("vanished", 2), ("failed", 1)):
        tally.count(status, number)
    tally.add_usage({"ontap-requests": 812, "items": 380})
    return Summary(
        "legal-compliance",
        "20250612T051500Z-7f3a",
        "ontap://fsx-files.corp.example/svm-files/corp",
        "2025-06-12T05:15:00Z",
        94.2,
        tally.coverage,
        tally.findings,
        tally.usage,
        {"usd": "0.00", "low": "0.00", "high": "0.00", "prices_dated": "2025-06-01"},
        data={
            "engine": "ONTAP REST 9.17.1",
            "volume": "corp",
            "security_style": "ntfs",
            "active_directory": "healthy",
            "folders": 374,
            "shares": 7,
            "identities": {"groups": 61, "users": 118, "unresolved": 27},
            "not_checked": [
                "Who is a member of a domain group: ONTAP does not know, the directory does.",
                "Disabled and stale accounts, and SID history.",
                "Files: only folders were asked for.",
            ],
        },
        failures={"ontap-655865": 1},
    )


def tree(found: list[Finding]) -> Section:
    folders = FolderTree()
    for finding in found:
        if not finding.waived:
            folders.add(finding.where, finding.severity)
    return folders.section("Where the findings are")


def matrix() -> Section:
    """Each department has its own group; some folders are open to more."""
    draw, made = random.Random(5), AccessMatrix(folders=26)
    made.add("/corp", {"BUILTIN\\Administrators": "full", "CORP\\Domain Users": "list"})
    for name, inner in DEPARTMENTS.items():
        own = {"BUILTIN\\Administrators": "full", f"CORP\\{name}-rw": "modify", f"CORP\\{name}-ro": "read"}
        made.add(f"/corp/{name}", own)
        for below in inner:
            more: dict[str, str | None] = dict(own)
            if draw.random() < 0.4:
                more[draw.choice(GROUPS)] = draw.choice(("read", "read", "modify", "full", "write"))
            if draw.random() < 0.2:
                more[draw.choice(OWNERS)] = draw.choice(("full", "change-permissions", None))
            made.add(f"/corp/{name}/{below}", more)
    return made.section("Who has what where")


def sections(found: list[Finding]) -> tuple[Section, ...]:
    critical = sum(finding.severity == "critical" for finding in found)
    held = {group: sum(finding.subject == group for finding in found) for group in GROUPS}
    return (
        Section(
            "In short",
            "text",
            text=(
                f"**{critical} folders are open with full control** to groups that hold every employee. "
                "Start there:\n\n"
                "- replace the entry with the department's own group\n- give it *modify* at most\n\n"
                "Then look at `unresolved-sid`: entries of accounts that no longer exist."
            ),
            note="Generator: template (no language model). Every number stands in the facts below.",
        ),
        Section(
            "Shares",
            "table",
            ("Share", "Path", "Everyone", "Encrypted", "Open files, last 12 h"),
            (
                ("finance$", "/corp/finance", "none", True, (3, 4, 9, 22, 41, 44, 38, 29, 31, 18, 7, 4)),
                ("hr$", "/corp/hr", "none", True, (0, 1, 4, 12, 19, 22, 16, 14, 15, 9, 2, 1)),
                ("projects", "/corp/projects", "change", False, (12, 11, 24, 61, 88, 97, 84, 80, 91, 66, 30, 18)),
                (
                    "shared",
                    "/corp/shared",
                    "full control",
                    False,
                    (40, 38, 55, 120, 171, 166, 140, 133, 150, 98, 61, 44),
                ),
                ("scans", "/corp/shared/scans", "change", False, (2, 2, 8, 31, 45, 40, 22, 30, 37, 20, 6, 2)),
            ),
            note="Share permissions cap what an SMB user gets; the file permissions decide below them.",
        ),
        Section(
            "Findings by open group",
            "bars",
            ("Group", "Findings"),
            tuple(sorted(held.items(), key=lambda pair: -pair[1])),
        ),
        tree(found),
        matrix(),
    )


def report() -> Report:
    found = findings()
    title = "Permission audit"
    return Report(summary(found), found, sections(found), "2025-06-12T05:16:40Z", "0.1.0", title)
