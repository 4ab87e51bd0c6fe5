"""Asks PyPI for known vulnerabilities of the locked dependencies; says so where it cannot be asked.

    python -m benchmarks.advisories

Exit 1 for a vulnerability, 0 otherwise: without a network the check is not made, and that is no failure of the code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"
COMMAND = ("-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--disable-pip", "--require-hashes")


def main() -> int:
    done = subprocess.run(
        [sys.executable, *COMMAND, "--requirement", str(LOCK)], capture_output=True, text=True, check=False
    )
    try:
        found = json.loads(done.stdout)["dependencies"]
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
        print(f"advisories: not checked: {reason}")
        return 0
    skipped = [one for one in found if "skip_reason" in one]
    bad = [one for one in found if one.get("vulns")]
    for one in bad:
        for told in one["vulns"]:
            fixed = ", ".join(told["fix_versions"]) or "no version yet"
            print(f"advisories: {one['name']} {one['version']}: {told['id']}, fixed in {fixed}")
    unknown = f", {len(skipped)} not known to the index that was asked" if skipped else ""
    print(f"advisories: {len(found) - len(skipped)} packages checked{unknown}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
