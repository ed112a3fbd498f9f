"""What the command line lists."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import pytest
from pydantic import Field
from rich.console import Console

from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.definition.lab import Alternative, Expectations, Look, Step
from droplab.harness.engine.doctor import Finding
from droplab.harness.engine.judgement import Judgement
from droplab.harness.engine.status import Status
from droplab.harness.render import markdown, tables
from droplab.harness.render.parameters import describe, example
from droplab.harness.verdict.expectation import NoneLost, OneOf
from tests.unit.render import samples

if TYPE_CHECKING:
    from droplab.harness.engine.snapshot import Difference


@dataclass(frozen=True)
class Changed:
    """As much of a snapshot's difference as is drawn."""

    section: str
    words: str


class Nothing(Fault):
    """Breaks nothing.

    At all.
    """

    needs: ClassVar = ("true",)
    symptom: ClassVar = "None, [bold]really[/bold]."
    evidence: ClassVar = "None."
    lookalike: ClassVar = "Everything that works."
    remedy: ClassVar = "Not needed."

    amount: int = Field(ge=1, le=1_000_000, description="how much of it")
    share: float | None = Field(default=None, gt=0, le=1, description="0..1")
    chain: Literal["IN", "OUT"] = Field(default="IN", description="where")
    quiet: bool = Field(default=False, description="without a word")
    name: str = Field(default="eth0", pattern="^e", description="whom")

    def plan(self, node: Node) -> Change:
        raise NotImplementedError

    def signature(self) -> Signature:
        raise NotImplementedError


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=100, highlight=False)


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert not [line for line in text.splitlines() if line != line.rstrip()]
    return " ".join(text.split())


def test_parameters_in_words() -> None:
    assert [(parameter.name, parameter.type, parameter.default) for parameter in describe(Nothing)] == [
        ("amount", "whole number 1 to 1000000", "needed"),
        ("share", "number above 0 up to 1", "none"),
        ("chain", "one of IN, OUT", "IN"),
        ("quiet", "yes or no", "no"),
        ("name", "text like /^e/", "eth0"),
    ]
    assert example("nothing", Nothing, "yaml") == "faults: {my_fault: {node: NODE, nothing: {amount: AMOUNT}}}"
    assert example("nothing", Nothing, "inject") == "droplab inject NAME/NODE nothing amount=AMOUNT"


def test_the_catalogue_and_one_kind(console: Console) -> None:
    tables.print_faults([("nothing", "link", Nothing)], console)
    assert "nothing link Breaks nothing." in said(console)
    tables.print_fault("nothing", "link", Nothing, console)
    text = said(console)
    for words in (
        "At all.",
        "None, [bold]really[/bold].",
        "look-alike Everything that works.",
        "how much of it",
        "needs true",
    ):
        assert words in text


def test_running_labs(console: Console) -> None:
    nodes = {"nginx": "up", "client": "lost: droplab reset makes it anew"}
    one = Status("alice", "48", "netns", 3725, 59, nodes, ("http: no_response",), None)
    tables.print_status([one], console)
    text = said(console)
    assert "alice 48 netns 1 h 02 min 59 s nginx, client (lost: droplab reset makes it anew)" in text
    assert "hurts http: no_response" in text
    assert "cause" not in text


def test_several_running_labs_and_a_problem(console: Console) -> None:
    fine = Status("a", "48", "netns", 1, 90_000, {}, (), ("drop_input",))
    odd = Status("b", "48", "docker", 1, 1, {}, None, None, "the definition changed")
    tables.print_status([fine, odd], console)
    text = said(console)
    assert "a hurts nothing" in text
    assert "a cause drop_input" in text
    assert "b problem the definition changed" in text


def test_no_running_lab(console: Console) -> None:
    tables.print_status([], console)
    assert said(console).startswith("no lab is running")


def test_repaired(console: Console) -> None:
    tables.print_judgement(Judgement(samples.healthy("x", 0).checks, (), ()), console)
    assert said(console).endswith("repaired: nothing hurts, no fault is left, nothing else was changed")


def test_still_broken_says_what_hurts_and_names_no_cause(console: Console) -> None:
    checks = samples.healthy("x", 0).checks + samples.failing().phases[1].checks
    tables.print_judgement(Judgement(checks, ("drop_input", "small_mtu"), ()), console)
    text = said(console)
    assert "3 of 8 expectations do not hold (5 hold)" in text
    assert "✗ syn loss: 30.2 % of 9500 [27.9, 32.6], expected 51 % ± 5" in text
    assert "✗ cause 2 faults are still there" in text
    assert "drop_input" not in text
    assert text.endswith("still broken")


def test_works_but_lists_the_rest(console: Console) -> None:
    change = cast("Difference", Changed("sysctl", "nginx: net.ipv4.tcp_mtu_probing was 0, is 1"))
    tables.print_judgement(Judgement(samples.healthy("x", 0).checks, ("small_mtu",), (change,)), console)
    text = said(console)
    assert "1 fault is still there: small_mtu" in text
    assert "tcp_mtu_probing" in text
    assert text.endswith("works, but it is not repaired")


def test_doctor_says_how_to_get_what_is_missing(console: Console) -> None:
    findings = [
        Finding("rights", "root", "yes", "", "run droplab with sudo", vital=True),
        Finding("tool", "hping3", "no", "", "apt-get install hping3"),
    ]
    tables.print_doctor(findings, console)
    text = said(console)
    assert "✗ hping3 → apt-get install hping3" in text
    assert "sudo" not in text
    assert "labs can run here; 1 is missing" in text


def test_doctor_says_when_no_lab_can_run(console: Console) -> None:
    tables.print_doctor([Finding("kernel", "veth", "no", "for every lab", "modprobe veth", vital=True)], console)
    assert said(console).endswith("no lab can run here without: veth")


def test_the_story_gives_no_cause_away(console: Console) -> None:
    markdown.print_story(samples.lab(), console)
    text = said(console)
    assert "Three suspects" in text
    assert "syn: loss none (below 1 %)" in text
    assert "conntrack: usage between 0 and 0.1" in text
    assert "Delete" not in text


def test_the_solution_has_every_command(console: Console) -> None:
    look = Look("nginx", "tcpdump -n", "mss 256", "GET", ("client", "curl x"))
    expect: Expectations = {"syn": {"loss": NoneLost()}, "http": {"outcome": OneOf(("no_response",))}}
    step = Step("Restore", "it is small", (look,), (("nginx", "ifconfig eth0 mtu 1500"),), ("mtu",), expect)
    other = Alternative("Clamp", (("nginx", "iptables -t mangle"),), ("nft",), ("big",))
    markdown.print_solution(replace(samples.lab(), solution=(step,), alternatives=(other,)), console)
    text = said(console)
    for words in (
        "1. Restore because it is small",
        "look nginx# tcpdump -n while client# curl x shows /mss 256/ and lacks /GET/",
        "type nginx# ifconfig eth0 mtu 1500",
        "then syn: loss none (below 1 %)",
        "Or: Clamp type nginx# iptables -t mangle leaves differences in nft cures only big",
    ):
        assert words in text, words
