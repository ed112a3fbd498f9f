"""The raw shape of lab.yaml, as editors see it. Names, addresses, formulas and commands are looked into later."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from droplab.harness.contracts.fault import Symptom
from droplab.harness.contracts.words import split

RESERVED = ("switch", "host", "shows", "lacks", "during")
Section = Literal[
    "links", "addresses", "routes", "rules", "neighbours", "qdiscs",
    "nft", "iptables_legacy", "sysctls", "sockets", "processes", "files",
]  # fmt: skip
"""What a snapshot compares."""


def _node_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,14}", name):
        raise ValueError("a node's name has 1 to 15 of a-z 0-9 - and begins with a letter")
    if name in RESERVED:
        raise ValueError(f"{name} is a reserved name; call the node something else")
    return name


def _network_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,11}", name):
        raise ValueError("a network's name has 1 to 12 of a-z 0-9 - and begins with a letter")
    return name


def _identifier(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,39}", name):
        raise ValueError("this name has 1 to 40 letters, digits and _ and does not begin with a digit")
    return name


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _without_values(value: Any) -> Any:
    return dict.fromkeys(value) if isinstance(value, list) and all(isinstance(name, str) for name in value) else value


def _file_short(value: Any) -> Any:
    return {"file": value} if isinstance(value, str) else value


def _number_one(value: Any) -> Any:
    if type(value) is not int or value != 1:  # true equals 1
        raise ValueError("expected 1")
    return value


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("must be one line")
    return text


def _command(text: str) -> str:
    if not split(text):
        raise ValueError("a command is needed")
    return text


def _section(name: Any) -> Any:
    return "sysctls" if name == "sysctl" else name


def _empty(value: Any) -> Any:
    return {} if value is None else value


Text = Annotated[str, Field(min_length=1, max_length=100_000)]
Line = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_one_line)]
Commands = Annotated[list[Text], BeforeValidator(_as_list, json_schema_input_type=str | list[str])]
NodeName = Annotated[str, AfterValidator(_node_name)]
Identifier = Annotated[str, AfterValidator(_identifier)]
Run = dict[str, Commands]
"""Node to its commands."""

EXPECTED = {
    "anyOf": [
        {"type": ["number", "string"]},
        {"type": "array", "items": {"type": ["number", "string"]}, "minItems": 1},
        {
            "type": "object",
            "properties": {"near": {"type": ["number", "string"]}, "tol": {"type": ["number", "string"]}},
            "required": ["near"],
            "additionalProperties": False,
        },
    ]
}
WHEN: dict[str, Any] = {
    "description": "only for these draws: something drawn to its value or values",
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        "anyOf": [
            {"type": ["number", "string"]},
            {"type": "array", "items": {"type": ["number", "string"]}, "minItems": 1},
        ]
    },
}
When = Annotated[Any, WithJsonSchema(WHEN)]
"""Has been applied before a shape is read: see when.py. Here it is for editors."""
Metrics = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "properties": {"when": WHEN}, "additionalProperties": EXPECTED}),
]
Expected = dict[str, Metrics]
"""Probe to metric to what is expected."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FileShape(_Shape):
    """What is in a file of a node: a file of the lab's folder, a text, or so many bytes."""

    file: Line | None = Field(default=None, description="a file of the lab's folder")
    content: str | None = Field(default=None, max_length=200_000, description="the text itself")
    size: int | None = Field(default=None, ge=0, le=64 * 1024 * 1024, description="bytes of filler")
    mode: str = Field(default="0644", pattern=r"^0?[0-7]{3}$", description='permissions, for example "0755"')

    @model_validator(mode="after")
    def _one_source(self) -> FileShape:
        given = [self.file, self.content, self.size]
        if given.count(None) != 2:
            raise ValueError("give one of: file (of the lab's folder), content (text) or size (bytes)")
        return self


class ServiceShape(_Shape):
    """A program that serves. Nothing but the name means one of droplab's own services."""

    run: Annotated[Line, AfterValidator(_command)] = Field(description="the command that starts it")
    ready: str = Field(
        pattern=r"^(tcp|udp):[0-9]{1,5}$", description='what listens when it is ready, for example "tcp:80"'
    )


