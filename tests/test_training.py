"""helpers.training"""

import math

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from torch import nn

from helpers import data, training

VOCABULARY = data.Vocabulary()
NAMES = data.load_names()[:600]


class Small(nn.Module):
    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.layers = nn.Sequential(nn.Embedding(27, 16), nn.Dropout(0.1), nn.Linear(16, 27))

    def forward(self, tokens):
        return self.layers(tokens)


def batches(names=NAMES, **options):
    return data.Batches(names, VOCABULARY, 32, **options)


def run(model=None, **options):
    model = model or Small()
    return model, training.train(model, batches(), batches(NAMES[:100], shuffle=False),
                                 **{"steps": 60, "validations": 6, **options})


def test_held_out_loss_is_one_sum_over_one_count():
    model = Small()
    model.eval()
    total, count = 0.0, 0
    for name in NAMES[:50]:
        inputs, targets = data.to_tensors([name], VOCABULARY)
        log_p = model(inputs).log_softmax(-1)[0]
        total -= sum(log_p[t, symbol].item() for t, symbol in enumerate(targets[0]))
        count += len(name) + 1
    assert training.held_out_loss(model, batches(NAMES[:50])) == pytest.approx(total / count, rel=1e-5)


def test_held_out_loss_leaves_the_mode_as_it_was():
    model = Small()
    training.held_out_loss(model, batches(NAMES[:50]))
    assert model.training


def test_training_learns_and_repeats():
    (model, one), (_, other) = run(lr=1e-2), run(lr=1e-2)
    assert one.losses == other.losses and one.validation == other.validation
    assert one.best[1] < one.losses[0] - 0.3
    assert one.steps == 60 and len(one.validation) == 6 and one.seconds > 0
    assert not model.training


def test_another_seed_gives_other_numbers():
    assert run(seed=1)[1].losses != run(seed=2)[1].losses


def test_the_best_weights_are_kept():
    model, history = run(lr=0.8, schedule=training.constant, validations=30)
    assert history.best[1] < history.validation[-1][1], "choose a rate at which the loss rises again"
    assert training.held_out_loss(model, batches(NAMES[:100], shuffle=False)) == pytest.approx(history.best[1])


def test_a_given_optimizer_is_used_and_keeps_its_rate():
    model = Small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    run(model, optimizer=optimizer)
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_who_watches_is_called_after_each_validation():
    seen = []
    _, history = run(watch=seen.append)
    assert seen == [step for step, _ in history.validation]


def test_clipping_limits_the_step():
    model = Small()
    before = [p.detach().clone() for p in model.parameters()]
    run(model, steps=1, clip=0.01, schedule=training.constant, optimizer=torch.optim.SGD(model.parameters(), lr=1.0))
    moved = math.sqrt(sum(((p - b) ** 2).sum().item() for p, b in zip(model.parameters(), before, strict=True)))
    assert moved == pytest.approx(0.01, rel=1e-3)


def test_a_gradient_of_ones_own_takes_the_place_of_the_automatic_one():
    def gradient(model, batch):
        total, count = training.token_loss(model, batch)
        parameters = list(model.parameters())
        for parameter, slope in zip(parameters, torch.autograd.grad(total / count, parameters), strict=True):
            parameter.grad = slope
        return total.detach(), count

    def nothing(model, batch):
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        return training.token_loss(model, batch)

    assert run(gradient=gradient)[1].losses == run()[1].losses
    model, _ = run(gradient=nothing, weight_decay=0)
    assert all((p == q).all() for p, q in zip(model.parameters(), Small().parameters(), strict=True))


class Stopping(Small):
    """Raises KeyboardInterrupt, as the stop button does, in one training step."""

    def __init__(self, when):
        super().__init__()
        self.when, self.calls = when, 0

    def forward(self, tokens):
        if self.training:
            self.calls += 1
            if self.calls == self.when:
                raise KeyboardInterrupt
        return super().forward(tokens)


@pytest.mark.parametrize(("when", "kept"), [(35, "weights of step"), (5, "weights of step"),
                                            (1, "the weights it started with")])
def test_interrupting_keeps_what_was_learned(when, kept):
    model = Stopping(when)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    with pytest.raises(training.Interrupted, match=f"after step {when - 1} of 60.*{kept}.*run the cells below") as e:
        run(model, optimizer=optimizer)
    history = e.value.history
    assert history.steps == when - 1 and not model.training and optimizer.param_groups[0]["lr"] == 1e-2
    if history.validation:
        assert training.held_out_loss(model, batches(NAMES[:100], shuffle=False)) == pytest.approx(history.best[1])


