"""The checks that every head passes: the contract as sentences that can fail, with what it is often due to."""

from __future__ import annotations

import inspect
import random
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Literal

import numpy as np
import torch

from neuroclip.heads import Head


class DoesNotApply(Exception):  # noqa: N818 - no error: what a check says of a head that its rule is not about
    """Raised by a check; `str(error)` says why."""


@dataclass(frozen=True)
class Check:
    """One rule of the contract.

    Attributes:
        name: For the command line and pytest's ids.
        rule: The sentence that must be true.
        advice: What it is due to most often where it is not, and what to do.
        run: Raises an AssertionError where it is not, with what was found; DoesNotApply where there is nothing to
            check.
    """

    name: str
    rule: str
    advice: str
    run: Callable[[Head], None]

    def __call__(self, head: Head) -> None:
        """Check a head, with options small enough to be fitted in a moment.

        Raises:
            AssertionError: The rule is broken; the message has the rule, what was found, and the advice.
        """
        verdict = self.verdict(head)
        if verdict.outcome == "failed":
            raise AssertionError(
                f"{type(head).__name__}: {self.rule} Found: {verdict.found}. Often: {self.advice}"
            ) from verdict.error

    def verdict(self, head: Head) -> Verdict:
        """Say whether a head keeps the rule; nothing that it raises comes through."""
        try:
            with _settings_restored():
                self.run(head)
        except DoesNotApply as reason:
            return Verdict(self, "does not apply", str(reason))
        except AssertionError as error:
            return Verdict(self, "failed", f"{error}", error)
        except Exception as error:
            return Verdict(self, "failed", f"{type(error).__name__}: {error}{_place(error, head)}", error)
        return Verdict(self, "passed")

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Verdict:
    """What a check says of a head.

    Attributes:
        check: The rule.
        outcome: `passed`, `failed`, or `does not apply`.
        found: Where it failed, what was found; where it does not apply, why; else empty.
        error: What was raised where it failed.
    """

    check: Check
    outcome: Literal["passed", "failed", "does not apply"]
    found: str = ""
    error: Exception | None = field(default=None, compare=False, repr=False)


def head_checks() -> list[Check]:
    """Return every check; each takes a head, learns and asks on toy recordings, and needs no model or network."""
    from neuroclip.testing import answer_checks, event_checks, form_checks, learning_checks

    modules = (form_checks, answer_checks, event_checks, learning_checks)
    return [check for module in modules for check in _checks_in(module)]


def verdicts(head: Head) -> list[Verdict]:
    """Run every check on a head."""
    return [check.verdict(head) for check in head_checks()]


def failures(head: Head) -> dict[str, str]:
    """Run every check on a head; return the names of those that failed, with what was found."""
    return {v.check.name: v.found for v in verdicts(head) if v.outcome == "failed"}


@contextmanager
def _settings_restored() -> Generator[None]:
    """Several checks set the global generators to see whether a head minds, and a head may leave something changed.

    The caller's generators, gradient mode, threads and default type stay as they were.
    """
    ours = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    gradients, threads, dtype = torch.is_grad_enabled(), torch.get_num_threads(), torch.get_default_dtype()
    try:
        yield
    finally:
        torch.set_rng_state(ours[0])
        np.random.set_state(ours[1])  # noqa: NPY002
        random.setstate(ours[2])
        torch.set_grad_enabled(gradients)
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)


def _place(error: Exception, head: Head) -> str:
    """Say which line of the head's own module an exception came through last."""
    try:
        own = inspect.getfile(type(head))
    except (TypeError, OSError):
        return ""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]
    return f" ({Path(own).name}, line {lines[-1]})" if lines else ""


def _checks_in(module: ModuleType) -> Iterator[Check]:
    """Each public function of one head that the module defines.

    The first paragraph of its docstring is the rule, the second the advice.
    """
    for name, function in vars(module).items():
        if (
            inspect.isfunction(function)
            and function.__module__ == module.__name__
            and not name.startswith("_")
        ):
            rule, advice = (" ".join(part.split()) for part in str(inspect.getdoc(function)).split("\n\n"))
            yield Check(name.replace("_", "-"), rule, advice, function)
