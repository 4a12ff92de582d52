"""A line that says how far a training is, for somebody who waits; nothing in an executed page."""

from __future__ import annotations

import sys
import time

import keras

from cxrlib.models.training.watching import watched


class Progress(keras.callbacks.Callback):
    """Rewrite one line a few times a second, if somebody watches."""

    EVERY = 0.3  # seconds

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs, self.watched = epochs, watched()
        self.handle, self.last, self.news, self.epoch = None, 0.0, "", 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Note the time."""
        self.started = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note the epoch and the time."""
        self.epoch, self.begun = epoch + 1, time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Show the epoch, and how much of it is done."""
        if not self.watched or time.perf_counter() - self.last < self.EVERY:
            return
        self.last = time.perf_counter()
        steps = self.params.get("steps") or 0
        done = f", {100 * (batch + 1) // steps} %" if steps else ""
        self._show(f"epoch {self.epoch} of {self.epochs}{done}{self.news}")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Keep the losses for the next lines."""
        losses = {k: v for k, v in (logs or {}).items() if k in ("loss", "val_loss")}
        told = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
        self.news = f" · after epoch {self.epoch}: {told}"
        self.news += f" · {time.perf_counter() - self.begun:.0f} s an epoch"

    def on_train_end(self, logs: dict | None = None) -> None:
        """Say how long it took."""
        if self.watched and self.epoch:  # a resumed training may have been at its end
            epochs = "epoch" if self.epoch == 1 else "epochs"
            self._show(f"{self.epoch} {epochs} in {time.perf_counter() - self.started:.0f} s")
            if self.handle is None:
                print(file=sys.stderr)

    def _show(self, line: str) -> None:
        from IPython import get_ipython
        from IPython.display import TextDisplayObject, display

        class Line(TextDisplayObject):
            def __repr__(self) -> str:
                return self.data

        if getattr(get_ipython(), "kernel", None) is None:
            print(f"\r{line:<100}", end="", file=sys.stderr, flush=True)
        elif self.handle is None:
            self.handle = display(Line(line), display_id=True)
        else:
            self.handle.update(Line(line))
