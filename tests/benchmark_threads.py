"""One thread or two: seconds for 150 training steps of three small networks, alternating, the median of three turns.

    python tests/benchmark_threads.py

Run by hand. The notebooks use one thread, so that two of them can run side by side on two cores.
"""

import statistics
import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from helpers import data, training


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.embedding, self.output = nn.Embedding(27, 32), nn.Linear(128, 27)
        self.rnn = kind(32, 128, batch_first=True)

    def forward(self, tokens):
        return self.output(self.rnn(self.embedding(tokens))[0])


def main():
    vocabulary = data.Vocabulary()
    names = data.split_names(data.load_names())
    for batch_size in (64, 256):
        for kind in (nn.RNN, nn.LSTM, nn.GRU):
            seconds = {1: [], 2: []}
            for _ in range(3):
                for threads, times in seconds.items():
                    torch.set_num_threads(threads)
                    start = time.perf_counter()
                    training.train(Recurrent(kind), data.Batches(names.train, vocabulary, batch_size),
                                   data.Batches(names.validation[:50], vocabulary), steps=150, validations=1)
                    times.append(time.perf_counter() - start)
            one, two = (statistics.median(times) for times in seconds.values())
            print(f"{kind.__name__:<5} batch {batch_size:>3}: one thread {one:.2f} s, two {two:.2f} s, "
                  f"two are {one / two:.2f} times as fast")


if __name__ == "__main__":
    main()
