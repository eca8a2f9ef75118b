"""One entry of a suite's `tasks:`; the same definition is the schema and the code."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from tasks.kinds import KINDS
from tasks.metrics import METRICS

CONFIG = ConfigDict(use_attribute_docstrings=True, extra="forbid")


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class DataFiles:
    """Files of a task whose splits are given; a split that is left out is drawn from `train`."""

    train: str
    """Examples to fit on."""
    validation: str | None = None
    """Examples that pick stopping points and the grouping."""
    test: str | None = None
    """Examples for the verdict, opened once."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class TaskSpec:
    """Where a task's examples are and what its columns mean."""

    data: str | DataFiles
    """A file (.jsonl, .json, .csv, .tsv, .parquet), a saved `datasets` folder, a hub name (`org/name` or
    `org/name:config`), or one file per split. Paths are relative to the suite file."""
    kind: Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})] | None = None
    """What is predicted; told from the columns if left out, except `tokens`: lists of labels are else multilabel."""
    text: str | tuple[str, ...] | None = None
    """Column of the text, or two columns for a pair; for tokens of texts, whose lines are labelled, or of lists of
    words."""
    query: str | None = None
    """Retrieval: column of the query."""
    document: str | None = None
    """Retrieval: column of the document that answers it; the other documents of a split are its distractors."""
    prompt: str | None = None
    """Text: column of what a causal language model is given."""
    completion: str | None = None
    """Text: column of what it is to write, which ends there. Both are joined as they are, without a chat template."""
    label: str | tuple[str, ...] | None = None
    """Column of the label; for multilabel a column of lists, or several columns of 0 and 1; for tokens a column of
    lists with one label for every line of the text, blank lines too, or for every word."""
    classes: tuple[bool | int | str, ...] | None = None
    """All classes in the order of the head's outputs; those found, sorted, if left out."""
    positive: bool | int | str | None = None
    """Binary: the class that counts as positive; the greater one (1, true, the later in the alphabet) if left out."""
    metric: Annotated[str, Field(json_schema_extra={"enum": list(METRICS)})] | None = None
    """How the task is scored; the kind's usual metric if left out."""
    margin: Annotated[float, Field(json_schema_extra={"minimum": 0})] = 1.0
    """Points of the metric (metric x 100) that may be lost against training the task alone."""
    weight: Annotated[float, Field(json_schema_extra={"exclusiveMinimum": 0})] = 1.0
    """Factor of the task's training loss in groups. Gains are measured on losses without it; alone it is left out, as
    AdamW takes the same steps whatever a constant factor."""
    group_by: str | None = None
    """Column whose equal values stay on one side of every split that is drawn, such as a project."""
    max_length: int | None = None
    """Tokens per text for this task; the suite's if left out. Kind `text`: of prompt and completion together; of the
    prompt, the beginning is cut."""
    split: str | None = None
    """Column of a single file that says train, validation or test; the column `split` if there is one. To draw at
    random in spite of such a column, rename it."""
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2)
    """Shares of train, validation and test where they are drawn at random; validation is halved again."""
    instruction: str | None = None
    """What a general model is asked where the study's prompting is reproduced; the task's name if left out."""
    words: dict[str, bool | str] | None = None
    """The word that it answers with for each class (of a multilabel task, what it is asked about for each label); the
    class's name, or no and yes for 0 and 1, if left out."""
