"""What somebody probably meant, for the end of an error message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_LISTED = 12
LONGEST = 100


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean X?`` when a known name is near, else ``; known: A, B``; empty when nothing is known."""
    names = list(dict.fromkeys(known))
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold()[:LONGEST], folded, n=1)
    if near:
        return f"; did you mean {folded[near[0]]}?"
    if not names:
        return ""
    more = ", ..." if len(names) > MOST_LISTED else ""
    return f"; known: {', '.join(names[:MOST_LISTED])}{more}"


def is_near(word: str, known: Iterable[str]) -> bool:
    """Whether ``word`` is a known name with a slip."""
    return bool(difflib.get_close_matches(word.casefold()[:LONGEST], [name.casefold() for name in known], n=1))
