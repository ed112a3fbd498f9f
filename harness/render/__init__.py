"""One report, drawn for a terminal, a browser and a CI system; and what else the command line shows."""

from droplab.harness.render.files import write

__all__ = ["write"]
