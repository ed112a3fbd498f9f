from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree as ET

from rich.console import Console

from droplab.harness.render import score_html, score_junit, score_markdown
from droplab.harness.render.score_console import print_scoring
from droplab.harness.render.score_files import write
from droplab.harness.scoring.baseline import Change
from tests.unit.scoring.samples import scoring

WORSE = Change("ping: iptables_drop probability=0.3", "worse", "noticed 20/20 → 3/4")
GONE = Change("ping: mtu mtu=100", "gone")


def test_console_shows_rates_with_intervals_and_what_got_worse() -> None:
    out = io.StringIO()
    print_scoring(scoring(WORSE), Console(file=out, width=120))
    shown = out.getvalue()
    assert "3/4 [.19, 1.00]" in shown or "3/4 [.19, .99]" in shown
    assert "silent 7/8" in shown
    assert "WORSE" in shown
    assert "not counted: INEFFECTIVE and rolled back" in shown


def test_markdown_has_a_cell_for_each_case_and_tool() -> None:
    text = score_markdown.render(scoring())
    assert "| iptables_drop probability=0.3 | 3/4 | **4/4** |" in text
    assert "| healthy | 1/8 false | 0/8 false |" in text
    assert "| iptables_drop probability=0.3 | NETFILTER_DROP 60 | iptables |" in text
    assert text.rstrip().endswith("Repeat it with `droplab score tests/tools`.")


def test_junit_fails_for_worse_and_gone_only() -> None:
    assert ET.fromstring(score_junit.render(scoring())).findall(".//failure") == []
    root = ET.fromstring(score_junit.render(scoring(WORSE, GONE)))
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failed == ["iptables_drop probability=0.3", "ping: mtu mtu=100"]
    assert [suite.get("failures") for suite in root] == ["1", "0", "1"]


def test_html_is_one_page_without_script_or_network() -> None:
    page = score_html.render(scoring(WORSE))
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert "31 of 100 &lt;lost&gt;" in page
    assert page.count("<polyline") == 2
    assert page.count("<svg") == 1


def test_files(tmp_path: Path) -> None:
    names = [path.name for path in write(scoring(), tmp_path / "new")]
    assert names == ["score.json", "score.md", "score.html", "junit.xml"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(names)
