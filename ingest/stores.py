"""Object stores behind one small interface: list, read, fetch.

A key is always relative to the store's own location, with `/` between its parts, whatever the
provider. A store never retries beyond what its client library does: it says `SourceUnavailable`,
and `ingest.collect` decides.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from apportion.errors import ConfigError, DeliveryRefused, SourceUnavailable

LONGEST_KEY = 1024
"""In bytes of UTF-8: the limit of S3, Azure Blob Storage and Google Cloud Storage."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as a store lists it; `fingerprint` changes when its bytes do (an ETag).

    `sha256` is set only where the provider promises one; the collector then holds the bytes to it.
    """

    key: str
    size: int | None
    fingerprint: str
    sha256: str | None = None


class Store(Protocol):
    """A place that holds a provider's objects."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object whose key starts with the prefix, in key order."""
        ...

    def read(self, key: str) -> bytes:
        """The bytes of a small object, such as a manifest."""
        ...

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Write the object's bytes to a file; refuse if they are no longer those listed.

        A destination that exists holds the first bytes of an earlier attempt, to be continued or
        overwritten.
        """
        ...

    def uri(self, key: str) -> str:
        """The full address of an object, for messages to people."""
        ...


class StoreOptions(BaseModel):
    """Where a source's objects are; the options of a source that reads files extend it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    location: str = Field(
        description="`s3://bucket/prefix`, `gs://bucket/prefix`, "
        "`abfss://container@account.dfs.core.windows.net/prefix`, or a folder (relative to the "
        "config)."
    )
    endpoint_url: str | None = Field(
        None, description="Another endpoint than the provider's own: a private one, MinIO, Ceph."
    )
    region: str | None = Field(None, description="The region of the bucket.")
    role_arn: str | None = Field(
        None,
        pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$",
        description="A role to read the bucket as, such as one of another payer account.",
    )
    external_id: str | None = Field(
        None, description="The external id that the role's trust policy asks for."
    )


def open_store(location: str, directory: Path, options: StoreOptions | None = None) -> Store:
    """The store behind a location; nothing is contacted before its first use.

    Args:
        location: `s3://bucket/prefix`, `gs://bucket/prefix`,
            `abfss://container@account.dfs.core.windows.net/prefix`, or a path.
        directory: where a relative path starts (the folder of the configuration file).
        options: endpoint of a cloud's location, and region and role of an S3 location.

    Raises:
        ConfigError: the location has an unknown scheme, or names no bucket.
    """
    scheme, separator, rest = location.partition("://")
    if not separator:
        return LocalStore(directory / location)
    chosen = options or StoreOptions.model_validate({"location": location})
    if scheme in ("gs", "abfss"):
        from ingest.cloud import CloudStore

        return CloudStore(location, chosen)
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise location_invalid(location)
    from ingest.s3 import S3Store

    return S3Store(bucket, prefix, chosen)


def location_invalid(location: str) -> ConfigError:
    """The error for a location that names no place."""
    return ConfigError(
        "LOCATION_INVALID",
        f'"{location}": neither s3://bucket/prefix, gs://bucket/prefix, '
        "abfss://container@account.dfs.core.windows.net/prefix nor a folder. Nothing can be read "
        "from it. Correct the location in the configuration.",
    )


def check_key(key: str, uri: str) -> None:
    """Refuse a key that could name something outside the store's location.

    Raises:
        DeliveryRefused: `BAD_KEY`.
    """
    problem = _key_problem(key)
    if problem:
        raise DeliveryRefused(
            "BAD_KEY",
            f"{uri[:200]!r}: the object key {problem}. The delivery is not read. Correct the "
            "manifest, or ask the provider to deliver again.",
        )


def _key_problem(key: str) -> str:
    if not key:
        return "is empty"
    if len(key.encode("utf-8", "surrogatepass")) > LONGEST_KEY:
        return f"is longer than {LONGEST_KEY} bytes"
    if any(character < " " for character in key) or "\\" in key:
        return "holds a control character or a backslash"
    if key.startswith("/") or {".", ".."} & set(key.split("/")):
        return 'is absolute, or has a "." or ".." part'
    return ""


class LocalStore:
    """A folder. The fingerprint of a file is its size and modification time."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every regular file whose key starts with the prefix, in key order."""
        if not self.root.is_dir():
            raise ConfigError(
                "LOCATION_MISSING",
                f"{self.root}: there is no such folder. Nothing can be read from this source. "
                "Correct its location in the configuration.",
            )
        for key in sorted(self._keys(prefix)):
            path = self.root / key
            stat = path.stat()
            yield ObjectInfo(key, stat.st_size, _fingerprint(stat))

    def read(self, key: str) -> bytes:
        """The bytes of a small file."""
        path = self._path(key)
        with _explained(self.uri(key)):
            return path.read_bytes()

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Copy a file, and refuse if it changed since it was listed."""
        path = self._path(info.key)
        with _explained(self.uri(info.key)):
            shutil.copyfile(path, destination)
            if _fingerprint(path.stat()) != info.fingerprint:
                raise object_changed(self.uri(info.key))

    def uri(self, key: str) -> str:
        """The path of a file."""
        return f"{self.root}/{key}"

    def _keys(self, prefix: str) -> Iterator[str]:
        start = self.root / prefix.rpartition("/")[0]
        for folder, _, names in os.walk(start):
            for name in names:
                key = (Path(folder) / name).relative_to(self.root).as_posix()
                if key.startswith(prefix) and (self.root / key).is_file():
                    yield key

    def _path(self, key: str) -> Path:
        check_key(key, self.uri(key))
        path = self.root / key
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise DeliveryRefused(
                "BAD_KEY",
                f"{self.uri(key)!r}: a link that leaves the source's folder. The delivery is not "
                "read. Put the file itself there.",
            )
        return path


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    """Turn the errors of a file system into those that a person can act on."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise object_missing(uri) from error
    except PermissionError as error:
        raise ConfigError(
            "ACCESS_DENIED",
            f"{uri}: this user may not read the file. The source cannot be collected. Grant read "
            "access to the folder and its files.",
        ) from error
    except OSError as error:
        raise SourceUnavailable(
            "SOURCE_UNAVAILABLE", f"{uri}: {error.strerror}. Trying again may help."
        ) from error


def _fingerprint(stat: os.stat_result) -> str:
    return f"{stat.st_size}-{stat.st_mtime_ns}"


def object_missing(uri: str) -> DeliveryRefused:
    """The refusal of a delivery that names an object that is not there."""
    return DeliveryRefused(
        "MANIFEST_INCOMPLETE",
        f"{uri}: the delivery names this object, but it is not there. The last complete delivery "
        "stays current. The next run looks again; if it stays missing, ask the provider to "
        "deliver again.",
    )


def object_changed(uri: str) -> DeliveryRefused:
    """The refusal of a delivery whose objects were replaced while they were read."""
    return DeliveryRefused(
        "OBJECT_CHANGED",
        f"{uri}: the object was replaced while it was read. The last complete delivery stays "
        "current. The next run reads the new one.",
    )
