"""Shared fixtures: a home folder, settings, a published company, an S3 server, the sample data."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import hypothesis
import pytest

from apportion.settings import Organization, Schedule, Settings, SourceSettings
from tests.company import World, small_world

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SAMPLE_DATA = Path(__file__).parents[2] / "shared" / "data"
BUCKET_NUMBERS = itertools.count(1)

# The same examples in every run, however slow the machine.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what builds whole warehouses: none is left to one process at the end."""
    items.sort(key=lambda item: len(item.path.parts))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    folder = tmp_path / "var"
    folder.mkdir()
    return folder


@pytest.fixture
def make_settings(home: Path, tmp_path: Path) -> Callable[..., Settings]:
    """Build settings from source sections, as they would stand in `apportion.toml`."""

    def make(*sources: dict[str, Any]) -> Settings:
        return Settings(
            organization=Organization(name="Example AG"),
            schedule=Schedule(first_usage_date=date(2026, 10, 1)),
            sources=tuple(SourceSettings.model_validate(source) for source in sources),
            home=home,
            directory=tmp_path,
        )

    return make


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> World:
    """A company whose two days are published: built once for all test processes, to read alone."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    return small_world(shared / "small-company")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The endpoint of an S3 server on loopback, with credentials for it in the environment."""
    from moto.server import ThreadedMotoServer

    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ACCESS_KEY_ID", "example")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "example")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_CONFIG_FILE", "/dev/null")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@dataclass(frozen=True)
class Bucket:
    """A bucket of the S3 server."""

    name: str
    endpoint_url: str
    client: "S3Client"

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=content)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)


@pytest.fixture
def s3_bucket(s3_server: str) -> Bucket:
    """A new, empty bucket."""
    client = boto3.session.Session().client("s3", endpoint_url=s3_server)
    name = f"billing-{next(BUCKET_NUMBERS):04d}"
    client.create_bucket(Bucket=name)
    return Bucket(name, s3_server, client)


@pytest.fixture
def sample_data() -> Path:
    """The folder of public sample data; use with `@pytest.mark.data`."""
    if not SAMPLE_DATA.is_dir():
        pytest.skip("the public sample data is not beside the repository (../shared/data)")
    return SAMPLE_DATA
