"""A server on loopback that answers the two queries of billing tables as BigQuery's REST API does.

The client under test is Google's own. The server keeps rows as they are in the table, and evaluates
what `ingest.sources.gcp.bigquery` asks: the partitions since a day, and the rows of one up to an
export time. Everything else is refused.
"""

import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Row = dict[str, Any]
Field = dict[str, Any]


def field(name: str, kind: str = "STRING", *fields: Field, mode: str = "NULLABLE") -> Field:
    """A column of a table's schema."""
    described: Field = {"name": name, "type": kind, "mode": mode}
    return described | {"fields": list(fields)} if fields else described


class BigQuery:
    """Tables, each a schema and rows with their partition day; and what was asked of it."""

    def __init__(self) -> None:
        self.url = ""
        self.schemas: dict[str, list[Field]] = {}
        self.rows: dict[str, list[tuple[str, Row]]] = {}
        self.exported_at: dict[str, str] = {}
        self.results: dict[str, tuple[list[Field], list[Row]]] = {}
        self.queries: list[str] = []
        self.denied = False

    def answer(self, sql: str, values: Mapping[str, str]) -> tuple[list[Field], list[Row]]:
        """Evaluate a query."""
        (table,) = re.findall(r"FROM `([^`]+)`", sql)
        exported = self.exported_at[table]
        assert exported in sql
        if sql.startswith("SELECT *"):
            found = [
                row
                for day, row in self.rows[table]
                if day == values["day"] and row[exported] <= _plain(values["exported"])
            ]
            return self.schemas[table], found
        days: dict[str, list[str]] = defaultdict(list)
        for day, row in self.rows[table]:
            if day >= values["first"]:
                days[day].append(row[exported])
        listing = [
            {"day": day, "row_count": len(times), "exported": f"{max(times).replace(' ', 'T')}Z"}
            for day, times in sorted(days.items())
        ]
        return [field("day"), field("row_count", "INTEGER"), field("exported")], listing


def _plain(timestamp: str) -> str:
    """A timestamp parameter in the form of the rows: `2026-10-02 09:00:00.000000`."""
    return timestamp.replace("T", " ").removesuffix("Z").removesuffix("+00:00")


def _cell(described: Field, value: Any) -> Any:
    if described["mode"] == "REPEATED":
        one = described | {"mode": "NULLABLE"}
        return {"v": [_cell(one, member) for member in value or []]}
    if value is None:
        return {"v": None}
    if described["type"] == "RECORD":
        members = [_cell(member, value.get(member["name"])) for member in described["fields"]]
        return {"v": {"f": members}}
    if described["type"] == "TIMESTAMP":
        return {"v": _micros(value)}
    return {"v": json.dumps(value) if isinstance(value, bool) else str(value)}


def _micros(timestamp: str) -> str:
    from datetime import UTC, datetime

    moment = datetime.fromisoformat(timestamp).replace(tzinfo=UTC)
    return str(round(moment.timestamp() * 1_000_000))


class _Handler(BaseHTTPRequestHandler):
    tables: BigQuery

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.tables.denied:
            reason = {"errors": [{"reason": "accessDenied"}], "message": "Access Denied: Table"}
            self._send(403, {"error": reason | {"code": 403}})
            return
        query = body["configuration"]["query"]
        values = {
            parameter["name"]: parameter["parameterValue"]["value"]
            for parameter in query["queryParameters"]
        }
        (table,) = re.findall(r"FROM `([^`]+)`", query["query"])
        if table not in self.tables.schemas:
            self._send(404, {"error": {"code": 404, "message": f"Not found: Table {table}"}})
            return
        job = body["jobReference"]["jobId"]
        self.tables.queries.append(query["query"])
        self.tables.results[job] = self.tables.answer(query["query"], values)
        self._send(200, self._job(body["jobReference"]))

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        job = path.path.rpartition("/")[2]
        schema, rows = self.tables.results[job]
        if "/jobs/" in path.path:
            self._send(200, self._job({"projectId": "example", "jobId": job}))
            return
        asked = parse_qs(path.query)
        size = int(asked.get("maxResults", ["2"])[0]) or 0
        first = int(asked.get("pageToken", ["0"])[0])
        size = min(size, 2)  # so that a result has several pages
        answer: dict[str, Any] = {
            "kind": "bigquery#getQueryResultsResponse",
            "schema": {"fields": schema},
            "jobReference": {"projectId": "example", "jobId": job, "location": "EU"},
            "totalRows": str(len(rows)),
            "jobComplete": True,
            "rows": [
                {"f": [_cell(described, row.get(described["name"])) for described in schema]}
                for row in rows[first : first + size]
            ],
        }
        if first + size < len(rows):
            answer["pageToken"] = str(first + size)
        self._send(200, answer)

    def _job(self, reference: Mapping[str, str]) -> dict[str, Any]:
        return {
            "kind": "bigquery#job",
            "id": f"example:EU.{reference['jobId']}",
            "jobReference": {**reference, "location": "EU"},
            "configuration": {"jobType": "QUERY", "query": {"query": ""}},
            "status": {"state": "DONE"},
            "statistics": {"query": {"statementType": "SELECT"}},
        }

    def _send(self, status: int, answer: Mapping[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def serving() -> Iterator[BigQuery]:
    """A server without tables."""
    tables = BigQuery()
    handler = type("Handler", (_Handler,), {"tables": tables})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    tables.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield tables
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
