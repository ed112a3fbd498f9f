"""The file system of a lab's init and of its nodes: a small root of their own, in which only programs are the host's.

Runs in forked children, each in a mount namespace of its own. The host finds a node's changes through
/proc/INIT/root/nodes/NAME: ``root`` is its root, ``changes/etc`` the upper layer over the host's /etc.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable

from droplab.harness.definition.lab import NodeFile
from droplab.harness.runtime import rootless_files
from droplab.harness.runtime.host_view import HostView
from droplab.harness.runtime.namespaces import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    bind,
    mount,
    pivot_root,
)

STAGE = "/tmp"  # noqa: S108 any folder that every machine has; what is mounted on it is ours alone
NODES = "/nodes"
SHOWN_ETC = "/etc-of-host"
HIDING_ETC = "/etc-hidden"
SAFE = MS_NOSUID | MS_NODEV
INERT = SAFE | MS_NOEXEC
ROOT_SIZE = "size=64m,nr_inodes=16k,mode=755"

MASKED = (
    "acpi", "asound", "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug", "scsi",
    "kmsg", "kallsyms", "kpagecount", "kpageflags", "kpagecgroup", "config.gz", "vmcore", "slabinfo", "vmallocinfo",
)  # fmt: skip
READ_ONLY = ("bus", "fs", "irq", "sysrq-trigger")
MASKED_OF_SYS = ("firmware", "kernel/debug", "kernel/tracing", "devices/virtual/powercap", "fs/bpf", "fs/pstore")
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
PTS = "newinstance,ptmxmode=0666,mode=620"
DEVICE_LINKS = {
    "ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2",
    "core": "/proc/kcore",
}  # fmt: skip
FOLDERS = {
    "root": 0o700, "home": 0o755, "srv": 0o755, "mnt": 0o755, "opt": 0o755, "media": 0o755, "tmp": 0o1777,
    "run": 0o755, "run/lock": 0o1777, "usr": 0o755, "etc": 0o755, "proc": 0o555, "sys": 0o555, "dev": 0o755,
    "var": 0o755, "var/backups": 0o755, "var/cache": 0o755, "var/lib": 0o755, "var/lib/misc": 0o755, "var/local": 0o755,
    "var/log": 0o755, "var/mail": 0o755, "var/opt": 0o755, "var/spool": 0o755, "var/tmp": 0o1777, "var/www": 0o755,
    "var/www/html": 0o755,
}  # fmt: skip
WELCOME = ("/usr/share/nginx/html/index.html", "var/www/html/index.nginx-debian.html")


def mount_own_proc() -> None:
    """A /proc of the caller's own namespaces: that of a container which droplab may run in is read-only."""
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc", INERT)


def build_init_root(view: HostView, nodes: Iterable[str]) -> None:
    """Give the lab's init a root with the host's programs (read-only) and an empty tmpfs for each node.

    Its root holds no mount of the host's: a copy of those would keep other people's namespaces alive. To be called
    after ``mount_own_proc``, which has made the mounts private.
    """
    mount("tmpfs", STAGE, "tmpfs", INERT, ROOT_SIZE)
    for name in (*view.folders, "usr", SHOWN_ETC[1:], HIDING_ETC[1:], NODES[1:]):
        os.mkdir(f"{STAGE}/{name}")
    for name, target in view.links:
        os.symlink(target, f"{STAGE}/{name}")
    for name in ("usr", *view.folders):
        bind(f"/{name}", f"{STAGE}/{name}", MS_RDONLY | SAFE)
    for path in view.hidden_of_usr:
        mount("tmpfs", STAGE + path, "tmpfs", MS_RDONLY | INERT, "size=0,mode=755")
    if view.rootless:
        rootless_files.keep_in_sight(STAGE)
        rootless_files.copy_etc(frozenset(view.hidden_of_etc), STAGE + SHOWN_ETC)
    else:
        bind("/etc", STAGE + SHOWN_ETC, MS_RDONLY | INERT)
        _hide(view.hidden_of_etc, STAGE + HIDING_ETC)
    for name in nodes:
        os.mkdir(f"{STAGE}{NODES}/{name}")
        mount("tmpfs", f"{STAGE}{NODES}/{name}", "tmpfs", SAFE, ROOT_SIZE)
    pivot_root(STAGE)


def _hide(names: Iterable[str], layer: str) -> None:
    """Whiteouts (overlayfs: a character device 0:0) for paths of /etc, in a layer that lies over the host's."""
    for name in names:
        folder = os.path.dirname(name)
        if folder:
            os.makedirs(f"{layer}/{folder}", exist_ok=True)
        os.mknod(f"{layer}/{name}", stat.S_IFCHR | 0o600, 0)


