"""The catalogue of rules as a Markdown table, from the rules themselves."""

from __future__ import annotations

from fsxap.acl.rules import RULES


def markdown() -> str:
    lines = [
        "| Rule | Severity | What it means | Reported | Controls | What to do |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for rule in sorted(RULES, key=lambda rule: rule.id):
        reported = "everywhere" if rule.reports_inherited else "where it begins"
        cells = (f"`{rule.id}`", rule.severity, rule.title, reported, ", ".join(rule.controls), rule.remediation)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
