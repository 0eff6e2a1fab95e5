"""All of the course's speed in one run, on this machine.

    python tests/benchmark.py                   everything (about 45 minutes; leave the machine alone meanwhile)
    python tests/benchmark.py twins threads     only these parts (some minutes)
    python tests/benchmark.py 01 09             only these notebooks

twins: each hand-built model beside PyTorch's own module, one thread, forward and backward pass.
threads: one thread against two, for training steps of the course's size.
Then each notebook in JupyterLab in a real browser: how long it runs and when its first slider is there (both as they
would be on the machine of notebooks/pace.py, too), the validation loss that its trainings reached
after so many seconds, and for every slider the milliseconds from the key press to the new picture: 20 single presses
(median and 95th percentile), then a burst of 20 presses within a second (pictures shown, and how long after the last
press the last one came). Times are taken in the page with its own clock, to the next frame after the picture was loaded
and decoded. Nothing polls meanwhile: on a small machine that alone would slow the kernel.
"""

import contextlib
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from browser import Slider, opened, run_all
from notebook_code import all_notebooks, run_tagged
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from helpers import data, training
from notebooks.pace import pace

WATCH = """box => {
    if (!window.shown) {
        window.shown = [];
        document.addEventListener('keydown', () => { window.pressed = performance.now(); }, {capture: true}); }
    if (box.watched) return;  // several sliders may drive one picture
    box.watched = true;
    const note = () => window.shown.push(performance.now());
    box.querySelector('img').addEventListener('load', () => requestAnimationFrame(note)); }"""
FIRST = """() => {
    const begin = performance.now(), watcher = new MutationObserver(() => {
        if (!document.querySelector('.widget-slider')) return;
        window.first = performance.now() - begin;
        watcher.disconnect(); });
    watcher.observe(document.body, {childList: true, subtree: true}); }"""
IN_KERNEL = """code => new Promise(async resolve => {
    const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
    const future = kernel.requestExecute({code, silent: false, store_history: false});
    let said = '';
    future.onIOPub = message => { if (message.header.msg_type === 'stream') said += message.content.text; };
    await future.done;
    resolve(said); })"""
LISTEN = """
import json as _json, sys as _sys
_sys.path.insert(0, "..")
from helpers import timeline as _timeline, training as _training
_runs = []
def _train(*args, _train=_training.train, **options):
    history = _train(*args, **options)
    if options.get("live", True):
        _runs.append((options.get("title") or type(args[0]).__name__, history))
    return history
_training.train = _train
"""
TELL = """
print(_json.dumps([(title, run.seconds, run.steps, run.validation) for title, run in _runs if run.validation]))
"""
MARKS = (2, 5, 10, 20, 30, 45, 60)  # seconds after which the validation loss is printed


def seconds_each(functions, turns=7):
    """Median seconds of each function, {name: function}, over turns in which all take theirs one after the other."""
    times = {name: [] for name in functions}
    for turn in range(turns + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            if turn:  # the first turn only warms up
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in times.items()}


def passes(module, *inputs, times=10):
    """A function that does so many forward and backward passes; of a tuple the first entry counts."""
    def work():
        for _ in range(times):
            output = module(*inputs)
            (output[0] if isinstance(output, tuple) else output).square().sum().backward()
    return work


def built(name):
    with contextlib.redirect_stdout(None):
        return run_tagged(name, ("setup", "hand-built"))[0]


