import gzip
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apportion.errors import DeliveryRefused
from ingest import readers, text_blocks
from ingest.readers import open_table
from ingest.text_blocks import Limits

CSV = b'id,note,cost\n1,plain,1.50\n2,"two\nlines, ""quoted""",2.50\n\n003,,\n'


def read(path: Path, limits: Limits = readers.LIMITS, **options: bool) -> pl.DataFrame:
    with open_table(path, path.name, limits, **options) as table:
        frames = list(table.frames)
        assert all(frame.columns == list(table.columns) for frame in frames)
    return pl.concat(frames)


def write(folder: Path, content: bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(path: Path, limits: Limits = readers.LIMITS) -> DeliveryRefused:
    with pytest.raises(DeliveryRefused) as caught:
        read(path, limits)
    assert path.name in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        CSV,
        b"\xef\xbb\xbf" + CSV,
        CSV.replace(b"\n", b"\r\n").replace(b"two\r\n", b"two\n"),
        CSV + b"\n\n",
        CSV.replace(b"plain", b'"plain"').replace(b"id,", b'"id",'),
    ],
    ids=["plain", "byte order mark", "CRLF", "blank lines", "needless quotes"],
)
@pytest.mark.parametrize("name", ["file.csv", "file.CSV.gz"])
def test_values_are_the_text_that_was_written(tmp_path: Path, content: bytes, name: str) -> None:
    stored = gzip.compress(content, mtime=0) if name.endswith("gz") else content
    assert read(write(tmp_path, stored, name)).rows() == [
        ("1", "plain", "1.50"),
        ("2", 'two\nlines, "quoted"', "2.50"),
        ("003", "", ""),
    ]


def test_blocks_are_cut_between_records_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f'{n},"a\n""{n}"",\n",{n}.5' for n in range(500)]
    path = write(tmp_path, ("id,note,cost\n" + "\n".join(lines) + "\n").encode())
    whole = read(path)
    assert whole.height == 500
    for size in (64, 97, 1000):
        monkeypatch.setattr(text_blocks, "BLOCK", size)
        assert read(path).equals(whole)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "NOT_A_DATA_FILE"),
        (b"<?xml version='1.0'?><Error>SlowDown</Error>\n", "NOT_A_DATA_FILE"),
        (b"\n <html><body>Sign in</body></html>\n", "NOT_A_DATA_FILE"),
        (b'{"error": "not found"}\n', "NOT_A_DATA_FILE"),
        (CSV.decode().encode("utf-16"), "INPUT_ENCODING"),
        (CSV.decode().encode("utf-16-le"), "INPUT_ENCODING"),
        (CSV.replace(b"plain", "Gebühr".encode("latin-1")), "INPUT_ENCODING"),
        (CSV.replace(b"note", "Gebühr".encode("latin-1")), "INPUT_ENCODING"),
        (CSV.replace(b"plain", b"pl\0in"), "INPUT_ENCODING"),
        (CSV.replace(b"note", b"id"), "INPUT_HEADER"),
        (CSV.replace(b"note", b""), "INPUT_HEADER"),
        (b"\n" + CSV, "INPUT_HEADER"),
        (CSV.replace(b"\r\n", b"\n").replace(b"\n", b"\r"), "INPUT_CSV"),
        (CSV + b"4,short\n", "INPUT_RAGGED"),
        (CSV + b"4,long,1,2\n", "INPUT_RAGGED"),
        (b"id;note;cost\n1;a,b;2\n", "INPUT_RAGGED"),
        (CSV.replace(b'quoted"""', b"quoted"), "INPUT_CSV"),
        (CSV.replace(b"plain", b'pl"ain'), "INPUT_CSV"),
        (CSV.replace(b"plain", b'pl"ai"n'), "INPUT_CSV"),
        (CSV.replace(b"plain", b'"pl"ain'), "INPUT_CSV"),
        (CSV.replace(b"plain", b'pl"ain"'), "INPUT_CSV"),
        (CSV[:-1] + b"4,cut,12", "INPUT_TRUNCATED"),
        (gzip.compress(CSV, mtime=0), "NOT_A_DATA_FILE"),
    ],
)
def test_damaged_text_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    assert refusal(write(tmp_path, content)).code == code


def test_a_ragged_row_is_named_by_row_and_line(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, CSV + b"4,short\n")).message
    assert "row 4 (line 7): 2 fields where the header has 3" in message


def test_text_without_a_last_newline_is_accepted_where_its_length_is_vouched_for(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, CSV.rstrip())
    assert read(path, needs_final_newline=False).height == 3


def test_another_name_is_not_guessed_at(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, CSV, "file.txt")).code == "UNKNOWN_FORMAT"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.97])
def test_a_truncated_gzip_is_refused_and_says_how_far_it_got(tmp_path: Path, share: float) -> None:
    lines = b"".join(b"%d,%s,1\n" % (n, os.urandom(20).hex().encode()) for n in range(5000))
    whole = gzip.compress(b"id,note,cost\n" + lines)
    found = refusal(write(tmp_path, whole[: int(len(whole) * share)], "file.csv.gz"))
    assert found.code == "INPUT_GZIP"
    assert "stored bytes" in found.message


