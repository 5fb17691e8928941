"""A recording on disk whose events are damaged as soon as they are read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import blake2b

import numpy as np

from neuroclip.corruptions.kinds import Corruption
from neuroclip.errors import RecordingError
from neuroclip.formats import RecordingFile
from neuroclip.recording import Recording

_REVISION = 1  # raised when the same damage gives other events, so that nothing old is taken for them


@dataclass(frozen=True, kw_only=True)
class Corrupted(RecordingFile):
    """A recording file that gives damaged events: made with `of`.

    The damage depends on `seed` and on the bytes of the file alone: not on its name, the other recordings, their
    order, or the process.

    Attributes:
        intact: The file.
        corruption: What happens to it.
        seed: Of chance.
    """

    intact: RecordingFile
    corruption: Corruption
    seed: int

    @classmethod
    def of(cls, file: RecordingFile, corruption: Corruption, seed: int) -> Corrupted:
        """Damage a file's recording when it is read."""
        same = {field.name: getattr(file, field.name) for field in fields(RecordingFile)}
        return cls(**same, intact=file, corruption=corruption, seed=seed)

    @cached_property
    def events_digest(self) -> str:
        """That of the file, and of the damage, if there is any: so banks keep it apart."""
        if self.corruption.does_nothing:
            return self.intact.events_digest
        what = f"{_REVISION} {self.intact.events_digest} {self.corruption} {self.seed}"
        return blake2b(what.encode(), digest_size=16).hexdigest()

    @cached_property
    def content_digest(self) -> str:
        """That of the file: damaged or not, it is the same recording."""
        return self.intact.content_digest

    def load(self) -> Recording:
        """Read the file, and damage its events.

        Raises:
            RecordingError, OptionError: As `RecordingFile.load` and `Corruption.apply`.
        """
        recording = self.intact.load()
        # Without the level, so that levels of one kind are steps of the same damage.
        key = blake2b(f"{self.seed} {self.content_digest} {self.corruption.kind}".encode(), digest_size=16)
        random = np.random.default_rng(int.from_bytes(key.digest(), "big"))
        try:
            return self.corruption.apply(recording, random)
        except RecordingError as error:
            raise RecordingError(f"{self.path}: {error}") from error
