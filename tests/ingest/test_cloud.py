"""Azure Blob Storage and Google Cloud Storage: what they list and fetch, and how they refuse."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from apportion.errors import ConfigError, DeliveryRefused, SourceUnavailable
from apportion.settings import Settings
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from ingest.stores import ObjectInfo, Store, StoreOptions, open_store
from tests.ingest import cloud_server
from tests.ingest.cloud_server import ACCOUNT, BUCKET, CONTAINER, KEY, Cloud

pytestmark = pytest.mark.server
CONTENT = bytes(range(256)) * 8192
AZURE = f"abfss://{CONTAINER}@{ACCOUNT}.dfs.core.windows.net"
GOOGLE = f"gs://{BUCKET}"


@pytest.fixture(scope="module")
def server() -> Iterator[Cloud]:
    with cloud_server.serving() as cloud:
        yield cloud


@pytest.fixture
def cloud(server: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The server, empty, with credentials for it where each cloud's own chain looks first."""
    account = cloud_server.service_account(tmp_path, server.url)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
    monkeypatch.setenv("AZURE_STORAGE_KEY", KEY)
    yield server
    server.objects, server.failures, server.asked = {}, [], []
    server.breaks_off_at = None


@pytest.fixture(params=[AZURE, GOOGLE], ids=["azure", "google"])
def location(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def at(location: str, url: str) -> Store:
    options = StoreOptions.model_validate({"location": location, "endpoint_url": url})
    return open_store(location, Path(), options)


def test_objects_are_listed_by_prefix_in_key_order(cloud: Cloud, location: str) -> None:
    cloud.objects = {f"p/{key}": key.encode() for key in ("b/2", "a/1", "a/10", "ab")}
    cloud.objects["other"] = b""
    store = at(f"{location}/p", cloud.url)
    assert [info.key for info in store.list("")] == ["a/1", "a/10", "ab", "b/2"]
    assert [info.key for info in store.list("a/1")] == ["a/1", "a/10"]
    assert [info.key for info in store.list("a")] == ["a/1", "a/10", "ab"]
    assert list(store.list("c/")) == []
    assert store.read("a/1") == b"a/1"
    assert store.uri("a/1") == f"{location}/p/a/1"


def test_a_body_that_breaks_off_is_continued(cloud: Cloud, location: str, tmp_path: Path) -> None:
    cloud.objects = {"a": CONTENT}
    store = at(location, cloud.url)
    (info,) = store.list("")
    assert info.size == len(CONTENT)
    (tmp_path / "a").write_bytes(CONTENT[:1_000_000])
    store.fetch(info, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT
    store.fetch(info, tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == CONTENT


def test_a_body_that_never_ends_is_tried_again_later(
    cloud: Cloud, location: str, tmp_path: Path
) -> None:
    cloud.objects, cloud.breaks_off_at = {"a": CONTENT}, 100_000
    with pytest.raises(SourceUnavailable, match="SOURCE_UNAVAILABLE"):
        at(location, cloud.url).fetch(
            ObjectInfo("a", len(CONTENT), cloud.etag("a")), tmp_path / "a"
        )


def test_an_object_that_changed_since_it_was_listed_is_refused(
    cloud: Cloud, location: str, tmp_path: Path
) -> None:
    cloud.objects = {"a": b"one"}
    store = at(location, cloud.url)
    (info,) = store.list("")
    cloud.objects["a"] = b"two"
    with pytest.raises(DeliveryRefused, match="OBJECT_CHANGED"):
        store.fetch(info, tmp_path / "a")
    with pytest.raises(DeliveryRefused, match="MANIFEST_INCOMPLETE"):
        store.read("b")


def test_a_place_that_is_not_there_is_named(cloud: Cloud) -> None:
    for location in (f"abfss://nowhere@{ACCOUNT}.dfs.core.windows.net", "gs://nowhere"):
        with pytest.raises(ConfigError, match="LOCATION_MISSING"):
            list(at(location, cloud.url).list(""))


def test_denied_access_names_the_role(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.objects = {"a": b"one"}
    monkeypatch.setenv("AZURE_STORAGE_KEY", "b3RoZXI=")
    with pytest.raises(ConfigError, match=r"ACCESS_DENIED.*Storage Blob Data Reader") as error:
        at(AZURE, cloud.url).read("a")
    assert "b3RoZXI=" not in str(error.value)
    cloud.failures = [403]
    with pytest.raises(ConfigError, match=r"ACCESS_DENIED.*roles/storage.objectViewer"):
        at(GOOGLE, cloud.url).read("a")


def test_a_busy_server_is_asked_again(cloud: Cloud, location: str) -> None:
    cloud.objects, cloud.failures = {"a": b"one"}, [503]
    assert at(location, cloud.url).read("a") == b"one"


def test_a_server_that_does_not_answer_is_tried_again_later(cloud: Cloud, location: str) -> None:
    store = at(location, "http://127.0.0.1:9")
    with pytest.raises(SourceUnavailable, match="could not be reached"):
        store.read("a")


def test_no_credentials_are_told(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(ConfigError, match="CREDENTIALS_MISSING"):
        at(GOOGLE, cloud.url).read("a")


@pytest.mark.parametrize("location", ["gs://", "abfss://exports", "gs://a@b", "ftp://x/y"])
def test_a_location_is_a_place(location: str) -> None:
    with pytest.raises(ConfigError, match="LOCATION_INVALID"):
        open_store(location, Path())


def test_calls_are_collected_from_a_bucket(
    cloud: Cloud, make_settings: Callable[..., Settings]
) -> None:
    """LiteLLM writes its payloads to Google Cloud Storage as it does to S3."""
    call = {
        "id": "r1",
        "startTime": 1_790_841_600.0,
        "endTime": 1_790_841_602.0,
        "model": "gpt-4.1",
        "model_group": "gpt-4.1",
        "custom_llm_provider": "openai",
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "messages": [{"role": "user", "content": "canary-prompt"}],
        "status": "success",
    }
    cloud.objects["logs/2026-10-01/time-00-00-00-000000_r1.json"] = json.dumps(call).encode()
    settings = make_settings(
        {
            "name": "gateway",
            "kind": "litellm",
            "location": f"{GOOGLE}/logs",
            "endpoint_url": cloud.url,
        }
    )
    day = date(2026, 10, 1)
    assert collect(settings, "gateway", Window(day, day)).rows == 1
    (file,) = Ledger(settings.home).current_files()
    assert file.partition == "2026-10-01"
    landed = [path for path in (settings.home / "landing").rglob("*") if path.is_file()]
    texts = [
        gzip.decompress(b) if b[:2] == b"\x1f\x8b" else b for b in map(Path.read_bytes, landed)
    ]
    assert not any(b"canary-prompt" in text for text in texts)
