"""Bills in the forms of those who write them, by who does."""

from collections.abc import Mapping
from types import MappingProxyType

from apportion.sample import native_clouds, native_hall, native_legacy, native_oci
from apportion.sample.native_usage import usage_sources
from apportion.sample.native_vendors import source_of
from apportion.sample.vendors import VENDORS

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        **native_clouds.SOURCES,
        "oci": native_oci.SOURCE,
        "aws-legacy": native_legacy.SOURCE,
        "data-hall": native_hall.SOURCE,
        **{vendor.provider: source_of(vendor) + usage_sources(vendor) for vendor in VENDORS},
    }
)
"""What `apportion.toml` says of a source in its provider's own form, below its name."""

BESIDE = ("oci", "aws-legacy")
"""Bills that come beside the others, of what is another's by default."""
