"""What the author of a head tests with: made-up recordings, a toy model, and the checks that every head passes.

```python
@pytest.mark.parametrize("check", neuroclip.testing.head_checks(), ids=str)
def test_contract(check):
    check(NearestMean())
```
"""

from neuroclip.testing.checks import Check, DoesNotApply, Verdict, failures, head_checks, verdicts
from neuroclip.testing.toys import TOY_CLASSES, ToyModel, toy_recordings
from neuroclip.testing.trial import Trial

__all__ = [
    "TOY_CLASSES",
    "Check",
    "DoesNotApply",
    "ToyModel",
    "Trial",
    "Verdict",
    "failures",
    "head_checks",
    "toy_recordings",
    "verdicts",
]
