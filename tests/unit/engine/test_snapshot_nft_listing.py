"""Reading what nft lists: long sets, chains without a name, comments, and what packets change."""

from __future__ import annotations

from droplab.harness.engine.snapshot.nft_listing import tables_of_listing

LISTING = """\
table inet t {
\tcomment "ours"
\tcounter seen {
\t}

\tset talkers {
\t\ttype ipv4_addr
\t\tsize 65535
\t\tflags dynamic,timeout
\t\ttimeout 1m
\t\telements = { 198.18.0.3 counter }
\t}

\tset big {
\t\ttype ipv4_addr
\t\tflags interval
\t\telements = { 198.18.77.0/28, 198.18.78.1,
\t\t\t     198.18.79.5 }
\t}

\tchain input {
\t\tcomment "hello"
\t\ttype filter hook input priority filter; policy accept;
\t\tlog prefix "a b { c"
\t\tquota 5 mbytes
\t\ttcp dport 99 jump {
\t\t\tcounter
\t\t\taccept
\t\t}
\t\tdrop
\t}

\tchain a {
\t}
}
table ip6 t {
}
"""


def test_every_object_and_rule_is_one_line() -> None:
    assert tables_of_listing(LISTING) == {
        ("inet", "t"): [
            "chain a",
            'chain input { comment "hello" type filter hook input priority filter; policy accept; }',
            'input: log prefix "a b { c"',
            "input: quota 5 mbytes",
            "input: tcp dport 99 jump { counter accept }",
            "input: drop",
            'comment "ours"',
            "counter seen {  }",
            "set big { type ipv4_addr; flags interval; elements = { 198.18.77.0/28, 198.18.78.1, 198.18.79.5 } }",
            "set talkers { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 1m }",
            "the table itself",
        ],
        ("ip6", "t"): ["the table itself"],
    }


def test_no_rules_at_all() -> None:
    assert tables_of_listing("") == {}
