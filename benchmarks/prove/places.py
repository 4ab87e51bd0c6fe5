"""Names that the engine, what runs in it, and what watches it agree on."""

ACCOUNT, REGION = "000000000000", "eu-west-1"
URL = "http://127.0.0.1:4566"
S3_HOST = "s3.localhost.localstack.cloud"
RECORDS, BUCKET = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/records", f"records-{ACCOUNT}"
"""An access point; requests to it arrive at a bucket that is named as its host is."""
HOSTS = f"127.0.0.1 localhost {S3_HOST} {BUCKET}.{S3_HOST}\n"
"""An access point's ARN becomes a host of its own, whatever the endpoint."""
