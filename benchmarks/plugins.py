"""What fifty installed plugins cost: `neuroclip --help` and the listings, each in a process of its own.

    python benchmarks/plugins.py [NUMBER]

Makes NUMBER packages (50) with a head each, of 170 lines, compiled as an installer leaves them, in a temporary folder
on the search path. With and without them run in turn; the medians are printed, in milliseconds of time on the clock and
of processor time, and the status is 1 if one command costs 50 ms more or above.
"""

import compileall
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import machine

import neuroclip.heads.options
from neuroclip.kit import KINDS, start

COMMANDS = ("--help", "heads", "heads --help", "heads --json", "formats")
REPEATS = 15
LIMIT_MS = 50
MORE = Path(neuroclip.heads.options.__file__).read_text().partition("\n\n\n")[2]  # code of a usual length


def install(site: Path, number: int) -> None:
    for i in range(number):
        name = f"made-up-{i}"
        start(KINDS["head"], name, site / "written" / name)
        module = f"made_up_{i}"
        text = (site / "written" / name / f"{module}.py").read_text()
        (site / f"{module}.py").write_text(f"{text}\n\n{MORE}")
        readme = (site / "written" / name / "README.md").read_text()
        info = site / f"{module}-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 0.1.0\n\n{readme}")
        (info / "entry_points.txt").write_text(f"[neuroclip.heads]\n{name} = {module}:MadeUp{i}\n")
    compileall.compile_dir(site, quiet=1, maxlevels=0)


def measure(command: str, path: str) -> tuple[float, float]:
    """Return milliseconds on the clock and of processor time."""
    environment = os.environ | {"PYTHONPATH": path}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "neuroclip", *command.split()],
        env=environment,
        capture_output=True,
        check=True,
    )
    clock = time.perf_counter() - begin
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert path == "" or command != "heads" or b"made-up-0 " in done.stdout
    return 1000 * clock, 1000 * (now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    print(machine())
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        install(Path(folder), number)
        print(f"{'neuroclip':<16}{'without':>12}{f'with {number}':>12}{'more':>12}")
        for command in COMMANDS:
            pairs = [(measure(command, ""), measure(command, folder)) for _ in range(REPEATS)]
            clock, used = ([statistics.median(pair[i][j] for pair in pairs) for i in (0, 1)] for j in (0, 1))
            more = statistics.median(after[0] - before[0] for before, after in pairs)
            slow |= more >= LIMIT_MS
            cells = [f"{clock[i]:.0f} ({used[i]:.0f})" for i in (0, 1)]
            print(f"{command:<16}{cells[0]:>12}{cells[1]:>12}{f'{more:.0f} ({used[1] - used[0]:.0f})':>12}")
    sys.exit(slow)


if __name__ == "__main__":
    main()
