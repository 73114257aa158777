"""Who asks a Prometheus server: a token, a user or a client certificate, and a tenant's header."""

import re
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, field_validator, model_validator

from apportion.errors import ConfigError
from apportion.settings import resolve_secret

HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
IS_SECRET = ("env:", "file:")


class AccessOptions(BaseModel):
    """How the server knows who asks."""

    bearer_token: str | None = Field(
        None, description="`env:NAME` or `file:/path` of a token for the server."
    )
    username: str | None = Field(
        None, min_length=1, description="A user for basic authentication; needs `password`."
    )
    password: str | None = Field(
        None, description="`env:NAME` or `file:/path` of the user's password."
    )
    headers: dict[str, str] = Field(
        default_factory=dict,
        description="Headers of every query, as `X-Scope-OrgID` of Mimir and Cortex; a value may "
        "be `env:NAME` or `file:/path`.",
    )
    ca_file: Path | None = Field(
        None, description="A PEM file of the authority that signed the server's certificate."
    )
    client_certificate: Path | None = Field(
        None, description="A PEM file with a client's certificate and its key."
    )

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not HEADER_NAME.fullmatch(name) or name.lower() == "host":
                raise ValueError(f"{name!r} is no header that can be set")
            if name.lower() == "authorization":
                raise ValueError("use `bearer_token`, or `username` and `password`")
            if not value.isprintable():
                raise ValueError(f"{name}: the value holds control characters")
        return headers

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("`username` and `password` belong together")
        if self.username and self.bearer_token:
            raise ValueError("`bearer_token` or `username`, not both")
        return self

    def access(self, directory: Path) -> "Access":
        """What the options say; relative paths start beside the configuration."""
        return Access(
            self.bearer_token,
            (self.username, self.password) if self.username and self.password else None,
            self.headers,
            directory / self.ca_file if self.ca_file else None,
            directory / self.client_certificate if self.client_certificate else None,
        )


@dataclass(frozen=True, slots=True)
class Access:
    """How to identify oneself; secrets are references and are read for every query."""

    bearer_token: str | None = None
    basic: tuple[str, str] | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    ca_file: Path | None = None
    client_certificate: Path | None = None

    def headers(self) -> dict[str, str]:
        """The headers of a query.

        Raises:
            ConfigError: `SECRET_MISSING`.
        """
        found = {
            name: resolve_secret(value) if value.startswith(IS_SECRET) else value
            for name, value in self.extra.items()
        }
        if self.bearer_token is not None:
            found["Authorization"] = f"Bearer {resolve_secret(self.bearer_token)}"
        if self.basic is not None:
            user, password = self.basic
            pair = f"{user}:{resolve_secret(password)}".encode()
            found["Authorization"] = f"Basic {b64encode(pair).decode()}"
        return found

    def verification(self) -> ssl.SSLContext | bool:
        """Whom to trust, and the certificate to show; true where the machine's own trust serves.

        Raises:
            ConfigError: `CERTIFICATE_INVALID`, a file is not there or is none.
        """
        if self.ca_file is None and self.client_certificate is None:
            return True
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.client_certificate is not None:
                context.load_cert_chain(self.client_certificate)
        except OSError as error:
            raise ConfigError(
                "CERTIFICATE_INVALID",
                f"{self.ca_file or ''} {self.client_certificate or ''}: cannot be read as PEM "
                f"({error.strerror or error}). The server cannot be asked. Correct `ca_file` or "
                "`client_certificate` of the source.".lstrip(),
            ) from error
        return context