def test_pressing_the_stop_button_twice_keeps_what_was_learned(monkeypatch):
    """The second time while the first is still being answered, by a validation."""
    validate, calls = training.held_out_loss, []

    def impatient(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return validate(*arguments)

    model = Stopping(35)
    monkeypatch.setattr(training, "held_out_loss", impatient)
    with pytest.raises(training.Interrupted, match="after step 34 of 60") as e:
        run(model, lr=1e-2)
    assert [step for step, _ in e.value.history.validation] == [10, 20, 30]
    assert validate(model, batches(NAMES[:100], shuffle=False)) == pytest.approx(e.value.history.best[1])


def test_after_any_other_error_too_the_model_holds_its_best_weights():
    class Breaking(Stopping):
        def forward(self, tokens):
            try:
                return super().forward(tokens)
            except KeyboardInterrupt:
                raise ZeroDivisionError from None

    model, before = Breaking(5), Breaking(5).state_dict()
    with pytest.raises(ZeroDivisionError):
        run(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items()) and not model.training


LOOP = """
for name, model in models.items():
    histories[name] = train(model)
    print(name, "is done")
print("The mean of", len(histories))
"""


def test_an_interrupt_ends_the_cell_and_shows_its_message_alone(capsys, monkeypatch):
    pictures = []
    monkeypatch.setattr(training, "display", lambda bundle, **options: pictures.append(bundle))
    shell = InteractiveShell.instance()
    try:
        models = {"one": Stopping(35), "two": Small(), "three": Small()}
        shell.push({"models": models, "histories": {}, "train": lambda model: run(model, lr=1e-2, title="A")[1]})
        result = shell.run_cell(f"{LOOP}\nafterwards = 1")
        assert isinstance(result.error_in_exec, training.Interrupted)
        said = capsys.readouterr()
        assert said.out.startswith("Interrupted: after step 34 of 60. The model holds the weights of step ")
        assert "Traceback" not in said.out and "is done" not in said.out and "The mean" not in said.out and not said.err
        assert shell.user_ns["histories"] == {} and "afterwards" not in shell.user_ns
        assert "34 steps" in pictures[-1]["text/plain"]
        best = result.error_in_exec.history.best[1]
        held_out = batches(NAMES[:100], shuffle=False)
        assert training.held_out_loss(models["one"], held_out) == pytest.approx(best)
        assert training.held_out_loss(models["two"], held_out) == \
            pytest.approx(training.held_out_loss(Small().eval(), held_out)), "it was not trained"
        assert shell.run_cell("print('the cells below can be run')").success
    finally:
        InteractiveShell.clear_instance()


def test_an_interrupt_before_the_first_step_draws_nothing(capsys, monkeypatch):
    monkeypatch.setattr(training, "get_ipython", lambda: object())
    monkeypatch.setattr(training, "display", lambda *_, **__: pytest.fail("There is nothing to draw."))
    with pytest.raises(training.Interrupted, match="after step 0 of 60"):
        run(Stopping(1))


def test_a_picture_without_a_validation():
    history = training.History(10, losses=[3.0, 2.9], seconds=4.0)
    assert training.draw_progress(history, "A", final=True)[1] == "Loss curve. A: 2 steps in 4 s"
    assert training.progress_text(history, final=False) == "step 2 of 10, 16 s left"


class Diverging(Small):
    def forward(self, tokens):
        bad = self.training and torch.rand(()) < 0.05
        return super().forward(tokens) * (torch.nan if bad else 1.0)


def test_a_loss_that_is_no_number_stops_with_advice():
    model = Diverging()
    said = r"nan at step \d+.*learning rate below 0\.02, or clip=1\.0"
    with pytest.raises(training.TrainingDiverged, match=said) as e:
        run(model, lr=0.02, steps=300, validations=100)
    assert all(p.isfinite().all() for p in model.parameters())
    assert f"weights of step {e.value.history.best[0]}" in str(e.value)
    with pytest.raises(training.TrainingDiverged, match=r"a clip below 0\.5"):
        run(Diverging(), clip=0.5, steps=300)


def test_divergence_shows_its_message_without_a_traceback():
    shell = InteractiveShell.instance()
    try:
        with pytest.MonkeyPatch.context() as patch:
            shown = []
            patch.setattr(shell, "_showtraceback", lambda kind, value, lines: shown.extend(lines))
            shell.run_cell("from helpers import CourseError\nraise CourseError('do this instead')")
    finally:
        InteractiveShell.clear_instance()
    assert shown == ["CourseError: do this instead"]


@pytest.mark.parametrize("options", [{"steps": 0}, {"validations": 0}])
def test_nonsense_is_refused(options):
    with pytest.raises(training.CourseError, match="at least 1"):
        run(**options)


def test_no_batches():
    with pytest.raises(training.CourseError, match="no batch"):
        training.train(Small(), [], [], steps=3)


def test_schedules():
    values = [training.cosine(x / 1000) for x in range(1000)]
    assert values[0] == 0 and max(values) > 0.99 and values[-1] < 1e-4
    assert values.index(max(values)) == 50
    assert training.constant(0.3) == 1.0


def test_one_live_picture_is_replaced(monkeypatch):
    shown, updated = [], []

    class Handle:
        def update(self, bundle, **options):
            updated.append(bundle)

    monkeypatch.setattr(training, "get_ipython", lambda: object())
    monkeypatch.setattr(training, "display", lambda bundle, **options: shown.append(bundle) or Handle())
    clock = iter(range(10_000))
    monkeypatch.setattr(training.time, "perf_counter", lambda: next(clock))
    _, history = run(title="Small", steps=20)
    assert len(shown) == 1 and len(updated) > 2
    assert "left" in shown[0]["text/plain"] and "left" not in updated[-1]["text/plain"]
    assert f"validation loss {history.best[1]:.3f}" in updated[-1]["text/plain"]


def test_parameter_count():
    assert training.parameter_count(Small()) == 27 * 16 + 16 * 27 + 27
