"""The audit's queries, written once in Athena's dialect over the table `acl`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

COLUMNS = {
    "path": "varchar",
    "folder": "varchar",
    "kind": "varchar",
    "owner": "varchar",
    "style": "varchar",
    "mode": "varchar",
    "modified": "varchar",
    "open": "boolean",
    "open_writable": "boolean",
    "changes": "varchar",
    "findings": "bigint",
    "trustee": "varchar",
    "access": "varchar",
    "level": "varchar",
    "inherited": "boolean",
}


@dataclass(frozen=True, slots=True)
class Query:
    """`text` may hold {stale_before}, an ISO date made from an integer parameter."""

    name: str
    text: str
    title: str = ""
    kind: Literal["table", "bars"] = "table"

    def sql(self, params: Mapping[str, Any]) -> str:
        stale = datetime.now(UTC) - timedelta(days=int(params["stale_days"]))
        return self.text.format(stale_before=stale.date().isoformat())


QUERIES = (
    Query(
        "exposure",
        """
        SELECT count(DISTINCT path) FILTER (WHERE open) AS open_paths,
               count(DISTINCT path) FILTER (WHERE open_writable) AS open_writable
        FROM acl
        """,
    ),
    Query(
        "folders",
        """
        SELECT folder, sum(findings) AS findings
        FROM (SELECT DISTINCT path, folder, findings FROM acl) AS paths
        GROUP BY folder HAVING sum(findings) > 0
        ORDER BY findings DESC, folder LIMIT 20
        """,
        "Folders with most findings",
        "bars",
    ),
    Query(
        "changes",
        """
        SELECT path, kind, changes, owner, count(CASE WHEN trustee <> '' THEN 1 END) AS entries
        FROM acl WHERE changes <> ''
        GROUP BY path, kind, changes, owner ORDER BY path LIMIT 100
        """,
        "Where access is not what the folder gives",
    ),
    Query(
        "trustees",
        """
        SELECT trustee, level, count(DISTINCT path) AS paths,
               count(DISTINCT CASE WHEN NOT inherited THEN path END) AS granted_here
        FROM acl WHERE access = 'allow' AND trustee <> ''
        GROUP BY trustee, level ORDER BY paths DESC, trustee, level LIMIT 50
        """,
        "Who is granted what",
    ),
    Query(
        "owners",
        """
        SELECT owner, count(DISTINCT path) AS paths
        FROM acl WHERE owner <> '' GROUP BY owner ORDER BY paths DESC, owner LIMIT 20
        """,
        "Owners",
    ),
    Query(
        "stale",
        """
        SELECT DISTINCT path, modified, open_writable
        FROM acl WHERE open AND modified <> '' AND modified < '{stale_before}'
        ORDER BY modified, path LIMIT 50
        """,
        "Open and not modified for long",
    ),
)
