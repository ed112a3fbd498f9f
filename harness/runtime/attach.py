"""Targets that droplab did not start: a container, a process, or a named network namespace.

A target is known by the cookie of its network namespace, never by PID or inode, which the kernel gives again to
strangers. A node opens its namespace first and holds it; the cookie is compared on what is held.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from droplab.harness.errors import NodeLost, UsageError
from droplab.harness.runtime.node import NetnsNode

NAMED = Path("/run/netns")
FORMS = "container:ID, pid:N, netns:PATH or NAME/NODE of a running lab"


@dataclass(frozen=True)
class Attached:
    """A target's node, and what a journal must know to find it again: ``node``, ``pid``, ``cookie``, ``path``."""

    node: NetnsNode
    record: Mapping[str, Any]


def attach(text: str) -> Attached:
    """The target that ``container:ID``, ``pid:N`` or ``netns:PATH`` names. Raises UsageError or MachineLacks."""
    kind, _, value = text.partition(":")
    if kind == "container" and value:
        name, pid = _container(value)
        return _entered(text, name, f"/proc/{pid}/ns/net", pid)
    if kind == "pid" and value.isdigit():
        if not Path(f"/proc/{value}").exists():
            raise UsageError(f"{text}: there is no process {value}")
        return _entered(text, f"pid-{value}", f"/proc/{value}/ns/net", int(value))
    if kind == "netns" and value:
        path = _named(text, value)
        return _entered(text, path.name, str(path), None)
    raise UsageError(f"{text}: not a target; a target is {FORMS}")


def _entered(text: str, name: str, path: str, pid: int | None) -> Attached:
    try:
        node = NetnsNode(name, path)
    except (NodeLost, OSError) as error:
        raise UsageError(f"{text}: {error}") from error
    try:
        with NetnsNode("here", "/proc/self/ns/net") as here:
            if here.cookie == node.cookie:
                raise UsageError(f"{text}: this is the network of this machine itself; nothing was touched")
        return Attached(node, {"node": name, "pid": pid, "cookie": node.cookie, "path": path})
    except OSError as error:
        node.close()
        raise UsageError(f"{text}: {path} is not a network namespace") from error
    except BaseException:
        node.close()
        raise


def _named(text: str, value: str) -> Path:
    path = Path(value) if "/" in value else NAMED / value
    if not path.exists():
        names = sorted(entry.name for entry in NAMED.glob("*"))
        near = difflib.get_close_matches(path.name, names, n=1)
        known = f"did you mean netns:{near[0]}?" if near else f"in {NAMED}: {', '.join(names) or 'none'}"
        raise UsageError(f"{text}: there is no {path}; {known}")
    return path


def _container(value: str) -> tuple[str, int]:
    """Name and PID of a running container, by name or by the beginning of its id."""
    from docker.errors import APIError, NotFound

    from droplab.harness.runtime.docker_daemon import connect, heard

    client = connect()
    try:
        with heard(f"container:{value}"):
            try:
                seen = client.inspect_container(value)
            except NotFound:
                names = [name.lstrip("/") for row in client.containers() for name in row["Names"]]
                raise UsageError(_no_such(value, names)) from None
            except APIError as error:
                raise UsageError(f"container:{value}: {error.explanation}") from error
    finally:
        client.close()
    name, state = seen["Name"].lstrip("/"), seen["State"]
    if not state["Running"]:
        raise UsageError(f"container:{value}: it is not running ({state['Status']}); docker start {name}")
    return name, int(state["Pid"])


def _no_such(value: str, names: list[str]) -> str:
    near = difflib.get_close_matches(value, names, n=1)
    known = f"did you mean container:{near[0]}?" if near else f"running: {', '.join(sorted(names)) or 'none'}"
    return f"container:{value}: no container has this name or id; {known}"


def reopen(record: Mapping[str, Any]) -> NetnsNode | None:
    """The node that a journal recorded, wherever its namespace can be found now; None when it is gone.

    The recorded process may have ended while another keeps the namespace: the fault is still in it.
    """
    wanted = record["cookie"]
    for path in _places(record):
        try:
            node = NetnsNode(record["node"], path)
            if node.cookie == wanted:
                return node
            node.close()
        except (NodeLost, OSError):
            continue
    return None


def _places(record: Mapping[str, Any]) -> Iterator[str]:
    """Where the namespace may be: as recorded, then every other namespace of this machine once."""
    pid, path = record.get("pid"), record.get("path")
    first = [place for place in (path, f"/proc/{pid}/ns/net" if pid else None) if place]
    yield from first
    seen: set[tuple[int, int]] = set()
    processes = (f"/proc/{entry}/ns/net" for entry in os.listdir("/proc") if entry.isdigit())  # noqa: PTH208
    for place in (*map(str, NAMED.glob("*")), *processes):
        try:
            found = os.stat(place)  # noqa: PTH116
        except OSError:
            continue
        if (found.st_dev, found.st_ino) not in seen:
            seen.add((found.st_dev, found.st_ino))
            yield place
