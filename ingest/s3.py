"""Amazon S3, and every object store that speaks its protocol, through boto3.

Credentials come from boto3's own chain (environment, profile, role), and from there, where one is
configured, from a role of another account; none stand in our configuration. The client retries
single requests adaptively; whole objects are continued by the collector, byte range by byte range,
pinned to the listed ETag.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as EndpointError

from apportion.errors import ApportionError, ConfigError, SourceUnavailable
from ingest.stores import (
    ObjectInfo,
    StoreOptions,
    check_key,
    object_changed,
    object_missing,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

CHUNK = 1 << 20
CONNECTIONS = 16
MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
CHANGED = {"412", "PreconditionFailed", "416", "InvalidRange"}
DENIED = {
    "401",
    "403",
    "AccessDenied",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
BUSY = {
    "429",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
}
PARTIAL_CONTENT = 206
FIRST_SERVER_ERROR = 500
TRANSIENT = (HTTPClientError, EndpointError, IncompleteReadError, FlexibleChecksumError)


def assumed(role_arn: str, external_id: str | None) -> boto3.session.Session:
    """A session under a role, whose credentials are asked for at first use and kept fresh.

    Raises:
        NoCredentialsError: there are none to ask for the role's with.
    """
    source = botocore.session.Session()
    credentials = source.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    arguments = {"RoleSessionName": "apportion"}
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=source.create_client,
        source_credentials=credentials,
        role_arn=role_arn,
        extra_args=arguments | ({"ExternalId": external_id} if external_id else {}),
    )
    refreshed = DeferredRefreshableCredentials(fetcher.fetch_credentials, method="assume-role")
    under_role = botocore.session.Session()
    under_role.register_component(
        "credential_provider", SimpleNamespace(load_credentials=lambda: refreshed)
    )
    return boto3.session.Session(botocore_session=under_role)


class S3Store:
    """The objects of a bucket below a prefix. The fingerprint of an object is its ETag."""

    def __init__(self, bucket: str, prefix: str, options: StoreOptions) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""
        self._options = options
        self._client: S3Client | None = None

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object whose key starts with the prefix, in key order; folder markers left out."""
        with self._explained(prefix):
            pages = self._open().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix + prefix):
                for item in page.get("Contents", ()):
                    if not item["Key"].endswith("/"):
                        key = item["Key"].removeprefix(self.prefix)
                        yield ObjectInfo(key, item["Size"], item["ETag"])

    def read(self, key: str) -> bytes:
        """The bytes of a small object."""
        check_key(key, self.uri(key))
        with self._explained(key):
            answer = self._open().get_object(Bucket=self.bucket, Key=self.prefix + key)
            return answer["Body"].read()

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Download an object, or the rest of it, as long as its ETag is the one listed."""
        check_key(info.key, self.uri(info.key))
        have = destination.stat().st_size if destination.exists() else 0
        resumes = 0 < have < (info.size or 0)
        request: GetObjectRequestTypeDef = {
            "Bucket": self.bucket,
            "Key": self.prefix + info.key,
            "IfMatch": info.fingerprint,
        }
        if resumes:
            request["Range"] = f"bytes={have}-"
        with self._explained(info.key), destination.open("ab" if resumes else "wb") as file:
            answer = self._open().get_object(**request)
            if answer["ResponseMetadata"]["HTTPStatusCode"] != PARTIAL_CONTENT:
                file.truncate(0)
            for chunk in answer["Body"].iter_chunks(CHUNK):
                file.write(chunk)

    def uri(self, key: str) -> str:
        """The `s3://` address of an object."""
        return f"s3://{self.bucket}/{self.prefix}{key}"

    def _open(self) -> "S3Client":
        if self._client is None:
            session = boto3.session.Session()
            if self._options.role_arn:
                session = assumed(self._options.role_arn, self._options.external_id)
            self._client = session.client(
                "s3",
                endpoint_url=self._options.endpoint_url,
                region_name=self._options.region,
                config=Config(
                    retries={"mode": "adaptive", "max_attempts": 2},
                    connect_timeout=10,
                    read_timeout=60,
                    max_pool_connections=CONNECTIONS,
                ),
            )
        return self._client

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        """Turn botocore's errors into those that a person, or the collector, can act on."""
        try:
            yield
        except ClientError as error:
            raise self._of_answer(error, key) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise ConfigError(
                "CREDENTIALS_MISSING",
                f"{self.uri(key)}: no credentials were found. The source cannot be collected. Set "
                "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run under a role.",
            ) from error
        except TRANSIENT as error:
            raise SourceUnavailable(
                "SOURCE_UNAVAILABLE",
                f"{self.uri(key)}: {type(error).__name__}. The provider could not be reached. "
                "Trying again may help.",
            ) from error
        except BotoCoreError as error:
            raise self._refused(type(error).__name__, key) from error

    def _of_answer(self, error: ClientError, key: str) -> ApportionError:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == "NoSuchBucket":
            return ConfigError(
                "LOCATION_MISSING",
                f"s3://{self.bucket}: there is no such bucket. Nothing can be read from this "
                "source. Correct its location in the configuration.",
            )
        if code in MISSING:
            return object_missing(self.uri(key))
        if code in CHANGED:
            return object_changed(self.uri(key))
        if code in DENIED:
            return self._denied(code, key, error.operation_name)
        if code in BUSY or status >= FIRST_SERVER_ERROR:
            return SourceUnavailable(
                "SOURCE_UNAVAILABLE",
                f"{self.uri(key)}: the provider answered {code} ({status}). Trying again may help.",
            )
        return self._refused(f"{code} ({status})", key)

    def _refused(self, reason: str, key: str) -> ConfigError:
        return ConfigError(
            "STORE_REFUSED",
            f"{self.uri(key)}: {reason}. The source cannot be collected. Check its location, "
            "region and endpoint_url, and the AWS profile.",
        )

    def _denied(self, code: str, key: str, operation: str) -> ConfigError:
        if operation == "AssumeRole":
            return ConfigError(
                "ACCESS_DENIED",
                f"{self.uri(key)}: the role {self._options.role_arn} may not be assumed ({code}). "
                "The source cannot be collected. Allow these credentials sts:AssumeRole on it, and "
                "name them, and the external_id, in the role's trust policy.",
            )
        return ConfigError(
            "ACCESS_DENIED",
            f"{self.uri(key)}: the provider answered {code}. The source cannot be collected. Grant "
            f"the role s3:ListBucket on arn:aws:s3:::{self.bucket} (condition s3:prefix "
            f'"{self.prefix}*"), s3:GetObject on arn:aws:s3:::{self.bucket}/{self.prefix}*, and '
            "kms:Decrypt where the bucket is encrypted with a key of its own.",
        )
