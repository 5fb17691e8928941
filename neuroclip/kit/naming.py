"""What a package of one's own may be called, so that it can be installed, imported and asked for."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution

from neuroclip.errors import OptionError
from neuroclip.source_text import locate

_FORM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 60


@dataclass(frozen=True)
class Names:
    """One name in its three spellings: `nearest-mean`, `nearest_mean` and `NearestMean`."""

    name: str

    @property
    def module(self) -> str:
        """What is imported."""
        return self.name.replace("-", "_")

    @property
    def cls(self) -> str:
        """What the class is called."""
        return "".join(part.capitalize() for part in self.name.split("-"))


def check_name(name: str, taken: dict[str, str]) -> Names:
    """Return the spellings of a name that a package, a module and an entry point can have.

    Args:
        name: As the user gave it.
        taken: The names that are taken, and the package of each.

    Raises:
        OptionError: Not of that form, or taken.
    """
    if not _FORM.fullmatch(name) or len(name) > _LONGEST:
        near = "-".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])([A-Z])", r"-\1", name).lower()))
        near = near.lstrip("-0123456789")[:_LONGEST].rstrip("-")
        hint = f", such as {near!r}" if _FORM.fullmatch(near) else ", such as 'nearest-mean'"
        raise OptionError(
            f"the name {name!r} cannot be that of a package: it is lower-case letters and digits, in words joined by "
            f"single hyphens, begins with a letter and has at most {_LONGEST} of them{hint}"
        )
    names = Names(name)
    if name in taken:
        raise OptionError(
            f"the name {name!r} is taken by the installed package {taken[name]}: choose another"
        )
    if keyword.iskeyword(names.module) or keyword.issoftkeyword(names.module):
        raise OptionError(f"the name {name!r} is a word of Python's own: choose another")
    try:
        version = distribution(name).version
    except PackageNotFoundError:
        pass
    else:
        raise OptionError(f"a package {name!r} is installed (version {version}): choose another name")
    if locate(names.module) is not None:
        raise OptionError(
            f"there is a module {names.module!r} already, which Python would import: choose another name"
        )
    return names
