"""Tab completion: what may stand in each place. Reads folders and run files only, so that it is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import click


def labs(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of the labs, with their titles; paths are completed by the shell."""
    from droplab.harness.definition.catalogue import list_labs

    return [CompletionItem(lab.id, help=lab.title) for lab in list_labs() if lab.id.startswith(incomplete)]


def names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the running labs."""
    from droplab.harness.engine.runfile import runs

    found = [run.header for run in runs() if run.state == "started" and run.alive]
    return [
        CompletionItem(header["name"], help=header["lab"]) for header in found if header["name"].startswith(incomplete)
    ]


def nodes(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The nodes of the running lab that was named before."""
    return [CompletionItem(node) for node in _nodes(ctx.params.get("name") or "") if node.startswith(incomplete)]


def targets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """NAME/NODE of the running labs, and the prefixes of what droplab did not start."""
    ours = [f"{item.value}/{node}" for item in names(ctx, param, "") for node in (*_nodes(item.value), "switch")]
    return [CompletionItem(word) for word in (*ours, "container:", "pid:", "netns:") if word.startswith(incomplete)]


def kinds(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The kinds of faults."""
    from droplab.harness.definition.catalogue import Catalogue

    return [CompletionItem(kind) for kind in Catalogue().fault_kinds() if kind.startswith(incomplete)]


def fault_ids(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of the injected faults."""
    from droplab.harness.engine.runfile import runs

    found = [run for run in runs() if run.state == "detached" and run.id.startswith(incomplete)]
    return [CompletionItem(run.id, help=f"{run.header['kind']} on {run.header['target']}") for run in found]


def _nodes(name: str) -> list[str]:
    from droplab.harness.engine.runfile import last, runs

    for run in runs():
        if run.alive and run.header.get("name") == name:
            return list((last(run.records, "nodes")) or [])
    return []