def twin_pairs():
    """Yields (what, ours, PyTorch's): functions that do the same work. A batch of 64 sequences of 12 letters."""
    x, wide = torch.randn(64, 12, 32), torch.randn(64, 12, 64)
    tokens, targets = torch.randint(1, 27, (64, 12)), torch.randint(1, 27, (64, 12))
    made = built("00_story_so_far")
    yield "00 window network", passes(made["BengioByHand"](5), tokens), passes(made["MLP"](5, direct=True), tokens)
    conv = nn.Conv1d(32, 64, 2, dilation=4)
    A, B = (conv.weight.detach()[:, :, i].clone().requires_grad_() for i in (0, 1))
    yield ("00 causal convolution", passes(lambda: made["causal_convolution"](x, A, B, conv.bias, 4)),
           passes(lambda: conv(F.pad(x.transpose(1, 2), (4, 0)))))
    made = built("01_bptt_boden_2001")
    elman = made["ElmanByHand"](27, 128)
    rnn, out = nn.RNN(27, 128, batch_first=True), nn.Linear(128, 27)

    def by_autograd():
        for _ in range(10):
            logits = out(rnn(F.one_hot(tokens, 27).float())[0])
            F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum").backward()
    yield "01 backpropagation through time", lambda: [elman.bptt(tokens, targets) for _ in range(10)], by_autograd
    made, rnn, out = built("02_rnn_mikolov_2010"), nn.RNN(27, 128, batch_first=True), nn.Linear(128, 27)
    yield ("02 recurrent language model", passes(made["MikolovByHand"](128), tokens),
           passes(lambda: out(rnn(F.one_hot(tokens, 27).float())[0])))
    made = built("03_lstm_graves_2013")
    lstm = passes(nn.LSTM(32, 128, batch_first=True), x)
    yield "03 LSTM", passes(made["LSTMByHand"](32, 128, peepholes=False), x), lstm
    yield "03 LSTM with peepholes (theirs: without)", passes(made["LSTMByHand"](32, 128), x), lstm
    made = built("04_gru_cho_2014")
    yield "04 gated unit", passes(made["GRUByHand"](32, 128), x), passes(nn.GRU(32, 128, batch_first=True), x)
    made = built("06_batchnorm_ioffe_2015")
    yield ("06 batch normalisation", passes(made["BatchNormByHand"](64), wide.flatten(0, 1), times=50),
           passes(nn.BatchNorm1d(64), wide.flatten(0, 1), times=50))
    made = built("07_layernorm_ba_2016")
    yield ("07 layer normalisation", passes(made["LayerNormByHand"](64), wide, times=50),
           passes(nn.LayerNorm(64), wide, times=50))
    ours, theirs = (made["LayerNormLSTM"](32, 128, norm=norm) for norm in (made["LayerNormByHand"], nn.LayerNorm))
    yield "07 LN-LSTM (theirs: nn.LayerNorm in it)", passes(ours, x), passes(theirs, x)
    made = built("08_transformer_vaswani_2017")
    there = torch.ones(64, 1, 1, 12, dtype=torch.bool)
    causal = torch.ones(12, 12, dtype=torch.bool).tril()
    options = {"dim_feedforward": 256, "dropout": 0.0, "batch_first": True}
    heads = nn.MultiheadAttention(64, 2, bias=False, batch_first=True)
    yield ("08 multi-head attention", passes(made["MultiHead"](64, 2), wide, wide, there),
           passes(lambda: heads(wide, wide, wide, need_weights=False)))
    yield ("08 encoder layer", passes(made["EncoderLayer"](64, 256, 2), wide, there),
           passes(nn.TransformerEncoderLayer(64, 2, **options), wide))
    decoder = nn.TransformerDecoderLayer(64, 2, **options)
    yield ("08 decoder layer", passes(made["DecoderLayer"](64, 256, 2), wide, wide, causal, there),
           passes(lambda: decoder(wide, wide, tgt_mask=~causal, tgt_is_causal=True)))
    made, layer = built("09_gpt_radford_2018"), nn.TransformerEncoderLayer(64, 2, activation="gelu", **options)
    yield ("09 GPT layer", passes(made["Block"](64, 2), wide),
           passes(lambda: layer(wide, src_mask=~causal, is_causal=True)))


def twins():
    print("\nhand-built against torch.nn, one thread, forward and backward, milliseconds a pass\n")
    print(f"{'':<42}{'by hand':>9}{'torch.nn':>9}{'speed of ours over theirs':>28}")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for what, ours, theirs in twin_pairs():
        times, count = seconds_each({"ours": ours, "theirs": theirs}), 50 if "normalisation" in what else 10
        print(f"{what:<42}{times['ours'] / count * 1e3:9.2f}{times['theirs'] / count * 1e3:9.2f}"
              f"{times['theirs'] / times['ours']:28.2f}", flush=True)


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.embedding, self.output = nn.Embedding(27, 32), nn.Linear(128, 27)
        self.rnn = kind(32, 128, batch_first=True)

    def forward(self, tokens):
        return self.output(self.rnn(self.embedding(tokens))[0])


