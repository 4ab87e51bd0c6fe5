"""The registry and the audit as a whole: every rule has cases, noise stays out, ids stay put."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fsxap.acl.rules
from fsxap.acl.inheritance import inherited
from fsxap.acl.model import Ace
from fsxap.acl.rights import FULL, READ
from fsxap.acl.rules import RULES, Context, Subject, audit, audit_share, not_audited
from fsxap.acl.rules.catalogue import markdown
from fsxap.model import SEVERITIES, Failure
from tests.unit.acl.builders import ADMIN_FULL, ORPHAN, PROTECTED, SALES, ace, aces, deny, file, folder, unhurried, unix
from tests.unit.acl.rules import (
    test_entry_rules,
    test_identity,
    test_inheritance_rules,
    test_open_access,
    test_privilege,
    test_shares,
    test_site,
    test_unix_and_layers,
)
from tests.unit.acl.rules.cases import Case, shared

FAMILIES = (
    test_entry_rules,
    test_identity,
    test_inheritance_rules,
    test_open_access,
    test_privilege,
    test_shares,
    test_site,
    test_unix_and_layers,
)
CASES: list[Case] = [case for family in FAMILIES for case in family.CASES]
DENIED = Failure("655865", "security could not be read", retryable=False)
PAGE = Path(__file__).resolve().parents[4] / "docs" / "findings.md"


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule.id != "not-audited"])
def test_every_rule_has_a_positive_and_a_negative_case(rule: str) -> None:
    expected = {bool(case.subjects) for case in CASES if case.rule == rule}
    assert expected == {True, False}


def test_every_family_is_registered() -> None:
    modules = {module.name for module in pkgutil.iter_modules(fsxap.acl.rules.__path__)} - {"rule", "catalogue"}
    families = {name: importlib.import_module(f"fsxap.acl.rules.{name}").RULES for name in modules}
    assert [rule.id for rule in RULES].count("open-access-full") == 1
    assert {rule.id for rules in families.values() for rule in rules} == {rule.id for rule in RULES}
    assert len({rule.id for rule in RULES}) == len(RULES) == sum(map(len, families.values()))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_and_what_to_do(rule) -> None:  # type: ignore[no-untyped-def]
    assert rule.severity in SEVERITIES
    assert rule.controls
    assert not rule.title.endswith(".")
    assert rule.remediation.endswith(".")
    assert "\n" not in rule.remediation


def test_the_catalogue_of_the_facts_is_complete() -> None:
    wanted = (
        "open-access-full open-access-write open-access-read anonymous-access null-dacl empty-dacl unresolved-sid "
        "direct-user-ace deny-ace ineffective-deny non-canonical-order full-control-non-admin permission-change-right "
        "inheritance-blocked explicit-differs-from-parent corrupted-inheritance missing-admin owner-unresolved "
        "owner-user owner-nonadmin-toplevel creator-owner-full duplicate-or-redundant-ace conditional-ace "
        "undecoded-ace slag-present style-mismatch unix-world-writable unix-world-readable setuid-setgid "
        "unix-unknown-owner share-everyone-full share-ntfs-gap nested-share share-abe-off share-unencrypted "
        "share-show-snapshot not-audited export-open privileged-local-account name-mapping-wildcard "
        "name-mapping-to-root auditing-off no-sacl smb-anonymous-enumeration smb-signing-off "
        "s3ap-privileged-identity s3ap-public s3ap-internet-origin s3ap-bypasses-share s3ap-misconfigured"
    )
    assert {rule.id for rule in RULES} == set(wanted.split())


def test_a_path_that_cannot_be_read_is_a_finding() -> None:
    finding = not_audited("/vol1/hr", DENIED)
    assert (finding.rule, finding.where) == ("not-audited", "/vol1/hr")
    assert finding.evidence["code"] == "655865"
    assert "security could not be read" in finding.message
    assert finding.id == not_audited("/vol1/hr", Failure("4", "other words")).id
    assert finding.id != not_audited("/vol1/it", DENIED).id


def test_a_tidy_folder_has_no_findings() -> None:
    parent = folder(ADMIN_FULL, ace("NT AUTHORITY\\SYSTEM"), ace(SALES, 0x1301BF), path="/vol1")
    below = folder(*inherited(parent.aces, directory=True))
    assert audit(Subject(parent, None, Context(ad="healthy", depth=0))) == []
    assert audit(Subject(below, parent, Context(ad="healthy", depth=1))) == []


@given(st.lists(aces(), min_size=1, max_size=6), st.booleans())
@unhurried
def test_a_child_that_only_inherits_says_nothing_new(listed: list[Ace], directory: bool) -> None:
    """Whatever is wrong with a folder is said there, not again on each child that takes its entries from it.

    Denies are left out of the list: one for this folder alone makes the child's access truly another.
    """
    explicit = [replace(one, access="allow") for one in listed if one.inheritable]
    parent = folder(ADMIN_FULL, *explicit, path="/vol1")
    made = inherited(parent.aces, directory=directory)
    child = folder(*made) if directory else file(*made)
    said = {(one.rule, one.subject) for one in audit(Subject(parent))}
    for finding in audit(Subject(child, parent)):
        assert (finding.rule, finding.subject) not in said


def test_only_chooses_rules() -> None:
    subject = Subject(folder(ace("Everyone"), deny(SALES)))
    assert {one.rule for one in audit(subject, lambda rule: rule.startswith("open-"))} == {"open-access-full"}
    assert audit(subject, lambda rule: False) == []
    share = shared(("Everyone", "full_control"), flags={"encryption": False})
    assert {one.rule for one in audit_share(share, lambda rule: "encrypt" in rule)} == {"share-unencrypted"}
    assert {one.rule for one in audit_share(share)} == {"share-unencrypted", "share-everyone-full"}


def test_an_id_depends_on_the_fact_and_not_on_its_surroundings() -> None:
    one = audit(Subject(folder(ace("Everyone"), ADMIN_FULL)), "open-access-full".__eq__)
    two = audit(Subject(folder(ADMIN_FULL, ace("S-1-1-0", FULL & ~1), inode=9)), "open-access-full".__eq__)
    three = audit(Subject(folder(ace("Everyone"), path="/vol1/other")), "open-access-full".__eq__)
    assert one[0].id == two[0].id
    assert one[0].id != three[0].id


def test_ids_are_unique_within_one_place() -> None:
    listed = [ace("Everyone"), ace("CORP\\Domain Users"), ace(ORPHAN), deny(SALES), ace(SALES, None), deny(SALES, READ)]
    found = audit(Subject(folder(*listed, owner=ORPHAN, control=PROTECTED), None, Context(ad="healthy", depth=1)))
    assert len({one.id for one in found}) == len(found) > 8


def test_the_id_of_a_known_finding_never_changes() -> None:
    """Waivers and baselines of earlier versions name findings by id."""
    finding = audit(Subject(folder(ace("Everyone"))), "open-access-full".__eq__)[0]
    assert finding.id == "5f3488201919eb7d"


@given(st.lists(aces(st.none() | st.integers(0, FULL)), max_size=6), st.booleans(), st.none() | st.integers(0, 0xFFFF))
@unhurried
def test_no_descriptor_breaks_the_audit(listed: list[Ace], directory: bool, control: int | None) -> None:
    kind = "directory" if directory else "file"
    subject = Subject(folder(*listed, kind=kind, control=control), folder(*listed[::-1], path="/vol1", control=control))
    for finding in audit(subject):
        assert finding.record()["evidence"]["certainty"] in ("certain", "likely", "unknown")


@pytest.mark.parametrize("kind", ["symlink", "stream", "other", "junction"])
def test_other_kinds_are_audited_too(kind: str) -> None:
    assert audit(Subject(folder(ace("Everyone"), kind=kind)), "open-access-full".__eq__)
    assert audit(Subject(unix(0o777, kind=kind)), "setuid-setgid".__eq__) == []


def test_the_page_holds_the_generated_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    start = text.index("| Rule |")
    table = "".join(line for line in text[start:].splitlines(keepends=True) if line.startswith("|"))
    assert table == markdown()
    assert markdown().count("\n") == len(RULES) + 2
