"""The audit in other people's repositories: pre-commit's hook and GitHub's action."""

import argparse
import os
import re
import subprocess

import pytest
import yaml

from cxrlib.commands import audit

from .conftest import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]


def options_of_the_command():
    parser = argparse.ArgumentParser()
    audit.add_parser(parser.add_subparsers())
    return parser.parse_args(["audit", "x"])


def test_the_hook_runs_the_command_once_for_the_whole_set():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (hook["id"], hook["entry"], hook["language"]) == ("cxr-audit", "cxr audit", "python")
    assert hook["pass_filenames"] is False
    wanted = re.compile(hook["files"])
    assert all(wanted.search(f"a/b.{kind}") for kind in ("jpg", "jpeg", "png", "dcm", "csv"))
    assert not wanted.search("a/b.py")


def test_the_action_is_pinned_and_puts_no_input_into_its_script():
    assert ACTION["runs"]["using"] == "composite"
    for step in STEPS:
        assert "${{" not in step.get("run", "")
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step.get("uses", "a@" + 40 * "0"))


def test_the_actions_inputs_are_options_of_the_command():
    known = {"folder", "dicom"} | {
        name.replace("_", "-") for name in vars(options_of_the_command())
    }
    assert set(ACTION["inputs"]) <= known


@pytest.mark.parametrize("state", [0, 1])
def test_the_action_hands_its_inputs_on_as_they_are(tmp_path, state):
    cxr = tmp_path / "cxr" / "bin" / "cxr"
    cxr.parent.mkdir(parents=True)
    cxr.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@"\nexit {state}\n')
    cxr.chmod(0o755)
    given = dict.fromkeys(STEPS[-1]["env"], "") | {
        "FOLDER": "my $(images)", "PATIENT": "([A-Z]+) ;", "JUNIT": "audit.xml",
    }  # fmt: skip
    places = {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    shell = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", STEPS[-1]["run"])
    done = subprocess.run(
        shell, env=os.environ | given | places, capture_output=True, text=True, check=False
    )
    expected = ["audit", "my $(images)", "--patient=([A-Z]+) ;", "--junit=audit.xml"]
    assert done.stdout.splitlines() == expected
    assert done.returncode == state
    assert (tmp_path / "summary").read_text().splitlines() == ["```text", *expected, "```"]
