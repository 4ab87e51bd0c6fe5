"""The error tree: every expected failure says what happened, what to do next, and how the process ends.

FsxapError
├── UsageError             2    a bad flag, name or parameter
├── ConfigurationError     253  settings, credentials, our own files
│   ├── MissingExtra            an optional dependency is not installed
│   └── Unreachable             no answer, or a certificate that is not trusted
├── ServiceError           254  AWS or ONTAP answered with an error
│   ├── AccessDenied
│   ├── Unauthenticated         the credentials are refused; the run stops, because trying on locks accounts
│   ├── NotFound
│   ├── Throttled               retryable
│   └── Unavailable             retryable
├── ItemError              1    one item cannot be processed; the run goes on
└── Interrupted            130 or 143
"""

from __future__ import annotations


class FsxapError(Exception):
    """An expected failure.

    `code` is stable and machine-readable, `message` says what happened to what and why, `hint` what to do next.
    """

    code = "error"
    exit = 255
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        exit: int | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or type(self).code
        self.exit = type(self).exit if exit is None else exit
        self.retryable = type(self).retryable if retryable is None else retryable


class UsageError(FsxapError):
    code = "usage"
    exit = 2


class ConfigurationError(FsxapError):
    code = "configuration"
    exit = 253


class MissingExtra(ConfigurationError):
    """An engine was asked for whose packages are not installed."""

    code = "missing-extra"

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(f"{what} is not installed", hint=f"pip install 'fsxap[{extra}]'")
        self.extra = extra


class Unreachable(ConfigurationError):
    code = "unreachable"


class ServiceError(FsxapError):
    code = "service"
    exit = 254


class AccessDenied(ServiceError):
    code = "access-denied"


class Unauthenticated(ServiceError):
    code = "unauthenticated"


class NotFound(ServiceError):
    code = "not-found"


class Throttled(ServiceError):
    code = "throttled"
    retryable = True


class Unavailable(ServiceError):
    code = "unavailable"
    retryable = True


class ItemError(FsxapError):
    code = "item"
    exit = 1


class Interrupted(FsxapError):
    """The run was stopped by a signal (130 SIGINT, 143 SIGTERM) or ran out of time."""

    code = "interrupted"
    exit = 130
