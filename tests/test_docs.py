"""The documentation keeps up with the code: errors, commands, links."""

import ast
import json
import re
from itertools import chain
from pathlib import Path

import pytest

from apportion.cli import main

ROOT = Path(__file__).parents[1]
ERRORS = ROOT / "docs" / "errors.md"
CODE = re.compile(r"[A-Z]{2,}(_[A-Z0-9]+)+")
RAISED = {
    "ApportionError",
    "Busy",
    "ConfigError",
    "DeliveryRefused",
    "GateRefused",
    "ReleaseTampered",
    "SourceUnavailable",
}
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


def sources() -> list[Path]:
    return [
        path
        for room in ("apportion", "ingest", "warehouse")
        for path in (ROOT / room).rglob("*.py")
    ]


def texts(node: ast.AST) -> set[str]:
    return {
        constant.value
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    }


def raised_codes(tree: ast.AST) -> set[str]:
    """The first argument of every error that is made, where it is a text."""
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in RAISED
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def headings() -> list[str]:
    return re.findall(r"^## (\S+)$", ERRORS.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_every_error_code_is_explained() -> None:
    raised = set(chain(*(raised_codes(ast.parse(path.read_text())) for path in sources())))
    assert len(raised) > 30
    assert raised - set(headings()) == set()


def test_every_explained_code_exists_and_stands_in_order() -> None:
    paths = [*sources(), *(ROOT / "dags").glob("*.py")]
    written = set(chain(*(texts(ast.parse(path.read_text())) for path in paths)))
    known = {match.group() for text in written for match in CODE.finditer(text)}
    assert set(headings()) - known == set()
    assert headings() == sorted(headings())


@pytest.mark.parametrize("code", headings())
def test_an_explanation_says_what_it_means_and_what_to_do(code: str) -> None:
    text = ERRORS.read_text(encoding="utf-8")
    section = text.split(f"\n## {code}\n", 1)[1].split("\n## ", 1)[0]
    assert len([part for part in section.split("\n\n") if part.strip()]) >= 2


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in LINK.findall(document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []


def test_commands_that_the_documents_show_exist() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    shown = {
        name
        for document in documents
        for name in re.findall(r"^ *(?:\$ )?apportion ([a-z]+)", document.read_text(), re.MULTILINE)
    }
    assert shown - main.commands.keys() == set()


def test_policies_are_json_and_read_only() -> None:
    text = (ROOT / "docs" / "how-to" / "grant-least-privilege.md").read_text(encoding="utf-8")
    policies = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    statements = [statement for policy in policies for statement in policy["Statement"]]
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    assert {statement["Action"] for statement in statements} == {
        "s3:ListBucket",
        "s3:GetObject",
        "kms:Decrypt",
        "sts:AssumeRole",
    }
