"""What the audit says as a whole: SQL over its results, and a narrative that quotes nothing but counted facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fsxap.engine.types import Digest, Kit
from fsxap.errors import MissingExtra
from fsxap.model import SEVERITIES, Result, Section
from fsxap.ports import Narrative, Table
from fsxap.usecases.legal_compliance.overview import Overview
from fsxap.usecases.legal_compliance.sql import COLUMNS, QUERIES, Query
from fsxap.usecases.legal_compliance.svm import site_of

NARRATIVE = (
    "The audit read {audited} of {seen} paths and shares; {failed} could not be read and {skipped} were skipped. "
    "It found {critical} critical, {high} high, {medium} medium and {low} low problems. "
    "{open_paths} paths are open to everyone who can log on, {open_writable} of them for writing."
)


def summarise(results: Iterable[Result], kit: Kit) -> Digest:
    """Sections for the report, and counted facts."""
    counts: dict[str, int] = dict.fromkeys(
        (
            "seen",
            "audited",
            "failed",
            "skipped",
            "directories",
            "files",
            "shares",
            "protected",
            "changed",
            "undecoded",
            *SEVERITIES,
        ),
        0,
    )
    overview = Overview()
    results = overview.watch(results)
    try:
        kit.sql.load(_tables(results, counts))
        answers = {query.name: list(kit.sql.query(query.sql(kit.params))) for query in QUERIES}
        usage, note = dict(kit.sql.usage()), kit.sql.engine
    except MissingExtra as error:
        for _ in _rows(results, counts):
            pass
        answers, usage, note = {}, {}, f"not analysed: {error.message} ({error.hint})"
    facts = _facts(counts, answers)
    narrative = kit.narrator.narrate("Permission audit", facts, NARRATIVE)
    data = {
        "facts": facts,
        "sql": note,
        "ontap": kit.ontap.engine,
        "narrator": narrative.generator,
        "not_checked": not_checked(kit),
    }
    for unit, number in narrative.usage.items():
        usage[unit] = usage.get(unit, 0) + number
    sections = (*overview.sections(), *_sections(narrative, facts, answers, note))
    return Digest(data, sections, usage)


def _tables(results: Iterable[Result], counts: dict[str, int]) -> list[Table]:
    return [Table("acl", COLUMNS, _rows(results, counts))]


def _rows(results: Iterable[Result], counts: dict[str, int]) -> Iterator[Mapping[str, Any]]:
    """One row per access entry; a path without entries has one row with an empty trustee."""
    for result in results:
        counts["seen"] += 1
        if result.error:
            counts["failed"] += 1
        counts["skipped"] += result.status == "skipped"
        for finding in result.findings:
            counts[finding.severity] += not finding.waived
        acl = result.data.get("acl")
        if acl is None:
            counts["shares"] += "share" in result.data
            counts["audited"] += "share" in result.data or "svm" in result.data
            continue
        counts["audited"] += 1
        counts["directories"] += acl["kind"] == "directory"
        counts["files"] += acl["kind"] == "file"
        counts["changed"] += bool(result.data.get("changes"))
        counts["protected"] += bool(acl.get("protected"))
        counts["undecoded"] += acl.get("undecoded", 0)
        yield from _entries(result, acl)


def _entries(result: Result, acl: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    rules = sorted({finding.rule for finding in result.findings})
    common = {
        "path": acl["path"],
        "folder": "/".join(acl["path"].split("/")[:3]) or "/",
        "kind": acl["kind"],
        "owner": acl.get("owner") or "",
        "style": acl.get("style") or "",
        "mode": acl.get("mode") or "",
        "modified": str(result.data.get("modified", ""))[:10],
        "open": any(
            rule.startswith("open-access") or rule in ("anonymous-access", "null-dacl", "unix-world-writable")
            for rule in rules
        ),
        "open_writable": any(
            rule in ("open-access-full", "open-access-write", "null-dacl", "unix-world-writable") for rule in rules
        ),
        "changes": ", ".join(result.data.get("changes", ())),
        "findings": len(result.findings),
    }
    entries = acl.get("aces") or [{}]
    for entry in entries:
        yield common | {
            "trustee": entry.get("trustee", ""),
            "access": entry.get("access", ""),
            "level": entry.get("level", ""),
            "inherited": bool(entry.get("inherited")),
        }


def _facts(counts: Mapping[str, int], answers: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    exposure = answers.get("exposure") or [{"open_paths": 0, "open_writable": 0}]
    return {**counts, **exposure[0]}


def _sections(
    narrative: Narrative, facts: Mapping[str, Any], answers: Mapping[str, list[dict[str, Any]]], note: str
) -> Iterator[Section]:
    yield Section("Narrative", "text", text=narrative.text, note=f"generator: {narrative.generator}")
    yield Section("Facts the narrative may use", "facts", ("fact", "value"), tuple(sorted(facts.items())))
    for query in QUERIES:
        if query.title and query.name in answers:
            yield _section(query, answers[query.name], note)
    if not answers:
        yield Section("SQL analysis", "text", text=note)


def _section(query: Query, rows: list[dict[str, Any]], note: str) -> Section:
    columns = tuple(rows[0]) if rows else ()
    table = tuple(tuple(row[column] for column in columns) for row in rows)
    return Section(query.title, query.kind, columns, table, note=note)


def not_checked(kit: Kit, *, imported: bool = False) -> list[str]:
    """What ONTAP cannot tell, said where the findings are read. `imported`: memberships came from a file."""
    facts = kit.memo("context", kit.ontap.context)
    told = "only those in the imported file are known" if imported else "ONTAP does not know them"
    lines = [f"members of Active Directory groups: {told}, so a group is judged by its name"]
    if facts["nfs4_acl"] is not False:
        state = "enabled on this SVM" if facts["nfs4_acl"] else "perhaps in use"
        lines.append(f"NFSv4 ACLs: {state}, and not readable by REST; UNIX verdicts rest on mode bits alone")
    if facts["ad"] not in ("healthy", "none"):
        lines.append(f"whether unresolved SIDs are orphans: Active Directory is {facts['ad']}")
    return [*lines, *facts["unknown"], *site_of(kit).unknown]
