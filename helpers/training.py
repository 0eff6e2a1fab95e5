"""One training loop for every model, with a live picture, and the held-out loss."""

import contextlib
import copy
import math
import time
from dataclasses import dataclass, field

import torch
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure
from torch.nn import functional as F

from helpers import CourseError, figures
from helpers.data import IGNORE, recall_batch


class TrainingDiverged(CourseError):
    """The loss is no longer a number. `history` holds what was recorded until then."""

    def __init__(self, message, history):
        super().__init__(message)
        self.history = history


class Interrupted(KeyboardInterrupt):
    """The reader stopped a training. It ends the cell, so that a run that was cut short never gets among its results;
    a notebook shows its message alone. `history` holds what was recorded until then."""

    _render_traceback_ = CourseError._render_traceback_

    def __init__(self, message, history):
        super().__init__(message)
        self.history = history


@dataclass
class History:
    """What a training run recorded. Losses are in nats per predicted symbol; steps count updates from 1."""

    planned: int
    losses: list = field(default_factory=list)  # training loss of every step
    validation: list = field(default_factory=list)  # pairs (step, loss)
    seconds: float = 0.0

    @property
    def steps(self):
        return len(self.losses)

    @property
    def best(self):
        """(step, loss) of the best validation, whose weights the model holds after training."""
        return min(self.validation, key=lambda pair: pair[1])


def token_loss(model, batch):
    """Summed negative log-likelihood in nats, and the number of predicted symbols, of `(*inputs, targets)`."""
    *inputs, targets = batch
    logits = model(*inputs)  # (batch, time, vocabulary)
    total = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="sum")
    return total, (targets != IGNORE).sum()


@torch.no_grad()
def held_out_loss(model, batches, loss=token_loss):
    """Mean loss in nats per predicted symbol over all batches: one sum divided by one count."""
    was_training = model.training
    model.eval()
    total, count = (sum(column) for column in zip(*(loss(model, batch) for batch in batches), strict=True))
    model.train(was_training)
    return (total / count).item()


def recall_accuracy(net, gap, updates, seed, *, lr=3e-3, batch_size=64):
    """Train a network on the recall task (`data.recall_batch`) and return its accuracy on 1,000 new sequences.

    net: tokens (batch, gap + 2) -> logits (batch, 27) for the first letter. Adam, the gradient's norm clipped at 1.
    gap: one gap, or a list of them to learn one after the other, `updates` at each; the accuracy is for the last.
    """
    gaps = [gap] if isinstance(gap, int) else list(gap)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    for each in gaps:
        for _ in range(updates):
            x, answer = recall_batch(each, batch_size, generator)
            optimizer.zero_grad()
            F.cross_entropy(net(x), answer).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
    with torch.no_grad():
        x, answer = recall_batch(gaps[-1], 1000, generator)
        return (net(x).argmax(1) == answer).float().mean().item()


