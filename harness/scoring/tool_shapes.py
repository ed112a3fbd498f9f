"""The raw shape of a tool's definition, as it stands in YAML."""

from __future__ import annotations

import re
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from droplab.harness.contracts.change import Place
from droplab.harness.scoring.tool import Form, How, Takes, Traffic, Where

GROUPS = {"sum": 1, "time_ms": 1, "time_s": 1}
WAYS: tuple[How, ...] = get_args(How)


def _pattern(text: str) -> str:
    try:
        re.compile(text, re.MULTILINE)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Pattern = Annotated[str, AfterValidator(_pattern)]


class Shape(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SignalShape(Shape):
    """``{lost: REGEX}``, ``{lines: REGEX}``, ...: one way to read the output."""

    lost: Pattern | None = Field(None, description="groups sent and received, or percent and sent")
    unanswered: Pattern | None = Field(None, description="lines of requests; `answer` those of replies")
    answer: Pattern | None = Field(None, description="with unanswered: lines of replies")
    lines: Pattern | None = Field(None, description="counts what matches")
    sum: Pattern | None = Field(None, description="adds up group 1")
    words: Pattern | None = Field(None, description="the set of what matches")
    time_ms: Pattern | None = Field(None, description="the largest group 1, in milliseconds")
    time_s: Pattern | None = Field(None, description="the largest group 1, in seconds")
    exit: bool | None = Field(None, description="the exit status")
    alarms: bool = Field(True, description="false: it only serves to name")

    @model_validator(mode="after")
    def _one(self) -> SignalShape:
        given = [way for way in WAYS if getattr(self, way)]
        if len(given) != 1:
            raise ValueError(f"a signal has exactly one of {', '.join(WAYS)}")
        if (given[0] == "unanswered") != (self.answer is not None):
            raise ValueError("unanswered, and only unanswered, has an `answer`")
        pattern = re.compile(self.text, re.MULTILINE)
        if pattern.groups < GROUPS.get(given[0], 0):
            raise ValueError(f"{given[0]} needs a group: which part is the number?")
        if given[0] == "lost" and set(pattern.groupindex) not in ({"sent", "received"}, {"sent", "percent"}):
            raise ValueError("lost needs the groups (?P<sent>...) and (?P<received>...) or (?P<percent>...)")
        return self

    @property
    def how(self) -> How:
        """Which one is given."""
        return next(way for way in WAYS if getattr(self, way))

    @property
    def text(self) -> str:
        """The regular expression; empty for the exit status."""
        return "" if self.exit else str(getattr(self, self.how))


class MeaningShape(Shape):
    """``{signal: drops, shows: REGEX, means: [kinds]}``."""

    signal: str = Field(description="a signal of `read`")
    shows: Pattern | None = Field(None, description="what its new words must match")
    means: Annotated[list[str], BeforeValidator(_as_list)] = Field(min_length=1, description="kinds of faults")


class ReadShape(Shape):
    """How the output is read."""

    form: Form = Field("lines", alias="as", description="json becomes lines such as report.hubs.0.Loss%=12.5")
    file: str | None = Field(None, description="a file below {out} instead of standard output")
    signals: dict[str, SignalShape] = Field(min_length=1, description="name to how it is read")


class ReadyShape(Shape):
    """What a stream prints when it sees packets."""

    line: Pattern = Field(description="a regular expression")


class ToolShape(Shape):
    """A tool's definition."""

    tool: str = Field(pattern=r"^[\w.+-]{1,40}$", description="its name")
    about: str = Field("", description="one sentence")
    package: str = Field("", description="the Debian package that has it")
    version: list[str] = Field(default=[], description="the command that prints its version")
    needs: list[str] = Field(default=[], description="programs that must be installed; by default the one it runs")
    kernel: Pattern | None = Field(None, description="what `uname -r` must match")
    run: list[str] = Field(min_length=1, description="the command, a list of words")
    where: Where = Field("client", description="client, server, every node, or host")
    place: Place = Field("network", description="network: this machine's program in the node's network; node: inside")
    takes: Takes = Field("run", description="run, state, difference or stream")
    ready: ReadyShape | None = Field(None, description="for a stream: when it is ready")
    traffic: list[Traffic] = Field(
        default=["syn", "linux_syn", "http", "name", "ping"], description="what flows meanwhile"
    )
    within_s: float = Field(20, gt=0, le=600, description="seconds after which it is ended")
    read: ReadShape = Field(description="how its output is read")
    names: list[MeaningShape] = Field(default=[], description="which of its words mean which kinds")
    cannot: dict[str, str] = Field(default={}, description="kind to why it cannot see it")

    @model_validator(mode="after")
    def _ready(self) -> ToolShape:
        if (self.takes == "stream") != (self.ready is not None):
            raise ValueError("a stream, and only a stream, says with `ready: {line: REGEX}` when it sees packets")
        if self.takes == "stream" and self.place != "network":
            raise ValueError("a stream runs with `place: network`")
        return self
