"""What a comparison ran on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

_ALWAYS = ("neuroclip", "torch", "open_clip_torch", "numpy", "spikingjelly")


def machine(device: str) -> dict[str, Any]:
    """Return system, processor, its cores that may be used, threads of torch, device and Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": cores or 1,
        "threads": torch.get_num_threads(),
        "device": name,
        "python": platform.python_version(),
    }


def versions(packages: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions of packages, and of those that always matter."""
    found: dict[str, str] = {}
    for package in dict.fromkeys((*_ALWAYS, *packages)):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
