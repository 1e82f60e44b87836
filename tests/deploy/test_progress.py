import sys

import pytest

from deploy.local.fingerprint import fingerprint, is_stamped
from deploy.local.progress import Shell, Step, run_steps
from deploy.local.settings import ROOT, SetUpError


def make_step(name, done, *, current=False, needs=()):
    return Step(name, lambda: current, lambda _: done.append(name), needs)


def test_steps_run_after_what_they_need(tmp_path):
    done = []
    run_steps([make_step("b", done, needs=["a"]), make_step("a", done), make_step("c", done, needs=["b"])], tmp_path)
    assert done == ["a", "b", "c"]


def test_a_current_step_is_skipped_and_those_that_need_it_run(tmp_path):
    done = []
    run_steps([make_step("a", done, current=True), make_step("b", done, needs=["a"])], tmp_path)
    assert done == ["b"]


def test_a_failed_command_gives_one_line_with_the_way_out_and_the_log(tmp_path):
    step = Step("fails", lambda: False, lambda shell: shell(sys.executable, "-c", "print('why'); 1/0", hint="Do this."))
    with pytest.raises(SetUpError, match=r"^Do this\. \(.*ZeroDivisionError.*setup\.log\)$"):
        run_steps([step], tmp_path)
    assert "why" in (tmp_path / "setup.log").read_text()


def test_what_needs_a_failed_step_does_not_run(tmp_path):
    done = []
    failing = Step("fails", lambda: False, lambda shell: shell(sys.executable, "-c", "1/0", hint="Do this."))
    with pytest.raises(SetUpError):
        run_steps([failing, make_step("after", done, needs=["fails"])], tmp_path)
    assert done == []


def test_the_newest_line_of_a_command_is_kept_for_the_progress_report(tmp_path):
    shell = Shell(tmp_path / "log")
    shell(sys.executable, "-c", "print('one'); print('two'); print()", hint="")
    assert shell.newest_line == "two"


def test_a_fingerprint_changes_with_contents_and_stays_with_them():
    before = fingerprint([ROOT / "Makefile"])
    assert before == fingerprint([ROOT / "Makefile"])
    assert before != fingerprint([ROOT / "pyproject.toml"])


def test_a_stamp_holds_only_its_own_value(tmp_path):
    stamp = tmp_path / "stamp"
    assert not is_stamped(stamp, "x")
    stamp.write_text("x")
    assert is_stamped(stamp, "x")
    assert not is_stamped(stamp, "y")
