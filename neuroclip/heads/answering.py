"""Which network a head's answers come from."""

from __future__ import annotations

from neuroclip.heads.contract import Head


def answering_network(head: Head, model: str, name: str) -> str:
    """Return the name of the network that answers: what `"model"` is in results.

    That is what the representation asks, several joined by ` + `; else the head's own `backbone`, of a network that
    learns (None: the user's model, which it learns through); else the head's name.

    Args:
        head: Its options.
        model: The name of the model that open backbones are filled with.
        name: Of the head.
    """
    asked = head.representation.filled(model).backbone_names()
    if asked:
        return " + ".join(asked)
    own = getattr(head, "backbone", name)
    return own if isinstance(own, str) else model
