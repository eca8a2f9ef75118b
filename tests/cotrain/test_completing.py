"""What a shell offers at the press of the tab key."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from affinity.estimators import ESTIMATORS
from cotrain import completing
from cotrain.app import main
from cotrain.shadow import ROOT
from tasks.mining import BUILTIN
from tests.cotrain.samples import write_suite
from trainers.forms import FORMS
from trainers.methods import METHODS

SHELLS = ("bash", "zsh", "fish")


def offers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, *, shell: str = "bash"
) -> list[str]:
    """What is offered where a command line ends."""
    words = line.split(" ")
    settings = {
        "_COTRAIN_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    return capsys.readouterr().out.split()


def test_names_are_those_of_the_registries() -> None:
    """They are written down once more, as a shell cannot wait for the registries' imports."""
    assert set(completing.ESTIMATORS) == set(ESTIMATORS)
    assert tuple(METHODS) == completing.METHODS
    assert tuple(name for name in FORMS if name != "shared") == completing.FORMS
    assert tuple(BUILTIN) == completing.BUILTIN


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("cotrain re", ["recommend", "reproduce", "report"]),
        ("cotrain recommend --est", ["--estimator"]),
        ("cotrain heatmap --estimator l", ["lookahead", "linearized"]),
        ("cotrain reproduce --method lora,v", ["lora,vera"]),
        ("cotrain recommend --forms ties,m", ["ties,mean"]),
        ("cotrain recommend --objective f", ["fewest_adapters"]),
        ("cotrain plan --tasks clone,comp", ["clone,completion", "clone,complexity"]),
        ("cotrain plan --device c", ["cpu", "cuda"]),
        ("cotrain plan --base-model e", ["embedded"]),
        ("cotrain search --mode c", ["cover"]),
        ("cotrain plan no", []),
    ],
)
def test_commands_options_and_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, offered: list[str]
) -> None:
    assert offers(monkeypatch, capsys, line) == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_is_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: str
) -> None:
    assert "linearized" in " ".join(offers(monkeypatch, capsys, "cotrain heatmap --estimator lin", shell=shell))
    monkeypatch.setenv("_COTRAIN_COMPLETE", f"source_{shell}")
    with pytest.raises(SystemExit):
        main([])
    assert f"complete_{shell}" in capsys.readouterr().out


def test_tasks_are_those_of_the_suite_or_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_suite(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recommendation.json").write_text(json.dumps({"tasks": {"clone": {}, "search": {}}}))
    (tmp_path / "broken.yaml").write_text("tasks: [")
    assert offers(monkeypatch, capsys, "cotrain plan suite.yaml --tasks d") == ["defect"]
    assert offers(monkeypatch, capsys, "cotrain plan suite.yaml --tasks defect,") == ["defect,clone"]
    assert offers(monkeypatch, capsys, "cotrain predict run new.csv --task s") == ["search"]
    assert offers(monkeypatch, capsys, "cotrain export run --tasks search,c") == ["search,clone"]
    assert offers(monkeypatch, capsys, "cotrain plan broken.yaml --tasks d") == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_itself_takes_the_script_and_imports_nothing_heavy(tmp_path: Path) -> None:
    command = tmp_path / "cotrain"
    report = "open('heavy', 'w').write(' '.join({'torch', 'transformers', 'numpy', 'pandas'} & set(sys.modules)))"
    command.write_text(
        f"#!{sys.executable}\nimport atexit, sys\nfrom cotrain.app import main\n"
        f"atexit.register(lambda: {report})\nsys.exit(main())\n"
    )
    command.chmod(0o755)
    script = (
        'eval "$(_COTRAIN_COMPLETE=source_bash cotrain)"\n'
        "COMP_WORDS=(cotrain recommend --estimator li); COMP_CWORD=3\n"
        "_cotrain_completion cotrain\n"
        'echo "${COMPREPLY[@]}"'
    )
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "linearized\n"
    assert (tmp_path / "heavy").read_text() == ""
