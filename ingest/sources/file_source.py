"""What sources of plain files share: a location, and a manifest or a list that names the files."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import Field

from ingest.deliveries import explicit_files, own_manifest
from ingest.source import Delivery, Window
from ingest.stores import Store, StoreOptions, open_store


class FileOptions(StoreOptions):
    """Where the files are, and which of them count."""

    files: tuple[str, ...] = Field((), description="Keys of files to read instead of a manifest.")


Options = TypeVar("Options", bound=FileOptions)


class FileSource(Generic[Options]):
    """Files below one location; a kind of source says how to read them."""

    options_model: ClassVar[type[FileOptions]]

    def __init__(self, name: str, store: Store, options: Options) -> None:
        self.name = name
        self.store = store
        self._options = options

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], directory: Path) -> Self:
        """Open a configured source; nothing is contacted.

        Raises:
            pydantic.ValidationError: an option is unknown or wrong.
        """
        checked: Any = cls.options_model.model_validate(dict(options))
        return cls(name, open_store(checked.location, directory, checked), checked)

    def discover(self, window: Window) -> Iterable[Delivery]:
        """What the manifest names for days of the window, or one delivery for each of `files`.

        Raises:
            ConfigError: one of `files` is not there.
            DeliveryRefused: the manifest is missing or cannot be read.
        """
        if self._options.files:
            return explicit_files(self.name, self.store, self._options.files)
        return own_manifest(self.name, self.store, window)
