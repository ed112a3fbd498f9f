"""Cleaned text, durations, and what of an output is worth quoting."""

from __future__ import annotations

import pytest

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.engine.report import Evidence
from droplab.harness.render import words
from droplab.harness.verdict.expectation import Contains, Exactly, Near, NoneLost, OneOf, Within
from droplab.harness.verdict.judge import judge
from tests.unit.render import samples


def test_escapes_and_what_xml_forbids_are_gone() -> None:
    assert words.clean("a\x1b[1;31mb\x1b[0m\x1b]0;t\x07c\td\r\ne\x00\x08\ud800\uffff") == "abc     d\ne����"
    assert words.clean("日本 ✓") == "日本 ✓"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.0004, "0 ms"), (0.038, "38 ms"), (0.62, "0.6 s"), (5.94, "5.9 s"), (125, "2 min 5 s")]
)
def test_durations(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("proof", "state", "rest"),
    [
        ("ok", "ok", ""),
        ("ok: a +1", "ok", "a +1"),
        ("failed: a: b", "failed", "a: b"),
        ("none (it hits all: everything)", "none", "(it hits all: everything)"),
        ("unproven", "unproven", ""),
        ("what is this", "unproven", "what is this"),
    ],
)
def test_sides_of_a_proof(proof: str, state: str, rest: str) -> None:
    assert words.side(proof) == (state, rest)


def test_both_halves_of_an_expectation_are_understood() -> None:
    held = Evidence("a", "tcpdump", "mss 256\nGET / HTTP/1.1\n", 0, "shows /mss 256/ and lacks /GET / HTTP/", True)
    assert words.telling(held) == (0,)
    failed = Evidence("a", "tcpdump", held.output, 0, held.expected, False)
    assert words.telling(failed) == (1,)
    assert words.telling(Evidence("a", "x", "b(\n", 0, "shows /b(/", True)) == ()


def test_what_matched_stays_in_a_line_that_is_cut() -> None:
    long = Evidence("a", "x", f"{'.' * 300} needle {'.' * 300}", 0, "shows /needle/", True)
    (line,) = words.quoted(long, 2, 60)
    assert "needle" in line
    assert len(line) <= 60
    assert line.startswith("…")


def test_a_failed_command_is_quoted_by_its_last_words() -> None:
    failed = Evidence("a", "x", "one\n\ntwo\nthree\n\n", 1, None, False)
    assert words.quoted(failed, 2, 60) == ["two", "three"]
    assert words.quoted(Evidence("a", "x", "fine", 0, None, True), 2, 60) == []


def test_findings_are_short() -> None:
    check = samples.check("syn", "loss", "0", "0 of 2600, below 0.6 % (error 1e-6)")
    assert words.finding(check) == "syn loss 0 of 2600, below 0.6 %"
    assert words.subject(samples.outcome("ok")) == "http"


def test_values_and_expectations_in_words() -> None:
    assert words.value(Proportion(1, 3)) == "1 of 3 (33.3 %)"
    assert words.value(0.123456) == "0.1235"
    said = [
        words.expected("loss", NoneLost()),
        words.expected("loss", Near(0.51)),
        words.expected("usage", Within(0, 0.1)),
        words.expected("lost", Exactly(100)),
        words.expected("outcome", OneOf(("ok", "reset"))),
        words.expected("body_contains", Contains("hi")),
    ]
    assert said == [
        "loss none (below 1 %)",
        "loss 51 % ± 5",
        "usage between 0 and 0.1",
        "lost 100",
        "outcome ok or reset",
        "body contains 'hi'",
    ]


def test_a_doubt_that_was_observed_is_not_repeated() -> None:
    doubted = judge("syn", "loss", NoneLost(), Proportion(40, 2600), doubt="40 replies came late; raise deadline_s")
    assert doubted.verdict == "inconclusive"
    assert words.advice(doubted) == ""
    assert "higher `count`" in words.advice(judge("syn", "loss", NoneLost(), Proportion(9, 2600)))


def test_the_judges_words_are_findings() -> None:
    assert words.finding(judge("syn", "loss", NoneLost(), Proportion(0, 2600))) == "syn loss 0 of 2600, below 0.56 %"
    contains = judge("http", "body_contains", Contains("hi"), "oh hi there")
    assert words.finding(contains) == "http body contains 'hi'"
