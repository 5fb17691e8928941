"""One head fitted on the shots of a split, and measured on recordings that it has not seen."""

from neuroclip.fitting.costs import Costs, costs_of
from neuroclip.fitting.evaluation import Evaluation, evaluate
from neuroclip.fitting.fitted import Fitted, fit
from neuroclip.fitting.provenance import provenance_of
from neuroclip.fitting.task import Task

__all__ = ["Costs", "Evaluation", "Fitted", "Task", "costs_of", "evaluate", "fit", "provenance_of"]
