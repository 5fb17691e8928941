"""How long the command line takes to answer, each in a process of its own.

    python benchmarks/startup.py [RECORDING]

Prints the best of several runs in milliseconds; with a recording, also one zero-shot answer from a cold
process.
"""

import subprocess
import sys
import time

from machine import machine

EMPTY = """
import typer
app = typer.Typer()
@app.command()
def one(): pass
@app.command()
def two(): pass
app()
"""
NEUROCLIP = [sys.executable, "-m", "neuroclip"]


def best(command: list[str], repeats: int = 7) -> float:
    times: list[float] = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def main() -> None:
    print(machine())
    empty = best([sys.executable, "-c", EMPTY, "--help"])
    print(f"empty typer program --help   {empty:8.0f} ms")
    for arguments in (["--help"], ["frames", "--help"], ["zero-shot", "--help"], ["formats"], ["heads"]):
        taken = best([*NEUROCLIP, *arguments])
        print(f"neuroclip {' '.join(arguments):<18} {taken:8.0f} ms   {taken / empty:.2f} x empty")
    for recording in sys.argv[1:2]:
        taken = best([*NEUROCLIP, "zero-shot", recording, "--prompts", "nmnist"], repeats=3)
        print(f"neuroclip zero-shot (cold)   {taken:8.0f} ms")


if __name__ == "__main__":
    main()
