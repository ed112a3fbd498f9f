"""``python -m tests.trust.starting``: start lab 48 without its rehearsal, as ``droplab start`` does after it."""

from __future__ import annotations

from droplab.harness.definition.catalogue import Catalogue, find_lab
from droplab.harness.definition.loader import load
from droplab.harness.engine.clean import runtime_named, sweep
from droplab.harness.engine.started import find
from droplab.harness.engine.workshop import Order, begin, stop

NAME = "begun"


def main(runtime: str) -> None:
    """Begin it, and stop it again."""
    sweep()
    order = Order(load(find_lab("48"), seed=1), NAME, 600, {})
    begin(order, runtime_named(runtime), Catalogue())
    stop(find(NAME))


if __name__ == "__main__":
    import sys

    main(sys.argv[1])
