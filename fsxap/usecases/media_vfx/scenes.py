"""Scene files: which files they read, as far as their text says, and whether those are there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import Any

from fsxap.engine.types import Kit
from fsxap.errors import ItemError, NotFound
from fsxap.model import Finding, Item, Result
from fsxap.usecases.media_vfx import names, rendering
from fsxap.usecases.media_vfx.catalogue import RULES

LARGEST = 64 << 20
MOST = 2000
"""Dependencies of one scene that are looked for."""

_MAYA = re.compile(r'(?:-ftn|\.(?:ftn|imageName|fileName|cacheFileName)"\s+-type\s+"string")\s+"((?:[^"\\]|\\.)+)"')
_MAYA_FILE = re.compile(
    r'^file\s+-r[^;]*?"((?:[^"\\]|\\.)+\.(?:ma|mb|abc|fbx|usd[acz]?))"\s*;', re.MULTILINE | re.DOTALL
)
_NUKE = re.compile(r'^ *file +(?:"((?:[^"\\]|\\.)+)"|(\S+)) *$', re.MULTILINE)
_NUKE_NODE = re.compile(r"^ *(\w+) \{$(.*?)^ *\}$", re.MULTILINE | re.DOTALL)
_USDA = re.compile(r"@@@(.+?)@@@|@([^@\n]+)@")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVE = re.compile(r"^(?:[A-Za-z]:)?[/\\]")
READABLE = {".ma": "maya", ".nk": "nuke", ".usda": "usd", ".usd": "usd"}


def process(item: Item, kit: Kit) -> Result:
    """`approved` when everything that the text names is there and, with -P submit, all frames were rendered. Binary
    scenes are skipped, unless they are to be rendered. Nothing is submitted that lacks what it reads."""
    data: dict[str, Any] = {"kind": "scene", "application": application(item.key), "engine": "fsxap scene text"}
    body = _text(item, kit)
    findings: tuple[Finding, ...] = ()
    if body is not None:
        data["dependencies"] = dependencies(item.key, body)[:MOST]
        findings = tuple(_missing(item, data["dependencies"], kit))
    done = rendering.Rendered()
    if kit.params["submit"] and not findings:
        done = rendering.of_scene(item, data["application"], kit)
        findings = done.findings
        data |= {"jobs": list(done.records), "engine": kit.farm.engine}
    elif body is None:
        data["decision"] = "review"
        return Result.skipped(item, "its format does not say in text which files it reads", **data)
    data["decision"] = "rejected" if findings else "approved"
    return Result(item, "ok", data, findings=findings, usage={"render_jobs": len(done.records)})


def application(key: str) -> str:
    suffix = "." + key.rpartition(".")[2].lower()
    known = {".blend": "blender", ".ma": "maya", ".mb": "maya", ".nk": "nuke", ".c4d": "cinema4d"}
    return known.get(suffix, "houdini" if suffix.startswith(".hip") else "usd")


def _text(item: Item, kit: Kit) -> str | None:
    suffix = "." + item.key.rpartition(".")[2].lower()
    if suffix not in READABLE or item.size > LARGEST:
        return None
    body = kit.source.read(item.key, 0, LARGEST)
    if suffix == ".usd" and not body.startswith(b"#usda"):
        return None
    return body.decode("utf-8", "replace")


def dependencies(key: str, text: str) -> list[str]:
    """What the text names, as written, in order, each once. Nuke's outputs are not among them."""
    kind = READABLE["." + key.rpartition(".")[2].lower()]
    found: Iterable[str]
    if kind == "maya":
        found = [*_MAYA.findall(text), *_MAYA_FILE.findall(text)]
    elif kind == "nuke":
        nodes = [body for name, body in _NUKE_NODE.findall(text) if not name.startswith(("Write", "DeepWrite"))]
        found = [quoted or plain for body in nodes for quoted, plain in _NUKE.findall(body)]
    else:
        found = [long or short for long, short in _USDA.findall(text)]
    return [each for each in dict.fromkeys(found) if each.strip() and not _URL.match(each)]


def _missing(item: Item, wanted: list[str], kit: Kit) -> Iterable[Finding]:
    """What is written relative to the scene, or with an absolute path whose end is below the source."""
    gone = [each for each in wanted if not _there(item.key, each, kit)]
    if gone:
        known = RULES["scene-dependency-missing"]
        words = f"{len(gone)} of {len(wanted)} files that the scene reads are not below the source."
        evidence = {"frames": [], "missing": gone[:200], "count": len(gone)}
        yield Finding("scene-dependency-missing", known.severity, words, item.key, evidence, known.remediation)


def _there(scene: str, written: str, kit: Kit) -> bool:
    path = written.replace("\\", "/").split("[", 1)[0]
    folder = posixpath.dirname(scene)
    if _DRIVE.match(path):
        parts = [part for part in path.split("/") if part]
        candidates = ["/".join(parts[at:]) for at in range(1, len(parts))]
    else:
        candidates = [posixpath.normpath(posixpath.join(folder, path)), posixpath.normpath(path)]
    return any(_exists(names.normalised(each), kit) for each in candidates if each and not each.startswith(".."))


def _exists(key: str, kit: Kit) -> bool:
    stem = names.stem_of(key)
    try:
        if stem == key:
            kit.source.head(key)
            return True
        wanted = names.matcher(key)
        return any(isinstance(each, Item) and wanted.fullmatch(each.key) for each in kit.source.list(stem))
    except (NotFound, ItemError):
        return False
