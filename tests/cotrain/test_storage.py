"""Runs whose finished jobs and studies are in PostgreSQL."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import optuna
import pytest

import cotrain
from cotrain.suite import load_suite, override
from grouping.trials import read_trials
from tasks.errors import InputError
from tests.postgres import Server
from trainers.database import Database
from trainers.shared_ledger import SharedLedger

SAME = ("groups", "served_by", "tasks", "baselines", "verdict")
"""What two runs with equal seeds have alike."""


def answer(found: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(json.dumps(found[name])) for name in SAME}


SECRET = "hush-hush"
LEASE = 5.0
"""Seconds for which a driver that was killed keeps the run."""
COTRAIN = f"""
import sys
from functools import partial
from cotrain import storage
from cotrain.app import main
storage.Lease = partial(storage.Lease, length={LEASE})
sys.exit(main(sys.argv[1:]))
"""
"""The command, with a shorter lease."""


def command(suite: Path, out: Path, server: Server) -> list[str]:
    program = out.parent / "cotrain"
    program.write_text(COTRAIN)
    url = server.url.replace("postgres@", f"postgres:{SECRET}@") + f"?password={SECRET}"
    given = ["--out", str(out), "--workers", "1", "--quiet", "--storage", url]
    return [sys.executable, str(program), "recommend", str(suite), *given]


def finished(out: Path, server: Server) -> dict[str, float]:
    """Keys of finished jobs with when they finished, but for gradients, whose files do not outlive a process."""
    note = out / "storage.json"
    if not note.exists():
        return {}
    database = Database(server.url)
    try:
        ledger = SharedLedger(database, json.loads(note.read_text())["run"])
        return {key: at for key, label, at in ledger.finished() if not label.startswith("gradients")}
    finally:
        database.close()


def test_a_run_is_the_one_that_files_would_keep(
    suite: Path, found: dict[str, Any], tmp_path: Path, postgres: Server
) -> None:
    out = tmp_path / "run"
    here = cotrain.recommend(suite, out=out, workers=1, storage=postgres.url)
    assert answer(here) == answer(found)
    assert not (out / "ledger.sqlite").exists()
    note = (out / "storage.json").read_text()
    assert json.loads(note)["database"] == f"127.0.0.1:{postgres.port}/postgres"
    assert len(finished(out, postgres)) > 10
    own, other = read_trials(out / "study.sqlite"), read_trials(suite.parent / "run" / "study.sqlite")
    assert [(of["study"], of["partition"]) for of in own] == [(of["study"], of["partition"]) for of in other]
    again = cotrain.recommend(suite, out=out, workers=1, storage=postgres.url)
    assert answer(again) == answer(found)


def test_a_folder_keeps_to_its_place(suite: Path, found: dict[str, Any], tmp_path: Path, postgres: Server) -> None:
    with pytest.raises(InputError, match="leave out --storage"):
        cotrain.recommend(suite, out=suite.parent / "run", workers=1, storage=postgres.url)
    (tmp_path / "run").mkdir()
    note = {"schema": 1, "run": "r", "database": "host:5432/other"}
    (tmp_path / "run" / "storage.json").write_text(json.dumps(note))
    with pytest.raises(InputError, match="its finished runs are in the database host:5432/other; name it with --stor"):
        cotrain.recommend(suite, out=tmp_path / "run", workers=1)
    with pytest.raises(InputError, match=r"are in the database host:5432/other, not in 127\.0\.0\.1"):
        cotrain.recommend(suite, out=tmp_path / "run", workers=1, storage=postgres.url)


def test_killed_and_run_by_two_drivers_nothing_is_lost_or_doubled(
    suite: Path, found: dict[str, Any], tmp_path: Path, postgres: Server
) -> None:
    out = tmp_path / "run"
    first = subprocess.Popen(command(suite, out, postgres))
    deadline = time.monotonic() + 60
    while len(finished(out, postgres)) < 6 and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.1)
    second = subprocess.run(command(suite, out, postgres), capture_output=True, text=True, check=False)
    assert second.returncode == 2  # while the first works
    assert second.stderr.count("\n") == 1
    assert "is working in this run folder" in second.stderr
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    before = finished(out, postgres)
    assert len(before) >= 6
    postgres.stop("immediate")
    postgres.start()
    begun = time.monotonic()
    subprocess.run(command(suite, out, postgres), check=True)
    assert time.monotonic() - begun > LEASE / 10  # the lease of the first had to end
    after = finished(out, postgres)
    assert {key: after.get(key) for key in before} == before
    assert answer(json.loads((out / "recommendation.json").read_text())) == answer(found)
    storage = optuna.storages.RDBStorage(postgres.url.replace("postgresql:", "postgresql+psycopg:"))
    run = json.loads((out / "storage.json").read_text())["run"]
    trials = {
        name: [trial.user_attrs["groups"] for trial in optuna.load_study(study_name=name, storage=storage).trials]
        for name in optuna.get_all_study_names(storage)
    }
    storage.remove_session()
    storage.engine.dispose()
    assert set(trials) == {f"{run} proposals", f"{run} trained"}
    assert all(len(of) == len(set(of)) for of in trials.values())
    alike = read_trials(suite.parent / "run" / "study.sqlite")
    assert len(alike) == sum(map(len, trials.values()))
    no_file_holds_the_password(out, postgres)


def no_file_holds_the_password(out: Path, postgres: Server) -> None:
    files = [path for path in out.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    assert f"postgresql://postgres@127.0.0.1:{postgres.port}/postgres" in (out / "report.html").read_text()


def test_several_candidates_share_a_database(suite: Path, tmp_path: Path, postgres: Server) -> None:
    loaded = override(load_suite(suite), {"budget.models": 1})
    for name in ("a", "b"):
        cotrain.heatmap(loaded, out=tmp_path / name, workers=1, storage=postgres.url)
    assert finished(tmp_path / "a", postgres).keys() == finished(tmp_path / "b", postgres).keys()
