"""Heads on the same recordings: fitted on the same shots, measured on the same test part."""

from neuroclip.comparison.fitting import Evaluation, Fitted, evaluate, fit, provenance_of
from neuroclip.comparison.metrics import Metrics, mean_interval, metrics_of
from neuroclip.comparison.task import Task

__all__ = [
    "Evaluation",
    "Fitted",
    "Metrics",
    "Task",
    "evaluate",
    "fit",
    "mean_interval",
    "metrics_of",
    "provenance_of",
]
