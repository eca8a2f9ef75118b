"""A suite file to start from."""

from pathlib import Path

from tasks.errors import InputError

HEAD = """\
# A suite: tasks, a base model, and how much to train. Every field but `tasks` may be left out.
# `cotrain plan suite.yaml` says what a run would train, `cotrain audit suite.yaml` looks at the data,
# `cotrain recommend suite.yaml` does the whole work; the same command goes on after an interruption.

base_model: embedded        # embedded, a folder with safetensors weights, or a hub name
method: {name: lora, r: 8, alpha: 16, layers: top-2}   # layers: all, or top-N for the N layers next to the head
# method: {name: lora, r: 8, rank_per_task: true}   # a group of m tasks has rank m x 8
# method: serial            # or rslora, dora, vera, ia3, prefix, prompt, parallel; full (all weights), head (none)
# training: {head: native}  # heads that `transformers` and PEFT read without cotrain; by default `pooled`

"""
TASKS = """\
tasks:                      # two or more; names hold letters, digits, _ and -
  defect:
    data: {train: defect/train.jsonl, validation: defect/valid.jsonl, test: defect/test.jsonl}
    text: code              # column of the text
    label: target           # column of the label
    metric: accuracy        # accuracy, f1, macro_f1, mcc, auroc, average_precision, r2, spearman, mrr
  clone:
    data: clones.csv        # one file: split by its `split` column, or at random within the task
    text: [left, right]     # a pair
    label: is_clone
    group_by: project       # rows of one project stay on one side of a split
    metric: f1
    margin: 1.0             # points of the metric that may be lost against training the task alone
  search:
    kind: retrieval
    data: search.parquet
    query: docstring
    document: code
    metric: mrr
  bug_lines:
    kind: tokens
    data: bugs.jsonl
    text: code              # its lines are labelled; of a column of lists, their words
    label: is_bug           # a list per row, with one label for every line
    metric: f1              # accuracy, f1 (of all classes but the first), macro_f1, mcc
  # summary:                # needs a causal language model as the base model
  #   kind: text
  #   data: summaries.jsonl
  #   prompt: instruction   # both as they are, without a chat template
  #   completion: answer
  #   metric: token_accuracy   # or exact_match

"""
"""Every kind of task; paths are examples."""
TAIL = """\
budget:
  passes: 3                 # over each task's own examples
  seeds: 2                  # probe runs per group
  validation_seeds: 3       # fresh runs of the choice and of every baseline
  # max_validation_seeds: 12  # looks after 3, 6 and 12 seeds while a task is undecided
  models: 10                # groups that the search may train
  # max_hours: 4            # after which the answer so far is reported; the same command goes on
  # max_jobs: 100           # training runs that the command may start

estimator: hybrid           # hybrid, or pairwise: trains every pair, which costs more the more tasks there are

grouping:
  objective: best_gain      # best_gain, or fewest_adapters such that no task loses more than its margin
  # max_adapters: 3
  # max_bytes: 2MB          # of all adapters together, heads apart
  # together: [[defect, clone]]
  # apart: [[defect, search]]
  # alone: [search]
  # weights: {search: 2}    # how much a task's gain counts; margins: in units of its margin

max_length: 128             # tokens per text
seed: 42
# report_to: mlflow         # or wandb, trackio, tensorboard, or a list of them; each is an extra of the package
"""


def write_template(path: Path, *, force: bool = False) -> None:
    """Writes a suite file with every kind of task; paths are examples.

    Raises:
        InputError: If the file is there already and ``force`` is not given, or it cannot be written.
    """
    write_suite(path, HEAD + TASKS + TAIL, force=force)


def write_suite(path: Path, text: str, *, force: bool) -> None:
    """Writes a suite file.

    Raises:
        InputError: As :func:`write_template`.
    """
    try:
        with path.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except IsADirectoryError:
        raise InputError("is a folder; `--data` makes a suite of the files in one", place=str(path)) from None
    except FileExistsError:
        if path.is_dir():
            raise InputError("is a folder; `--data` makes a suite of the files in one", place=str(path)) from None
        raise InputError("this file is there already; name another, or add --force", place=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", place=str(path)) from None