def mount_proc(node: str) -> str:
    """Make the node's root folder with a /proc of the caller's PID namespace in it; where /proc is, until the pivot."""
    root = f"{NODES}/{node}/root"
    os.mkdir(root)
    mount(root, root, None, MS_BIND)
    os.mkdir(f"{root}/proc", FOLDERS["proc"])
    mount("proc", f"{root}/proc", "proc", INERT)
    return f"{root}/proc"


def build_node_root(view: HostView, node: str, files: Iterable[NodeFile]) -> None:
    """Build the rest of a node's root, make it the root, and write the node's own files."""
    root = f"{NODES}/{node}/root"
    _make_folders(root, view)
    _show_programs(root, view)
    _lay_over_etc(root, f"{NODES}/{node}")
    _populate_dev(f"{root}/dev", rootless=view.rootless)
    mount("sysfs", f"{root}/sys", "sysfs", MS_RDONLY | INERT)
    pivot_root(root)
    _restrict_proc()
    for path in MASKED_OF_SYS:
        _mask(f"/sys/{path}")
    for file in files:
        write_file(file)


def _make_folders(root: str, view: HostView) -> None:
    for name, mode in FOLDERS.items():
        if name != "proc":
            os.mkdir(f"{root}/{name}")
            os.chmod(f"{root}/{name}", mode)
    os.symlink("/run", f"{root}/var/run")
    os.symlink("/run/lock", f"{root}/var/lock")
    for folder in view.services:
        os.makedirs(root + folder.path, exist_ok=True)
        if not view.rootless:
            os.chown(root + folder.path, folder.uid, folder.gid)
        os.chmod(root + folder.path, folder.mode)


def _show_programs(root: str, view: HostView) -> None:
    for name in view.folders:
        os.mkdir(f"{root}/{name}")
    for name in ("usr", *view.folders):
        mount(f"/{name}", f"{root}/{name}", None, MS_BIND | MS_REC)
    for name, target in view.links:
        os.symlink(target, f"{root}/{name}")
    if os.path.exists(WELCOME[0]):
        shutil.copyfile(WELCOME[0], f"{root}/{WELCOME[1]}")


def _lay_over_etc(root: str, own: str) -> None:
    for folder in ("changes", "changes/etc", "work"):
        os.mkdir(f"{own}/{folder}")
    layers = f"lowerdir={HIDING_ETC}:{SHOWN_ETC},upperdir={own}/changes/etc,workdir={own}/work"
    mount("overlay", f"{root}/etc", "overlay", SAFE, layers)


def _populate_dev(dev: str, *, rootless: bool) -> None:
    mount("tmpfs", dev, "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k,nr_inodes=256,mode=755")
    for name, (major, minor) in DEVICES.items():
        if rootless:
            rootless_files.show_device(name, f"{dev}/{name}")
            continue
        os.mknod(f"{dev}/{name}", stat.S_IFCHR | 0o666, os.makedev(major, minor))
        os.chmod(f"{dev}/{name}", 0o666)
    for name, target in DEVICE_LINKS.items():
        os.symlink(target, f"{dev}/{name}")
    for name in ("pts", "shm"):
        os.mkdir(f"{dev}/{name}")
    mount("devpts", f"{dev}/pts", "devpts", MS_NOSUID | MS_NOEXEC, PTS + ("" if rootless else ",gid=5"))
    mount("tmpfs", f"{dev}/shm", "tmpfs", INERT, "size=16m,mode=1777")


def _restrict_proc() -> None:
    """As docker does it, but for /proc/sys/net, which stays writable: it belongs to the node alone."""
    bind("/proc/sys", "/proc/sys", MS_RDONLY | INERT)
    bind("/proc/sys/net", "/proc/sys/net", INERT)
    for name in READ_ONLY:
        if os.path.exists(f"/proc/{name}"):
            bind(f"/proc/{name}", f"/proc/{name}", MS_RDONLY | INERT)
    for name in MASKED:
        _mask(f"/proc/{name}")


def _mask(path: str) -> None:
    """Nothing to read, nothing to write."""
    if os.path.isdir(path):
        mount("tmpfs", path, "tmpfs", MS_RDONLY | INERT, "size=0,mode=755")
    elif os.path.exists(path):
        mount("/dev/null", path, None, MS_BIND)


def write_file(file: NodeFile) -> None:
    """Write a file of the lab, with the folders above it."""
    os.makedirs(os.path.dirname(file.path), exist_ok=True)
    if os.path.islink(file.path):
        os.unlink(file.path)
    with open(file.path, "wb") as written:
        written.write(file.content)
    os.chmod(file.path, file.mode)
