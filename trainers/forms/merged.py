"""One adapter merged from the members' own, with no training of the group."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from trainers.cost import Cost
from trainers.forms.form import LOW_RANK, SETTINGS, PlainForm
from trainers.result import GroupResult

if TYPE_CHECKING:
    from trainers.bench import Bench
    from trainers.forms.merging import Combination
    from trainers.methods import Method
    from trainers.run import Run
    from trainers.settings import Training

STRENGTHS = (0.5, 1.0, 1.5, 2.0)
"""Factors of a merged update that are tried on the stop half. On built-in tasks 1 and 1.5 were best most often, and
losses are smooth between."""


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Merged(PlainForm):
    """The members' references of one seed, merged by PEFT's ``add_weighted_adapter``.

    PEFT combines the updates :math:`s B A` of the weights and cuts the result to the rank of a group's adapter, so that
    it is stored and served like a trained one. The best of :data:`STRENGTHS` on the stop half is read. Heads are those
    of the references: heads fitted anew on training texts that the adapters have learned are too sure of them (mean
    gain over the references' heads on built-in tasks -0.008, standard error 0.005, better in 6 of 18 cases).
    """

    merges: ClassVar[bool] = True
    combination: ClassVar["Combination"] = "svd"
    """PEFT's name for it."""
    averages: ClassVar[bool] = True
    """Whether parts count one over their number; else 1, as the combination takes a mean itself."""

    def refusal(self, method: "Method", training: "Training") -> str | None:
        """See :class:`trainers.forms.form.Form`."""
        if method.name in LOW_RANK:
            return None
        return f"PEFT merges no adapters of `{method.name}`; use `method: lora` or `rslora`"

    def identity(self) -> dict[str, Any]:
        """Its settings, and the strengths."""
        return {**asdict(self), "strengths": list(STRENGTHS)}

    @property
    def kept(self) -> float:
        """Share of a part's values that is kept."""
        return 1.0

    def make(self, bench: "Bench", run: "Run", *, parts: Mapping[str, GroupResult], keep: Path | None) -> GroupResult:
        """See :class:`trainers.forms.form.Form`; nothing is kept in between, as it is done at once."""
        from torch import from_numpy

        from trainers.adapters.peft_adapter import PeftAdapter
        from trainers.forms.merged_run import HEADS, MergedRun
        from trainers.forms.merging import merge_adapters
        from trainers.grown import grown
        from trainers.methods import LoRA

        group = sorted(run.group)
        failed = next((of.failed for name in group if (of := parts[name]).failed is not None), None)
        if failed is not None:
            return _unmade(run, f"a reference that it is merged from failed: {failed}")
        bench = grown(bench, len(group))
        method, adapter = bench.spec.method, bench.adapter
        if not isinstance(method, LoRA) or not isinstance(adapter, PeftAdapter):
            raise ValueError(f"Expected LoRA or rsLoRA to merge, but got {method}.")
        _ = bench.adapter_parameters  # found by being trained, before others stand beside them
        made = MergedRun(bench, run, parts=parts, strengths=STRENGTHS)
        merged = merge_adapters(
            adapter,
            [
                {key: from_numpy(np.array(of)) for key, of in parts[name].weights.items() if not key.startswith(HEADS)}
                for name in group
            ],
            combination=self.combination,
            weight=1 / len(group) if self.averages else 1.0,
            density=self.kept,
            scale=method.scale,
            seed=run.seed,
        )
        return made.read_all(merged)


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Mean(Merged):
    """The mean of the members' updates; with a strength of their number, their sum.

    Source: Ilharco et al., ICLR 2023, https://arxiv.org/abs/2212.04089 (task arithmetic).
    """

    name: Literal["mean"] = "mean"
    """The form's name."""


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Ties(Merged):
    """Of every value the mean over the members that agree with the larger side's sign, small values left out.

    Source: Yadav et al., NeurIPS 2023, https://arxiv.org/abs/2306.01708.
    """

    name: Literal["ties"] = "ties"
    """The form's name."""
    density: float = Field(default=0.5, gt=0, lt=1)
    """Share of a member's values that is kept, those of largest size."""

    combination: ClassVar["Combination"] = "ties_svd"
    averages: ClassVar[bool] = False

    @property
    def kept(self) -> float:
        """The density."""
        return self.density


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Dare(Merged):
    """The mean of the members' updates, of each of which some values are dropped by chance and the others raised.

    Source: Yu et al., ICML 2024, https://arxiv.org/abs/2311.03099.
    """

    name: Literal["dare"] = "dare"
    """The form's name."""
    density: float = Field(default=0.5, gt=0, lt=1)
    """Share of a member's values that is kept."""

    combination: ClassVar["Combination"] = "dare_linear_svd"

    @property
    def kept(self) -> float:
        """The density."""
        return self.density


def _unmade(run: "Run", why: str) -> GroupResult:
    return GroupResult(
        group=tuple(sorted(run.group)),
        seed=run.seed,
        reference=False,
        grid=np.empty(0),
        chosen=0,
        members={},
        steps=0,
        cost=Cost(),
        failed=why,
    )
