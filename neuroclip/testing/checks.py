"""The checks that every head passes: the contract as sentences that can fail."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import torch

from neuroclip.heads import Head


@dataclass(frozen=True)
class Check:
    """One rule of the contract.

    Attributes:
        name: For the command line and pytest's ids.
        rule: The sentence that must be true.
        run: Raises an AssertionError where it is not, with what was found.
    """

    name: str
    rule: str
    run: Callable[[Head], None]

    def __call__(self, head: Head) -> None:
        """Check a head, with options small enough to be fitted in a moment.

        Raises:
            AssertionError: The rule is broken; the message has the rule and what was found.
        """
        try:
            with _generators_restored():
                self.run(head)
        except AssertionError as error:
            raise AssertionError(f"{type(head).__name__}: {self.rule} Found: {error}") from error
        except Exception as error:
            raise AssertionError(
                f"{type(head).__name__}: {self.rule} Found: {type(error).__name__}: {error}"
            ) from error

    def __str__(self) -> str:
        return self.name


def head_checks() -> list[Check]:
    """Return every check; each takes a head, learns and asks on toy recordings, and needs no model or network."""
    from neuroclip.testing import answer_checks, form_checks, learning_checks

    return [check for module in (form_checks, answer_checks, learning_checks) for check in _checks_in(module)]


def failures(head: Head) -> dict[str, str]:
    """Run every check on a head; return the names of those that failed, with why."""
    found: dict[str, str] = {}
    for check in head_checks():
        try:
            check(head)
        except AssertionError as error:
            found[check.name] = str(error)
    return found


@contextmanager
def _generators_restored() -> Generator[None]:
    """Several checks set the global generators to see whether a head minds; the caller's stay as they were."""
    ours = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        yield
    finally:
        torch.set_rng_state(ours[0])
        np.random.set_state(ours[1])  # noqa: NPY002
        random.setstate(ours[2])


def _checks_in(module: ModuleType) -> Iterator[Check]:
    """Each public function of one head that the module defines; its docstring's first line is the rule."""
    for name, function in vars(module).items():
        if (
            inspect.isfunction(function)
            and function.__module__ == module.__name__
            and not name.startswith("_")
        ):
            rule = " ".join(str(inspect.getdoc(function)).split("\n\n")[0].split())
            yield Check(name.replace("_", "-"), rule, function)
