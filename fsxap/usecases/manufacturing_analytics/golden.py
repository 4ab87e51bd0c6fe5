"""Which reference pictures a picture is held against: those of its product, by folder or by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fsxap.errors import ConfigurationError
from fsxap.model import Item
from fsxap.ports import Store

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
MOST = 5
"""References a picture is compared with; the best match counts."""
AUTO = "auto"
LISTED = 100_000


@dataclass(frozen=True, slots=True)
class Golden:
    """`products` maps a folder below the golden one ("" is itself) to its pictures, by path or key."""

    products: Mapping[str, tuple[str, ...]]
    prefix: str = ""
    """Where they lie in the source; empty for a folder of this machine."""
    folder: str = ""

    def covers(self, key: str) -> bool:
        """Whether the key is a reference itself."""
        return bool(self.prefix) and key.startswith(self.prefix)

    def of(self, key: str, most: int = MOST) -> tuple[str, tuple[str, ...]]:
        """Product and references: the deepest folder of the key that is a product, else one named like the file."""
        path = PurePosixPath(key)
        named = [name for name in self.products if name]
        for folder in reversed(path.parts[:-1]):
            if folder in named:
                return folder, self.products[folder][:most]
        stem = path.stem.lower()
        whole = self.products.get("", ())
        alike = tuple(name for name in whole if PurePosixPath(name).stem.lower() == stem)
        return (stem, alike) if alike else ("", whole[:most])

    def read(self, name: str, source: Store) -> bytes:
        return Path(name).read_bytes() if self.folder else source.read(name)


def load(where: str, source: Store) -> Golden | None:
    """A folder of this machine, or one in the source. A named one without a picture stops the run."""
    if not where:
        return None
    named = where != AUTO
    local, where = Path(where), where if named else "golden"
    products: dict[str, list[str]] = {}
    if named and local.is_dir():
        for path in sorted(local.rglob("*")):
            if path.suffix.lower() in SUFFIXES and path.is_file():
                products.setdefault(path.parent.name if path.parent != local else "", []).append(str(path))
        made = Golden({name: tuple(paths) for name, paths in products.items()}, folder=where)
    else:
        prefix = where.strip("/") + "/"
        for number, entry in enumerate(source.list(prefix)):
            if number == LISTED:
                raise _refused(f"more than {LISTED} files below {prefix}")
            if isinstance(entry, Item) and entry.key.lower().endswith(SUFFIXES):
                parent = PurePosixPath(entry.key.removeprefix(prefix)).parent.name
                products.setdefault(parent, []).append(entry.key)
        made = Golden({name: tuple(paths) for name, paths in products.items()}, prefix)
    if not made.products and not named:
        return None
    if not made.products:
        raise _refused(f"no reference pictures in {where}")
    return made


def _refused(message: str) -> ConfigurationError:
    hint = "golden is a folder of reference pictures alone, on this machine or in the source"
    return ConfigurationError(message, code="usage", exit=2, hint=hint)
