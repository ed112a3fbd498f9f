"""report.html: complete, safe, and needing nothing but itself."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from droplab.harness.contracts.measurement import Measurement, Proportion
from droplab.harness.engine.report import Evidence, Phase, Report
from droplab.harness.render.html import LINES_SHOWN, render
from tests.unit.render import samples

VOID = {"meta", "br", "hr", "img", "link", "input", "col", "wbr"}
HOSTILE = "<script>alert(1)</script>\"'&[/bold]\x1b[31m\x00 \ud800 … 日本"


class Page(HTMLParser):
    """Fails on tags that do not match; keeps ids, links and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "xlink:href"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a beginning"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def passing() -> str:
    return render(samples.passing())


def test_the_page_is_well_formed_and_ids_are_unique(passing: str) -> None:
    page = Page(passing)
    assert len(page.ids) == len(set(page.ids))
    assert {"details", "table", "svg", "figure"} <= set(page.tags)


def test_every_link_into_the_page_has_its_target(passing: str) -> None:
    page = Page(passing)
    inside = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert inside
    assert inside <= set(page.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", passing)) <= set(page.ids)


def test_the_page_loads_nothing_and_runs_nothing(passing: str) -> None:
    page = Page(passing)
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    outside = [link for link in page.links if not link.startswith("#")]
    assert all(link.startswith("captures/") for link in outside)
    assert not re.search(r"@import|url\((?!#)", passing)


def test_everything_a_reader_needs_is_there(passing: str) -> None:
    text = " ".join(Page(passing).text.split())
    for words in (
        "The server constantly drops packets",
        "droplab run 48 --seed 7 --runtime netns",
        "broken as described",
        "Delete the two DROP rules",
        "two DROP rules, statistic mode random, with growing counters",
        "iptables -t filter -nvL",
        "51.2 % of 9500 [48.7, 53.7]",
        "4864 of 9500",
        "median",
        "packets in the rule +487",
        "captures/broken-nginx.pcap",
        "Debian GNU/Linux 12",
        "1e-06",
        "equal to the baseline",
    ):
        assert words in text, words


def test_what_had_to_be_shown_is_marked(passing: str) -> None:
    assert re.search(r"<mark>[^<]*311[^<]*</mark>", passing)
    assert re.search(r"<mark>[^<]*mss 256[^<]*</mark>", passing)
    assert not re.search(r"<mark>[^<]*mss 1460", passing)


def test_a_failing_run_says_what_was_expected_and_what_to_do() -> None:
    text = " ".join(Page(render(samples.failing())).text.split())
    for words in (
        "broken: syn loss differs",
        "51 % ± 5",
        "30.2 % of 9500 [27.9, 32.6]",
        "one rule seems to be missing",
        "too few probes to decide",
        "the node is gone",
        "table inet x is still there",
        "packets in the rule +0",
        "5 passed, 1 failed, 1 inconclusive, 1 error",
    ):
        assert words in text, words


def hostile() -> Report:
    report = samples.passing()
    check = replace(
        report.phases[0].checks[0], probe=HOSTILE, observed=HOSTILE, expected=HOSTILE, why=HOSTILE, verdict="fail"
    )
    phase = Phase(
        HOSTILE,
        checks=(check,),
        evidence=(Evidence(HOSTILE, HOSTILE, HOSTILE, 1, HOSTILE, False),),
        measurements={HOSTILE: Measurement({"loss": Proportion(1, 2)}, {"x": HOSTILE}, doubt=HOSTILE)},
        because=HOSTILE,
        captures=(HOSTILE,),
    )
    fault = replace(report.faults[0], key=HOSTILE, commands=(HOSTILE,), parameters={HOSTILE: HOSTILE})
    return replace(
        report,
        title=HOSTILE,
        story=f"{HOSTILE}\n\n![x](http://example.test/x.png) <img src=x onerror=alert(1)> [a](javascript:alert(1))",
        why=HOSTILE,
        verdict="error",
        phases=(phase,),
        faults=(fault,),
        residue=(HOSTILE,),
        commands=(HOSTILE,),
        environment={HOSTILE: HOSTILE},
        reproduce=HOSTILE,
        topology={HOSTILE: HOSTILE, "a": "198.18.0.1/24"},
    )


def test_no_text_of_others_becomes_markup() -> None:
    drawn = render(hostile())
    page = Page(drawn)
    assert not {"script", "img"} & set(page.tags)
    assert "\x1b" not in drawn
    assert "\x00" not in drawn
    assert "日本" in page.text
    drawn.encode("utf-8")


def test_a_run_that_ended_before_its_first_phase() -> None:
    report = replace(
        samples.passing(),
        phases=(),
        faults=(),
        commands=(),
        environment={},
        topology={},
        story="",
        verdict="error",
        why="no namespaces",
    )
    page = Page(render(report))
    assert "no namespaces" in page.text
    assert "The run ended before its first phase." in page.text
    assert "svg" not in page.tags[: page.tags.index("main")]


def test_zero_checks_and_missing_measurements() -> None:
    report = replace(samples.passing(), phases=(Phase("healthy"), samples.second_step()))
    page = Page(render(report))
    assert "Nothing was checked." in page.text
    assert "What was measured" not in page.text


def test_a_phase_in_which_nothing_was_answered_has_no_times() -> None:
    dead = Measurement({"loss": Proportion(300, 300)}, {"rtt_s": {}, "rtt_sample_s": []})
    page = Page(render(replace(samples.passing(), phases=(Phase("broken", measurements={"syn": dead}),))))
    assert "300 of 300" in page.text
    assert "median" not in page.text


def test_a_huge_output_is_cut_with_a_note() -> None:
    output = "".join(f"line {number} of it\n" for number in range(50_000))
    phase = Phase("Look", evidence=(Evidence("nginx", "cat big", output, 0, "shows /line 7 /", True),))
    drawn = render(replace(samples.passing(), phases=(phase,)))
    assert len(drawn) < 200_000
    assert f"{LINES_SHOWN} of 50000 lines are shown" in drawn
    one_line = Phase("Look", evidence=(Evidence("nginx", "cat big", "x" * 5_000_000, 0),))
    assert len(render(replace(samples.passing(), phases=(one_line,)))) < 200_000
