# ruff: noqa: E501 - rows of a Markdown table cannot be broken
"""Makes docs/troubleshooting.md from the tables that `fsxap doctor` judges by."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.doctor.check import LAYERS, layer_of
from fsxap.doctor.symptoms import SYMPTOMS
from fsxap.providers.aws.signals import SIGNALS

HEAD = """# When it does not work

```sh
fsxap doctor                                         # this machine, settings, credentials
fsxap doctor -s my-ap-abc123-ext-s3alias             # and everything between here and the files
fsxap doctor -s s3://my-ap-abc123-ext-s3alias/scans --explain 2026/a.dcm   # which layer refuses this file
fsxap doctor -s my-ap-abc123-ext-s3alias --ontap HOST --ontap-secret REF   # and why the volume refuses
```

Checks come in the order of the layers a request passes: """

TREE = """. Each is `pass`, `warn`, `fail` or `skip`, with what was seen, a hint, and how certain the verdict is. Doctor only
reads, needs no permission in particular, and says what it could not see. Exit code 3 means that a check failed.

## Which layer refuses

AWS decides first, then the volume, each in its own words:

"""

TABLE = """
## States and refusals together

The first row that fits is the verdict.

| verdict | layer | what is seen | what to do | certainty |
| --- | --- | --- | --- | --- |
"""

QUESTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "The attachment is not AVAILABLE",
        tuple(f"attachment-{state}" for state in ("creating", "deleting", "failed", "misconfigured", "updating")),
    ),
    (
        "No answer at all. A missing route gives no error, only silence",
        ("vpc-origin-outside", "not-resolved", "not-connected"),
    ),
    ("`ServiceUnavailable`, closed connections, time-outs, though the attachment is AVAILABLE", ("data-plane-down",)),
    (
        "`AccessDenied` with a reason: AWS's own",
        ("vpc-origin", "policy-deny", "explicit-deny", "organization-policy", "endpoint-policy", "identity-policy"),
    ),
    ("`AccessDenied` without a reason, and HeadBucket refused too", ("not-allowed",)),
    (
        "`AccessDenied` without a reason although HeadBucket passes: the volume. It passes whatever the volume says, so it "
        "is never a sign of health",
        ("domain-prefix", "no-domain-controller", "object-permission", "volume-permission", "volume-refuses"),
    ),
    ("`NoSuchKey`, and the folder lists", ("key-vanished",)),
)
"""What is asked first, and the verdicts below it, in the order in which they are tried."""

SINGLE = """
## Refusals by themselves

| verdict | layer | AWS's name | and its words | at | what to do |
| --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    layers = ", ".join(LAYERS)
    return (
        f"{HEAD}{layers}{TREE}"
        + "\n".join(tree())
        + "\n"
        + TABLE
        + "\n".join(symptoms())
        + "\n"
        + SINGLE
        + "\n".join(signals())
        + "\n"
    )


def tree() -> Iterator[str]:
    known = {each.code: each for each in SYMPTOMS}
    for number, (question, codes) in enumerate(QUESTIONS, 1):
        yield f"{number}. {question}:"
        for code in codes:
            yield f"   - {known[code].shows}: **{known[code].layer}**, `{code}`"


def symptoms() -> Iterator[str]:
    for each in SYMPTOMS:
        yield f"| `{each.code}` | {each.layer} | {each.shows} | {each.hint} | {each.certainty} |"


def signals() -> Iterator[str]:
    for each in SIGNALS:
        names = ", ".join(f"`{name}`" for name in each.names.split())
        said = f'"{each.says}"' if each.says else ""
        calls = ", ".join(each.operation.split())
        yield f"| `{each.code}` | {layer_of(each.layer)} | {names} | {said} | {calls} | {each.hint} |"
