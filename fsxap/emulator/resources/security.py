"""GET /protocols/file-security/permissions: the descriptor of one object, as ONTAP spells it."""

from __future__ import annotations

from functools import lru_cache, partial

from fsxap.acl import rights
from fsxap.acl.model import Ace, Descriptor
from fsxap.emulator.pages import Request, link, one
from fsxap.emulator.query import Record, Selection, boolean, pairs
from fsxap.emulator.refusal import Refusal
from fsxap.emulator.schema import SECURITY
from fsxap.emulator.site import Domain, Site
from fsxap.emulator.wire import Rendered

_DEPTH = "\n    "
"""Where an entry stands in the body: in a list, in the object."""

_PLANTED = {"4": (404, "entry doesn't exist"), "6": (403, "not authorized for that command")}


def permissions(site: Site, request: Request) -> Record:
    uuid, path = request.arguments
    domain = site.domain(uuid)
    mounted, relative, node = site.locate(uuid, path)
    if mounted.tree and (code := mounted.tree.description.error(relative)):
        raise _planted(code, path, domain)
    flags = dict(pairs(request.query))
    names = boolean("lookup_names", flags.get("lookup_names", "true"))
    if "lookup_names" in flags and site.release < (9, 17):
        raise Refusal(404, "262179", 'Unexpected argument "lookup_names".')
    descriptor = mounted.descriptor(node)
    return one(request, SECURITY, partial(_record, domain, path, descriptor, names))


def _planted(code: str, path: str, domain: Domain) -> Refusal:
    status, message = _PLANTED.get(
        code, (400, f'The specified file or directory "{path}" does not exist in SVM "{domain.svm.name}".')
    )
    return Refusal(status, code, message, "path")


def _record(domain: Domain, path: str, found: Descriptor, names: bool, _selection: Selection) -> Record:
    attributes = int(found.dos or "0", 16)
    record: Record = {"svm": domain.reference, "path": path}
    if found.owner:
        record["owner"] = _who(domain, found.owner, "", names)
        record["group"] = _who(domain, found.group, "", names)
    if found.control is not None:
        record["control_flags"] = f"0x{found.control:x}"
    if found.aces:
        record["acls"] = [_ace(_who(domain, ace.trustee, ace.sid, names), ace) for ace in found.aces]
    record |= {
        "inode": found.inode,
        "security_style": found.volume_style,
        "effective_style": found.style,
        "dos_attributes": f"{attributes:x}",
        "text_dos_attr": _dos_text(attributes),
        "user_id": str(found.uid or 0),
        "group_id": str(found.gid or 0),
        "mode_bits": int(f"{found.mode or 0:o}"),
        "text_mode_bits": _mode_text(found.mode or 0),
        "_links": link("protocols", "file-security", "permissions", domain.svm.uuid, path),
    }
    return record


@lru_cache(maxsize=4096)
def _ace(user: str, ace: Ace) -> Record:
    """False is left out everywhere, and so are the rights of an entry with a generic one."""
    record: Record = {"user": user, "access": ace.raw}
    applies = (("files", ace.files), ("sub_folders", ace.sub_folders), ("this_folder", ace.this_folder))
    record["apply_to"] = {name: True for name, holds in applies if holds}
    if ace.mask is not None:
        record["advanced_rights"] = _advanced(ace.mask)
    if ace.inherited:
        record["inherited"] = True
    record["access_control"] = "slag" if ace.layer == "slag" else "file_directory"
    return Rendered(record, _DEPTH)


def _advanced(mask: int) -> Record:
    found = {name: True for name, bit in rights.BITS.items() if mask & bit}
    if mask & rights.FULL == rights.FULL:
        found["full_control"] = True
    return found


def _who(domain: Domain, name: str, sid: str, names: bool) -> str:
    if names:
        return name
    return sid or domain.first.sid(name) or name


def _dos_text(attributes: int) -> str:
    """Eight places, as ONTAP prints them: `----D---`, `---A----`."""
    letters = ["-"] * 8
    for place, bit, letter in ((3, 0x20, "A"), (4, 0x10, "D"), (5, 0x4, "S"), (6, 0x2, "H"), (7, 0x1, "R")):
        if attributes & bit:
            letters[place] = letter
    return "".join(letters)


def _mode_text(mode: int) -> str:
    letters = ["rwx"[index % 3] if mode & (0o400 >> index) else "-" for index in range(9)]
    for place, bit, letter in ((2, 0o4000, "s"), (5, 0o2000, "s"), (8, 0o1000, "t")):
        if mode & bit:
            letters[place] = letter if letters[place] == "x" else letter.upper()
    return "".join(letters)
