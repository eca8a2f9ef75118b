"""One LoRA job by this project, by a loop written by hand on PyTorch and PEFT, and by `transformers.Trainer`.

    python -m benchmarks.throughput FOLDER

All three train LoRA of rank 8 on queries and values of the embedded model, of all layers or of the two uppermost, with
AdamW, clipping and batches of 16 of one built-in task. The loop by hand has the very batches of ours; ``Trainer`` draws
its own, at random as by default, or from texts of similar length. Each measurement is a fresh process that trains a
pass to warm up and then two that are timed; the ways take turns, so that a change of the machine's load meets all of
them. Throughput is examples per second of training steps, without evaluation; memory is the process's peak resident
set. Goes on where it was stopped, and writes ``benchmarks/results/throughput.json``.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.spread import spread
from benchmarks.truth import bench_spec
from tasks.encoding import EncodedTask
from trainers.bench import BenchSpec, open_bench, prepare
from trainers.inputs import TokenInputs
from trainers.loop import SingleRun
from trainers.memory import peak_memory
from trainers.mixing import one_pass
from trainers.run import Run

TASK = "complexity"
LAYERS = ("all", "top-2")
WARM, TIMED = 1, 2
"""Passes that warm up, and passes that are timed."""
OUT = Path(__file__).parent / "results" / "throughput.json"
CPU = torch.device("cpu")


def spec_of(folder: Path, layers: str) -> BenchSpec:
    """The task on the embedded model."""
    spec = bench_spec((TASK,), folder)
    training = replace(spec.training, batch_size=16)
    return replace(spec, method=replace(spec.method, r=8, alpha=16, layers=layers), training=training, threads=1)


def batches(task: EncodedTask, number: int) -> Iterator[NDArray[np.int64]]:
    """Rows of the batches of a pass, as our loop takes them."""
    for _, rows in one_pass([TASK], {TASK: task}, batch_size=16, seed=0, number=number):
        yield rows


def timed(steps: Callable[[int], None]) -> float:
    """Seconds of the timed passes; ``steps`` makes one."""
    for number in range(WARM):
        steps(number)
    start = time.perf_counter()
    for number in range(WARM, WARM + TIMED):
        steps(number)
    return time.perf_counter() - start


def ours(spec: BenchSpec) -> float:
    """This project's steps: lower layers from the cache where they are not adapted, averaged weights kept."""
    prepare(spec, ["train"], threads=1)
    run = SingleRun(open_bench(spec), Run(group=(TASK,), seed=0, passes=WARM + TIMED))

    def steps(number: int) -> None:
        for rows in batches(spec.tasks[TASK], number):
            run.descend(TASK, rows)

    return timed(steps)


def adapted(spec: BenchSpec, loader: Any, **settings: Any) -> Any:
    """The embedded model with LoRA, as PEFT makes it."""
    from peft import LoraConfig, get_peft_model

    model = loader.from_pretrained(spec.checkpoint.location, **settings)
    depth = model.config.num_hidden_layers
    config = LoraConfig(
        r=8,
        lora_alpha=16,
        target_modules=["query", "value"],
        layers_to_transform=list(range(spec.method.lowest(depth), depth)),
        layers_pattern="layer",
        task_type=settings.get("num_labels") and "SEQ_CLS",
    )
    return get_peft_model(model, config)


def by_hand(spec: BenchSpec) -> float:
    """What one would write: forward, mean over tokens, a linear head, cross-entropy, backward, clip, AdamW."""
    from transformers import AutoModel

    task = spec.tasks[TASK]
    model = adapted(spec, AutoModel, add_pooling_layer=False)
    head = torch.nn.Linear(model.config.hidden_size, task.outputs)
    weights = [*(of for of in model.parameters() if of.requires_grad), *head.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=1e-3, weight_decay=0.01)
    inputs, targets = TokenInputs(task.splits["train"].sides[0]), torch.from_numpy(task.splits["train"].targets)
    model.eval()  # no dropout, as ours

    def steps(number: int) -> None:
        for rows in batches(task, number):
            batch = inputs.batch(rows, CPU)
            states = model(input_ids=batch.values, attention_mask=batch.mask).last_hidden_state
            mask = batch.mask.unsqueeze(-1)
            scores = head((states * mask).sum(1) / mask.sum(1))
            torch.nn.functional.cross_entropy(scores, targets[torch.from_numpy(rows)]).backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            optimizer.zero_grad()

    return timed(steps)