def parameter_count(model):
    """The number of trainable numbers in a model."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def constant(progress):
    """A learning-rate schedule: the rate stays as it is."""
    return 1.0


def cosine(progress):
    """A learning-rate schedule: up linearly for the first 5 % of the steps, then down to 0 along a cosine."""
    return min(1.0, progress / 0.05) * (1 + math.cos(math.pi * progress)) / 2


def train(model, batches, validation, *, steps, lr=3e-3, weight_decay=0.01, optimizer=None, schedule=cosine,
          clip=None, loss=token_loss, gradient=None, validations=20, watch=None, seed=0, title="", live=True):
    """Train a model, show how it goes, and leave it with the weights of its best validation loss.

    batches, validation: iterables of batches, gone through again and again (training) or once (validation).
    steps: number of updates. lr, weight_decay: for AdamW, used when no optimizer is given.
    schedule: progress in [0, 1) -> factor on the learning rate.
    clip: largest norm of the whole gradient, or None. loss: (model, batch) -> (sum, count), as `token_loss`.
    gradient: a function like `loss` that also fills in the parameters' gradients itself, of the sum divided by the
        count; by default the loss is differentiated by PyTorch.
    validations: how many times to validate, evenly spaced. watch: called after each one, with the number of steps.
    seed: of dropout and whatever else the model draws.

    Returns a History. Interrupted when the reader stops it, TrainingDiverged when the loss is not finite; in both cases
    the best weights so far are put back first.
    """
    if steps < 1 or validations < 1:
        raise CourseError(f"steps and validations must be at least 1, not {steps} and {validations}.")
    torch.manual_seed(seed)
    optimizer = optimizer or torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    rates = [group["lr"] for group in optimizer.param_groups]
    every = max(1, steps // validations)
    history, weights = History(steps), copy.deepcopy(model.state_dict())
    view, start, interrupted = View(title, live), time.perf_counter(), False

    def validate():
        nonlocal weights
        value = held_out_loss(model, validation, loss)
        if math.isfinite(value):
            if not history.validation or value < history.best[1]:
                weights = copy.deepcopy(model.state_dict())
            history.validation.append((history.steps, value))
        if watch is not None:
            watch(history.steps)

    try:
        model.train()
        for batch in endless(batches):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * schedule((history.steps + 0.5) / steps)
            total, count = (gradient or loss)(model, batch)
            value = total / count
            if not value.isfinite():
                raise TrainingDiverged(advice(value.item(), history, rates[0], clip), history)
            if gradient is None:
                optimizer.zero_grad()
                value.backward()
            if clip is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            history.losses.append(value.item())
            history.seconds = time.perf_counter() - start
            if history.steps % every == 0 or history.steps == steps:
                validate()
            if history.steps == steps:
                break
            view.refresh(history)
    except KeyboardInterrupt:
        interrupted = True
        if history.steps and (not history.validation or history.validation[-1][0] != history.steps):
            with contextlib.suppress(KeyboardInterrupt):  # the button was pressed twice: then without this validation
                validate()
    finally:
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        model.load_state_dict(weights)
        model.eval()
    history.seconds = time.perf_counter() - start
    view.refresh(history, final=True)
    if interrupted:
        raise Interrupted(farewell(history), history)
    return history


def endless(batches):
    """The batches, epoch after epoch."""
    while True:
        empty = True
        for batch in batches:
            empty = False
            yield batch
        if empty:
            raise CourseError("There is no batch to train on.")


def farewell(history):
    """What to say when the reader stops a training."""
    kept = "the weights it started with" if not history.validation else \
        f"the weights of step {history.best[0]:,}, validation loss {history.best[1]:.4f}, its best so far"
    return (f"after step {history.steps:,} of {history.planned:,}. The model holds {kept}. You can run the cells "
            "below; one that needs what this cell had not made yet says so.")


def advice(value, history, lr, clip):
    """What to say when the loss is not finite."""
    kept = "The weights it started with were put back." if not history.validation else \
        f"The weights of step {history.best[0]:,} (validation loss {history.best[1]:.4f}) were put back."
    tries = [f"a learning rate below {lr:g}", "smaller initial weights"]
    tries.insert(1, "clip=1.0, which limits the gradient" if clip is None else f"a clip below {clip:g}")
    return f"The loss became {value} at step {history.steps + 1:,}. {kept} Try {', or '.join(tries)}."


class View:
    """The live picture of a training run: one picture that is replaced, silent outside a notebook."""

    def __init__(self, title, live):
        self.title, self.live = title, live and get_ipython() is not None
        self.handle, self.due = None, time.perf_counter() + 0.5

    def refresh(self, history, final=False):
        """Draw, at most once in two seconds unless it is the final picture; nothing before the first step."""
        if not self.live or not history.steps or (time.perf_counter() < self.due and not final):
            return
        bundle, metadata = figures.picture(*draw_progress(history, self.title, final))
        if self.handle is None:
            self.handle = display(bundle, metadata=metadata, raw=True, display_id=True)
        else:
            self.handle.update(bundle, metadata=metadata, raw=True)
        self.due = time.perf_counter() + 2


def progress_text(history, final):
    """One line: where the run is, the best validation loss, the time it took or has left."""
    parts = [f"validation loss {history.best[1]:.3f} at step {history.best[0]:,}"] if history.validation else []
    if final:
        return ", ".join([*parts, f"{history.steps:,} steps in {history.seconds:.0f} s"])
    left = history.seconds / history.steps * (history.planned - history.steps)
    return ", ".join([f"step {history.steps:,} of {history.planned:,}", f"{left:.0f} s left", *parts])


def draw_progress(history, title, final):
    """The loss curve as (png, alternative text, size in inches). The final one is sharp, the others are quick."""
    figure = Figure(figsize=(7, 2.6), layout="constrained")
    axes = figure.subplots()
    window = max(1, history.steps // 200)
    smooth = torch.tensor(history.losses).unfold(0, window, window).mean(1)
    axes.plot(torch.arange(1, len(smooth) + 1) * window, smooth, color=figures.BLUE, lw=0.8)
    axes.text(0.99, 0.93, "thin: training batches", color=figures.BLUE, transform=axes.transAxes, ha="right")
    if history.validation:
        axes.plot(*zip(*history.validation, strict=True), "o-", color=figures.RED, ms=3)
        axes.text(0.99, 0.83, "dots: validation", color=figures.RED, transform=axes.transAxes, ha="right")
        low = min(history.best[1], smooth.min().item())
        axes.set_ylim(low - 0.05, max(low + 0.3, smooth[len(smooth) // 20:].max().item() + 0.02))
    axes.set(xlim=(0, history.planned), xlabel="step", ylabel="nats per symbol")
    text = progress_text(history, final)
    axes.set_title(f"{title}: {text}" if title else text)
    return figures.as_png(figure, 200 if final else 100), f"Loss curve. {title}: {text}", figure.get_size_inches()
