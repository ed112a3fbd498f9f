"""The files of a node that come and go while it works: one list, for both runtimes, of what no snapshot compares."""

from __future__ import annotations

import re

VOLATILE = re.compile(
    r"""/(?:
        dev | proc | sys | run | tmp | var/run | var/tmp | var/lock       # states, sockets, pid files, scratch files
      | root | home                                                        # a person's own notes and shell history
      | var/log | var/mail | var/spool
      | var/lib/nginx | var/cache/nginx                                    # bodies and answers that nginx puts aside
      | var/lib/misc | var/lib/dhcp | var/lib/sudo
      | var/lib/apt | var/cache | var/lib/dpkg | var/backups
      | etc/mtab | etc/ld\.so\.cache | etc/\.pwd\.lock
    )(?:/.*)?
    | .*/\.[^/]*\.sw[a-p] | .*/[^/]*~ | .*/\.(?:bash|lesshst|viminfo|python)[^/]*   # traces of editors and shells
    """,
    re.VERBOSE,
)


def is_volatile(path: str) -> bool:
    """Whether the file says nothing about how the node is configured. ``path`` is absolute."""
    return VOLATILE.fullmatch(path) is not None
