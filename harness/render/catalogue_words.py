"""Words of a fault as Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SPECIAL = re.compile(r"[\\<*_\[\]]")


def prose(text: str) -> str:
    """Plain text in which only `code` is marked: everything else stands as it is."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:  # a backtick without its pair
        return SPECIAL.sub(r"\\\g<0>", " ".join(text.split())).replace("`", "\\`")
    escaped = (part if index % 2 else SPECIAL.sub(r"\\\g<0>", part) for index, part in enumerate(parts))
    return "`".join(escaped)


def code(text: str) -> str:
    """A command or a pattern as it is, whatever is in it."""
    fence = "``" if "`" in text else "`"
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


def cell(text: str) -> str:
    """What stands in a table: a bar would end the cell."""
    return text.replace("|", "\\|")


def settings(parameters: Mapping[str, Any]) -> str:
    """``count: 300, port: 80``."""
    return ", ".join(f"{name}: {value}" for name, value in parameters.items())
