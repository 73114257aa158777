"""What sources share that read the objects of one location."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from ingest.stores import Store, StoreOptions, open_store

Options = TypeVar("Options", bound=StoreOptions)


class StoredSource(Generic[Options]):
    """One location; a kind of source says which objects are deliveries, and how to read them."""

    options_model: ClassVar[type[StoreOptions]]

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
