"""The command line: parses, prints, exits. Nothing else in fsxap prints."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Run fsxap; returns the exit code. `--version` is answered before anything heavy is imported."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments == ["--version"]:
        from fsxap import __version__

        version = ".".join(map(str, sys.version_info[:3]))
        sys.stdout.write(f"fsxap {__version__} (Python {version})\n")
        return 0
    try:
        from fsxap.cli.app import run

        return run(arguments)
    except KeyboardInterrupt:
        # Imports take longer than an impatient Ctrl-C.
        from fsxap.cli import failures

        return failures.report(failures.interrupted(), as_json=failures.wants_json(arguments))
