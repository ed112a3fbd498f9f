"""Every failure that droplab expects, drawn as a tree.

    DroplabError                 exit code
    ├── DefinitionError          2   a lab, fault or probe is written wrongly (all places at once)
    ├── UsageError               2   an unknown name, a name already taken, a wrong target
    ├── MachineLacks             3   a tool, a right, a daemon or a kernel feature is missing
    ├── Ineffective              1   an injected fault did not bite; it was rolled back
    ├── NodeLost                 1   a node vanished or lost its network under us
    ├── CommandFailed            1   a command in or for a node failed
    └── Residue                  4   something could not be undone (lists it)

Each is one line for a person: what, where, got, and what to do. The command line prints it without a traceback.
"""

from __future__ import annotations

from collections.abc import Sequence


class DroplabError(Exception):
    """An expected failure; ``exit_code`` is what the command line ends with."""

    exit_code = 1


class DefinitionError(DroplabError):
    """A definition is wrong. ``problems`` holds one line for each place, in the order of the file."""

    exit_code = 2

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class UsageError(DroplabError):
    """The command names something that does not exist, exists already, or does not fit."""

    exit_code = 2


class MachineLacks(DroplabError):
    """This machine lacks something; the message says what and how to get it."""

    exit_code = 3


class Ineffective(DroplabError):
    """A fault was injected and did not bite; it has been rolled back."""


class NodeLost(DroplabError):
    """A node's processes or its network are gone."""


class CommandFailed(DroplabError):
    """A command failed; the message holds its words, exit status and last line of standard error."""


class Residue(DroplabError):
    """Something could not be undone; the message lists it."""

    exit_code = 4
