"""Who can reach which files: audits NTFS and UNIX permissions of a volume path by path."""

from __future__ import annotations

from fsxap.acl.rules import RULES
from fsxap.engine.types import Footprint, Grant, Param, UseCase, boolean, words
from fsxap.usecases.legal_compliance.audit import discover, process
from fsxap.usecases.legal_compliance.summary import summarise

PARAMS = (
    Param("path", "where to start, relative to the volume's root", ""),
    Param("files", "audit files too, not only directories", False, boolean),
    Param("depth", "how many levels below the start; all by default", None, int),
    Param("rules", "only rules whose id matches this glob", "*"),
    Param("users", "accounts known to be single users, comma-separated", (), words),
    Param("stale_days", "open data not modified for this many days is listed as stale", 730, int),
)

USE_CASE = UseCase(
    name="legal-compliance",
    title="Permission audit",
    aliases=("uc1",),
    params=PARAMS,
    discover=discover,
    process=process,
    summarise=summarise,
    engines=("ontap", "sql", "narrator"),
    rules={rule.id: rule.title for rule in RULES},
    footprint=Footprint(
        memory=512,
        timeout=900,
        needs_ontap=True,
        grants=(Grant(("secretsmanager:GetSecretValue",), ("secret",)),),
    ),
)
