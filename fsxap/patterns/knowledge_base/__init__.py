"""Questions answered from the files of an access point: a Bedrock knowledge base that is kept up to date."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Any

from fsxap.engine.types import Params, Pattern, Workload

MODEL = "arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.titan-embed-text-v2:0"
SHORT: Mapping[str, Any] = {
    "Fn::Sub": [
        "fsxap-${Id}",
        {
            "Id": {
                "Fn::Select": [
                    0,
                    {"Fn::Split": ["-", {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}]},
                ]
            }
        },
    ]
}
"""A name of at most 32 letters, as OpenSearch Serverless wants it, that no other stack has."""

LETTERS_A_TOKEN = 4
METADATA = 2_000
"""Bytes kept with a vector: its passage, and where that is from."""
STATES = 12
"""Entered in a run whose job takes a minute."""
HOURS = 730


def context(_params: Params) -> Mapping[str, Any]:
    """The policies of a collection, which are JSON inside a string, and names that several resources share."""
    named = {"ResourceType": "collection", "Resource": ["collection/${Name}"]}
    rules = [{"ResourceType": "index", "Resource": ["index/${Name}/*"]}]
    reads = ["aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"]
    makes = ["aoss:CreateIndex", "aoss:DeleteIndex", "aoss:UpdateIndex", "aoss:DescribeIndex"]
    access = [
        {"Rules": [rules[0] | {"Permission": reads}], "Principal": ["${KnowledgeBaseRole.Arn}"]},
        {"Rules": [rules[0] | {"Permission": makes}], "Principal": ["${CollectionAdmin}"]},
    ]
    return {
        "model": MODEL,
        "short": SHORT,
        "encryption": json.dumps({"Rules": [named], "AWSOwnedKey": True}),
        "network": json.dumps([{"Rules": [named], "AllowFromPublic": True}]),
        "access": json.dumps(access),
        "knowledge_bases": _arn("bedrock", "knowledge-base/*"),
        "collections": _arn("aoss", "collection/*"),
    }


def _arn(service: str, resource: str) -> Mapping[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"}


def month(work: Workload) -> Mapping[str, int]:
    """A month of embedding what is new, keeping its vectors, and starting ingestion jobs."""
    dimensions = int(work.chosen.get("Dimensions", "1024"))
    each = Fraction(work.size, max(work.items, 1))
    read = (work.items + work.fresh * work.runs) * each
    tokens = ceil(read / LETTERS_A_TOKEN * Fraction(5, 4))
    vectors = ceil(Fraction(tokens, int(work.chosen.get("ChunkTokens", "300"))))
    kept = vectors * (4 * dimensions + METADATA)
    units = {
        "embedding_tokens": tokens,
        "sfn_transitions": ceil(work.runs * STATES),
        "schedule_invocations": ceil(work.runs),
        "sns_emails": ceil(work.runs),
        "s3_get_requests": ceil(work.items + work.fresh * work.runs),
        "s3_put_requests": ceil((work.items + work.fresh * work.runs) * work.runs / 1000 + work.runs),
        "kms_keys": 1,
    }
    if work.chosen.get("VectorStore") == "OPENSEARCH_SERVERLESS":
        zones = 2 if work.chosen.get("StandbyReplicas") == "ENABLED" else 1
        return units | {"opensearch_unit_hours": zones * HOURS}
    return units | {"s3_vector_byte_months": kept, "s3_vector_put_bytes": kept}


PATTERN = Pattern(
    name="knowledge-base",
    title="Questions answered from files, with citations",
    aliases=("kb", "rag"),
    context=context,
    month=month,
    assumed="files are text, 4 bytes a token, a fourth more of it by overlap; questions are not counted",
    services=("bedrock-agent", "bedrock-agent-runtime", "s3vectors", "opensearchserverless"),
)