def trainer(spec: BenchSpec, *, sampling: str) -> float:
    """`transformers.Trainer` on the model with its own classification head."""
    from transformers import AutoModelForSequenceClassification, Trainer, TrainerCallback, TrainingArguments

    task = spec.tasks[TASK]
    side, targets = task.splits["train"].sides[0], task.splits["train"].targets
    rows = [{"input_ids": side.text(row).tolist(), "labels": int(targets[row])} for row in range(len(targets))]
    began: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc]  # untyped
        """Notes when passes begin."""

        def on_epoch_begin(self, *_args: Any, **_kwargs: Any) -> None:
            began.append(time.perf_counter())

    def collate(some: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        longest = max(len(row["input_ids"]) for row in some)
        ids = torch.tensor([row["input_ids"] + [0] * (longest - len(row["input_ids"])) for row in some])
        mask = torch.tensor([[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in some])
        return {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([row["labels"] for row in some])}

    arguments = TrainingArguments(
        output_dir=str(spec.cache / "trainer"),
        per_device_train_batch_size=16,
        num_train_epochs=WARM + TIMED,
        learning_rate=1e-3,
        weight_decay=0.01,
        max_grad_norm=1.0,
        lr_scheduler_type="constant",
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
        train_sampling_strategy=sampling,
        remove_unused_columns=False,
    )
    model = adapted(spec, AutoModelForSequenceClassification, num_labels=task.outputs)
    work = Trainer(model=model, args=arguments, train_dataset=rows, data_collator=collate, callbacks=[Clock()])
    work.train()
    return time.perf_counter() - began[WARM]


WAYS: dict[str, Callable[[BenchSpec], float]] = {
    "ours": ours,
    "by hand": by_hand,
    "Trainer": lambda spec: trainer(spec, sampling="random"),
    "Trainer, by length": lambda spec: trainer(spec, sampling="group_by_length"),
}


def child(folder: Path, layers: str, way: str) -> None:
    """Measures in this process and prints it."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    spec = spec_of(folder, layers)
    seconds = WAYS[way](spec)
    examples = TIMED * len(spec.tasks[TASK].splits["train"])
    print(json.dumps({"examples_per_second": examples / seconds, "peak_memory": peak_memory(CPU)}))


def main() -> None:
    """Measures what is missing, in turn, and writes the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--child", nargs=2, metavar=("LAYERS", "WAY"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.folder, *given.child)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    kept = Kept(given.folder / "throughput.json", {"machine": machine()})

    def measure(layers: str, way: str) -> dict[str, float]:
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.throughput", str(given.folder)]
        done = subprocess.run(
            [*command, "--child", layers, way], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found

    for repeat in range(given.repeats):
        for layers in LAYERS:
            for way in WAYS:
                kept.measured(f"{layers}/{way}/{repeat}", lambda layers=layers, way=way: measure(layers, way))
    figures = {}
    for layers in LAYERS:
        runs = {
            way: [of for name, of in kept.found.items() if name.rsplit("/", 1)[0] == f"{layers}/{way}"] for way in WAYS
        }
        figures[layers] = {
            way: {
                "examples_per_second": spread([of["examples_per_second"] for of in own]),
                "ours_over_it": spread(
                    [
                        mine["examples_per_second"] / of["examples_per_second"]
                        for mine, of in zip(runs["ours"], own, strict=True)
                    ]
                ),
                "peak_mib": spread([of["peak_memory"] / 2**20 for of in own]),
            }
            for way, own in runs.items()
        }
    write_json(given.out, {"machine": machine(), "task": TASK, "repeats": given.repeats, "layers": figures})
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
