"""Claims about regions: what they say, where they contradict each other, and that nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fsxap import regions
from fsxap.engine import catalog


@pytest.mark.parametrize(
    ("name", "region", "here", "status"),
    [
        ("textract", "eu-west-1", (), "yes"),
        ("textract", "ap-northeast-1", (), "differ"),
        ("comprehendmedical", "eu-central-1", (), "no"),
        ("comprehendmedical", "eu-central-1", ("eu-central-1",), "yes"),
        ("comprehendmedical", "us-east-1", ("eu-central-1",), "differ"),
        ("s3vectors", "us-east-1", (), "unknown"),
        ("s3vectors", "us-east-1", ("us-east-1",), "yes"),
        ("fsx-ontap-access-points", "eu-west-1", (), "yes"),
        ("fsx-ontap-access-points", "eu-north-1", (), "unknown"),
        ("no-such-service", "eu-west-1", (), "unknown"),
    ],
)
def test_what_is_known(name: str, region: str, here: Sequence[str], status: str) -> None:
    found = regions.availability(name, region, here)
    assert found.status == status
    assert region in found.said


def test_every_claim_has_source_day_and_certainty() -> None:
    for feature in regions.features():
        for claim in feature.claims:
            assert claim.source and claim.dated and claim.present, feature.name
            assert claim.certainty in ("likely", "verify")
            assert not claim.present & claim.absent


def test_every_service_that_is_called_has_a_row() -> None:
    called = {name for each in catalog.names() for name in regions.services_of(catalog.load(each).engines)}
    assert called <= {feature.name for feature in regions.features()}
    assert called


def test_the_endpoint_data_are_those_of_the_botocore_named() -> None:
    import botocore
    from botocore.session import Session

    session = Session()
    for feature in regions.features():
        for claim in feature.claims:
            if claim.source == f"{regions.BOTOCORE} {botocore.__version__}":
                assert claim.present == set(session.get_available_regions(feature.endpoint)), feature.name
