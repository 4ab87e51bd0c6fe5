"""Inside the fence: use cases deployed by the installed program, run by their state machines, compared and removed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from benchmarks.prove import runs, stacks
from benchmarks.prove.places import BUCKET, RECORDS
from benchmarks.prove.stacks import Deployed
from benchmarks.prove.world import World, running
from fsxap.engine import catalog
from fsxap.engine.sealed import Seal
from fsxap.errors import FsxapError
from fsxap.usecases.idp.sample import E_INVOICE
from tests.unit.usecases.idp.pdf import pdf
from tests.unit.usecases.idp.test_extract import FRENCH, GERMAN
from tests.usecases.test_idp import WRONG

KEY = "a key of one site, kept in a safe place"
EVERYTHING = {"AlarmProfile": "REALTIME", "EnableDashboard": "true", "EnableTracing": "true"}
EVERYTHING |= {"NotificationEmail": "ops@example.com"}
"""All that is optional."""


def uploaded(world: World, folder: Path, prefix: str) -> int:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in files:
        key = f"{prefix}/{path.relative_to(folder).as_posix()}"
        world.client("s3").put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
    return len(files)


def pictures(world: World) -> Iterator[tuple[str, Iterator[str]]]:
    """A stack's whole life, with runs in which functions die."""
    case = catalog.load("healthcare-dicom")
    assert case.sample is not None
    case.sample(world.build / "run" / "archive")
    there = uploaded(world, world.build / "run" / "archive", "scans")
    secret = world.client("secretsmanager").create_secret(Name="key", SecretString=KEY)["ARN"]
    where = f"{RECORDS}/object/scans/"
    given = {"SourceArn": RECORDS, "SourcePrefix": "scans/", "key": secret}
    stack = Deployed(world, case.name, "prove-pictures", {**given, "MaxConcurrency": "4", **EVERYTHING})
    # Each has a name of its own: this engine leaves some of what a refused or broken stack had made.
    bad, worse = (Deployed(world, case.name, name, given) for name in ("prove-refused", "prove-broken"))
    ours, seal = {"FSXAP_SOURCE": where, "FSXAP_TO": where}, Seal(KEY.encode())
    yield "refused", stacks.refused(bad)
    yield "planned", stacks.planned(stack)
    yield "made", stacks.made(stack)
    yield "the same again", stacks.same(stack)
    # What looks for text in pictures is larger than a zip may be: there such a picture is held back.
    yield "equal rows", runs.equal(stack, seal, ours, "-P", f"key={secret}", but="screen.dcm")
    yield "changed", stacks.changed(stack, runs.BATCH)
    yield "one batch of a hundred dies", runs.some_die(stack, seal, there)
    there += runs.MANY
    yield "more die than are tolerated; redriven", runs.too_many_die(stack, seal, there)
    error = "States.ExceedToleratedFailureThreshold"
    yield (
        "without permission",
        chain(
            runs.without_permission(stack, "ProcessRole", "s3:PutObject", error),
            runs.without_permission(stack, "StateMachineRole", "lambda:InvokeFunction", "Lambda.AccessDeniedException"),
        ),
    )
    yield "removed", stacks.removed(stack)
    yield "made to be broken", stacks.made(worse)
    yield "an update that breaks", stacks.broken(worse)


def permissions(world: World) -> Iterator[tuple[str, Iterator[str]]]:
    """In a VPC, with every endpoint; ONTAP by TLS with the CA of the zip, SQL by Athena."""
    secret = world.client("secretsmanager").create_secret(Name="ontap", SecretString=world.ontap.password)["ARN"]
    told = {"FSXAP_ONTAP": "localhost", "FSXAP_ONTAP_USER": world.ontap.user, "FSXAP_ONTAP_SECRET": secret}
    told |= {
        "FSXAP_ONTAP_CA": str(world.ontap.ca_file),
        "FSXAP_VOLUME": "*",
        "FSXAP_SVM": next(iter(world.ontap.site.domains.values())).svm.name,
    }
    given = network(world) | {"EnableInterfaceEndpoints": "true", "OntapCidr": "127.0.0.0/8", **EVERYTHING}
    stack = Deployed(world, "legal-compliance", "prove-permissions", given, told)
    yield "made", stacks.made(stack)
    yield "equal rows", runs.equal(stack, None, told)
    yield "removed", stacks.removed(stack)


def network(world: World) -> dict[str, str]:
    """A VPC with subnets."""
    client = world.client("ec2")
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    blocks = ("10.0.1.0/24", "10.0.2.0/24")
    subnets = [client.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"] for block in blocks]
    routes = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    return {"VpcId": vpc, "SubnetIds": ",".join(subnets), "RouteTableIds": routes}


def documents(world: World) -> Iterator[tuple[str, Iterator[str]]]:
    """Text layers and electronic invoices, read by the native packages of the zip."""
    s3 = world.client("s3")
    for number, lines in enumerate((GERMAN, WRONG, FRENCH)):
        s3.put_object(Bucket=BUCKET, Key=f"inbox/{number}.pdf", Body=pdf([lines]))
    s3.put_object(Bucket=BUCKET, Key="inbox/ubl.xml", Body=E_INVOICE.encode())
    where = f"{RECORDS}/object/inbox/"
    given = {"SourceArn": RECORDS, "SourcePrefix": "inbox/", "features": "text"}
    stack = Deployed(world, "idp", "prove-documents", given)
    ours = {"FSXAP_SOURCE": where, "FSXAP_TO": where}
    yield "made", stacks.made(stack)
    yield "equal rows", runs.equal(stack, None, ours, "-P", "features=text")
    yield "removed", stacks.removed(stack)


def sampled(name: str, *flags: str) -> Callable[[World], Iterator[tuple[str, Iterator[str]]]]:
    """The sample of a use case, judged by the native packages of its zip."""

    def life(world: World) -> Iterator[tuple[str, Iterator[str]]]:
        case, folder = catalog.load(name), world.build / "run" / name
        assert case.sample is not None
        case.sample(folder)
        uploaded(world, folder, name)
        given = {"SourceArn": RECORDS, "SourcePrefix": f"{name}/", **EVERYTHING}
        stack, where = Deployed(world, name, f"prove-{name}", given), f"{RECORDS}/object/{name}/"
        yield "made", stacks.made(stack)
        yield "equal rows", runs.equal(stack, None, {"FSXAP_SOURCE": where, "FSXAP_TO": where}, *flags)
        yield "removed", stacks.removed(stack)

    return life


LIVES = {
    "pictures": pictures,
    "permissions": permissions,
    "documents": documents,
    "sensors": sampled("manufacturing-analytics", "--engine", "sql=local"),
    "frames": sampled("media-vfx"),
}


def main() -> None:
    """Arguments: the folder of the environments, and the interpreter that runs functions. Prints verdicts as JSON."""
    with running(Path(sys.argv[1]), Path(sys.argv[2])) as world:
        for name, life in LIVES.items():
            for what, problems in life(world):
                began = time.monotonic()
                try:
                    found = list(problems)
                except FsxapError as error:
                    found = [error.message]
                took = time.monotonic() - began
                print(json.dumps([f"{name}: {what} ({took:.0f} s)", int(bool(found)), "\n".join(found)]), flush=True)
                if found:
                    # What comes next builds on it.
                    break


if __name__ == "__main__":
    main()
