"""Starts LocalStack, in its own environment, with functions that run, maps and redrives as documented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localstack.runtime.main import main
from localstack.services.cloudformation.engine.v2.change_set_model import ChangeSetModel
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import ChangeSetModelPreproc
from localstack.services.lambda_.invocation import runtime_executor
from localstack.services.stepfunctions.asl.parse.asl_parser import AmazonStateLanguageParser

from benchmarks.prove import maps

PARSE = AmazonStateLanguageParser.parse
IN_MAP = ChangeSetModel._resolve_intrinsic_function_fn_find_in_map
PARAMETER = ChangeSetModelPreproc.visit_node_parameter


def changed_in_map(model: Any, arguments: Any) -> Any:
    """Whether a look-up in a map changes; with a parameter as its key, the engine does not know for updates."""
    try:
        return IN_MAP(model, arguments)
    except NotImplementedError:
        return arguments.change_type


def parameter(preparation: Any, node: Any) -> Any:
    """A list of subnets is a list; the engine knows lists of strings only."""
    delta = PARAMETER(preparation, node)
    if str(preparation.visit(node.type_).after).startswith("List<AWS::") and isinstance(delta.after, str):
        delta.after = delta.after.split(",")
    return delta


def parsed(text: str) -> Any:
    """The program, each map of which knows how it was declared."""
    definition = json.loads(text)
    program, tree = PARSE(json.dumps(maps.understood(definition)))
    for name, state in definition["States"].items():
        if state["Type"] == "Map":
            program.states.states[name].iteration_component.declared = state
    return program, tree


def lines(_transformer: Any, env: Any) -> None:
    env.stack.pop()
    env.stack.append(maps.read(env.stack.pop()))


def written(env: Any, state: Mapping[str, Any], record: Any, results: maps.Results) -> None:
    """What a ResultWriter leaves in the bucket: a manifest, and the inputs of children by outcome."""
    from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.credentials import (
        StateCredentials,
    )
    from localstack.services.stepfunctions.asl.utils.boto_client import boto_client_for

    from benchmarks.prove import redrive

    redrive.remember(env, results)
    details, where = env.aws_execution_details, state["ResultWriter"]["Parameters"]
    client = boto_client_for("s3", details.region, StateCredentials(role_arn=details.role_arn))
    rows = {
        "SUCCEEDED": [{"Input": json.dumps({"Items": items})} for items in results.succeeded],
        "FAILED": [
            {"Input": json.dumps({"Items": items}), "Error": failed.error, "Cause": failed.cause}
            for items, failed in results.failed
        ],
        "PENDING": [{"Input": json.dumps({"Items": items})} for items in results.pending],
    }
    folder, named = f"{where['Prefix']}/{maps.run_id(record)}", {}
    for outcome, found in rows.items():
        body = json.dumps([{"Status": outcome, **row} for row in found]).encode()
        named[outcome] = [{"Key": f"{folder}/{outcome}_0.json", "Size": len(body)}] if found else []
        if found:
            client.put_object(Bucket=where["Bucket"], Key=f"{folder}/{outcome}_0.json", Body=body)
    manifest = {"DestinationBucket": where["Bucket"], "MapRunArn": record.map_run_arn, "ResultFiles": named}
    client.put_object(Bucket=where["Bucket"], Key=f"{folder}/manifest.json", Body=json.dumps(manifest).encode())


def install() -> None:
    from benchmarks.prove.sandbox import Sandbox

    ChangeSetModel._resolve_intrinsic_function_fn_find_in_map = changed_in_map
    ChangeSetModelPreproc.visit_node_parameter = parameter
    # Before others import it by name.
    runtime_executor.get_runtime_executor = lambda: Sandbox
    AmazonStateLanguageParser.parse = staticmethod(parsed)
    transformer = maps.LOCALSTACK.map_part(
        "item_reader.resource_eval.resource_output_transformer.resource_output_transformer_json"
    )
    transformer.ResourceOutputTransformerJson._eval_body = lines

    from benchmarks.prove import enforced, redrive

    enforced.install()
    redrive.install()
    maps.emulate(maps.LOCALSTACK, setattr, lambda component: component.declared, written, redrive.left_of)


if __name__ == "__main__":
    install()
    main()
