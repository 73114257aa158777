"""Blob storage of Azure and of Google on loopback, as their REST references describe it.

Listing and reading only, with ranges, ETags and paging. Requests of Azure have to be signed with
the account's key, those of Google to carry the token that its token endpoint gave for a service
account's assertion.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCOUNT, CONTAINER, BUCKET = "examplecosts", "exports", "example-exports"
KEY = base64.b64encode(b"canary-account-key-41").decode()
TOKEN = "canary-token-41"  # noqa: S105 - of a server on loopback
PAGE = 2
Answer = tuple[int, bytes, dict[str, str]]


@dataclass
class Cloud:
    """What is stored, what was asked, and the status codes that come first."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    failures: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    breaks_off_at: int | None = None

    def etag(self, key: str) -> str:
        return f'"{hashlib.sha256(self.objects[key]).hexdigest()[:12]}"'

    def answer(self, method: str, target: str, headers: dict[str, str]) -> Answer:
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/token":
            return 200, json.dumps({"access_token": TOKEN, "expires_in": 3600}).encode(), {}
        if self.failures:
            return self.failures.pop(0), b"<Error><Code>ServerBusy</Code></Error>", {}
        is_azure = "x-ms-version" in headers
        if not (
            self._is_signed(method, url.path, query, headers)
            if is_azure
            else self._has_token(headers)
        ):
            return 403, b"<Error><Code>AuthenticationFailed</Code></Error>", {}
        place, _, key = unquote(url.path).lstrip("/").partition("/")
        if place not in (CONTAINER, BUCKET):
            code = "ContainerNotFound" if is_azure else "NoSuchBucket"
            return 404, f"<Error><Code>{code}</Code></Error>".encode(), {}
        if not key:
            return 200, (self._blobs(query) if is_azure else self._items(query)).encode(), {}
        return self._read(key, headers)

    def _read(self, key: str, headers: dict[str, str]) -> Answer:
        if key not in self.objects:
            return 404, b"<Error><Code>BlobNotFound</Code></Error>", {}
        if headers.get("if-match", self.etag(key)) != self.etag(key):
            return 412, b"<Error><Code>ConditionNotMet</Code></Error>", {}
        content, told = self.objects[key], {"ETag": self.etag(key), "Last-Modified": MODIFIED}
        asked = headers.get("x-ms-range") or headers.get("range")
        if not asked:
            return 200, content, told
        start = int(asked.removeprefix("bytes=").partition("-")[0])
        told["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return 206, content[start:], told

    def _page(self, prefix: str, start: str) -> tuple[list[str], str]:
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > start)
        return keys[:PAGE], keys[PAGE - 1] if len(keys) > PAGE else ""

    def _blobs(self, query: dict[str, str]) -> str:
        keys, marker = self._page(query.get("prefix", ""), query.get("marker", ""))
        blobs = "".join(
            f"<Blob><Name>{escape(key)}</Name><Properties><Last-Modified>{MODIFIED}</Last-Modified>"
            f"<Etag>{escape(self.etag(key))}</Etag><Content-Length>{len(self.objects[key])}"
            "</Content-Length><Content-Type>text/plain</Content-Type><BlobType>BlockBlob</BlobType>"
            "</Properties></Blob>"
            for key in keys
        )
        return (
            f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>{blobs}</Blobs>'
            f"<NextMarker>{escape(marker)}</NextMarker></EnumerationResults>"
        )

    def _items(self, query: dict[str, str]) -> str:
        assert query["list-type"] == "2"
        keys, token = self._page(query.get("prefix", ""), query.get("continuation-token", ""))
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size>"
            f"<LastModified>2026-11-01T00:00:00.000Z</LastModified>"
            f"<ETag>{escape(self.etag(key))}</ETag></Contents>"
            for key in keys
        )
        more = f"<NextContinuationToken>{escape(token)}</NextContinuationToken>" if token else ""
        return f'<?xml version="1.0"?><ListBucketResult>{items}{more}</ListBucketResult>'

    def _has_token(self, headers: dict[str, str]) -> bool:
        return headers.get("authorization") == f"Bearer {TOKEN}"

    def _is_signed(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str]
    ) -> bool:
        """Shared Key of the version 2009-09-19 and later."""
        plain = ["content-encoding", "content-language", "content-length", "content-md5"]
        plain += ["content-type", "date", "if-modified-since", "if-match", "if-none-match"]
        plain += ["if-unmodified-since", "range"]
        own = sorted(name for name in headers if name.startswith("x-ms-"))
        length = headers.get("content-length", "")
        lines = [method, *(headers.get(name, "") for name in plain)]
        lines[3] = "" if length == "0" else length
        lines += [f"{name}:{headers[name]}" for name in own]
        lines.append(f"/{ACCOUNT}{path}")
        lines += [f"{name}:{query[name]}" for name in sorted(query)]
        digest = hmac.digest(base64.b64decode(KEY), "\n".join(lines).encode(), "sha256")
        signature = base64.b64encode(digest).decode()
        return headers.get("authorization") == f"SharedKey {ACCOUNT}:{signature}"


MODIFIED = "Sun, 01 Nov 2026 00:00:00 GMT"


@contextmanager
def serving() -> Iterator[Cloud]:
    """Start the server, and stop it."""
    cloud = Cloud()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            cloud.asked.append(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body, told = cloud.answer(self.command, self.path, headers)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in told.items():
                self.send_header(name, value)
            self.end_headers()
            if cloud.breaks_off_at is not None and len(body) > cloud.breaks_off_at:
                self.wfile.write(body[: cloud.breaks_off_at])
                self.close_connection = True
            else:
                self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that the server calls

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cloud.url = f"http://127.0.0.1:{server.server_port}"
        yield cloud
        server.shutdown()


def service_account(folder: Path, url: str) -> Path:
    """The key file of a service account whose tokens the server gives."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "service-account.json"
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "example",
                "private_key_id": "1",
                "private_key": key.decode(),
                "client_email": "apportion@example.iam.gserviceaccount.com",
                "token_uri": f"{url}/token",
            }
        )
    )
    return path
