"""A task from its texts to scores and written answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tasks.errors import InputError
from tasks.kinds import KINDS
from tasks.metrics import METRICS
from tasks.spec import TaskSpec
from tasks.task import Task
from tests.trainers.prompting.causal import colours, opened, save_causal
from tests.trainers.samples import CONFIGS, save_model
from trainers.checkpoint import find_checkpoint
from trainers.prompting import answers
from trainers.prompting.answers import answer, written_scores
from trainers.prompting.causal_model import CausalModel, check_causal
from trainers.prompting.continuations import Beginning
from trainers.prompting.dialogue import dialogue, example_ids
from trainers.prompting.parsing import NO_ANSWER
from trainers.prompting.prompt_job import PromptJob, prompt_identity, prompt_job
from trainers.prompting.question import Question

ROUNDING = 1e-4
"""Sums in another order, in fp32."""


def asked(task: Task) -> Question:
    return Question.of(task, TaskSpec(data="x.csv", text="code", label="hue"), ["code"])


@pytest.fixture(scope="module")
def causal(tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return opened(tmp_path_factory.mktemp("causal"), colours())


def test_scores_are_the_words_log_probabilities(causal: CausalModel) -> None:
    task = colours()
    found = answer(causal, task, asked(task), split="test", shots=0, seed=0, max_length=16)
    laid = dialogue(asked(task).asks[0], ["code"], [], causal.tokenizer, most=16)
    beginning = Beginning(causal.model, laid.before)
    for row in (0, 7, 19):
        text = task.splits["test"].texts[0][row]
        ids = [*example_ids(["code"], [text], causal.tokenizer, most=16), *laid.after]
        alone, _ = beginning.score(beginning.read([ids]), laid.words)
        np.testing.assert_allclose(found.scores[row], alone[0].numpy(), atol=ROUNDING)
    assert found.scores.shape == (20, 3)
    assert found.written.shape == (20, 1)


def test_rows_per_pass_change_nothing(causal: CausalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    task = colours()
    whole = answer(causal, task, asked(task), split="test", shots=2, seed=0, max_length=16)
    monkeypatch.setattr(answers, "ROWS", 3)
    parts = answer(causal, task, asked(task), split="test", shots=2, seed=0, max_length=16)
    np.testing.assert_allclose(whole.scores, parts.scores, atol=ROUNDING)
    np.testing.assert_array_equal(whole.written, parts.written)


def test_two_words_are_one_score_and_labels_one_each(causal: CausalModel) -> None:
    task = colours()
    rows = {
        split: replace(of, targets=np.stack([of.targets == 0, of.targets == 2], axis=1).astype(np.float32))
        for split, of in task.splits.items()
    }
    labels = Task("tags", KINDS["multilabel"], ("red", "blue"), METRICS["macro_f1"], 1.0, rows, "tags")
    found = answer(causal, labels, asked(labels), split="test", shots=2, seed=0, max_length=16)
    assert found.scores.shape == found.written.shape == (20, 2)
    binary = {split: replace(of, targets=(of.targets == 2).astype(np.int64)) for split, of in task.splits.items()}
    two = Task("blue", KINDS["binary"], ("0", "1"), METRICS["f1"], 1.0, binary, "blue")
    assert answer(causal, two, asked(two), split="test", shots=0, seed=0, max_length=16).scores.shape == (20, 1)


def test_no_answer_is_wrong_whatever_the_metric() -> None:
    targets = np.array([0, 1, 1, 0])
    written = np.array([[0], [1], [NO_ANSWER], [NO_ANSWER]])
    assert METRICS["accuracy"](written_scores(written, targets, words=2), targets) == 0.5
    np.testing.assert_array_equal(written_scores(written, targets, words=2)[:, 0], [-1, 1, -1, 1])
    three = np.array([[2], [1], [NO_ANSWER], [0]])
    found = written_scores(three, np.array([2, 1, 0, 1]), words=3)
    assert METRICS["accuracy"](found, np.array([2, 1, 0, 1])) == 0.5
    assert METRICS["auroc"](found, np.array([2, 1, 0, 1])) <= 1


@pytest.mark.parametrize("labels", [1, 2, 3, 5])
def test_every_label_of_a_multilabel_task_is_a_question_of_two_words(labels: int) -> None:
    targets = (np.arange(4)[:, None] % (2 + np.arange(labels)) == 0).astype(np.float32)  # shape: (4, labels)
    written = targets.astype(np.int64)
    assert METRICS["macro_f1"](written_scores(written, targets, words=2), targets) == 1
    written[0, -1], written[1, 0] = NO_ANSWER, 1 - written[1, 0]
    found = written_scores(written, targets, words=2)
    assert found.shape == targets.shape
    assert METRICS["accuracy"](found, targets) == 0.5


def test_no_answer_is_no_further_class() -> None:
    """One of 90 without an answer costs no more than one wrong answer does."""
    targets = np.arange(90) % 3
    written = targets[:, None].copy()
    written[0] = NO_ANSWER
    wrong = np.where(np.arange(90) == 0, (targets + 1) % 3, targets)
    found = METRICS["macro_f1"](written_scores(written, targets, words=3), targets)
    assert found == METRICS["macro_f1"](np.eye(3)[wrong], targets) > 0.98


def test_what_is_shown_and_the_seed_count(causal: CausalModel) -> None:
    task = colours()

    def scores(shots: int, seed: int) -> np.ndarray:
        return answer(causal, task, asked(task), split="test", shots=shots, seed=seed, max_length=16).scores

    assert not np.allclose(scores(0, 0), scores(2, 0))
    assert not np.allclose(scores(2, 1), scores(2, 0))
    np.testing.assert_array_equal(scores(0, 0), scores(0, 1))


def test_texts_that_do_not_fit_are_refused(causal: CausalModel) -> None:
    task = colours()
    with pytest.raises(InputError, match="64 positions; show fewer"):
        answer(causal, task, asked(task), split="test", shots=12, seed=0, max_length=16)


def job(**changes: object) -> PromptJob:
    settings = {"split": "test", "shots": 2, "seed": 0, "max_length": 16, "identity": "x", "examples": 20}
    return prompt_job("colour", asked(colours()), **{**settings, **changes})  # type: ignore[arg-type]


def test_a_job_is_kept_as_it_was(causal: CausalModel) -> None:
    result = job().run(causal)
    again = job().decode(job().encode(result))
    np.testing.assert_array_equal(again.answers.scores, result.answers.scores)
    np.testing.assert_array_equal(again.answers.written, result.answers.written)
    assert again.cost == result.cost
    assert result.cost.tokens_forward > 0
    with pytest.raises(ValueError, match="damaged"):
        job().decode(b"?")
    assert len({job().key, job(seed=1).key, job(identity="y").key, job(shots=0).key, job(split="select").key}) == 5
    assert job(shots=0).key == job(shots=0, seed=1).key


def test_a_model_that_writes_nothing_is_refused(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "bert", CONFIGS["bert"])
    with pytest.raises(InputError, match="`bert` writes no text, so it cannot be prompted; causal decoders such as"):
        check_causal(find_checkpoint(str(folder)))


def test_another_chat_template_is_another_job(tmp_path: Path) -> None:
    folder = save_causal(tmp_path, chat=True)

    def identity(device: str) -> str:
        return prompt_identity(find_checkpoint(str(folder)), colours(), device=device, threads=2)

    before = identity("cuda:0")
    assert identity("cuda:1") == before
    assert identity("cpu") != before
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    assert identity("cuda:0") != before
