"""Stores: what they list and fetch, and how their errors read."""

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apportion.errors import ApportionError, ConfigError, DeliveryRefused, SourceUnavailable
from ingest.s3 import S3Store
from ingest.stores import LocalStore, ObjectInfo, StoreOptions, check_key, open_store
from tests.conftest import Bucket

CONTENT = bytes(range(256)) * 8192
ROLE = "arn:aws:iam::210987654321:role/billing-reader"


def at(endpoint_url: str, **options: str) -> StoreOptions:
    """The options of a bucket on another endpoint."""
    return StoreOptions.model_validate(
        {"location": "s3://bucket", "endpoint_url": endpoint_url, **options}
    )


@pytest.fixture
def folder(tmp_path: Path) -> LocalStore:
    root = tmp_path / "exports"
    for key in ("b/2", "a/1", "a/10", "ab"):
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_text(key)
    return LocalStore(root)


def test_a_folder_lists_by_prefix_in_key_order(folder: LocalStore) -> None:
    assert [info.key for info in folder.list("")] == ["a/1", "a/10", "ab", "b/2"]
    assert [info.key for info in folder.list("a/1")] == ["a/1", "a/10"]
    assert [info.key for info in folder.list("a")] == ["a/1", "a/10", "ab"]
    assert list(folder.list("c/")) == []


