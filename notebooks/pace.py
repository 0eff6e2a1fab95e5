"""How fast this machine is at the moment, as `python pace.py` prints it: 1 on the machine for which the README gives
run times, 0.5 on one that takes twice as long. Other work on the same processor counts too; so build.py asks before a
notebook runs, and after, and notes how long it would have run there."""

import time
from collections import Counter

import torch
from torch import nn
from torch.nn import functional as F

REFERENCE = 0.78  # seconds of `work` there, worked out: where it takes 1.9 s, notebook 07 took 2.3 times as long


def work():
    """Seconds for a fixed piece of work of the kinds that fill the notebooks: training of small networks, one symbol
    after the other, and counting in plain Python."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    start = time.perf_counter()
    net = nn.Sequential(nn.Linear(256, 256), nn.Tanh(), nn.Linear(256, 27))
    optimizer = torch.optim.AdamW(net.parameters())
    x, y = torch.randn(1024, 256), torch.randint(27, (1024,))
    for _ in range(120):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    recurrent = nn.LSTM(32, 64, batch_first=True)
    letters = torch.randn(64, 24, 32)
    for _ in range(40):
        recurrent(letters)[0].sum().backward()
    U, state = torch.randn(155, 128) / 12, torch.zeros(16, 128)
    with torch.no_grad():
        for _ in range(12_000):
            state = torch.sigmoid(torch.cat([letters[:16, 0, :27], state], 1) @ U)
    counts = Counter()
    for i in range(1_000_000):
        counts[i % 700, i % 27] += 1
    return time.perf_counter() - start


def pace():
    work()  # the first time it is slower
    return REFERENCE / work()


if __name__ == "__main__":
    print(pace())
