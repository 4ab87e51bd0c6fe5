"""Makes docs/regions.md; `python -m docs.regions` renews what botocore's endpoint data say in regions.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsxap import regions

SHOWN = (
    "us-east-1", "us-east-2", "us-west-2", "ca-central-1", "eu-west-1", "eu-west-2", "eu-central-1",
    "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
)  # fmt: skip
WORDS = {"yes": "yes", "no": "no", "differ": "differ", "unknown": "?"}

HEAD = """# Regions

What exists where, as dated claims in one file of the package
([regions.json](../fsxap/regions.json)), each with its source and how sure it is. `fsxap doctor --use-case NAME` and
`fsxap deploy` judge by it, and by the endpoint data of the botocore that is installed, which may be newer. `?` is
unknown: no source says, and nothing is guessed. `differ` is where sources contradict each other, and only AWS can tell.

"""
TAIL = """
A service that is missing is called in another region only where one is named (`textract_region`,
`comprehend_medical_region`, `bedrock_region`) and `accept_cross_region` says that text of documents may go there. Or it
is not called: every use case has an embedded engine for what runs on a machine.

## Sources

"""
NOTES = """
botocore's endpoint data list where a service has an endpoint, not which of its operations, models or languages are
there, and several newer services are not in them at all.

{notes}
"""


def page() -> str:
    return (
        HEAD + "\n".join([*matrix(), ""]) + TAIL + "\n".join([*sources(), ""]) + NOTES.format(notes="\n".join(notes()))
    )


def matrix() -> Iterator[str]:
    yield f"| | {' | '.join(SHOWN)} |"
    yield f"| --- |{' --- |' * len(SHOWN)}"
    for feature in regions.features():
        cells = (WORDS[regions.availability(feature.name, region).status] for region in SHOWN)
        yield f"| {feature.title} | {' | '.join(cells)} |"


def sources() -> Iterator[str]:
    yield "| | source | of | certainty |"
    yield "| --- | --- | --- | --- |"
    for feature in regions.features():
        for claim in feature.claims:
            yield f"| {feature.title} | {claim.source} | {claim.dated} | {claim.certainty} |"
        if not feature.claims:
            yield f"| {feature.title} | none | | |"


def notes() -> Iterator[str]:
    return (f"- **{feature.title}**: {feature.note}." for feature in regions.features() if feature.note)


def renew(content: dict[str, Any]) -> dict[str, Any]:
    """The file's content with botocore's lists as they are here."""
    import botocore
    from botocore.session import Session

    session, day = Session(), datetime.now(UTC).strftime("%Y-%m-%d")
    for feature in content["features"]:
        known = sorted(session.get_available_regions(feature["endpoint"])) if feature.get("endpoint") else []
        others = [claim for claim in feature["claims"] if not claim["source"].startswith(regions.BOTOCORE)]
        made = {
            "source": f"{regions.BOTOCORE} {botocore.__version__}",
            "dated": day,
            "certainty": "likely",
            "in": known,
            "complete": True,
        }
        feature["claims"] = ([made] if known else []) + others
    return content


def text(content: dict[str, Any]) -> str:
    """JSON with a claim a line."""
    rows = []
    for feature in content["features"]:
        claims = ",\n".join(f"    {json.dumps(claim)}" for claim in feature["claims"])
        head = json.dumps({name: value for name, value in feature.items() if name != "claims"})[:-1]
        rows.append(f'  {head}, "claims": [\n{claims}\n  ]}}' if claims else f'  {head}, "claims": []}}')
    return '{"features": [\n' + ",\n".join(rows) + "\n]}\n"


if __name__ == "__main__":
    file = Path(regions.__file__).with_name("regions.json")
    file.write_text(text(renew(json.loads(file.read_text(encoding="utf-8")))), encoding="utf-8")
