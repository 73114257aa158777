"""What sources of plain files share: a location, and a manifest or a list that names the files."""

from collections.abc import Iterable
from typing import TypeVar

from pydantic import Field

from ingest.deliveries import explicit_files, own_manifest
from ingest.source import Delivery, Window
from ingest.sources.stored_source import StoredSource
from ingest.stores import StoreOptions


class FileOptions(StoreOptions):
    """Where the files are, and which of them count."""

    files: tuple[str, ...] = Field((), description="Keys of files to read instead of a manifest.")


Options = TypeVar("Options", bound=FileOptions)


class FileSource(StoredSource[Options]):
    """Files below one location; a kind of source says how to read them."""

    def discover(self, window: Window) -> Iterable[Delivery]:
        """What the manifest names for days of the window, or one delivery for each of `files`.

        Raises:
            ConfigError: one of `files` is not there.
            DeliveryRefused: the manifest is missing or cannot be read.
        """
        if self._options.files:
            return explicit_files(self.name, self.store, self._options.files)
        return own_manifest(self.name, self.store, window)
