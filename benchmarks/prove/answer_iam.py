"""Runs in Principal Mapper's own environment: for each call, whether the policy allows it."""

from __future__ import annotations

import collections
import collections.abc
import json
import sys
from typing import Any

# It was written for a Python that had these names there.
for name in ("Mapping", "MutableMapping"):
    setattr(collections, name, getattr(collections.abc, name))

from principalmapper.querying.local_policy_simulation import policy_has_matching_statement  # noqa: E402
from principalmapper.util.case_insensitive_dict import CaseInsensitiveDict  # noqa: E402


def allowed(question: dict[str, Any]) -> bool:
    asked = (question["action"], question["resource"], CaseInsensitiveDict(question["context"]))
    found = {effect: policy_has_matching_statement(question["policy"], effect, *asked) for effect in ("Allow", "Deny")}
    return found["Allow"] and not found["Deny"]


if __name__ == "__main__":
    print(json.dumps([allowed(question) for question in json.load(sys.stdin)]))
