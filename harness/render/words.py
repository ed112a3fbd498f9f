"""Words, marks and cleaned text that the console, the HTML page and JUnit share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from droplab.harness.contracts.measurement import Proportion, Value
from droplab.harness.engine.report import Evidence, Phase
from droplab.harness.verdict import judge
from droplab.harness.verdict.expectation import Expectation
from droplab.harness.verdict.judge import Check

MARKS: Mapping[str, str] = MappingProxyType(
    {
        "pass": "✓",
        "ok": "✓",
        "fail": "✗",
        "failed": "✗",
        "inconclusive": "?",
        "error": "!",
        "none": "○",
        "unproven": "○",
    }
)
ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "inconclusive": "too few probes to decide: run it again, or give the probe a higher `count`",
        "error": "the probe itself could not measure: see the commands and the environment in report.html",
    }
)
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
SHOWN = re.compile(r"(?:shows /(?P<shows>.*?)/)?(?: and )?(?:lacks /(?P<lacks>.*)/)?", re.DOTALL)


def clean(text: str) -> str:
    """``text`` without terminal escapes and without what XML forbids; tabs become spaces, CR LF becomes LF."""
    return printable(ESCAPES.sub("", text.replace("\r\n", "\n"))).expandtabs()


def printable(text: str) -> str:
    """``text`` with a replacement character for each that neither XML nor UTF-8 can hold."""
    return UNPRINTABLE.sub("�", text)


def cut(text: str, characters: int) -> str:
    """``text`` on one line and at most so long, with an ellipsis where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1].rstrip() + "…"


def subject(check: Check) -> str:
    """What a check is about: ``syn loss``, ``http``, ``snapshot``."""
    metric = check.metric.removesuffix("_contains")  # the words of such a check begin with "contains"
    return check.probe if metric in {"", "outcome", "state"} else f"{check.probe} {metric}"


def finding(check: Check) -> str:
    """A check that holds, in a few words: ``syn loss 0 of 2600, below 0.6 %``."""
    return clean(f"{subject(check)} {re.sub(r' ?[(,]? ?error [0-9.e-]+[)]?', '', str(check.observed))}")


def advice(check: Check) -> str:
    """Why a check does not hold and what to do, as far as ``observed`` does not say it already."""
    why = check.why or ADVICE.get(check.verdict, "")
    return "" if why == check.observed else clean(why)


def side(words: str) -> tuple[str, str]:
    """A side of a proof as (state, rest): ``ok: rule +487`` is ("ok", "rule +487")."""
    state, _, rest = words.partition(":")
    if state not in MARKS:
        state, _, rest = words.partition(" ")
    return (state, clean(rest.strip())) if state in MARKS else ("unproven", clean(words))


def duration(seconds: float) -> str:
    """A duration for people: ``38 ms``, ``5.9 s``, ``2 min 5 s``."""
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def value(value: Value) -> str:
    """A measured value: ``1234 of 9500 (13 %)``, ``0.0042``, ``no_response``."""
    if isinstance(value, Proportion):
        return f"{value.k} of {value.n} ({100 * value.estimate:.3g} %)"
    return f"{value:.4g}" if isinstance(value, float) else clean(str(value))


def expected(metric: str, what: Expectation) -> str:
    """An expectation for people: ``loss none (below 1 %)``, ``outcome ok``, ``body contains 'hello'``."""
    return clean(f"{metric.removesuffix('_contains')} {judge.words(what)}")


def worst(phase: Phase) -> str:
    """The verdict of a phase: error before fail before inconclusive before pass."""
    verdicts = {check.verdict for check in phase.checks}
    return next((verdict for verdict in ("error", "fail", "inconclusive") if verdict in verdicts), "pass")


def telling(evidence: Evidence) -> tuple[int, ...]:
    """The numbers of the output's lines that show what they must, or, when it failed, what they must not."""
    pattern = _pattern(evidence)
    lines = clean(evidence.output).splitlines()
    return tuple(number for number, line in enumerate(lines) if pattern and pattern.search(line))


def _pattern(evidence: Evidence) -> re.Pattern[str] | None:
    wanted = SHOWN.fullmatch(evidence.expected or "")
    shows, lacks = (wanted["shows"], wanted["lacks"]) if wanted else (None, None)
    pattern = shows if evidence.held or not lacks else lacks
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None


def quoted(evidence: Evidence, at_most: int, characters: int) -> list[str]:
    """The lines of the output worth quoting, each cut to ``characters``: those that tell, else the last ones."""
    lines = [" ".join(line.split()) for line in clean(evidence.output).splitlines()]
    pattern, numbers = _pattern(evidence), telling(evidence)
    if pattern and numbers:
        return [_around(lines[number], pattern, characters) for number in numbers[:at_most]]
    if evidence.held and evidence.expected is None:
        return []
    return [cut(line, characters) for line in lines if line][-at_most:]


def _around(line: str, pattern: re.Pattern[str], characters: int) -> str:
    """``line`` cut so that what matched is still in it."""
    found = pattern.search(line)
    end = found.end() if found else 0
    if len(line) <= characters or end < characters:
        return cut(line, characters)
    return "…" + cut(line[end - characters + 2 :], characters - 1)


def unheld(evidence: Evidence) -> str:
    """What is wrong with a command that did not hold."""
    if evidence.expected is None:
        return f"exit status {evidence.returncode}"
    return f"expected: {clean(evidence.expected)}"
