"""Which endpoints may be spoken to without TLS."""

from __future__ import annotations

import pytest

from mutoscope.storage.bucket import client_options


@pytest.mark.parametrize(
    ("address", "environment", "allowed"),
    [
        ("s3://b", {}, False),
        ("s3://b", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"}, True),
        ("s3://b", {"AWS_ENDPOINT_URL": "https://minio.example"}, False),
        ("s3://b", {"AWS_ENDPOINT_URL_S3": "https://minio.example", "AWS_ENDPOINT_URL": "http://x"}, False),
        ("gs://b", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"}, False),
        ("gs://b", {"GOOGLE_BASE_URL": "http://127.0.0.1:4443"}, True),
        ("az://b", {"AZURE_STORAGE_ENDPOINT": "http://127.0.0.1:10000/me"}, True),
    ],
)
def test_plain_http_only_to_an_endpoint_that_says_so(address: str, environment: dict[str, str], allowed: bool) -> None:
    assert client_options(address, environment)["allow_http"] is allowed  # type: ignore[typeddict-item]
