"""An explanation as a tree on a terminal; without colours where it is piped."""

import sys
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from apportion.explain.node import EXACT, Node, known

CENT, SMALL, TENTH = Decimal("0.01"), Decimal("0.00000001"), Decimal("0.1")
FACT = Decimal("0.0001")
HUNDRED = Decimal(100)
PIPED_WIDTH = 200
LONG, ABREAST = 50, 4
ROUNDING = Context(prec=EXACT.prec, rounding=ROUND_HALF_EVEN)


def show(node: Node) -> None:
    """Print an explanation: amounts in cents, those below one unit with eight decimals."""
    is_terminal = sys.stdout.isatty()
    console = Console(highlight=False, width=None if is_terminal else PIPED_WIDTH)
    console.print(_drawn(node, None))


def _drawn(node: Node, whole: Decimal | None) -> Tree:
    tree = Tree(_line(node, whole))
    for part in node.parts:
        tree.children.append(_drawn(part, node.amount if node.is_sum else None))
    return tree


def _line(node: Node, whole: Decimal | None) -> Text:
    line = Text(node.title)
    if node.amount is not None:
        line.append(f"  {rounded(node.amount)} {node.currency}", "bold")
        if share := share_of(node, whole):
            line.append(f"  {share}", "cyan")
    facts = known(node.facts)
    if facts:
        said = [f"{name.replace('_', ' ')}: {plain(value)}" for name, value in facts.items()]
        short = [fact for fact in said if len(fact) < LONG]
        long = [fact for fact in said if len(fact) >= LONG]
        rows = [";  ".join(short[at : at + ABREAST]) for at in range(0, len(short), ABREAST)]
        line.append("\n" + "\n".join((*rows, *long)), "dim")
    return line


def share_of(node: Node, whole: Decimal | None) -> str:
    """The part of the line above in percent; nothing where that would mislead."""
    if node.amount is None or not whole or abs(node.amount) > abs(whole):
        return ""
    share = ROUNDING.divide(ROUNDING.multiply(node.amount, HUNDRED), whole)
    return f"{share.quantize(TENTH, context=ROUNDING)} %"


def rounded(amount: Decimal) -> str:
    """Cents; eight decimals for an amount below one unit, and all for one that they cannot show."""
    if 0 < abs(amount) < SMALL:
        return f"{amount:f}"
    unit = CENT if abs(amount) >= 1 or not amount else SMALL
    return f"{amount.quantize(unit, context=ROUNDING):,f}"


def plain(value: Any) -> str:
    """A fact as people write it."""
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


def _digits(value: Decimal) -> str:
    """A price, rate or quantity: below one all digits, else four decimals; no zeros at the end."""
    rounded_value = value.quantize(FACT, context=ROUNDING) if abs(value) >= 1 else value
    text = f"{rounded_value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
