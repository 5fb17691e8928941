"""What all tests share: checked shapes, made-up recordings, and the real ones where they are."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

# Before torch is: several processes with several threads each get into each other's way.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Before neuroclip is imported: every annotated function checks its arguments and results from here on.
install_import_hook("neuroclip", "beartype.beartype")

from neuroclip.recording import Recording, make_events  # noqa: E402

# A deadline measures the machine's neighbours, not the code.
settings.register_profile("neuroclip", deadline=None, max_examples=60)
settings.load_profile("neuroclip")

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"
REAL_DATA = Path(os.environ.get("NEUROCLIP_REAL_DATA", _BESIDE_THE_CHECKOUT))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked `real` without real recordings; a wrong NEUROCLIP_REAL_DATA is an error."""
    if REAL_DATA.is_dir():
        return
    if "NEUROCLIP_REAL_DATA" in os.environ:
        raise pytest.UsageError(f"NEUROCLIP_REAL_DATA is {REAL_DATA}, which is no folder")
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(pytest.mark.skip(reason="no real recordings beside the checkout"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real recordings, for tests marked `real`."""
    return REAL_DATA


@pytest.fixture(scope="session")
def make_recording() -> Callable[..., Recording]:
    """A factory: `make_recording(events=50, width=12, height=9, span_us=10_000, seed=0)`; or given columns.

    `columns` is a list of (t, x, y, on) instead of random events.
    """

    def make(
        events: int = 50,
        width: int = 12,
        height: int = 9,
        span_us: int = 10_000,
        seed: int = 0,
        columns: list[tuple[int, int, int, int]] | None = None,
        **named: object,
    ) -> Recording:
        if columns is not None:
            t, x, y, on = np.array(columns, dtype=np.int64).reshape(-1, 4).T
        else:
            random = np.random.default_rng(seed)
            t = np.sort(random.integers(0, span_us + 1, events))
            x, y = random.integers(0, width, events), random.integers(0, height, events)
            on = random.integers(0, 2, events)
        return Recording(make_events(t, x, y, on), width, height, **named)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def install_package() -> Callable[[Path, Path], None]:
    """`install_package(folder, site)` leaves a package's modules and metadata in `site`, as pip would."""

    def install(package: Path, site: Path) -> None:
        project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
        module = project["name"].replace("-", "_")
        for path in (package / module, package / f"{module}.py"):
            if path.exists():
                path.rename(site / path.name)
        info = site / f"{module}-{project['version']}.dist-info"
        info.mkdir()
        about = {"Metadata-Version": "2.4", "Name": project["name"], "Version": project["version"]}
        (info / "METADATA").write_text("".join(f"{key}: {value}\n" for key, value in about.items()))
        for group, points in project["entry-points"].items():
            lines = "".join(f"{name} = {value}\n" for name, value in points.items())
            (info / "entry_points.txt").write_text(f"[{group}]\n{lines}")

    return install


@pytest.fixture
def write_toys(tmp_path: Path) -> Callable[..., Path]:
    """`write_toys("set", train=4, test=2)` writes Train/ and Test/ halves of the toy classes; test=0: no halves."""
    from neuroclip import formats
    from neuroclip.testing import TOY_CLASSES, toy_recordings

    def write(name: str = "toys", *, train: int = 4, test: int = 2) -> Path:
        root = tmp_path / name
        for half, number, seed in (("Train", train, 0), ("Test", test, 1)):
            for label in TOY_CLASSES if number else ():
                folder = root / half / label if test else root / label
                folder.mkdir(parents=True)
                for i, recording in enumerate(toy_recordings(label, number, seed=seed)):
                    formats.write(recording, folder / f"{i}.npz")
        return root

    return write
