"""How much of the host's files a node may see: programs, and of /etc and /var only what programs need to work.

A list of what is shown, not of what is hidden: a secret that nobody thought of stays outside.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import droplab
from droplab.harness.definition.lab import Lab
from droplab.harness.runtime.rootless import is_rootless

SHOWN_OF_ETC = frozenset(
    """
    alternatives bash.bashrc bash_completion bash_completion.d ca-certificates ca-certificates.conf crypto-policies
    debian_version default environment ethertypes gai.conf group host.conf init.d inputrc iproute2 issue ld.so.cache
    ld.so.conf ld.so.conf.d libnl-3 locale.alias locale.conf localtime login.defs lsb-release magic magic.mime
    mime.types mtab nanorc netconfig networks nsswitch.conf os-release pam.conf pam.d passwd pki profile profile.d
    protocols rpc security services shells skel ssl sysctl.conf sysctl.d terminfo timezone vim wgetrc wireshark
    xattr.conf xtables
    alpine-release arch-release redhat-release fedora-release
    """.split()  # noqa: SIM905 a list of so many words is read best as a text
)
PUBLIC_BY_NATURE = frozenset({"alternatives", "terminfo", "iproute2"})
"""Folders that hold no secrets and many files: not searched for unreadable ones."""

SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
OF_SERVICES = ("/var/lib", "/var/log", "/var/cache", "/var/spool")


@dataclass(frozen=True)
class Folder:
    """An empty folder with its rights: where a service of the host keeps its data."""

    path: str
    mode: int
    uid: int
    gid: int


@dataclass(frozen=True)
class HostView:
    """What of the host's files appears in a lab, read once before its nodes are made."""

    links: tuple[tuple[str, str], ...]
    """(name below /, target): /bin -> usr/bin and so on."""
    folders: tuple[str, ...]
    """Those of them that are real folders, for a host that has not merged /usr."""
    hidden_of_etc: tuple[str, ...]
    """Paths below /etc that nodes must not see."""
    hidden_of_usr: tuple[str, ...]
    """Folders below /usr that nodes see empty: droplab itself and the lab, where the solution lies."""
    services: tuple[Folder, ...]
    rootless: bool
    """Whether root here is an ordinary user of the host's."""

    @classmethod
    def of(cls, lab: Lab) -> HostView:
        """Look at the host with the eyes of a lab's services."""
        programs = sorted({program(service.run) for node in lab.nodes.values() for service in node.services})
        present = [name for name in SYSTEM_FOLDERS if Path("/", name).exists()]
        links = tuple((name, os.readlink(f"/{name}")) for name in present if Path("/", name).is_symlink())
        own = {Path(droplab.__file__).resolve().parent, Path(__file__).resolve().parents[2], lab.folder.resolve()}
        return cls(
            links=links,
            folders=tuple(name for name in present if not Path("/", name).is_symlink()),
            hidden_of_etc=tuple(_hidden_of_etc(programs)),
            hidden_of_usr=tuple(sorted(str(path) for path in own if path.is_relative_to("/usr"))),
            services=tuple(_service_folders(programs)),
            rootless=is_rootless(),
        )


def program(command: str) -> str:
    """The name of the program that a command runs: ``nginx`` of ``/usr/sbin/nginx -g 'daemon off;'``."""
    return Path(shlex.split(command)[0]).name


def _hidden_of_etc(programs: Iterable[str]) -> Iterator[str]:
    shown = (*programs,)
    with os.scandir("/etc") as entries:
        for entry in entries:
            if entry.name not in SHOWN_OF_ETC and not entry.name.startswith(shown):
                yield entry.name
            elif entry.name not in PUBLIC_BY_NATURE:
                yield from _unreadable(entry)


def _unreadable(entry: os.DirEntry[str]) -> Iterator[str]:
    """The paths below /etc, from an entry down, that not everybody may read."""
    if entry.is_symlink():
        return
    mode = entry.stat(follow_symlinks=False).st_mode
    path = entry.path.removeprefix("/etc/")
    if stat.S_ISDIR(mode) and mode & 0o005 == 0o005:
        with os.scandir(entry.path) as entries:
            for child in entries:
                yield from _unreadable(child)
    elif not mode & stat.S_IROTH or not (stat.S_ISREG(mode)):
        yield path


def _service_folders(programs: Iterable[str]) -> Iterator[Folder]:
    for name in programs:
        for parent in OF_SERVICES:
            for folder, _, _ in os.walk(Path(parent, name)):
                seen = os.stat(folder)
                yield Folder(folder, stat.S_IMODE(seen.st_mode), seen.st_uid, seen.st_gid)
