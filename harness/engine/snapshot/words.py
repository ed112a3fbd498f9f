"""A difference in the words of the section that it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Change:
    """A value of a section that was ``was`` and is ``now``; None where there was or is nothing.

    ``item`` and ``key`` say which value. An empty ``key`` is the item as a whole; the key "order" of a list of lines
    means that line ``was`` came before line ``now`` and comes after it by now.
    """

    item: str
    key: str
    was: str | None
    now: str | None


def sentence(section: str, change: Change) -> str:
    """What has changed, without the node."""
    return SENTENCES[section](change)


def _link(change: Change) -> str:
    if not change.key:
        return _presence(f"link {change.item}", change)
    nothing = "off" if change.key.startswith("offload ") else "none"
    return f"link {change.item}: {change.key} {change.was or nothing} -> {change.now or nothing}"


def _address(change: Change) -> str:
    return _value(f"address {change.key} of {change.item}", change)


def _route(change: Change) -> str:
    return _presence(f"route {change.key} ({change.item})", change)


def _rule(change: Change) -> str:
    return _line(f"policy rules of {change.item}", change)


def _neighbour(change: Change) -> str:
    return _value(f"{change.key} on {change.item}", change)


def _queue(change: Change) -> str:
    return _line(f"queues of {change.item}", change)


def _firewall(change: Change) -> str:
    return _line(f"rules of {change.item}", change)


def _sysctl(change: Change) -> str:
    if not change.key:
        return _presence(f"sysctls {change.item}.*", change)
    name = f"sysctl {change.item}.{change.key}"
    return f"{name}: gone" if change.now is None else f"{name}: {change.was} -> {change.now}"


def _socket(change: Change) -> str:
    open_word = "listens" if change.key.startswith("tcp") else "receives"
    if change.now is None:
        return f"{change.key} no longer {open_word}"
    if change.was is None:
        return f"{change.key} {open_word} now, which nothing did before"
    return f"{change.key}: {change.was} -> {change.now}"


def _process(change: Change) -> str:
    name = f"process {change.item} ({change.key})"
    if change.now is None:
        return f"{name}: missing"
    return f"{name}: new" if change.was is None else f"{name}: {change.was} -> {change.now}"


def _file(change: Change) -> str:
    name = f"file {change.key}"
    if change.now == "deleted" or change.now is None:
        return f"{name}: deleted"
    if change.was is None or change.was == "deleted":
        return f"{name}: added or changed"
    (mode, owner, content), (new_mode, new_owner, new_content) = change.was.split(" ", 2), change.now.split(" ", 2)
    said = ["changed"] if content != new_content else []
    said += [f"mode {mode} -> {new_mode}"] if mode != new_mode else []
    said += [f"owner {owner} -> {new_owner}"] if owner != new_owner else []
    return f"{name}: {', '.join(said)}"


def _presence(name: str, change: Change) -> str:
    return f"{name}: gone" if change.now is None else f"{name}: new"


def _value(name: str, change: Change) -> str:
    if change.now is None:
        return f"{name}: gone"
    return f"{name}: new ({change.now})" if change.was is None else f"{name}: {change.was} -> {change.now}"


def _line(name: str, change: Change) -> str:
    if change.key == "order":
        return f"{name}: the order changed, {change.now} now comes before {change.was}"
    return f"{name}: missing {change.key}" if change.now is None else f"{name}: added {change.key}"


SENTENCES: Mapping[str, Callable[[Change], str]] = MappingProxyType({
    "links": _link,
    "addresses": _address,
    "routes": _route,
    "rules": _rule,
    "neighbours": _neighbour,
    "qdiscs": _queue,
    "nft": _firewall,
    "iptables_legacy": _firewall,
    "sysctls": _sysctl,
    "sockets": _socket,
    "processes": _process,
    "files": _file,
})  # fmt: skip
