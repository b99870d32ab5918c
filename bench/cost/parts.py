"""Stages: which part of a network the work and the weights belong to.

Read from the modules alone, so that a network nobody has seen before has its parts shown, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import nn

#: A sequence of more parts than this is one stage: twelve equal blocks say nothing apart.
MOST = 8

_SEQUENCES = (nn.Sequential, nn.ModuleList)


class Stages:
    """The parts of a network in order, and, while it is watched, the one that runs.

    A part runs when any module in it does: a network that loops over its list of blocks never
    calls the list. A module that several parts share belongs to the first, as its weights do.

    A stage is a child of the network that has matrices or kernels of its own, ``stem`` or ``head``;
    the largest, if it is a sequence of 2 to `MOST` sequences of blocks as hierarchical networks
    have, is opened: ``stages.0``. Other children, norms and pooling, belong to the stage before;
    work done between two children to the one that ran last; the network's own parameters, position
    embeddings and class tokens, to the first. So every number belongs to exactly one stage.

    >>> stem, norm = nn.Conv2d(3, 3, 4), nn.BatchNorm2d(3)
    >>> block = nn.Sequential(nn.Conv2d(3, 3, 1), norm)
    >>> body = nn.Sequential(nn.Sequential(block, block), nn.Sequential(block))
    >>> Stages(nn.ModuleDict({"stem": stem, "norm": norm, "body": body})).names
    ['stem', 'body.0', 'body.1']
    """

    def __init__(self, network: nn.Module) -> None:
        self._parts = dict(_parts(network))
        self._stage_of: dict[str, str] = {}
        stages = [name for name, part in self._parts.items() if _weighty(part)]
        self.names = stages or ["network"]
        self.current = self.names[0]
        for name in self._parts:
            self.current = name if name in stages else self.current
            self._stage_of[name] = self.current
        self.current = self.names[0]

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keep ``current`` at the stage that runs."""

        def entering(stage: str) -> Callable[[nn.Module, object], None]:
            def enter(_module: nn.Module, _inputs: object) -> None:
                self.current = stage

            return enter

        owner: dict[nn.Module, str] = {}
        for name, part in self._parts.items():
            for module in part.modules():
                owner.setdefault(module, self._stage_of[name])
        hooks = [
            module.register_forward_pre_hook(entering(stage)) for module, stage in owner.items()
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def params(self, network: nn.Module) -> dict[str, int]:
        """Numbers that training changes, each shared parameter once; no buffers."""
        count = Counter(dict.fromkeys(self.names, 0))
        for name, parameter in network.named_parameters():
            owner = next((part for part in self._parts if name.startswith(f"{part}.")), None)
            count[self._stage_of[owner] if owner else self.names[0]] += parameter.numel()
        return dict(count)


def _parts(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Children in order, those of the largest sequence in its place if it is of stages."""
    sequences = [child for child in network.children() if isinstance(child, _SEQUENCES)]
    body = max(sequences, key=_size, default=None)
    for name, child in network.named_children():
        if child is body and _hierarchical(child):
            yield from ((f"{name}.{key}", part) for key, part in child.named_children())
        else:
            yield name, child


def _hierarchical(body: nn.Module) -> bool:
    """A few parts, each of which is, or holds, a sequence of blocks: modules that have children."""
    parts = [part for part in body.children() if _weighty(part)]
    return 2 <= len(parts) <= MOST and all(map(_nested, parts))


def _nested(part: nn.Module) -> bool:
    inner = (module for module in (part, *part.children()) if isinstance(module, _SEQUENCES))
    return any(any(block.children()) for sequence in inner for block in sequence)


def _size(part: nn.Module) -> int:
    return sum(parameter.numel() for parameter in part.parameters())


def _weighty(part: nn.Module) -> bool:
    return any(parameter.ndim > 1 for parameter in part.parameters())
