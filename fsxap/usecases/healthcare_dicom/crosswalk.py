"""Owns the way back from pseudonyms, written only when asked for: uid_map.csv and patid_map.csv, for their owner alone.

Nothing of it is in results or state: the released files' inputs are read again when the run ends. The columns are
those of the MIDI-B validator.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from fsxap.errors import ConfigurationError, ItemError, NotFound
from fsxap.model import Result
from fsxap.ports import Store
from fsxap.usecases.healthcare_dicom.deidentify import REGISTERED
from fsxap.usecases.healthcare_dicom.identity import PATIENT_ID, STANDARD_ROOT, patient_of, values, walk
from fsxap.usecases.healthcare_dicom.parse import File, read
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms

COLUMNS = ("id_old", "id_new")
UIDS, PATIENTS = "uid_map.csv", "patid_map.csv"


def prepare(folder: str) -> None:
    """Make the folder, so that a run that cannot write its crosswalk stops before its first file."""
    try:
        Path(folder).expanduser().mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


class Crosswalk:
    """Collects the pairs of the files it is shown and writes them when closed."""

    def __init__(self, folder: str, source: Store, profile: Profile, pseudonyms: Pseudonyms) -> None:
        self.folder = Path(folder).expanduser()
        self.source, self.profile, self.pseudonyms = source, profile, pseudonyms
        self.uids: dict[str, str] = {}
        self.patients: dict[str, str] = {}
        self.lost = 0

    def watch(self, results: Iterable[Result]) -> Iterator[Result]:
        """The results as they come; released ones leave their pairs here."""
        for result in results:
            if result.data.get("released"):
                self._add(result.item.key)
            yield result

    def _add(self, key: str) -> None:
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
        """Both files, each whole or absent, readable by their owner only."""
        for name, pairs in ((UIDS, self.uids), (PATIENTS, self.patients)):
            try:
                _write(self.folder / name, pairs)
            except OSError as error:
                raise _unwritable(str(self.folder), error) from error


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
    return {uid: pseudonyms.uid(uid) for uid in found if not uid.startswith(STANDARD_ROOT)}


def _write(path: Path, pairs: Mapping[str, str]) -> None:
    handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(COLUMNS)
            rows.writerows(sorted(pairs.items()))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _unwritable(folder: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"the crosswalk cannot be written to {folder}: {error.strerror}",
        code="crosswalk",
        hint="-P crosswalk takes a folder of yours, away from the outputs",
    )
