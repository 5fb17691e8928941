"""Everything that heads will read, computed before the first of them is fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from neuroclip.comparison.setting import Setting
from neuroclip.formats import RecordingFile
from neuroclip.heads import Head
from neuroclip.representations import Joint

Progress = Callable[[int], object]


def prepare(setting: Setting, heads: Mapping[str, Head], progress: Progress) -> dict[str, BaseException]:
    """Fill the bank for all heads at once, so that a recording is read once; return what cannot be read by title.

    Test recordings as `representation`, also damaged ones, shots as `training`. `progress` is told of `to_prepare`
    recordings if all goes well.
    """
    try:
        _fill(setting, list(heads.values()), progress)
        return {}
    except (Exception, SystemExit) as error:  # a stranger's representation may raise anything
        if len(heads) == 1:
            return dict.fromkeys(heads, error)
    # Somebody lacks something, a video say: find out who, so that the others go on.
    wrong: dict[str, BaseException] = {}
    for title, head in heads.items():
        try:
            _fill(setting, [head], lambda n: None)
        except (Exception, SystemExit) as error:
            wrong[title] = error
    return wrong


def to_prepare(setting: Setting) -> int:
    """Return of how many recordings the progress of `prepare` is told."""
    return sum(len(group.files) for group in _groups(setting))


@dataclass(frozen=True)
class _Group:
    """Files, and what they are for."""

    files: Sequence[RecordingFile]
    measured: bool
    learned: bool
    damaged: bool = False


def _fill(setting: Setting, heads: Sequence[Head], progress: Progress) -> None:
    task = setting.task(setting.plan.shots[-1], setting.plan.seeds[0])
    for group in _groups(setting):
        wanted = [head.representation for head in heads if group.measured]
        wanted += [head.training for head in heads if group.learned]
        joint = Joint(**{f"r{i}": task.filled(one) for i, one in enumerate(wanted)})
        task.bank.fill(
            joint,
            group.files,
            task.backbones,
            progress=progress,
            # Damage may leave nothing of a recording: its measurement says so then.
            bad=(lambda source, error: None) if group.damaged else None,
        )


def _groups(setting: Setting) -> Iterator[_Group]:
    tasks = [setting.task(setting.plan.shots[-1], seed) for seed in setting.plan.seeds]
    learned = {name for task in tasks for name in task.split.train}
    measured = {name for task in tasks for name in task.split.test}
    for measure in (True, False):
        for learn in (True, False):
            files = [
                item.file
                for item in setting.dataset.items
                if (item.name in measured) is measure and (item.name in learned) is learn
            ]
            if files and (measure or learn):
                yield _Group(files, measured=measure, learned=learn)
    for task in tasks:
        for corruption in setting.plan.corruptions:
            yield _Group(task.files(task.split.test, corruption), measured=True, learned=False, damaged=True)
