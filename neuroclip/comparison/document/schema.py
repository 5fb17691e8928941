"""The fields of `comparison.json`; the report reads nothing else."""

from __future__ import annotations

from neuroclip.comparison.document.form import AMOUNT, COUNT, PAIR, SHARE, Every, Maybe, Some, Within

_GAP = Within(float, -1, 1)
_LEVEL = Within(float, 0, 1e12)
_CELL = {
    "head": str,
    "shots": COUNT,
    "seed": COUNT,
    "status": ("ok", "failed", "skipped"),
    "error": Maybe(str),
    "digest": Maybe(str),
    "split": Maybe(str),
}
MEASURED = _CELL | {
    "fit_seconds": AMOUNT,
    "n": COUNT,
    "accuracy": SHARE,
    "accuracy_ci": PAIR,
    "top5": Maybe(SHARE),
    "macro_accuracy": SHARE,
    "ece": SHARE,
    "recall": Every(Maybe(SHARE)),
    "confusion": [[COUNT]],
    "predictions": [COUNT],
    "confidence": [SHARE],
    "reliability": [{"low": SHARE, "high": SHARE, "n": COUNT, "confidence": SHARE, "accuracy": SHARE}],
    "timesteps": Maybe([SHARE]),
    "selective": {"coverage": Some(SHARE, sorted=True), "accuracy": [SHARE], "aurc": SHARE},
    "published": Maybe({"accuracy": SHARE, "honest": SHARE, "gap": _GAP}),
    "robustness": [
        {"kind": str, "level": _LEVEL, "accuracy": Maybe(SHARE), "n": COUNT, "error": Maybe(str)},
    ],
    "costs": {
        "parameters": COUNT,
        "macs": AMOUNT,
        "accumulates": AMOUNT,
        "firing_rate": Maybe(AMOUNT),
        "encoder_macs": AMOUNT,
        "energy_uj": AMOUNT,
        "encoder_energy_share": SHARE,
    },
}
_HEAD = {
    "head": str,
    "package": Maybe(str),
    "version": Maybe(str),
    "about": str,
    "status": ("ok", "failed"),
    "error": Maybe(str),
    "options": Every(object),
    "parameters": Maybe(COUNT),
    "macs": Maybe(AMOUNT),
    "accumulates": Maybe(AMOUNT),
    "encoder_macs": Maybe(AMOUNT),
    "gflops": Maybe(AMOUNT),
    "firing_rate": Maybe(AMOUNT),
    "energy_uj": Maybe(AMOUNT),
    "encoder_energy_share": Maybe(SHARE),
    "fit_seconds": Maybe(AMOUNT),
    "latency_ms": Maybe({"p50": AMOUNT, "p99": AMOUNT, "n": COUNT}),
    "recordings_per_second": Maybe(AMOUNT),
    "peak_memory_mb": Maybe(AMOUNT),
    "bytes_on_disk": Maybe(COUNT),
    "representation": Maybe(str),
    "training": Maybe(str),
}
_ANSWER = {"prediction": str, "scores": Every(SHARE), "timesteps": Maybe([Some(SHARE)])}
DOCUMENT = {
    "format": int,
    "created": str,
    "data": {
        "name": str,
        "known": Maybe(str),
        "classes": Some(str),
        "size": Maybe(Some(COUNT, 2, 2)),
        "recordings": COUNT,
        "shown": bool,
    },
    "plan": {
        "heads": Every({"head": str, "options": Every(object)}),
        "shots": Some(COUNT),
        "seeds": Some(COUNT),
        "protocol": ("honest", "as-published"),
        "test": ("test", "rest", "pooled"),
        "test_share": Maybe(SHARE),
        "whole": Maybe(COUNT),
        "reserve": COUNT,
        "corrupt": [{"kind": str, "level": _LEVEL}],
        "recipe": Maybe(str),
    },
    "provenance": {
        "command": str,
        "versions": Every(str),
        "model": {"name": str, "digest": str, "precision": str},
        "prompts": {"name": str, "templates": [str]},
        "words": [str],
        "machine": {
            "system": str,
            "processor": str,
            "cores": COUNT,
            "threads": COUNT,
            "device": str,
            "python": str,
        },
        "recipe": Maybe({"name": str, "title": str, "source": str, "departures": [str]}),
    },
    "tests": Every({"names": [str], "labels": [COUNT]}),
    "cells": [_CELL],
    "summary": [
        {
            "head": str,
            "shots": COUNT,
            "seeds": COUNT,
            "n": COUNT,
            "accuracy": SHARE,
            "seeds_ci": Maybe(PAIR),
            "bootstrap_ci": PAIR,
            "top5": Maybe(SHARE),
            "macro_accuracy": SHARE,
            "ece": SHARE,
        }
    ],
    "pairs": [
        {"shots": COUNT, "a": str, "b": str, "difference": _GAP, "p": SHARE, "p_corrected": SHARE},
    ],
    "heads": Every(_HEAD),
    "published": [
        {
            "head": str,
            "shots": COUNT,
            "row": str,
            "paper": Within(float, 0, 100),
            "source": str,
            "selected_on_test": bool,
        }
    ],
    "samples": [
        {
            "recording": str,
            "label": str,
            "events": COUNT,
            "duration_us": COUNT,
            "frames": [str],
            "answers": Every(_ANSWER),
        }
    ],
}
