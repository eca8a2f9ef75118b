"""Writes five small tasks as files of the kinds that people have, mined from Python source.

    python docs/examples/write_data.py data

``data`` then holds a CSV file of pairs, JSONL files by split, one JSONL file with a split column, a Parquet file for
retrieval, and functions whose lines are labelled. The texts are those of the interpreter's own library, or of a folder
that ``--source`` names.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from tasks.mining import Mined, Sizes, mine

TASKS = ["docstring_mismatch", "complexity", "function_verb", "code_search", "bug_line"]
SPLITS = ("train", "validation", "test")
Rows = list[dict[str, Any]]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to")
    parser.add_argument("--source", type=Path, help="Python source to mine; the interpreter's library by default")
    parser.add_argument("--rows", type=int, default=240, help="most training examples of a task")
    arguments = parser.parse_args()
    sizes = Sizes(train=arguments.rows, validation=arguments.rows * 2, test=arguments.rows * 5)
    sources = [arguments.source] if arguments.source else None
    with TemporaryDirectory() as cache:
        write(mine(TASKS, sources=sources, sizes=sizes, seed=42, cache=Path(cache)), arguments.folder)


def write(mined: Mined, folder: Path) -> None:
    """One file or folder per task, each of another form."""
    (folder / "complexity").mkdir(parents=True, exist_ok=True)
    rows = {name: {split: list(read(mined, name, split)) for split in SPLITS} for name in TASKS}
    whole = {name: [row | {"split": split} for split in SPLITS for row in of[split]] for name, of in rows.items()}
    frame = pd.DataFrame(whole["docstring_mismatch"]).rename(columns={"file": "module"})
    frame[["docstring", "code", "mismatch", "module", "split"]].to_csv(folder / "docstrings.csv", index=False)
    for split in SPLITS:
        jsonl(folder / "complexity" / f"{split}.jsonl", rows["complexity"][split])
    jsonl(folder / "verbs.jsonl", whole["function_verb"])
    pd.DataFrame(whole["code_search"]).to_parquet(folder / "search.parquet")
    jsonl(folder / "bugs.jsonl", whole["bug_line"])
    for name in TASKS:
        print(f"{name}: {', '.join(f'{len(rows[name][split])} {split}' for split in SPLITS)}")


def read(mined: Mined, name: str, split: str) -> Iterator[dict[str, Any]]:
    """The rows of a mined file."""
    with (mined.folder / name / f"{split}.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def jsonl(path: Path, rows: Rows) -> None:
    """One JSON object per line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
