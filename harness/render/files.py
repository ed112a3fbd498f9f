"""The files of a report."""

from __future__ import annotations

import json
from pathlib import Path

from droplab.harness.engine.report import Report


def write(report: Report, folder: Path) -> list[Path]:
    """Write report.json, report.html and junit.xml into ``folder``, made if need be; their paths in that order.

    report.json is written first: it holds everything, even if drawing should fail. Each file is complete or absent.
    """
    from droplab.harness.render import html, junit

    folder.mkdir(parents=True, exist_ok=True)
    return [
        _write(folder / "report.json", document(report)),
        _write(folder / "report.html", html.render(report)),
        _write(folder / "junit.xml", junit.render(report)),
    ]


def document(report: Report) -> str:
    """report.json's text, also what ``--json`` prints."""
    return json.dumps(report.to_json(), indent=2, ensure_ascii=False, default=str) + "\n"


def _write(path: Path, text: str) -> Path:
    # A name of our own beside the target, renamed over it: a reader never sees half a file.
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8", errors="replace")
    draft.replace(path)
    return path
