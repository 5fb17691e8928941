"""Heads inside heads: what the inner one has learned lies in the outer one's state, under a name and a dot."""

from __future__ import annotations

from neuroclip.heads.contract import State


def nested(name: str, state: State) -> State:
    """Return the tensors with the name and a dot before each of their own names."""
    return {f"{name}.{key}": value for key, value in state.items()}


def unnested(name: str, state: State) -> State:
    """Return the tensors that lie under the name, by their own names; the opposite of `nested`."""
    prefix = f"{name}."
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
