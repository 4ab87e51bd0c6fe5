from __future__ import annotations

import pytest

from fsxap.errors import ConfigurationError
from fsxap.providers.aws.regions import choose

KNOWN = ["eu-west-1", "us-east-1"]


@pytest.mark.parametrize(
    ("home", "chosen", "accepted", "where"),
    [
        ("eu-west-1", "", False, "eu-west-1"),
        ("eu-west-1", "eu-west-1", False, "eu-west-1"),
        ("ap-northeast-1", "us-east-1", True, "us-east-1"),
        ("ap-northeast-1", "ap-northeast-1", False, "ap-northeast-1"),
        ("ap-northeast-1", "", True, "no-service-in-region"),
        ("ap-northeast-1", "us-east-1", False, "cross-region"),
        ("eu-west-1", "us-east-1", False, "cross-region"),
    ],
)
def test_documents_leave_their_region_only_where_that_was_accepted(
    home: str, chosen: str, accepted: bool, where: str
) -> None:
    def chosen_region() -> str:
        return choose(
            "Textract", home=home, chosen=chosen, accepted=accepted, known=KNOWN, setting="textract_region", instead="x"
        )

    if "-region" not in where:
        assert chosen_region() == where
        return
    with pytest.raises(ConfigurationError, match="Textract") as caught:
        chosen_region()
    assert caught.value.code == where and "accept_cross_region" in caught.value.hint
