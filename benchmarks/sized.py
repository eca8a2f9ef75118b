"""A suite of 50 tasks on paper: tokens that `cotrain plan` counts, and what they take on other machines.

    python -m benchmarks.sized FOLDER [--tasks 50] [--rows 2000] [--length 256]

Tokens do not depend on the base model but for its tokenizer: a random model of two layers is planned with, all layers
adapted, by texts of one token per word. From them: hours of a model with so many weights on so many GPUs, at 2 FLOPs
per weight and token forward, 4 trained (forward and activation gradients), 6 with layers computed again, and a share of
the GPUs' peak that is assumed. Printed beside a count by hand, from which it may differ by padding.
"""

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

from transformers import BertConfig

from tests.cotrain.five_tasks import WORDS, write_data
from tests.trainers.samples import save_model

PASSES, MODELS = 3, 10
PEAK, SHARE = 989e12, 0.4
"""FLOPs per second of an H100 in bf16 without sparsity, and the assumed part of it."""


def write(folder: Path, *, tasks: int, rows: int, length: int) -> Path:
    """Tasks of equal size: a label per text, a quarter of the rows each for validation and test."""
    folder.mkdir(parents=True, exist_ok=True)
    write_data(folder)  # for its tokenizer
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    save_model(folder / "model", BertConfig(vocab_size=len(WORDS) + 5, max_position_embeddings=length, **shape))
    generator = random.Random(0)
    lines = ["base_model: model", f"max_length: {length}", "method: {name: lora, r: 2, layers: all}", "tasks:"]
    for number in range(tasks):
        for split, count in (("train", rows), ("validation", rows // 4), ("test", rows // 4)):
            with (folder / f"t{number}-{split}.jsonl").open("w") as file:
                for row in range(count):
                    text = " ".join(generator.choices(WORDS, k=length - 2))
                    file.write(json.dumps({"text": text, "label": row % 2}) + "\n")
        data = ", ".join(f"{split}: t{number}-{split}.jsonl" for split in ("train", "validation", "test"))
        lines.append(f"  t{number}: {{data: {{{data}}}, text: text, label: label}}")
    lines.append(f"budget: {{passes: {PASSES}, seeds: 2, models: {MODELS}, validation_seeds: 3}}")
    path = folder / "sized.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tasks", type=int, default=50)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--weights", type=float, default=7e9)
    parser.add_argument("--gpus", type=int, default=8)
    given = parser.parse_args()
    suite = write(given.folder, tasks=given.tasks, rows=given.rows, length=given.length)
    command = [sys.executable, "-m", "cotrain", "plan", str(suite), "--json", "--quiet", "--workers", str(given.gpus)]
    plan = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    once = given.tasks * given.rows * given.length * PASSES
    print(f"every task once, by hand: {once:,} tokens trained")
    speed = given.gpus * PEAK * SHARE / given.weights
    for name, of in plan["phases"].items():
        seconds = (4 * of["tokens_backward"] + 2 * of["tokens_forward"]) / speed
        print(
            f"{name:26} {of['jobs']:5} runs {of['tokens_forward']:15,} forward {of['tokens_backward']:15,} trained "
            f"{of['tokens_backward'] / once:6.2f} times all tasks {seconds / 3600:6.2f} h"
        )
    total = sum((4 * of["tokens_backward"] + 2 * of["tokens_forward"]) / speed for of in plan["phases"].values())
    again = 1.5 * total  # at most
    print(f"in all {total / 3600:.1f} h on {given.gpus} GPUs, {again / 3600:.1f} h with layers computed again")


if __name__ == "__main__":
    main()
