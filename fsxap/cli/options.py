"""Options every command shares, and how a command gets them: as one `Session`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from fsxap.cli.failures import EXITS, broken_pipe
from fsxap.cli.session import Session
from fsxap.engine.settings import BY_NAME


def option(*flags: str, help: str, metavar: str | None = None, complete: Callable[..., list[str]] | None = None) -> Any:
    return typer.Option(*flags, help=help, metavar=metavar, show_default=False, autocompletion=complete)


def setting(
    name: str,
    kind: Any = str,
    *flags: str,
    metavar: str | None = None,
    complete: Callable[[str], list[str]] | None = None,
) -> Any:
    """The Annotated type of a flag that is also a setting: no default of its own, so that origins stay true."""
    about = BY_NAME[name]
    return Annotated[
        kind | None, option(*(flags or (about.flag,)), help=about.help, metavar=metavar, complete=complete)
    ]


def places(incomplete: str) -> list[str]:
    from fsxap.cli.places import complete

    return complete(incomplete)


SHARED: dict[str, tuple[Any, Any]] = {
    "profile": (setting("profile"), None),
    "region": (setting("region"), None),
    "endpoint_url": (setting("endpoint_url", str, metavar="URL"), None),
    "config": (
        Annotated[str, option("--config", help="settings file instead of the nearest fsxap.yaml", metavar="FILE")],
        "",
    ),
    "state": (setting("state", str, metavar="DIR"), None),
    "output": (
        Annotated[str, option("--output", help="auto, table, jsonl, json or csv; auto is a table on a terminal")],
        "auto",
    ),
    "query": (
        Annotated[str, option("--query", help="filter each record (the array with json)", metavar="JMESPATH")],
        "",
    ),
    "out": (Annotated[str, option("-o", "--out", help="write records to FILE; - is stdout", metavar="FILE")], ""),
    "quiet": (Annotated[bool, option("-q", "--quiet", help="no progress, no notes")], False),
    "verbose": (
        Annotated[int, typer.Option("-v", "--verbose", count=True, show_default=False, help="say more; -vv for all")],
        0,
    ),
    "no_input": (Annotated[bool, option("--no-input", help="never ask")], False),
    "show_settings": (
        Annotated[bool, option("--show-settings", help="print each setting with its origin, and stop")],
        False,
    ),
}
FLAGS = {
    "source": (setting("source", str, "-s", "--source", metavar="LOCATION", complete=places), None),
    "to": (setting("to", str, metavar="LOCATION", complete=places), None),
    "workers": (setting("workers", int, metavar="N"), None),
    "engines": (setting("engines", str, metavar="local|aws"), None),
    "budget": (setting("budget", str, metavar="USD"), None),
}
ONTAP = {
    "ontap": (setting("ontap", str, metavar="HOST_OR_URL"), None),
    "svm": (setting("svm", str, metavar="NAME"), None),
    "volume": (
        Annotated[list[str] | None, option("--volume", help="volume to audit; repeat, or '*' for all", metavar="NAME")],
        None,
    ),
    "ontap_user": (setting("ontap_user", str, metavar="USER"), None),
    "ontap_secret": (setting("ontap_secret", str, metavar="REF"), None),
    "ontap_ca": (setting("ontap_ca", str, metavar="FILE"), None),
    "insecure": (Annotated[bool | None, option("--insecure", help=BY_NAME["insecure"].help)], None),
}


def command(
    app: typer.Typer,
    name: str,
    examples: str,
    *,
    ontap: bool = False,
    settings: tuple[str, ...] = (),
    records_to_file: bool = True,
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Register a command whose function takes a Session first and then its own options.

    `settings` names the flags among FLAGS that it has; they reach it through the session's settings.
    Without `records_to_file`, --out is the command's own affair.
    """
    shared = SHARED | {key: FLAGS[key] for key in settings} | (ONTAP if ontap else {})

    def register(function: Callable[..., int]) -> Callable[..., int]:
        signature = inspect.signature(function, eval_str=True)
        mine = [each for each in signature.parameters.values() if each.name != "session"]
        theirs = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for key, (kind, default) in shared.items()
        ]

        def run(**given: Any) -> int:
            common = {key: given.pop(key) for key in shared}
            try:
                with Session.opened(common, records_to_file=records_to_file) as session:
                    if common["show_settings"]:
                        return session.show_settings()
                    return function(session, **given)
            except BrokenPipeError:
                # Caught here, because Typer would make it exit code 1.
                return broken_pipe()

        positional = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in mine]
        run.__signature__ = inspect.Signature([*positional, *theirs])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*positional, *theirs)}
        run.__name__, run.__doc__ = function.__name__, function.__doc__
        # A line with nothing but a backspace keeps Typer from wrapping the paragraph below it.
        shown = "\n\n".join(f"\b\n{example}" for example in examples.split("\n\n"))
        epilog = f"Examples:\n\n{shown}\n\n{EXITS}"
        app.command(name, epilog=epilog)(run)
        return function

    return register
