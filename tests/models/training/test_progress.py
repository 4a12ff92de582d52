import jupyter_client
import nbformat
import pytest
from nbclient import NotebookClient

from cxrlib import models
from cxrlib.models.training import progress
from tests.models.training.conftest import small_model

ASK = "from cxrlib.models.training.watching import watched; print(watched())"


def test_an_executed_notebook_is_not_watched():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(ASK)])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    assert notebook.cells[0].outputs[0].text.strip() == "False"


def test_a_notebook_with_a_person_in_front_is():
    with jupyter_client.run_kernel(kernel_name="python3") as client:
        heard = []
        client.execute_interactive(ASK, allow_stdin=True, timeout=60, output_hook=heard.append)
    assert "True" in "".join(m["content"].get("text", "") for m in heard)


def test_the_line_names_epoch_losses_and_time(train, val, monkeypatch, capfd):
    monkeypatch.setattr(progress, "watched", lambda: True)
    monkeypatch.setattr(progress.Progress, "EVERY", 0)
    models.fit(small_model(), train, val, epochs=2, batch_size=8)
    lines = [line.strip() for line in capfd.readouterr().err.split("\r")]
    assert "epoch 1 of 2, 33 %" in lines
    assert any(line.startswith("epoch 2 of 2, 100 % · after epoch 1: loss 0.") for line in lines)
    assert lines[-1].startswith("2 epochs in ")


def test_a_resumed_training_that_was_at_its_end_says_nothing(monkeypatch, capfd):
    monkeypatch.setattr(progress, "watched", lambda: True)
    line = progress.Progress(3)
    line.on_train_begin()
    line.on_train_end()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("watched", [True, False])
def test_nothing_is_shown_where_nobody_watches(train, val, monkeypatch, capfd, watched):
    monkeypatch.setattr(progress, "watched", lambda: watched)
    models.fit(small_model(), train, val, epochs=1, batch_size=8)
    assert ("1 epoch in" in capfd.readouterr().err) == watched
