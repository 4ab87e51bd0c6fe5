"""An error answer: HTTP status, ONTAP's code and words."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """Raised by a resource, answered as ONTAP's error envelope; codes travel as text."""

    def __init__(self, status: int, code: str, message: str, target: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.target = target

    def body(self) -> dict[str, Any]:
        error = {"message": self.message, "code": self.code}
        if self.target:
            error["target"] = self.target
        return {"error": error}


def absent(target: str = "") -> Refusal:
    return Refusal(404, "4", "entry doesn't exist", target)