def threads():
    """The notebooks use one thread, so that two of them can run side by side on two cores."""
    print("\nseconds for 150 training steps with one thread and with two, the median of three turns\n")
    vocabulary, names = data.Vocabulary(), data.split_names(data.load_names())
    for batch_size in (64, 256):
        for kind in (nn.RNN, nn.LSTM, nn.GRU):
            def steps(count, kind=kind, batch_size=batch_size):
                torch.set_num_threads(count)
                training.train(Recurrent(kind), data.Batches(names.train, vocabulary, batch_size),
                               data.Batches(names.validation[:50], vocabulary), steps=150, validations=1)

            times = seconds_each({count: lambda count=count, steps=steps: steps(count) for count in (1, 2)}, turns=3)
            print(f"{kind.__name__:<5} batch {batch_size:>3}: one thread {times[1]:.2f} s, two {times[2]:.2f} s, "
                  f"two are {times[1] / times[2]:.2f} times as fast", flush=True)


def single(slider, presses=20):
    """Milliseconds from key to picture for single presses, back and forth; None where no picture came."""
    page, times = slider.page, []
    for i in range(presses):
        before = page.evaluate("window.shown.length")
        slider.press("ArrowLeft" if i % 2 else "ArrowRight")
        page.wait_for_timeout(400)
        times.append(page.evaluate(f"window.shown[{before}] - window.pressed || null"))
    return times


def burst(slider, presses=20):
    """Pictures shown during a burst, and milliseconds from the last press to the last picture."""
    page = slider.page
    before = page.evaluate("window.shown.length")
    for i in range(presses):
        slider.press("ArrowLeft" if i % 2 else "ArrowRight")
        page.wait_for_timeout(40)
    page.wait_for_timeout(1500)
    return page.evaluate("window.shown.length") - before, page.evaluate("window.shown.at(-1) - window.pressed")


def latency(page, name):
    """Prints a row for every slider of the open notebook."""
    for slider in Slider.all_of(page):
        slider.wait_for_picture(bool)
        start = slider.readout()
        slider.press("ArrowRight")
        page.wait_for_timeout(500)
        if slider.readout() == start:  # it stands at its upper end
            slider.press("ArrowLeft")
        slider.press("ArrowLeft")
        page.wait_for_timeout(500)
        slider.output.evaluate(WATCH)
        times = single(slider)
        pictures, lag = burst(slider)
        shown = [each for each in times if each is not None]
        if len(shown) < 2:
            print(f"  {name[:2]} {slider.label:<18}a step from where it stands changes nothing")
            continue
        tail = statistics.quantiles(shown, n=20, method="inclusive")[-1]
        missing = f", {len(times) - len(shown)} presses changed nothing" if None in times else ""
        print(f"  {name[:2]} {slider.label:<18}{statistics.median(shown):8.0f}{tail:8.0f}"
              f"   {pictures}, {lag:.0f}{missing}", flush=True)


def curves(runs):
    """Prints validation losses against seconds."""
    for title, seconds, steps, validation in runs:
        row = []
        for mark in MARKS:
            seen = [loss for step, loss in validation if step / steps * seconds <= mark]
            row.append(f"{min(seen):7.3f}" if seen and mark - seconds < 15 else " " * 7)
        print(f"  {title[:34]:<36}{seconds:5.0f} s {min(loss for _, loss in validation):7.3f}  {''.join(row)}")


def notebook(path):
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), path.name) as page:
        page.evaluate(IN_KERNEL, LISTEN)
        before = pace()
        page.evaluate(FIRST)
        start = time.perf_counter()
        assert run_all(page), page.evaluate("window.errors")
        seconds = {"ran in": time.perf_counter() - start, "first slider after": page.evaluate("window.first") / 1000}
        speed = (before + pace()) / 2
        print(f"\n{path.name}, pace {speed:.2f}: " + ", ".join(
            f"{what} {each:.0f} s (at pace 1: {each * speed:.0f})" for what, each in seconds.items()), flush=True)
        runs = json.loads(page.evaluate(IN_KERNEL, TELL))
        if runs:
            print(f"  {'validation loss, nats per symbol':<36}{'of all':>7} {'best':>7}  "
                  f"{''.join(f'{mark:5d} s' for mark in MARKS)}")
            curves(runs)
        print(f"  {'slider, milliseconds':<21}{'median':>8}{'95 %':>8}   burst of 20: pictures, lag of the last")
        latency(page, path.name)


def main(*chosen):
    for part in (twins, threads):
        if not chosen or part.__name__ in chosen:
            part()
    for path in all_notebooks():
        if not chosen or path.name.startswith(tuple(each for each in chosen if each.isdigit()) or "none"):
            notebook(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
