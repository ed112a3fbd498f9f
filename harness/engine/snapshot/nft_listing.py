"""Reading `nft --stateless list ruleset`: a line for each rule, and one for each set, counter and other object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from droplab.harness.engine.snapshot.normalise import SET_FILLED_BY_PACKETS

TABLE = re.compile(r"table (\S+) (\S+) \{")


def tables_of_listing(listing: str) -> dict[tuple[str, str], list[str]]:
    """(family, name) of a table to its lines. The first line is the table itself, so that an empty one is seen."""
    tables: dict[tuple[str, str], list[list[str]]] = {}
    blocks: list[list[str]] = []
    block: list[str] = []
    for line in listing.splitlines():
        text = line.strip()
        if begun := TABLE.match(line):
            blocks = tables.setdefault((begun[1], begun[2]), [["the table itself"]])
        elif line.startswith("\t\t\t") or line == "\t\t}":  # more of a long set, or of a chain without a name
            block[-1] += f" {text}"
        elif line.startswith("\t\t"):
            block.append(text)
        elif line == "\t}":
            blocks.append(list(_of_block(block)))
        elif text.endswith("{"):
            block = [text]
        elif line.startswith("\t") and text:
            blocks.append([text])
    # The order of chains and sets says nothing, that of the rules in a chain does.
    return {name: [line for lines in sorted(found, key=_first) for line in lines] for name, found in tables.items()}


def _first(block: Sequence[str]) -> str:
    return block[0]


def _of_block(block: Sequence[str]) -> Iterator[str]:
    """A chain and its rules, or another object on one line. Elements that packets add to a set are left out."""
    head, *statements = block
    kind, name = head.split()[:2]
    if kind == "chain":
        described = [statement for statement in statements if statement.startswith(("type ", "comment "))]
        yield f"chain {name} {{ {' '.join(described)} }}" if described else f"chain {name}"
        yield from (f"{name}: {statement}" for statement in statements if statement not in described)
    else:
        dynamic = any(statement.startswith("flags ") and SET_FILLED_BY_PACKETS in statement for statement in statements)
        kept = [words for words in statements if not (dynamic and words.startswith("elements = "))]
        yield f"{head} {'; '.join(kept)} }}"
