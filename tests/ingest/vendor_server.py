"""The cost and usage APIs of OpenAI and Anthropic on loopback, as their references describe them.

Buckets are asked for by a range of days and come in pages of at most `limit`; without a known key,
the width of a day and the groups that make a result a line of the bill, nothing is answered.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "sk-admin-canary-41"
PAGE = 2
"""Both APIs answer fewer buckets than were asked for, if they like."""
MOST = {"/v1/organization/costs": 180}
"""More buckets of a day are not asked for at once: of all other reports 31."""
GROUPS = {
    "/v1/organization/costs": "line_item project_id",
    "/v1/organization/usage/completions": "api_key_id batch model project_id service_tier",
    **{
        f"/v1/organization/usage/{report}": "api_key_id model project_id"
        for report in (
            *("embeddings", "moderations", "images", "audio_speeches", "audio_transcriptions"),
            "web_search_calls",
        )
    },
    "/v1/organization/usage/file_search_calls": "api_key_id project_id",
    "/v1/organization/usage/code_interpreter_sessions": "project_id",
    "/v1/organization/usage/vector_stores": "project_id",
    "/v1/organizations/cost_report": "description workspace_id",
    "/v1/organizations/usage_report/messages": (
        "api_key_id context_window model service_tier workspace_id"
    ),
}


@dataclass
class Vendor:
    """What was spent by day (JSON text of each result), and what was asked."""

    url: str = ""
    results: dict[str, list[str]] = field(default_factory=dict)
    failures: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answer: str | None = None

    others: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """What other reports of usage answer than the one of completions."""

    def of_openai(self, path: str, question: dict[str, list[str]]) -> tuple[int, str]:
        if not set(GROUPS[path].split()) <= set(question.get("group_by", ())):
            return 400, '{"error": {"message": "group_by"}}'
        first, after = (
            datetime.fromtimestamp(int(question[name][0]), UTC)
            for name in ("start_time", "end_time")
        )
        return self._page(
            path, question, first, after, lambda day: {"start_time": int(day.timestamp())}
        )

    def of_anthropic(self, path: str, question: dict[str, list[str]]) -> tuple[int, str]:
        if sorted(question.get("group_by[]", ())) != GROUPS[path].split():
            return 400, '{"error": {"message": "group_by"}}'
        first, after = (
            datetime.fromisoformat(question[name][0]) for name in ("starting_at", "ending_at")
        )
        return self._page(
            path, question, first, after, lambda day: {"starting_at": f"{day:%FT%TZ}"}
        )

    def _page(
        self,
        path: str,
        question: dict[str, list[str]],
        first: datetime,
        after: datetime,
        stamp: Any,
    ) -> tuple[int, str]:
        assert question["bucket_width"] == ["1d"]
        if int(question["limit"][0]) > MOST.get(path, 31):
            return 400, '{"error": {"message": "limit"}}'
        usage, _, report = path.rpartition("/")
        is_other = usage.endswith("/usage") and report != "completions"
        results = self.others.get(report, {}) if is_other else self.results
        start = int(question.get("page", ["page_0"])[0].removeprefix("page_"))
        length = min(PAGE, int(question["limit"][0]))
        days = [first + timedelta(days=n) for n in range((after - first).days)]
        shown = days[start : start + length]
        buckets = (
            f"{json.dumps(stamp(day))[:-1]}, "
            f'"results": [{", ".join(results.get(f"{day:%F}", ()))}]}}'
            for day in shown
        )
        more = start + length < len(days)
        following = json.dumps(f"page_{start + length}" if more else None)
        state = f'"has_more": {json.dumps(more)}, "next_page": {following}'
        return 200, f'{{"object": "page", "data": [{", ".join(buckets)}], {state}}}'


def _handler(vendor: Vendor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            vendor.asked.append(self.path)
            status, body = self._answer(address.path, parse_qs(address.query))
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _answer(self, path: str, question: dict[str, list[str]]) -> tuple[int, str]:
            if vendor.failures:
                return vendor.failures.pop(0), '{"error": {"message": "wait"}}'
            if vendor.answer is not None:
                return 200, vendor.answer
            bearer = self.headers.get("Authorization") == f"Bearer {KEY}"
            keyed = self.headers.get("x-api-key") == KEY and self.headers.get("anthropic-version")
            if path in GROUPS and path.startswith("/v1/organization/") and bearer:
                return vendor.of_openai(path, question)
            if path in GROUPS and path.startswith("/v1/organizations/") and keyed:
                return vendor.of_anthropic(path, question)
            return 401, '{"error": {"message": "invalid x-api-key"}}'

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def vendor_server() -> Iterator[Vendor]:
    """A vendor that has billed nothing yet."""
    vendor = Vendor()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(vendor)) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        vendor.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield vendor
        server.shutdown()
