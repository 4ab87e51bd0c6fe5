"""DICOM files that are safe to share: classified, de-identified to PS3.15 Annex E and proved, or quarantined."""

from __future__ import annotations

from fsxap.engine.types import Footprint, Grant, Param, UseCase, boolean, words
from fsxap.usecases.healthcare_dicom.counts import count
from fsxap.usecases.healthcare_dicom.explain import account
from fsxap.usecases.healthcare_dicom.process import process, secret
from fsxap.usecases.healthcare_dicom.sample import write_sample
from fsxap.usecases.healthcare_dicom.summary import summarise

PARAMS = (
    Param(
        "key",
        "pseudonym key: env:NAME, file:PATH or a Secrets Manager name; without one, a key of the state folder's own",
        "",
        affects_results=False,  # what was done with another key is kept apart
    ),
    Param("preset", "which options to start from", "basic", choices=("basic", "tcia")),
    Param("retain", "options: uids, device, institution, patient, full-dates, modified-dates, safe-private", (), words),
    Param("clean", "options: descriptors, structured, graphics, pixels", (), words),
    Param("mode", "deidentify, or only classify by header", "deidentify", choices=("deidentify", "classify")),
    Param("policy", "YAML file that maps tags to actions of its own", ""),
    Param(
        "crosswalk",
        "file for the encrypted way back to the originals, with uid_map.csv and patid_map.csv beside it",
        "",
        affects_results=False,
    ),
    Param(
        "metadata",
        "write metadata.csv, a row for each released file, beside the outputs",
        False,
        boolean,
        affects_results=False,
    ),
    Param("max_size", "larger files are quarantined unread, in bytes", 1 << 31, int),
)

USE_CASE = UseCase(
    name="healthcare-dicom",
    title="DICOM de-identification",
    aliases=("uc5",),
    process=process,
    summarise=summarise,
    explain=account,
    params=PARAMS,
    footprint=Footprint(
        memory=2048,
        timeout=900,
        grants=(
            Grant(("s3:GetObject", "s3:ListBucket"), ("source",)),
            Grant(("s3:PutObject",), ("sink",)),
            # Neither action supports resources.
            Grant(("rekognition:DetectText", "comprehendmedical:DetectPHI"), ("*",)),
        ),
    ),
    engines=("text_in_image", "phi_text"),
    sample=write_sample,
    seal=secret,
    count=count,
    rules={"dicom-quarantined": "The file was not released: it may still say who the patient is."},
)
