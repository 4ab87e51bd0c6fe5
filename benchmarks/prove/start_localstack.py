"""Starts LocalStack, in its own environment: functions are accepted and cannot run, and valid maps are accepted."""

from __future__ import annotations

import json
from typing import Any

from localstack.runtime.main import main
from localstack.services.cloudformation.engine.v2.change_set_model import ChangeSetModel
from localstack.services.lambda_.invocation import runtime_executor
from localstack.services.stepfunctions.asl.parse.asl_parser import AmazonStateLanguageParser


class Unstarted(runtime_executor.RuntimeExecutor):  # type: ignore[misc]  # of another environment
    """Docker's is the only one that the engine brings, and there is no Docker."""

    @classmethod
    def prepare_version(cls, function_version: Any) -> None: ...

    @classmethod
    def cleanup_version(cls, function_version: Any) -> None: ...

    def start(self, *_: Any) -> None:
        raise runtime_executor.LambdaRuntimeException("functions are not invoked here")

    def stop(self) -> None: ...

    def get_address(self) -> str:
        return "127.0.0.1"

    get_endpoint_from_executor = get_runtime_endpoint = get_logs = get_address

    def invoke(self, *_: Any) -> Any:
        raise runtime_executor.LambdaRuntimeException("functions are not invoked here")


def without_batches(definition: str) -> str:
    """Its grammar knows neither batches nor JSON Lines, and takes no whole number for a percentage."""
    made = json.loads(definition)
    for state in made["States"].values():
        if state["Type"] == "Map":
            state.pop("ItemBatcher", None)
            state["ItemReader"]["ReaderConfig"]["InputType"] = "JSON"
            state["ToleratedFailurePercentage"] = float(state["ToleratedFailurePercentage"])
    return json.dumps(made)


def changed_in_map(model: Any, arguments: Any) -> Any:
    """Whether a look-up in a map changes; with a parameter as its key, the engine does not know for updates."""
    try:
        return IN_MAP(model, arguments)
    except NotImplementedError:
        return arguments.change_type


PARSE = AmazonStateLanguageParser.parse
IN_MAP = ChangeSetModel._resolve_intrinsic_function_fn_find_in_map

if __name__ == "__main__":
    AmazonStateLanguageParser.parse = staticmethod(lambda definition: PARSE(without_batches(definition)))
    ChangeSetModel._resolve_intrinsic_function_fn_find_in_map = changed_in_map
    runtime_executor.get_runtime_executor = lambda: Unstarted
    main()
