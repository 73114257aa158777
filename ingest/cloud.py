"""Azure Blob Storage and Google Cloud Storage, through obstore.

Credentials come from each cloud's own chain: `DefaultAzureCredential` of azure-identity (or
`AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN`), and `google.auth.default`. The client retries
single requests; whole objects are continued by the collector, byte range by byte range, pinned to
the listed ETag.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from apportion.errors import ApportionError, ConfigError, SourceUnavailable
from ingest.stores import (
    ObjectInfo,
    StoreOptions,
    check_key,
    location_invalid,
    object_changed,
    object_missing,
)

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ObjectStore

CHUNK = 1 << 20
NO_CONTAINER = ("ContainerNotFound", "NoSuchBucket", "The specified bucket does not exist")
DENIED = ("403 Forbidden", "401 Unauthorized", "AuthorizationFailure", "AuthenticationFailed")
RIGHTS = {
    "abfss": "Storage Blob Data Reader on the container",
    "gs": "roles/storage.objectViewer on the bucket",
}


class CloudStore:
    """The objects of a container or bucket below a prefix. The fingerprint is the ETag."""

    def __init__(self, location: str, options: StoreOptions) -> None:
        """Understand a location; nothing is contacted before its first use.

        Args:
            location: `abfss://container@account.dfs.core.windows.net/prefix`, or
                `gs://bucket/prefix`.
            options: an endpoint of its own.

        Raises:
            ConfigError: the location names no container and account, or no bucket.
        """
        self._url = urlsplit(location)
        is_azure = self._url.scheme == "abfss"
        if not self._url.netloc or is_azure != ("@" in self._url.netloc):
            raise location_invalid(location)
        prefix = self._url.path.strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._endpoint_url = options.endpoint_url
        self._store: ObjectStore | None = None

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object whose key starts with the prefix, in key order; folder markers left out."""
        wanted = self._prefix + prefix
        folder = wanted.rpartition("/")[0]
        with self._explained(prefix):
            pages = self._open().list(folder or None, chunk_size=1_000)
            found = [item for page in pages for item in page if item["path"].startswith(wanted)]
        for item in sorted(found, key=lambda item: item["path"]):
            key = item["path"].removeprefix(self._prefix)
            yield ObjectInfo(key, item["size"], item["e_tag"] or "")

    def read(self, key: str) -> bytes:
        """The bytes of a small object."""
        check_key(key, self.uri(key))
        with self._explained(key):
            return bytes(self._open().get(self._prefix + key).bytes())

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Download an object, or the rest of it, as long as its ETag is the one listed."""
        check_key(info.key, self.uri(info.key))
        have = destination.stat().st_size if destination.exists() else 0
        resumes = 0 < have < (info.size or 0)
        asked: GetOptions = {"if_match": info.fingerprint}
        if resumes:
            asked["range"] = {"offset": have}
        with self._explained(info.key), destination.open("ab" if resumes else "wb") as file:
            answer = self._open().get(self._prefix + info.key, options=asked)
            for chunk in answer.stream(min_chunk_size=CHUNK):
                file.write(chunk)

    def uri(self, key: str) -> str:
        """The full address of an object."""
        return f"{self._url.scheme}://{self._url.netloc}/{self._prefix}{key}"

    def _open(self) -> "ObjectStore":
        if self._store is None:
            try:
                self._store = self._azure() if self._url.scheme == "abfss" else self._google()
            except ImportError as error:
                extra = "azure" if self._url.scheme == "abfss" else "gcp"
                raise ConfigError(
                    "EXTRA_MISSING",
                    f"{self.uri('')}: the client is not installed ({error}). The source cannot be "
                    f"collected. Install it: pip install 'apportion[{extra}]'.",
                ) from None
        return self._store

    def _azure(self) -> "ObjectStore":
        from obstore.store import AzureStore

        container, _, host = self._url.netloc.partition("@")
        account = host.partition(".")[0]
        options: dict[str, Any] = {
            "account_name": account,
            "endpoint": self._endpoint_url or f"https://{host.replace('.dfs.', '.blob.', 1)}",
        }
        if key := os.environ.get("AZURE_STORAGE_KEY"):
            options["account_key"] = key
        elif token := os.environ.get("AZURE_STORAGE_SAS_TOKEN"):
            options["sas_key"] = token
        else:
            from obstore.auth.azure import AzureCredentialProvider

            options["credential_provider"] = AzureCredentialProvider()
        return AzureStore(container, **options, **self._manners())

    def _google(self) -> "ObjectStore":
        from google.auth.exceptions import DefaultCredentialsError
        from obstore.auth.google import GoogleCredentialProvider
        from obstore.store import GCSStore

        try:
            provider = GoogleCredentialProvider()
        except DefaultCredentialsError as error:
            raise ConfigError(
                "CREDENTIALS_MISSING",
                f"{self.uri('')}: no credentials were found. The source cannot be collected. Set "
                "GOOGLE_APPLICATION_CREDENTIALS, or run under a service account.",
            ) from error
        options = self._manners()
        if self._endpoint_url:
            options["base_url"] = self._endpoint_url
        return GCSStore(self._url.netloc, credential_provider=provider, **options)

    def _manners(self) -> dict[str, Any]:
        """How often and how long to try."""
        is_plain = (self._endpoint_url or "").startswith("http://")
        return {
            "client_options": {"connect_timeout": "10s", "timeout": "300s", "allow_http": is_plain},
            "retry_config": {"max_retries": 2, "retry_timeout": timedelta(seconds=60)},
        }

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        """Turn the client's errors into those that a person, or the collector, can act on."""
        try:
            yield
        except ApportionError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                raise  # of the disk here; what is missing there is a FileNotFoundError
            raise self._of(error, key) from error

    def _of(self, error: Exception, key: str) -> ApportionError:
        from obstore.exceptions import (
            PermissionDeniedError,
            PreconditionError,
            UnauthenticatedError,
        )

        text = str(error)
        if any(words in text for words in NO_CONTAINER):
            return ConfigError(
                "LOCATION_MISSING",
                f"{self.uri('')}: there is no such container. Nothing can be read from this "
                "source. Correct its location in the configuration.",
            )
        if isinstance(error, FileNotFoundError):
            return object_missing(self.uri(key))
        if isinstance(error, PreconditionError):
            return object_changed(self.uri(key))
        denied = isinstance(error, (PermissionDeniedError, UnauthenticatedError))
        if denied or any(words in text for words in DENIED):
            return ConfigError(
                "ACCESS_DENIED",
                f"{self.uri(key)}: the provider denied access. The source cannot be collected. "
                f"Grant {RIGHTS[self._url.scheme]}.",
            )
        return SourceUnavailable(
            "SOURCE_UNAVAILABLE",
            f"{self.uri(key)}: {type(error).__name__}: {text.splitlines()[0][:200]}. The provider "
            "could not be reached. Trying again may help.",
        )
