"""Owns the way back from pseudonyms, written only when asked for, for its owner alone.

The crosswalk itself is encrypted (Fernet, one token a line) with the key of the pseudonyms. Beside it lie uid_map.csv
and patid_map.csv, plain, with the columns that the MIDI-B validator reads. Nothing of it is in results or state: the
released files' inputs are read again when the run ends.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fsxap.errors import ConfigurationError, ItemError, NotFound
from fsxap.model import Result, dumps
from fsxap.ports import Store
from fsxap.usecases.healthcare_dicom.deidentify import REGISTERED
from fsxap.usecases.healthcare_dicom.identity import PATIENT_ID, patient_of, values, walk
from fsxap.usecases.healthcare_dicom.parse import File, read
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

COLUMNS = ("id_old", "id_new")
UIDS, PATIENTS = "uid_map.csv", "patid_map.csv"
NAME = "crosswalk.sealed"
"""Where only a folder is given."""


class Pair(NamedTuple):
    """`kind` is uid, patient or file; a file's `new` is its output below `--to`."""

    kind: str
    old: str
    new: str


def prepare(place: str) -> Path:
    """The file it will be. Its folder is made, so that a run that cannot write there stops before its first file."""
    path = Path(place).expanduser()
    path = path / NAME if place.endswith("/") or path.is_dir() else path
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def open_crosswalk(body: bytes, pseudonyms: Pseudonyms) -> Iterator[Pair]:
    """What a crosswalk holds; ConfigurationError when the key is not the one it was written with."""
    from cryptography.fernet import InvalidToken

    cipher = _cipher(pseudonyms)
    try:
        for line in body.splitlines():
            yield Pair(*json.loads(cipher.decrypt(line)))
    except (InvalidToken, ValueError, TypeError) as error:
        raise ConfigurationError(
            "the crosswalk cannot be opened: it was altered, or written with another key",
            code="crosswalk",
            hint="give the key of the run that wrote it",
        ) from error


def _cipher(pseudonyms: Pseudonyms) -> Fernet:
    from cryptography.fernet import Fernet

    return Fernet(urlsafe_b64encode(pseudonyms.derive("crosswalk")))


class Crosswalk:
    """Collects the pairs of the files it is shown and writes them when closed."""

    def __init__(self, path: Path, source: Store, profile: Profile, pseudonyms: Pseudonyms) -> None:
        self.path = path
        self.source, self.profile, self.pseudonyms = source, profile, pseudonyms
        self.uids: dict[str, str] = {}
        self.patients: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.lost = 0

    def watch(self, results: Iterable[Result]) -> Iterator[Result]:
        """The results as they come; released ones leave their pairs here."""
        for result in results:
            if result.data.get("released"):
                self._add(result.item.key, result.outputs)
            yield result

    def _add(self, key: str, outputs: tuple[str, ...]) -> None:
        self.files[key] = outputs[0]
        try:
            file = read(self.source.read(key), self.profile.tables.dictionary)
        except (NotFound, ItemError):
            # Gone or changed since it was released: counted, and said in the certificate.
            self.lost += 1
            return
        self.uids |= uid_pairs(file, self.profile, self.pseudonyms)
        pseudonym = self.pseudonyms.patient(patient_of(file.elements))
        for element, charset in walk(file.elements):
            if element.tag == PATIENT_ID and element.items is None:
                self.patients |= dict.fromkeys(values(element, charset)[:1], pseudonym)
                break

    def write(self) -> None:
        """All three files, each whole or absent, readable by their owner only."""
        cipher, kinds = _cipher(self.pseudonyms), (("uid", self.uids), ("patient", self.patients), ("file", self.files))
        pairs = [dumps(Pair(kind, *pair)).encode() for kind, found in kinds for pair in sorted(found.items())]
        folder = self.path.parent
        try:
            _write(self.path, b"".join(cipher.encrypt(pair) + b"\n" for pair in pairs))
            _write(folder / UIDS, _csv(self.uids))
            _write(folder / PATIENTS, _csv(self.patients))
        except OSError as error:
            raise _unwritable(self.path, error) from error


def uid_pairs(file: File, profile: Profile, pseudonyms: Pseudonyms) -> dict[str, str]:
    """Every instance UID of a file with the one it became."""
    if "uids" in profile.options:
        return {}
    found = (
        uid
        for element, _charset in walk(file.elements)
        if element.vr == "UI" and element.tag not in REGISTERED and not element.tag >> 16 & 1
        for uid in values(element, ())
    )
    return {uid: pseudonyms.uid(uid) for uid in found if uid not in profile.tables.uids}


def _csv(pairs: Mapping[str, str]) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    rows.writerows(sorted(pairs.items()))
    return text.getvalue().encode()


def _write(path: Path, body: bytes) -> None:
    handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(body)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _unwritable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"the crosswalk cannot be written to {path}: {error.strerror}",
        code="crosswalk",
        hint="-P crosswalk takes a file in a folder of yours, away from the outputs",
    )
