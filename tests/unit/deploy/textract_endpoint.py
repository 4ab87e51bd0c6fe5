"""Textract and Comprehend on loopback for other processes: the service of the provider's tests behind HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.validate import ParamValidator

from tests.unit.deploy.json_endpoint import listening
from tests.unit.providers.aws.test_aws_documents import pages_of
from tests.unit.providers.aws.textract_service import Bucket, Sheet, TextractService

INVOICE = ("INVOICE", "Invoice number: BW-0417", "Date: 5 March 2024", "Subtotal 10.00", "VAT 2.00", "Total 12.00")
SILENT: dict[str, Any] = {"Entities": [], "Languages": []}
"""What Comprehend finds."""


class Stored(dict[str, bytes]):
    """What is staged below a location of S3."""

    def __init__(self, s3: Any, bucket: str, prefix: str) -> None:
        super().__init__()
        self._s3, self._bucket, self._prefix = s3, bucket, prefix

    def __contains__(self, key: object) -> bool:
        listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=f"{self._prefix}/{key}")
        return any(row["Key"] == f"{self._prefix}/{key}" for row in listed.get("Contents", ()))

    def __getitem__(self, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=self._bucket, Key=f"{self._prefix}/{key}")["Body"].read()
        return body


def textract(s3: Any, bucket: str, prefix: str, slow: int = 0) -> TextractService:
    """Reads as many sheets as a document has pages: an invoice on the first. Documents are staged below `prefix`."""
    service = TextractService(_written, Bucket(f"s3://{bucket}/{prefix}"), slow=slow, part=40)
    service.bucket.objects = Stored(s3, bucket, prefix)
    return service


def _written(body: bytes, _asked: tuple[str, ...]) -> list[Sheet]:
    sheets = [Sheet(number) for number in range(1, pages_of(body) + 1)]
    for at, text in enumerate(INVOICE):
        sheets[0].line(text, top=0.1 + 0.05 * at)
    for sheet in sheets:
        sheet.pair("Cost centre:", "4711")
        sheet.tick("Paid", True)
    return sheets


@contextmanager
def serving(service: TextractService) -> Iterator[str]:
    """Its URL, for AWS_ENDPOINT_URL_TEXTRACT and AWS_ENDPOINT_URL_COMPREHEND."""

    def answer(name: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if name != "Textract":
            return SILENT
        told = service.answer(operation, params)
        shape = service.client.meta.service_model.operation_model(operation).output_shape
        report = ParamValidator().validate(told, shape)
        assert not report.has_errors(), report.generate_report()
        return told

    with listening(answer) as url:
        yield url
