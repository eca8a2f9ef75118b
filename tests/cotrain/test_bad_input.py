"""Whatever is wrong with what a user gives: one line that names file and place, and exit code 2."""

import json
from pathlib import Path

import pytest

from tests.cotrain.samples import SUITE, rows, run, write_suite
from tests.cotrain.spoilt import (
    AUDIT,
    FINISHED,
    GAINS,
    HEATMAP,
    ODD,
    PAIR,
    POOL,
    RECOMMEND,
    RUNS,
    TABLE,
    TRAINER,
    VALIDATE,
    Case,
    added,
    begun,
    changed_data,
    file,
    junk_parquet,
    lines,
    matrix,
    model_folder,
    nothing,
    outlined_runs,
    pickle,
    picture_in_the_way,
    runs,
    says,
    searched,
    suite,
    write,
)

CASES = [
    # the suite file
    Case("no suite", nothing, ("suit.yaml", "no such file", "did you mean `suite.yaml`"), ("audit", "suit.yaml")),
    Case("suite is a folder", lambda f: (f / "folder").mkdir(), ("folder", "expected a file"), ("audit", "folder")),
    Case("empty suite", file("suite.yaml", ""), ("suite.yaml", "empty", "cotrain init")),
    Case("binary suite", file("suite.yaml", b"\x7fELF\x02\x01\xff\xfe"), ("suite.yaml: line 1", "UTF-8")),
    Case("broken YAML", file("suite.yaml", "tasks:\n  a: [1\nb: 2\n"), ("suite.yaml: line 3, column 2",)),
    Case("suite is a list", file("suite.yaml", "- defect\n"), ("suite.yaml", "tasks:")),
    Case("duplicate task", suite("  clone:\n", "  defect:\n"), ("suite.yaml: line 7", "`defect`", "line 2")),
    Case("object tag", added("seed: !!python/object:os.system {}\n"), ("suite.yaml: line 12", "python/object")),
    Case("one task", file("suite.yaml", SUITE[: SUITE.index("  clone")]), ("suite.yaml: tasks", "two tasks")),
    Case("unknown field", suite("metric: f1", "metrik: f1"), ("suite.yaml: tasks.clone.metrik", "`metric`")),
    Case("unknown top field", added("bugdet: {}\n"), ("suite.yaml: bugdet", "did you mean `budget`")),
    Case("wrong type", added("budget: {passes: three}\n"), ("suite.yaml: budget.passes", "1 or more", "'three'")),
    Case("out of range", added("budget: {seeds: 0}\n"), ("suite.yaml: budget.seeds", "1 or more", "0")),
    Case("endless number", added("training: {learning_rate: .inf}\n"), ("suite.yaml: training.learning_rate", "inf")),
    Case("unknown method", added("method: {name: lroa}\n"), ("suite.yaml: method.name", "did you mean `lora`")),
    Case("field of another method", added("method: {name: ia3, r: 8}\n"), ("suite.yaml: method.r", "layers, name")),
    Case(
        "unknown mixing",
        added("training: {mixing: propotional}\n"),
        ("suite.yaml: training.mixing", "`proportional` or `equal`", "did you mean `proportional`"),
    ),
    Case(
        "temperature",
        added("training: {mixing: {name: temperature, temperature: 0}}\n"),
        ("suite.yaml: training.mixing.temperature", "a number above 0", "got 0"),
    ),
    Case(
        "loss weights",
        added("training: {weights: clas_balance}\n"),
        ("suite.yaml: training.weights", "did you mean `class_balance`"),
    ),
    Case(
        "a name that is none",
        added("training: {mixing: {name: {kind: retrieval}, size: 1}}\n"),
        ("suite.yaml: training.mixing",),
    ),
    Case("aggregator", added("training: {aggregator: upgrade}\n"), ("training.aggregator", "did you mean `upgrad`")),
    Case("weight of 0", suite("metric: f1", "weight: 0"), ("suite.yaml: tasks.clone.weight", "a factor above 0")),
    Case("weight below 0", suite("metric: f1", "weight: -2"), ("suite.yaml: tasks.clone.weight", "found -2")),
    Case("weight in words", suite("metric: f1", "weight: heavy"), ("suite.yaml: tasks.clone.weight", "'heavy'")),
    Case("endless weight", suite("metric: f1", "weight: .inf"), ("suite.yaml: tasks.clone.weight", "inf")),
    Case("layers", added("method: {layers: top-0}\n"), ("suite.yaml: method.layers", "top-N")),
    Case("task name", suite("  clone:", "  'a+b':"), ("suite.yaml: tasks.a+b", "letters, digits")),
    Case("numeric name", suite("  clone:", "  1:"), ("suite.yaml: line 7", "quotes")),
    Case("list of models", added("base_model: [embedded, other]\n"), ("suite.yaml: base_model", "only recommend")),
    Case("same model twice", added("base_model: [a, a]\n"), ("suite.yaml: base_model", "stands twice"), RECOMMEND),
    Case("unknown in a rule", added("grouping: {alone: [clon]}\n"), ("suite.yaml: grouping.alone", "`clone`")),
    Case(
        "rules contradict",
        added("grouping: {together: [[clone, defect]], apart: [[defect, clone]]}\n"),
        ("suite.yaml: grouping", "together", "apart"),
    ),
    # the tasks
    Case("unknown metric", suite("metric: f1", "metric: f2"), ("suite.yaml: tasks.clone.metric", "`f2`", "macro_f1")),
    Case("unfit metric", suite("metric: f1", "metric: mrr"), ("suite.yaml: tasks.clone.metric", "mrr")),
    Case("unknown kind", suite("    text: code", "    kind: binry\n    text: code"), ("tasks.defect.kind", "`binary`")),
    Case("missing file", lambda f: (f / "clones.csv").unlink(), ("suite.yaml: tasks.clone.data", "clones.csv")),
    Case("empty file", file("train.jsonl", ""), ("suite.yaml: tasks.defect", "train.jsonl")),
    Case("header alone", file("clones.csv", "left,right,is_clone\n"), ("suite.yaml: tasks.clone", "clones.csv")),
    Case("wrong column", suite("label: target", "label: targt"), ("tasks.defect.label", "train.jsonl", "`target`")),
    Case("one class", lines("train.jsonl", [r | {"target": 1} for r in rows(40)]), ("tasks.defect", "train")),
    Case("label of test alone", lines("test.jsonl", list(ODD)), ("suite.yaml: tasks.defect", "7", "test")),
    Case(
        "not a number",
        lines("train.jsonl", [*rows(20), {"code": "x", "target": float("nan")}]),
        ("suite.yaml: tasks.defect", "train.jsonl", "21"),
    ),
    Case(
        "null label", lines("train.jsonl", [*rows(9), {"code": "x", "target": None}]), ("tasks.defect", "train.jsonl")
    ),
    Case(
        "invalid JSON",
        lambda f: write(f / "train.jsonl", (f / "train.jsonl").read_text().replace('"target": 1}', '"target": 1', 1)),
        ("suite.yaml: tasks.defect", "train.jsonl", "2"),
    ),
    Case("JSON array lines", lines("train.jsonl", [[1, 2]]), ("suite.yaml: tasks.defect", "train.jsonl")),
    Case("two rows", lines("valid.jsonl", list(rows(2))), ("suite.yaml: tasks.defect", "validation", "2 rows")),
    Case("no text", lines("train.jsonl", [*rows(9), {"code": 3, "target": 1}]), ("tasks.defect", "train.jsonl")),
    Case("not a table", lambda f: pickle(f), ("suite.yaml: tasks.clone.data", "clones.pkl")),
    Case("junk parquet", lambda f: junk_parquet(f), ("suite.yaml: tasks.clone", "clones.parquet")),
    Case("ragged CSV", file("clones.csv", "left,right,is_clone\na,b,1\na,b,c,d,1\n"), ("tasks.clone", "clones.csv")),
    # the base model
    Case("no weights", model_folder, ("suite.yaml: base_model", "model", "safetensors")),
    Case("no model folder", added("base_model: ./nowhere\n"), ("suite.yaml: base_model", "nowhere")),
    # options
    Case("unknown command", nothing, ("recomend", "recommend"), ("recomend", "suite.yaml")),
    Case("unknown option", nothing, ("cotrain recommend", "--pases"), ("recommend", "suite.yaml", "--pases", "2")),
    Case("option's type", nothing, ("--passes", "three"), ("recommend", "suite.yaml", "--passes", "three")),
    Case("option's range", nothing, ("--passes", "1 or more", "0"), ("recommend", "suite.yaml", "--passes", "0")),
    Case("objective", nothing, ("--objective", "best_gain"), ("recommend", "suite.yaml", "--objective", "best_gian")),
    Case("unknown task", nothing, ("--tasks", "`clone`"), (*AUDIT, "--tasks", "clon,defect")),
    Case("sources", nothing, ("--source", "suite.yaml"), ("recommend", "suite.yaml", "--source", ".")),
    Case("no argument", nothing, ("cotrain validate", "SUITE"), ("validate",)),
    # groupings
    Case("no grouping", nothing, ("g.json", "no such file"), VALIDATE),
    Case("empty grouping", file("g.json", ""), ("g.json", "empty"), VALIDATE),
    Case("grouping's syntax", file("g.json", "[[clone"), ("g.json", "line 1"), VALIDATE),
    Case("unknown in grouping", file("g.json", '[["clon"], ["defect"]]'), ("g.json: group 1", "`clone`"), VALIDATE),
    Case("task left out", file("g.json", '[["clone"]]'), ("g.json", "`defect`"), VALIDATE),
    Case("task twice", file("g.json", '[["clone"], ["defect", "clone"]]'), ("g.json: group 2", "`clone`"), VALIDATE),
    Case("nothing to compare", nothing, ("g.json", "no such file"), (*RECOMMEND, "--compare", "g.json")),
    Case(
        "compared task",
        file("g.json", '[["clon", "defect"]]'),
        ("g.json", "`clon`"),
        (*RECOMMEND, "--compare", "g.json"),
    ),
    Case(
        "compared without validation",
        file("g.json", '[["clone", "defect"]]'),
        ("--compare", "--no-validate"),
        (*RECOMMEND, "--compare", "g.json", "--no-validate"),
    ),
    Case(
        "looks",
        added("budget: {validation_seeds: 4, max_validation_seeds: 3}\n"),
        ("suite.yaml: budget.max_validation_seeds", "3", "at least", "4"),
    ),
    # affinities
    Case("no matrix", nothing, ("m.json", "no such file"), HEATMAP),
    Case("matrix syntax", file("m.json", "{\n]"), ("m.json", "line 2"), HEATMAP),
    Case("matrix shape", file("m.json", matrix(scores=[[0, 1]])), ("m.json",), HEATMAP),
    Case("matrix names", file("m.json", matrix(tasks=["a", "a", "b"])), ("m.json", "a"), HEATMAP),
    Case("no number", file("m.csv", ",a,b\na,0,x\nb,1,0\n"), ("m.csv: line 2", "`x`"), ("heatmap", "--from", "m.csv")),
    Case("matrix type", file("m.pkl", b"\x80\x02."), ("m.pkl",), ("heatmap", "--from", "m.pkl")),
    Case("both", file("m.json", matrix()), ("--from", "suite.yaml"), ("heatmap", "suite.yaml", "--from", "m.json")),
    Case(
        "picture in the way",
        lambda f: picture_in_the_way(f),
        ("out", "written"),
        (*HEATMAP, "--out", "out"),
    ),
    # finished runs and tables of gains
    Case("no runs", nothing, ("s.csv", "no such file", "group,task,score"), FINISHED),
    Case("empty runs", file("s.csv", ""), ("s.csv", "empty"), FINISHED),
    Case("header of runs", file("s.csv", "group,task,score\n"), ("s.csv", "no rows"), FINISHED),
    Case("one run", file("s.csv", "group,task,score\na,a,.7\n"), ("s.csv", "no group of two or more"), FINISHED),
    Case("other columns", file("s.csv", "x,y\n1,2\n"), ("s.csv", "x,y", "group,task,score", "subset"), FINISHED),
    Case("unknown column", file("s.csv", RUNS.replace("seed", "sed")), ("s.csv", "`sed`", "`seed`"), FINISHED),
    Case("no single", file("s.csv", RUNS.replace("a,a,.7,0\n", "", 1)), ("s.csv", "`a` has no run"), FINISHED),
    Case("in groups alone", file("s.csv", RUNS + "b+c,b,1,0\nb+c,c,1,0\n"), ("s.csv", "`c` has no run"), FINISHED),
    Case("no member", file("s.csv", RUNS.replace("a+b,b,.6,0\n", "")), ("`a+b`", "no row for `b`"), FINISHED),
    Case("score", file("s.csv", RUNS.replace(".6", "inf")), ("s.csv: line 5", "score of `b`", "`inf`"), FINISHED),
    Case("run twice", file("s.csv", RUNS + "b+a,a,.8,0\n"), ("s.csv: line 6", "stands on line 4"), FINISHED),
    Case("gain twice", file("s.csv", GAINS + "b+a,2,1,1\n"), ("s.csv: line 3", "stands on line 2"), FINISHED),
    Case("gain's task", file("s.csv", GAINS + "a+c,2,1,\n"), ("s.csv: line 3", "no task `c`"), FINISHED),
    Case("no adapter", file("s.csv", RUNS), ("--adapters", "0"), (*FINISHED, "--adapters", "0")),
    Case("cap of a matrix", file("m.json", matrix()), ("--adapters", "m.json"), (*HEATMAP, "--adapters", "2")),
    Case("cap of a suite", nothing, ("--adapters", "--from"), ("heatmap", "suite.yaml", "--adapters", "2")),
    Case("losses of gains", file("s.csv", GAINS), ("--lower-is-better", "s.csv"), (*FINISHED, "--lower-is-better")),
    Case("outline of runs", outlined_runs, ("g.json: group 1", "`c`"), (*FINISHED, "--grouping", "g.json")),
    # a search on a table
    Case("nothing to search", nothing, ("--table, --trainer", "found none", "a table of gains"), ("search",)),
    Case("table and trainer", file("s.csv", GAINS), ("--table, --trainer", "found both"), (*TABLE, "--trainer", "x")),
    Case("pool of a table", file("s.csv", GAINS), ("--pool", "for --trainer"), (*TABLE, "--pool", "p.txt")),
    Case("tasks of a table", file("s.csv", GAINS), ("--tasks", "for --trainer"), (*TABLE, "--tasks", "a,b")),
    Case("no table", nothing, ("s.csv", "no such file", "subset,size"), TABLE),
    Case("table's gain", file("s.csv", GAINS.replace(".1", "inf")), ("s.csv: line 2", "gain of `a`", "`inf`"), TABLE),
    Case("table of runs", file("s.csv", RUNS), ("s.csv", "no column `subset`"), TABLE),
    Case("search's mode", nothing, ("--mode", "cover", "'covers'"), (*TABLE, "--mode", "covers")),
    Case("search's adapters", nothing, ("--adapters", "'0'"), (*TABLE, "--adapters", "0")),
    Case("search's models", nothing, ("--models", "'-1'"), (*TABLE, "--models", "-1")),
    Case("search's seed", nothing, ("--seed", "'-1'"), (*TABLE, "--seed", "-1")),
    Case(
        "too few adapters",
        file("s.csv", "subset,size,a,b,c\na+b,2,.1,.2,\n"),
        ("--pool", "at most 1 adapters", "1 groups", "allow more adapters"),
        (*TABLE, "--adapters", "1"),
    ),
    Case(
        "no models for one adapter",
        file("s.csv", GAINS),
        ("--models", "at most 1 adapters", "0 groups"),
        (*TABLE, "--adapters", "1", "--models", "0"),
    ),
    Case("search in a file", file("s.csv", GAINS), ("clones.csv", "file", "--out"), (*TABLE, "--out", "clones.csv")),
    Case("search in a run", file("s.csv", GAINS), ("another kind", "--out"), (*TABLE, "--out", ".")),
    # a search with a trainer
    Case("no tasks", nothing, ("--tasks", "found nothing", "two or more"), TRAINER[:3]),
    Case("one name", nothing, ("--tasks", "`a`", "two or more"), (*TRAINER[:4], "a")),
    Case("name twice", nothing, ("--tasks", "`a,b, a`", "different"), (*TRAINER[:4], "a,b, a")),
    Case("empty name", nothing, ("--tasks", "`a,,b`"), (*TRAINER[:4], "a,,b")),
    Case("joined name", nothing, ("--tasks", "`a+b,c`", "without `+`"), (*TRAINER[:4], "a+b,c")),
    Case("no pool", nothing, ("p.txt", "no such file", "a+c"), POOL),
    Case("pool's task", file("p.txt", "a+b\na+clon\n"), ("p.txt: line 2", "`clon`", "did you mean `clone`"), POOL),
    Case("pool's repetition", file("p.txt", "a+b+a\n"), ("p.txt: line 1", "`a` stands twice"), POOL),
    Case("empty pool", file("p.txt", "\n"), ("p.txt", "no subset of two"), POOL),
    Case("pool is a folder", lambda f: (f / "p.txt").mkdir(), ("p.txt", "cannot be read", "expected a file"), POOL),
    Case("binary pool", file("p.txt", b"\xff\xfe"), ("p.txt", "not UTF-8"), POOL),
    Case(
        "pool for fewer adapters", file("p.txt", "a+b\n"), ("--pool", "at most 1 adapters"), (*POOL, "--adapters", "1")
    ),
    Case(
        "no program",
        nothing,
        ("--trainer", "`./none`", "No such file"),
        ("search", "--trainer", "./none", *TRAINER[3:]),
    ),
    Case("empty command", nothing, ("--trainer", "the command is empty"), ("search", "--trainer", " ", *TRAINER[3:])),
    Case("open quote", nothing, ("--trainer", "close the quote"), ("search", "--trainer", "a 'b", *TRAINER[3:])),
    Case("early exit", runs("raise SystemExit(3)"), (PAIR, "with code 3", "until its input closes"), TRAINER),
    Case("answer is no JSON", says("step 1: loss 0.3"), (PAIR, "`step 1: loss 0.3`", '{"gains": '), TRAINER),
    Case("empty answer", says(""), (PAIR, "no JSON"), TRAINER),
    Case("answer is a list", says("[1, 2]"), (PAIR, "found `[1, 2]`", '{"error": '), TRAINER),
    Case("answer without gains", says('{"gain": {"a": 1}}'), (PAIR, "no `gains`"), TRAINER),
    Case("missing member", says('{"gains": {"a": 1}}'), (PAIR, "no gain for `b`"), TRAINER),
    Case("no member's gain", says('{"gains": {"a": 1, "b": 1, "c": 1}}'), (PAIR, "gain for `c`"), TRAINER),
    Case("NaN gain", says('{"gains": {"a": NaN, "b": 1}}'), (PAIR, "`a` is NaN", "finite"), TRAINER),
    Case("infinite gain", says('{"gains": {"a": 1, "b": -Infinity}}'), (PAIR, "`b` is -Infinity"), TRAINER),
    Case("true gain", says('{"gains": {"a": true, "b": 1}}'), (PAIR, "`a` is true", "finite"), TRAINER),
    Case("gain in quotes", says('{"gains": {"a": "1", "b": 1}}'), (PAIR, '`a` is "1"', "finite"), TRAINER),
    Case("endless gain", says(f'{{"gains": {{"a": {"9" * 5000}}}}}'), (PAIR, "no JSON"), TRAINER),
    Case("refused at last", says('{"error": "no"}'), ("--models", "0 groups"), (*TRAINER, "--adapters", "1")),
    Case(
        "another search",
        searched,
        ("run: this folder holds another search", "seed: 1 in the folder, 0 now", "--out"),
        (*TRAINER, "--out", "run"),
    ),
    # run folders and others
    Case("no run", nothing, ("nowhere", "no such folder"), ("report", "nowhere")),
    Case("file in the way", nothing, ("clones.csv", "--out"), (*RECOMMEND, "--out", "clones.csv")),
    Case("folder below a file", nothing, ("clones.csv/run", "--out"), (*RECOMMEND, "--out", "clones.csv/run")),
    Case("no run's suite", nothing, ("suite.yaml", "--out"), (*RECOMMEND, "--out", ".")),
    Case("changed data", changed_data, ("run: tasks.clone", "data", "--out"), (*RECOMMEND, "--out", "run")),
    Case(
        "changed settings",
        begun,
        ("run: budget.passes: 3 in the run folder, 4 now", "--out"),
        (*RECOMMEND, "--out", "run", "--passes", "4"),
    ),
    Case("unknown device", nothing, ("--device", "`gpu`"), (*RECOMMEND, "--device", "gpu")),
    Case("unknown estimator", nothing, ("--estimator", "cosine"), ("heatmap", "suite.yaml", "--estimator", "cosin")),
    Case(
        "few bits on a CPU",
        added("base_model_bits: 4\n"),
        ("suite.yaml: base_model_bits", "4 bits needs a CUDA device", "this run is on cpu"),
        ("plan", "suite.yaml", "--device", "cpu"),
    ),
    Case(
        "few bits in a run",
        added("base_model_bits: 8\n"),
        ("suite.yaml: base_model_bits", "8 bits needs a CUDA device"),
        ("recommend", "suite.yaml", "--quiet", "--device", "cpu"),
    ),
    Case("other bits", added("base_model_bits: 5\n"), ("suite.yaml: base_model_bits", "5")),
    Case("estimator", added("estimator: hybird\n"), ("suite.yaml: estimator", "`hybird`", "did you mean `hybrid`")),
    Case(
        "unknown built-in", nothing, ("complexit", "`complexity`"), ("recommend", "--quiet", "--tasks", "complexit,x")
    ),
    Case("unfinished run", begun, ("run/", ".json: no such file"), ("report", "run")),
    Case("init again", nothing, ("suite.yaml", "--force"), ("init", "suite.yaml")),
    Case("init below a file", nothing, ("suite.yaml/new.yaml",), ("init", "suite.yaml/new.yaml")),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_line_that_names_the_place(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_suite(tmp_path)
    case.spoil(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *case.argv)
    assert (code, out, len(err)) == (2, "", 1), err
    assert err[0].startswith("error: ")
    for part in case.expected:
        assert part in err[0]


def test_the_suite_that_the_cases_break_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_suite(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "audit", "suite.yaml", "--json")
    assert (code, err) == (0, [])
    assert json.loads(out)["schema"] == 1
