"""What can go wrong, and what the caller should do about it.

    ApportionError
    ├── ConfigError        exit 6   a setting or a reference table is wrong; a person must edit it
    ├── DeliveryRefused    exit 7   a delivery cannot be trusted; the last good one stands
    ├── GateRefused        exit 3   the build failed its checks; nothing was published
    ├── Busy               exit 5   another run holds the warehouse
    └── SourceUnavailable  exit 4   a provider could not be reached; trying later may help

A message reads `CODE where: what is wrong. What it means. What to do.` Every code has a heading in
docs/errors.md.
"""


class ApportionError(Exception):
    """An error that a person can act on; printed without a traceback."""

    exit_code = 1
    is_transient = False

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code} {self.message}"


class ConfigError(ApportionError):
    """A setting or a reference table is wrong."""

    exit_code = 6


class DeliveryRefused(ApportionError):
    """A delivery is incomplete, damaged or not what it claims to be."""

    exit_code = 7


class GateRefused(ApportionError):
    """A build failed its data-quality checks."""

    exit_code = 3


class Busy(ApportionError):
    """Another run holds the warehouse, or published first."""

    exit_code = 5
    is_transient = True


class SourceUnavailable(ApportionError):
    """A provider could not be reached or asked us to slow down."""

    exit_code = 4
    is_transient = True