def test_a_file_that_changed_since_it_was_listed_is_refused(
    folder: LocalStore, tmp_path: Path
) -> None:
    info = next(folder.list("ab"))
    folder.fetch(info, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "ab"
    (folder.root / "ab").write_text("other")
    with pytest.raises(DeliveryRefused, match="OBJECT_CHANGED"):
        folder.fetch(info, tmp_path / "copy")


def test_a_link_out_of_the_folder_is_refused(folder: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (folder.root / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(DeliveryRefused, match="BAD_KEY"):
        folder.read("link")


def test_a_file_that_is_not_there_is_named(folder: LocalStore) -> None:
    with pytest.raises(DeliveryRefused, match=r"MANIFEST_INCOMPLETE .*/exports/a/2"):
        folder.read("a/2")


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "..", "../x", "a/../../b", "a/./b", "a\0b", "a\nb", "a\\b", "é" * 513],
)
def test_keys_that_could_escape_are_refused(key: str) -> None:
    with pytest.raises(DeliveryRefused, match="BAD_KEY"):
        check_key(key, key)


@pytest.mark.parametrize(
    "key", ["a", "a b/c+d=1/ü.csv", "x" * 1024, "p//q", "...", "2024-04-02T13:14:43.337Z-6b/a"]
)
def test_keys_that_providers_use_are_accepted(key: str) -> None:
    check_key(key, key)


def test_a_location_is_a_folder_beside_the_configuration_or_a_bucket(tmp_path: Path) -> None:
    local = open_store("exports", tmp_path)
    assert isinstance(local, LocalStore)
    assert local.root == tmp_path / "exports"
    bucket = open_store("s3://billing/focus/", tmp_path, StoreOptions(location=""))
    assert bucket.uri("a/b") == "s3://billing/focus/a/b"
    assert open_store("s3://billing", tmp_path).uri("a") == "s3://billing/a"


@pytest.mark.parametrize("location", ["https://example.com/x", "s3://", "gs://", "az://box/x"])
def test_another_scheme_is_refused(location: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="LOCATION_INVALID"):
        open_store(location, tmp_path)


@pytest.mark.server
class TestBucket:
    def test_lists_every_page_below_its_prefix(self, s3_bucket: Bucket) -> None:
        for number in range(1005):
            s3_bucket.put(f"p/{number:04d}", b"")
        s3_bucket.put("q/1", b"")
        keys = [
            info.key for info in S3Store(s3_bucket.name, "p", at(s3_bucket.endpoint_url)).list("")
        ]
        assert keys == [f"{number:04d}" for number in range(1005)]

    def test_continues_where_an_earlier_attempt_stopped(
        self, s3_bucket: Bucket, tmp_path: Path
    ) -> None:
        s3_bucket.put("a", CONTENT)
        store = S3Store(s3_bucket.name, "", at(s3_bucket.endpoint_url))
        (info,) = store.list("")
        for have in (0, 1, 1000, len(CONTENT) - 1, len(CONTENT), len(CONTENT) + 1):
            (tmp_path / "a").write_bytes((CONTENT + b"x")[:have])
            store.fetch(info, tmp_path / "a")
            assert (tmp_path / "a").read_bytes() == CONTENT

    def test_an_empty_object_is_fetched(self, s3_bucket: Bucket, tmp_path: Path) -> None:
        s3_bucket.put("a", b"")
        store = S3Store(s3_bucket.name, "", at(s3_bucket.endpoint_url))
        store.fetch(next(store.list("")), tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == b""

    def test_an_object_that_was_replaced_is_refused(
        self, s3_bucket: Bucket, tmp_path: Path
    ) -> None:
        store = S3Store(s3_bucket.name, "", at(s3_bucket.endpoint_url))
        s3_bucket.put("a", b"old")
        (info,) = store.list("")
        s3_bucket.put("a", b"new")
        with pytest.raises(DeliveryRefused, match="OBJECT_CHANGED"):
            store.fetch(info, tmp_path / "a")

    def test_an_object_that_is_gone_refuses_the_delivery(
        self, s3_bucket: Bucket, tmp_path: Path
    ) -> None:
        store = S3Store(s3_bucket.name, "p", at(s3_bucket.endpoint_url))
        with pytest.raises(DeliveryRefused, match=r"MANIFEST_INCOMPLETE s3://billing-.*/p/gone"):
            store.fetch(ObjectInfo("gone", 1, '"x"'), tmp_path / "a")
        with pytest.raises(DeliveryRefused, match="MANIFEST_INCOMPLETE"):
            store.read("gone")

    def test_a_bucket_that_is_not_there_is_a_configuration_error(self, s3_server: str) -> None:
        with pytest.raises(ConfigError, match="LOCATION_MISSING s3://no-such-bucket"):
            list(S3Store("no-such-bucket", "", at(s3_server)).list(""))


Script = list[tuple[int, bytes, int]]


@pytest.fixture
def scripted(s3_server: str) -> Iterator[Callable[[Script], str]]:
    """A server that gives each request the next answer: status, body, announced length."""
    servers = []

    def serve(answers: Script) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body, length = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                self.send_header("Content-Length", str(length))
                self.send_header("ETag", '"x"')
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the name that the server calls

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


@pytest.mark.server
@pytest.mark.parametrize(
    ("status", "code", "expected", "text"),
    [
        (503, "SlowDown", SourceUnavailable, "SlowDown"),
        (500, "InternalError", SourceUnavailable, "InternalError"),
        (429, "TooManyRequests", SourceUnavailable, "TooManyRequests"),
        (403, "AccessDenied", ConfigError, "s3:GetObject on arn:aws:s3:::billing/p/"),
        (400, "ExpiredToken", ConfigError, "ACCESS_DENIED"),
        (400, "MalformedThing", ConfigError, "STORE_REFUSED"),
    ],
)
def test_an_answer_says_whether_to_try_again_or_to_change_something(
    scripted: Callable[[Script], str],
    status: int,
    code: str,
    expected: type[ApportionError],
    text: str,
) -> None:
    body = _error(code)
    store = S3Store("billing", "p", at(scripted([(status, body, len(body))])))
    with pytest.raises(expected, match=text) as error:
        store.read("a")
    assert "example" not in str(error.value)  # the secret key


@pytest.mark.server
def test_a_body_that_breaks_off_is_continued(
    scripted: Callable[[Script], str], tmp_path: Path
) -> None:
    half = len(CONTENT) // 2
    store = S3Store(
        "billing",
        "",
        at(scripted([(200, CONTENT[:half], len(CONTENT)), (206, CONTENT[half:], half)])),
    )
    info = ObjectInfo("a", len(CONTENT), '"x"')
    with pytest.raises(SourceUnavailable):
        store.fetch(info, tmp_path / "a")
    assert 0 < (tmp_path / "a").stat().st_size <= half
    store.fetch(info, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.server
def test_a_server_that_ignores_ranges_is_read_from_the_start(
    scripted: Callable[[Script], str], tmp_path: Path
) -> None:
    store = S3Store("billing", "", at(scripted([(200, CONTENT, len(CONTENT))])))
    (tmp_path / "a").write_bytes(b"stale")
    store.fetch(ObjectInfo("a", len(CONTENT), '"x"'), tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.server
def test_a_server_that_is_down_may_be_tried_again(s3_server: str) -> None:
    with pytest.raises(SourceUnavailable, match="could not be reached"):
        S3Store("billing", "", at("http://127.0.0.1:1")).read("a")


def test_missing_credentials_are_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(ConfigError, match="CREDENTIALS_MISSING"):
        S3Store("billing", "", at("http://127.0.0.1:1")).read("a")


@pytest.mark.server
def test_a_bucket_is_read_as_a_role_of_another_account(
    s3_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto.sts.models import sts_backends

    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", s3_bucket.endpoint_url)
    s3_bucket.put("p/a", b"1")
    options = at(s3_bucket.endpoint_url, role_arn=ROLE, external_id="acme-41")
    store = S3Store(s3_bucket.name, "p", options)
    assert store.read("a") == b"1"
    taken = [role for backend in sts_backends.values() for role in backend["aws"].assumed_roles]
    asked = [(role.arn, role.external_id, role.session_name) for role in taken]
    expected = ROLE.replace(":iam:", ":sts:").replace("role/", "assumed-role/") + "/apportion"
    assert asked == [(expected, "acme-41", "apportion")]


@pytest.mark.server
def test_a_role_that_may_not_be_assumed_is_named(
    scripted: Callable[[Script], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
    url = scripted([(403, denied, len(denied))])
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
    with pytest.raises(ConfigError, match=rf"ACCESS_DENIED.*{ROLE} may not be assumed"):
        S3Store("billing", "", at(url, role_arn=ROLE)).read("a")


def test_a_role_is_an_arn() -> None:
    with pytest.raises(ValueError, match="role_arn"):
        at("https://s3.example", role_arn="billing-reader")
