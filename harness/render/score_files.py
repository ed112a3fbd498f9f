"""The files of a score."""

from __future__ import annotations

import json
from pathlib import Path

from droplab.harness.scoring.scoring import Scoring


def write(found: Scoring, folder: Path) -> list[Path]:
    """Write score.json, score.md, score.html and junit.xml into ``folder``; each is complete or absent."""
    from droplab.harness.render import score_html, score_junit, score_markdown

    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "score.json": json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n",
        "score.md": score_markdown.render(found),
        "score.html": score_html.render(found),
        "junit.xml": score_junit.render(found),
    }
    return [replace_text(folder / name, text) for name, text in texts.items()]


def replace_text(path: Path, text: str) -> Path:
    """Write beside the file and rename over it: a reader never sees half of it."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8", errors="replace")
    draft.replace(path)
    return path