def test_a_damaged_bit_of_a_gzip_never_changes_what_is_read(tmp_path: Path) -> None:
    whole = gzip.compress(CSV, mtime=0)
    expected = read(write(tmp_path, whole, "file.csv.gz"))
    refused = 0
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        try:
            found = read(write(tmp_path, bytes(damaged), "file.csv.gz"))
        except DeliveryRefused:
            refused += 1
        else:
            assert found.equals(expected), f"byte {position}"
    assert refused >= len(whole) - 10, "only the header's flags and time carry no data"


@pytest.mark.parametrize("content", [gzip.compress(CSV, mtime=0) + b"rubbish", CSV])
def test_what_is_not_one_gzip_stream_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(write(tmp_path, content, "file.csv.gz")).code == "INPUT_GZIP"


def test_concatenated_gzip_members_are_one_file(tmp_path: Path) -> None:
    content = gzip.compress(CSV[:20]) + gzip.compress(CSV[20:])
    assert read(write(tmp_path, content, "file.csv.gz")).height == 3


def test_a_gzip_bomb_is_stopped_early(tmp_path: Path) -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 25_000_000)
    found = refusal(write(tmp_path, bomb, "bomb.csv.gz"), Limits(text_bytes=64 << 20))
    assert found.code == "DECOMPRESSION_LIMIT"


def test_a_file_that_expands_beyond_belief_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 10_000_000)
    found = refusal(write(tmp_path, bomb, "bomb.csv.gz"), Limits(expansion=1))
    assert found.code == "DECOMPRESSION_LIMIT"


def test_a_record_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_blocks, "BLOCK", 1000)
    monkeypatch.setattr(text_blocks, "LONGEST_RECORD", 5000)
    content = b'id,note,cost\n1,"' + b"never closed\n" * 1000
    assert refusal(write(tmp_path, content)).code == "INPUT_CSV"


@pytest.mark.parametrize("name", ["file.csv", "file.parquet"])
def test_too_many_rows_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("csv"):
        path.write_bytes(CSV)
    else:
        pq.write_table(pa.table({"id": [1, 2, 3]}), path)
    assert refusal(path, Limits(row_count=2)).code == "ROW_LIMIT"


def test_parquet_values_become_text_without_losing_a_digit(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    instant = datetime(2026, 10, 3, 4, 5, 6, tzinfo=UTC)
    columns = {
        "text": pa.array(["a", None, ""]),
        "dictionary": pa.array(["a", "b", None]).dictionary_encode(),
        "whole": pa.array([9007199254740993, None, -1]),
        "decimal": pa.array([Decimal("1E-18"), None, Decimal("-5.10")], pa.decimal128(38, 18)),
        "wide": pa.array([Decimal("12345678901234567890.5"), None, None], pa.decimal256(60, 20)),
        "float": pa.array([0.1, 1e-7, float("nan")]),
        "zoned": pa.array([instant, None, None], pa.timestamp("ms", "America/New_York")),
        "unzoned": pa.array([instant.replace(tzinfo=None), None, None], pa.timestamp("ns")),
        "map": pa.array([[("k", 'v"')], [], None], pa.map_(pa.string(), pa.string())),
        "nothing": pa.nulls(3),
    }
    pq.write_table(pa.table(columns), path)
    with open_table(path, path.name) as table:
        frame = pl.concat(list(table.frames))
        assert table.float_columns == {"float"}
    assert frame.schema == dict.fromkeys(columns, pl.String)
    texts = frame.to_dict(as_series=False)
    decimals = [[t and Decimal(t) for t in texts.pop(name)] for name in ("decimal", "wide")]
    assert decimals == [columns["decimal"].to_pylist(), columns["wide"].to_pylist()]
    assert texts == {
        "text": ["a", None, ""],
        "dictionary": ["a", "b", None],
        "whole": ["9007199254740993", None, "-1"],
        "float": ["0.1", "1e-7", "nan"],
        "zoned": ["2026-10-03 04:05:06.000000Z", None, None],
        "unzoned": ["2026-10-03 04:05:06.000000", None, None],
        "map": ['{"k":"v\\""}', "{}", None],
        "nothing": [None, None, None],
    }


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<html>no such key</html>", "NOT_A_DATA_FILE"),
        (b"PAR1 and no more", "INPUT_PARQUET"),
        (b"", "INPUT_PARQUET"),
    ],
)
def test_what_is_not_parquet_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    assert refusal(write(tmp_path, content, "file.parquet")).code == code


def test_a_damaged_parquet_file_is_refused_where_its_pages_carry_checksums(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    values = [os.urandom(30).hex() for _ in range(2000)]
    pq.write_table(pa.table({"text": values}), path, compression="none", write_page_checksum=True)
    whole = path.read_bytes()
    position = whole.index(values[1000].encode())
    path.write_bytes(whole[:position] + b"?" + whole[position + 1 :])
    assert refusal(path).code == "INPUT_PARQUET"
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path).code == "INPUT_PARQUET"


def test_a_parquet_file_with_two_columns_of_one_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["cost", "cost"]), path)
    assert refusal(path).code == "INPUT_HEADER"
