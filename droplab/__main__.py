"""``python -m droplab``."""

from droplab.harness.cli import main

main()
