"""Editing nginx's configuration as an administrator does, and putting it in force."""

from __future__ import annotations

import re

from droplab.harness.contracts.change import Argv, Question, run_at
from droplab.harness.contracts.node import Node
from droplab.harness.errors import UsageError

CONF = "/etc/nginx/nginx.conf"
PID = "/run/nginx.pid"
ERROR_LOG = "/var/log/nginx/error.log"

GONE = "for pid in $old; do while kill -0 $pid 2>/dev/null; do sleep 0.02; done; done"
RELOAD: Argv = ("sh", "-c", f'old=$(pgrep -P "$(cat {PID})"); nginx -s reload; {GONE}')
"""A reload, and the wait until the workers of the old configuration have gone."""

RESTART: Argv = ("sh", "-c", f"nginx -s stop; while [ -e {PID} ]; do sleep 0.02; done; nginx")
"""A listening socket cannot move from one address to a wider one by a reload: both would be bound for a moment."""


def directive(node: Node, pattern: str, kind: str) -> str:
    """The text of a directive as it stands in the configuration. Raises UsageError when there is not exactly one."""
    text = run_at(node, "node", ("cat", CONF), check=False).stdout
    found = [line for line in text.splitlines() if re.search(pattern, line) and not line.lstrip().startswith("#")]
    match = re.search(pattern, found[0]) if len(found) == 1 else None
    if match is None:
        raise UsageError(f"{kind}: {node.name} has {len(found)} lines like /{pattern}/ in {CONF}, expected one")
    return match[0]


def replaced(old: str, new: str) -> Argv:
    """The command that writes one directive for another."""
    return ("sed", "-i", f"s|{old}|{new}|", CONF)


def holds(text: str) -> Question:
    """Whether the directive stands in the configuration."""
    return Question(("grep", "-qF", text, CONF), place="node")
