"""Which tables nf_tables has: one question to the kernel (0.2 ms) that saves a command (6 ms) where there are none."""

from __future__ import annotations

import errno
import struct

from droplab.harness.contracts.node import Node
from droplab.harness.runtime.netlink import attributes, dump, open_netlink

NETLINK_NETFILTER = 12
NFT_MSG_GETTABLE = 10 << 8 | 1  # NFNL_SUBSYS_NFTABLES
NFTA_TABLE_NAME = 1
NETFILTER_HEADER = struct.Struct("=BBH")  # struct nfgenmsg
FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}


def nft_tables(node: Node) -> set[tuple[str, str]]:
    """(family, name) of every table: all that nft can hold is in a table. Empty on a kernel without nf_tables."""
    found = set()
    try:
        with open_netlink(node, NETLINK_NETFILTER) as asking:
            listed = dump(asking, NFT_MSG_GETTABLE, NETFILTER_HEADER.pack(0, 0, 0))
        for body in listed:
            family, *_ = NETFILTER_HEADER.unpack_from(body)
            name = attributes(body[NETFILTER_HEADER.size :])[NFTA_TABLE_NAME].rstrip(b"\0").decode()
            found.add((FAMILIES.get(family, str(family)), name))
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EOPNOTSUPP}:
            raise
    return found
