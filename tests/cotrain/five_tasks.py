"""Five small tasks of every kind as files, a tiny model, and a suite over them."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
from transformers import BertConfig, BertTokenizer

from tests.trainers.samples import save_model

WORDS = ["red", "green", "blue", "cold", "warm", "one", "two", "three", "four", "five", "six", "seven", "eight"]
SUITE = """\
base_model: model
tasks:
  hue:
    data: {train: hue/train.jsonl, validation: hue/validation.jsonl, test: hue/test.jsonl}
    text: text
    label: hue
  same:
    data: same.csv
    text: [left, right]
    label: same
    margin: 5
  number:
    data: number.parquet
    text: text
    label: number
  find:
    kind: retrieval
    data: find.parquet
    query: query
    document: document
  tags:
    data: tags.jsonl
    text: text
    label: [is_red, is_warm]
method: {r: 2, alpha: 4, layers: top-1}
budget: {passes: 1, seeds: 1, reference_seeds: 2, validation_seeds: 2, models: 2}
grouping: {max_adapters: 3}
max_length: 16
"""
TASKS = ["hue", "same", "number", "find", "tags"]
MIXED = ["same", "number", "tags"]
MIXING = {"name": "temperature", "temperature": 3.0}
"""Tasks and mixing of the second run that tests share."""


def sentence(generator: np.random.Generator, *words: str) -> str:
    """Some words in random order, the given ones among them."""
    return " ".join(generator.permutation([*generator.choice(WORDS, size=5), *words]))


def write_data(folder: Path) -> Path:
    """A model and five tasks: JSONL by split, CSV, Parquet; a pair, 12 classes, retrieval, multilabel."""
    generator = np.random.default_rng(0)
    save_model(
        folder / "model",
        BertConfig(
            vocab_size=len(WORDS) + 5,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=32,
        ),
    )
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder / "model")
    (folder / "hue").mkdir()
    for split, count in (("train", 48), ("validation", 48), ("test", 40)):
        rows = [{"text": sentence(generator, WORDS[i % 3]), "hue": WORDS[i % 3]} for i in range(count)]
        (folder / "hue" / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with (folder / "same.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["left", "right", "same"])
        for i in range(120):
            left = sentence(generator)
            writer.writerow([left, left if i % 2 else sentence(generator), i % 2])
    numbers = [WORDS[i % 12] for i in range(240)]
    frame = pd.DataFrame({"text": [sentence(generator, word) for word in numbers], "number": numbers})
    frame.to_parquet(folder / "number.parquet")
    documents = [sentence(generator, "cold", "cold") + f" {i}" for i in range(120)]
    queries = [" ".join(document.split()[:4]) for document in documents]
    pd.DataFrame({"query": queries, "document": documents}).to_parquet(folder / "find.parquet")
    with (folder / "tags.jsonl").open("w") as stream:
        for _ in range(120):
            text = sentence(generator)
            tags = {"is_red": int("red" in text), "is_warm": int("warm" in text)}
            stream.write(json.dumps({"text": text, **tags}) + "\n")
    path = folder / "suite.yaml"
    path.write_text(SUITE)
    return path
