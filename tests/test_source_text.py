"""What a class says of itself is read, and nothing is run."""

from __future__ import annotations

import sys
from compileall import compile_dir
from pathlib import Path

import pytest

from neuroclip.source_text import NoSource, _names_in, locate, read_class

SOURCES = {
    "quiet/__init__.py": """
        raise SystemExit('run')
        from quiet.inner import Renamed as Public
        from .inner import Plain
        """,
    "quiet/inner.py": """
        raise SystemExit('run')
        if True:
            from quiet.base import Base
        from quiet.base import Base as Other
        from nowhere.at_all import Lost
        class Plain: pass
        class Renamed(Base):
            '''One line.

            More of it.
            '''
            twice = 2 * 2
        class FromElsewhere(Other):
            min_shots: int = 3
        class FromNowhere(Lost): 'Here.'
        made = type('made', (), {})
        class Itself(Itself): ...
        class Methodical(Base):
            "Short."
            min_shots = 4

            def fit(self):
                local = 1
        class Late(Base):
            def fit(self): ...

            @property
            def name(self): ...

            min_shots = 5
        class Replaced:
            "Gone."
            def fit(self): ...
        Replaced = made
        """,
    "quiet/base.py": "class Base:\n    'The base.'\n    min_shots: 'ClassVar[int]' = 2\n    name = 'base'\n",
    "stars.py": "from os.path import *\n",
    "circle_a.py": "from circle_b import Round\n",
    "circle_b.py": "from circle_a import Round\n",
    "torn.py": "class Torn(:\n",
}


@pytest.fixture(autouse=True, params=["source", "compiled"])
def sources(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules as they are written, and as an installer leaves them: then less is read."""
    for name, text in SOURCES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        lines = text.splitlines()
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        (tmp_path / name).write_text("\n".join(line[indent:] for line in lines) + "\n")
    if request.param == "compiled":
        compile_dir(tmp_path, quiet=2)
    monkeypatch.syspath_prepend(str(tmp_path))
    _names_in.cache_clear()


@pytest.mark.parametrize(
    ("module", "name", "summary", "constants"),
    [
        ("quiet", "Public", "One line.", {"min_shots": 2, "name": "base"}),
        ("quiet", "Plain", "", {}),
        ("quiet.inner", "FromElsewhere", "", {"min_shots": 3, "name": "base"}),
        ("quiet.inner", "FromNowhere", "Here.", {}),
        ("quiet.inner", "Itself", "", {}),
        ("quiet.inner", "Methodical", "Short.", {"min_shots": 4, "name": "base"}),
        ("quiet.inner", "Late", "", {"min_shots": 5, "name": "base"}),
    ],
)
def test_a_class_is_followed_to_where_it_stands(
    module: str, name: str, summary: str, constants: dict[str, object]
) -> None:
    found = read_class(module, name)
    assert found is not None
    assert (found.summary, dict(found.constants)) == (summary, constants)
    assert not {"quiet", "quiet.inner", "quiet.base"} & set(sys.modules)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("quiet.inner", "made"),
        ("quiet.inner", "Replaced"),
        ("stars", "join"),
        ("circle_a", "Round"),
        ("sys", "flags"),
    ],
)
def test_what_the_source_does_not_say_plainly_is_not_known(module: str, name: str) -> None:
    assert read_class(module, name) is None


@pytest.mark.parametrize(
    ("module", "name", "wanted"),
    [
        ("quiet.none", "X", "there is no module quiet.none"),
        ("quiet.inner", "X", "there is no X in the module quiet.inner"),
        ("torn", "Torn", r"the module torn is no Python \(SyntaxError, line 1\)"),
        ("quiet.inner.deeper", "X", "there is no module"),
    ],
)
def test_what_cannot_be_is_said(module: str, name: str, wanted: str) -> None:
    with pytest.raises(NoSource, match=wanted):
        read_class(module, name)


def test_a_module_that_an_editable_install_maps_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such an install brings a finder of its own; the folder is not on the search path."""
    from importlib.machinery import ModuleSpec
    from importlib.util import spec_from_file_location

    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "mapped.py").write_text("class Mapped: 'Found.'\n")

    class Finder:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
            return (
                spec_from_file_location(name, tmp_path / "away" / "mapped.py") if name == "mapped" else None
            )

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert locate("mapped") is not None
    found = read_class("mapped", "Mapped")
    assert found is not None
    assert found.summary == "Found."


def test_of_what_is_compiled_only_the_beginning_is_read(tmp_path: Path, sources: None) -> None:
    """So that fifty long modules are listed quickly; of what was changed since, everything is."""
    (tmp_path / "long.py").write_text(
        "\nclass Long:\n    'Long.'\n    def fit(self): ...\nclass Other: ...\n"
    )
    assert "Other" in (_names_in("long", "Long") or {})
    _names_in.cache_clear()
    compile_dir(tmp_path, quiet=2)
    assert (_names_in("long", "Long") or {}).keys() == {"Long"}
