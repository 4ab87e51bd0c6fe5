"""The SVM as an item of the audit: found once, judged with its shares, and honest about what was not answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from fsxap.acl.rules import Context
from fsxap.acl.site import Site
from fsxap.emulator.sample_permissions import description
from fsxap.engine.types import Kit
from fsxap.errors import AccessDenied, Unauthenticated
from fsxap.model import Item
from fsxap.providers.local.permissions import FolderPermissions
from fsxap.providers.local.sidecar import SIDECAR
from fsxap.usecases.legal_compliance.audit import discover, process
from fsxap.usecases.legal_compliance.summary import not_checked
from fsxap.usecases.legal_compliance.svm import audit_svm, site_of, svm_item

PARAMS = {"path": "", "files": False, "depth": None, "rules": "*", "users": ()}


@dataclass
class World:
    """The capabilities an audit asks for."""

    ontap: Any
    run: str = "r1"
    params: dict[str, Any] = field(default_factory=lambda: dict(PARAMS))
    made: dict[str, Any] = field(default_factory=dict)

    def memo(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]


def world(folder: Path, **changes: Any) -> Kit:
    for path in ("hr/payroll", "finance", "public", "projects"):
        (folder / path).mkdir(parents=True)
    (folder / SIDECAR).write_text(yaml.safe_dump({**description(), **changes}, allow_unicode=True))
    return cast(Kit, World(FolderPermissions(folder)))


def svms(kit: Kit) -> list[Item]:
    return [item for item in discover(kit) if isinstance(item, Item) and item.attrs["kind"] == "svm"]


def test_it_is_one_item_with_the_planted_problems(tmp_path: Path) -> None:
    kit = world(tmp_path)
    (item,) = svms(kit)
    assert item.key == "svm://files"
    result = process(item, kit)
    assert result.status == "ok"
    assert {finding.rule for finding in result.findings} == {
        *("export-open", "privileged-local-account", "name-mapping-wildcard", "auditing-off"),
        *("smb-anonymous-enumeration", "smb-signing-off"),
    }
    assert {finding.where for finding in result.findings} == {"svm://files"}
    assert len({finding.id for finding in result.findings}) == len(result.findings)


def test_a_plain_folder_has_none(tmp_path: Path) -> None:
    assert svms(cast(Kit, World(FolderPermissions(tmp_path)))) == []


def test_rules_are_chosen_here_too(tmp_path: Path) -> None:
    kit = world(tmp_path)
    kit.params["rules"] = "auditing-*"  # type: ignore[index]
    assert [finding.rule for finding in process(svms(kit)[0], kit).findings] == ["auditing-off"]


def test_roots_without_audit_entries(tmp_path: Path) -> None:
    permissions = description()["permissions"]
    audited = {"trustee": "Everyone", "access": "audit_success", "rights": "full_control"}
    permissions["finance"] = {"acl": [audited]}
    kit = world(tmp_path, services={"native_audit": True}, permissions=permissions)
    result = process(svms(kit)[0], kit)
    found = {finding.where for finding in result.findings if finding.rule == "no-sacl"}
    assert found == {"/", "/public", "/hr", "/projects"}, "finance and payroll have an entry"


def test_a_root_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    permissions = {"hr": {"error": "6691623"}}
    kit = world(tmp_path, services={"native_audit": True}, permissions=permissions)
    (line,) = process(svms(kit)[0], kit).data["unknown"]
    assert line.startswith("whether /hr has audit entries")
    assert line.endswith("[access-denied]")


def test_what_was_not_answered_is_said_with_the_findings(tmp_path: Path) -> None:
    kit = world(tmp_path)
    kit.memo("site", lambda: replace(kit.ontap.site(), exports=None, unknown=("export policies: no [access-denied]",)))
    result = process(svms(kit)[0], kit)
    assert result.data["unknown"] == ["export policies: no [access-denied]"]
    assert "export-open" not in {finding.rule for finding in result.findings}
    assert "export policies: no [access-denied]" in not_checked(kit)


def test_a_refused_sign_in_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kit = world(tmp_path, services={"native_audit": True})
    item = svms(kit)[0]
    for error in (Unauthenticated("no"), AccessDenied("no")):
        monkeypatch.setattr(kit.ontap, "security", lambda _path, error=error: (_ for _ in ()).throw(error))
        if isinstance(error, Unauthenticated):
            with pytest.raises(Unauthenticated):
                process(item, kit)
        else:
            assert process(item, kit).data["unknown"]


def test_another_svm_now(tmp_path: Path) -> None:
    kit = world(tmp_path)
    assert audit_svm(svm_item(Site("old"), "#1"), kit, Context(), None).status == "vanished"
    assert site_of(kit).svm == "files"


def test_local_users_and_unix_ids_reach_the_other_rules(tmp_path: Path) -> None:
    permissions = {
        "hr": {"acl": [{"trustee": "FILES\\scanner", "rights": "read"}]},
        "finance": {"style": "unix", "uid": 4711, "gid": 1001, "mode": "0750"},
    }
    kit = world(tmp_path, permissions=permissions)
    found = {
        (finding.rule, finding.subject)
        for path in ("/hr", "/finance")
        for finding in process(Item(path, attrs={"kind": "directory"}), kit).findings
    }
    assert {("direct-user-ace", "FILES\\scanner"), ("unix-unknown-owner", "uid 4711")} <= found
    assert ("unix-unknown-owner", "gid 1001") not in found
