"""Making a group in another form with one seed, as a job."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from trainers.forms.form import Form
from trainers.packing import pack, unpack
from trainers.result import GroupResult
from trainers.train_job import TrainJob, train_job

if TYPE_CHECKING:
    from trainers.bench import Bench, BenchSpec
    from trainers.settings import Training

References = Mapping[str, tuple[TrainJob, GroupResult]]
"""Runs of tasks alone, by task, with the jobs that they were."""


@dataclass(frozen=True, kw_only=True)
class FormJob:
    """One group in one form."""

    form: Form
    """The form."""
    train: TrainJob
    """The run that the group would be with the form's training settings."""
    training: "Training"
    """Those settings."""
    helped: TrainJob | None = None
    """With helpers: the run of all that are trained, whose content hash tells the helpers' data."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """For a form that merges: the content hash of every member's reference of the same seed."""
    parts: Mapping[str, GroupResult] = field(default_factory=dict, compare=False, repr=False)
    """The references themselves; what they hold follows from their hashes."""

    @classmethod
    def of(
        cls,
        spec: "BenchSpec",
        form: Form,
        group: Sequence[str],
        *,
        seed: int,
        passes: int,
        splits: Sequence[str] = ("select",),
        keep_weights: bool = False,
        references: References | None = None,
    ) -> "FormJob":
        """The job of a bench's tasks.

        Args:
            references: For a form that merges: the reference of every member, of the same seed, with its weights unless
                it failed.

        Raises:
            ValueError: If the method or the settings do not allow the form, or a reference is missing, of another seed,
                or without weights.
        """
        why = form.refusal(spec.method, spec.training)
        if why is not None:
            raise ValueError(f"Expected a form that can be, but got `{form.name}`: {why}.")
        own = form.spec(spec)
        train = train_job(own, group, seed=seed, passes=passes, splits=splits, keep_weights=keep_weights)
        every = [*group, *form.helpers]
        helped = train_job(own, every, seed=seed, passes=passes, splits=splits) if form.helpers else None
        found = dict(references or {}) if form.merges else {}
        if form.merges:
            for name in train.group:
                job, result = found.get(name, (None, None))
                if job is None or result is None or job.seed != seed or not (result.weights or result.failed):
                    raise ValueError(f"Expected the reference of {name} with seed {seed} and its weights.")
        return cls(
            form=form,
            train=train,
            training=own.training,
            helped=helped,
            sources={name: job.key for name, (job, _) in sorted(found.items())},
            parts={name: result for name, (_, result) in found.items()},
        )

    @property
    def key(self) -> str:
        identity = self.form.identity()
        if identity is None:
            return self.train.key
        content = ["form", identity, self.train.key, *([dict(self.sources)] if self.sources else [])]
        content += [] if self.helped is None else [self.helped.key]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"{self.train.label}, {self.form.name}"

    @property
    def size(self) -> float:
        """Training tokens; a merge reads them once or twice and trains nothing."""
        if self.helped is not None:
            return self.helped.size
        return self.train.size / (3 * self.train.passes) if self.form.merges else self.train.size

    def run(self, context: "Bench") -> GroupResult:
        keep = context.spec.cache / "runs" / f"{self.key}.safetensors"
        run = replace(self.train.asked, training=self.training)
        return self.form.make(context, run, parts=self.parts, keep=keep)

    def encode(self, result: GroupResult) -> bytes:
        return pack(result)

    def decode(self, data: bytes) -> GroupResult:
        return unpack(data)