class NodeShape(_Shape):
    """A machine of the lab."""

    address: Line | None = Field(default=None, description="IPv4 address with prefix length; short for one network")
    networks: dict[Annotated[str, AfterValidator(_network_name)], Line] | None = Field(
        default=None, min_length=1, max_length=8, description="network to address: eth0, eth1, ... in this order"
    )
    routes: dict[Line, Line] = Field(default={}, max_length=64, description='"default" or a prefix to its gateway')
    forward: bool = Field(default=False, description="whether it forwards packets between its networks")
    setup: Commands = Field(default=[], description="commands that belong to the healthy lab")
    files: dict[Line, Annotated[FileShape, BeforeValidator(_file_short, json_schema_input_type=str | FileShape)]] = (
        Field(default={}, description="path to a file of the lab's folder, {content: ...} or {size: ...}")
    )
    resolv_conf: Annotated[list[Line], BeforeValidator(_as_list, json_schema_input_type=str | list[str])] = Field(
        default=[], description="lines of /etc/resolv.conf"
    )
    services: Annotated[
        dict[str, ServiceShape | None],
        BeforeValidator(_without_values, json_schema_input_type=list[str] | dict[str, ServiceShape | None]),
    ] = Field(default={}, description="names of droplab's own services, or name to {run, ready}")

    @model_validator(mode="after")
    def _one_address(self) -> NodeShape:
        if (self.address is None) == (self.networks is None):
            raise ValueError("give either `address: 198.18.1.2/24` or `networks: {name: address}`")
        return self


class TriggerShape(_Shape):
    """Which probe of the lab must get worse when the fault is injected, instead of the fault's own choice."""

    probe: str = Field(description="a probe of this lab")
    metric: str | None = Field(default=None, description="one of the probe's metrics")
    symptom: Symptom | None = Field(default=None, description="what it must do")


class StepShape(_Shape):
    """A step of the solution: look, then run, then expect."""

    title: Line = Field(description="what is done, in a few words")
    because: str = Field(default="", description="what the evidence shows")
    look: list[dict[str, Any]] = Field(
        default=[], description="{NODE: command, shows: regex, lacks: regex, during: {NODE: command}}"
    )
    run: Run = Field(default={}, description="node to the commands that repair, as a person types them")
    removes: list[str] = Field(default=[], description="keys of the faults that are gone after this step")
    expect: Expected = Field(default={}, description="what holds after this step")
    when: When = None


class AlternativeShape(_Shape):
    """Another right repair."""

    title: Line = Field(description="what is done, in a few words")
    run: Run = Field(min_length=1, description="node to the commands")
    leaves: list[Annotated[Section, BeforeValidator(_section, json_schema_input_type=Section | Literal["sysctl"])]] = (
        Field(default=[], description="what may differ from the baseline afterwards")
    )
    cures: list[str] | None = Field(default=None, description="the probes that must be healthy then; all by default")
    when: When = None


class Document(_Shape):
    """A lab: a small network, what is broken in it, how that shows, and how it is repaired."""

    format: Annotated[Literal[1], BeforeValidator(_number_one, json_schema_input_type=Literal[1])] = Field(
        alias="schema", description="the version of this format: 1"
    )
    title: Line = Field(description="the complaint, in one line")
    difficulty: Line | None = Field(default=None, description="a word: easy, medium, hard")
    minutes: int | None = Field(default=None, ge=1, le=1000, description="how long a student needs")
    story: str = Field(
        default="", max_length=100_000, description="what the student is told: a file of the folder, or the text"
    )
    nodes: dict[NodeName, NodeShape] = Field(min_length=1, max_length=64, description="name to a machine of the lab")
    parameters: Annotated[dict[str, Any] | None, BeforeValidator(_empty)] = Field(
        default={}, description="name to a value or a family"
    )
    faults: dict[Identifier, dict[str, Any]] = Field(default={}, description="what is broken, injected in this order")
    probes: dict[Identifier, dict[str, Any]] = Field(default={}, description="how it is looked at")
    healthy: Expected = Field(default={}, description="what must hold before anything is broken and after the repair")
    always: Expected = Field(
        default={}, description="what must hold in every phase: what was ruled out, what a repair must not break"
    )
    broken: Expected = Field(default={}, description="what must hold while every fault is in")
    solution: list[StepShape] = Field(default=[], description="the steps that repair it, in order")
    alternatives: list[AlternativeShape] = Field(
        default=[], description="other right repairs, each tried in a fresh lab"
    )
    hints: Annotated[list[Text], BeforeValidator(_as_list, json_schema_input_type=str | list[str])] = Field(
        default=[], description="hints from general to specific: a file of the folder, a Markdown text, or a list"
    )
