"""The shape of lab.yaml as pydantic sees it: which keys there are and of what type. JSON Schema comes from here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][\w-]{0,30}$")]
Words = Annotated[str, Field(min_length=1, max_length=20_000)]
Expected = dict[str, dict[str, Any]]


class Strict(BaseModel):
    """No unknown keys, no conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServiceShape(Strict):
    """A program that serves: what starts it, and what tells that it listens."""

    run: Words
    ready: str = Field(pattern=r"^(tcp|udp):\d{1,5}$", description='"tcp:80" or "udp:53"')


class FileShape(Strict):
    """A file in a node: text, or so many zero bytes."""

    content: str | None = None
    size: int | None = Field(default=None, ge=0, le=64 << 20, description="bytes")
    mode: str = Field(default="0644", pattern=r"^0?[0-7]{3}$")


class NodeShape(Strict):
    """A node: one address, or a network name for each interface."""

    address: str | None = Field(default=None, description="the address of eth0 with its prefix, 198.18.0.0/15")
    networks: dict[Name, str] | None = Field(default=None, description="network name to address; eth0, eth1, ... in order")
    routes: dict[str, str] = Field(default={}, description='"default" or a prefix, to a gateway')
    forward: bool = Field(default=False, description="a router: net.ipv4.ip_forward=1")
    setup: list[Words] = Field(default=[], description="commands that are part of the healthy lab")
    files: dict[str, str | FileShape] = Field(default={}, description="path in the node to a file of the folder, or its content")
    resolv_conf: list[str] = []
    services: list[str] | dict[Name, ServiceShape] = []


class StepShape(Strict):
    """A step of the solution."""

    title: Words
    because: str = ""
    look: list[dict[str, Any]] = Field(default=[], description="{NODE: command, shows: regex, lacks: regex, during: {NODE: command}}")
    run: dict[str, Words | list[Words]]
    removes: list[str] = []
    expect: Expected = {}


class AlternativeShape(Strict):
    """Another right repair."""

    title: Words
    run: dict[str, Words | list[Words]]
    leaves: list[
        Literal[
            "links", "addresses", "routes", "rules", "neighbours", "qdiscs", "nft", "iptables", "iptables_legacy",
            "sysctls", "sockets", "processes", "files",
        ]
    ] = []  # fmt: skip
    cures: list[str] | None = None


class LabShape(Strict):
    """lab.yaml."""

    schema_: Literal[1] = Field(alias="schema")
    title: Words
    story: str = Field(default="", description="Markdown, or a file of the folder")
    difficulty: Literal["easy", "medium", "hard", "expert"] | None = None
    minutes: int | None = Field(default=None, ge=1, le=600)
    nodes: dict[Name, NodeShape] = Field(min_length=1, max_length=32)
    parameters: dict[Name, Any] = {}
    faults: dict[Name, dict[str, Any]] = Field(min_length=1, description="{node: NODE, KIND: {parameters}}")
    probes: dict[Name, dict[str, Any]] = Field(min_length=1, description="{node: NODE, KIND: target, parameters}")
    healthy: Expected = Field(min_length=1)
    always: Expected = {}
    broken: Expected = Field(min_length=1)
    solution: list[StepShape] = Field(min_length=1)
    alternatives: list[AlternativeShape] = []
    hints: str | list[str] = Field(default="", description="Markdown with one list item a hint, or a file of the folder")
