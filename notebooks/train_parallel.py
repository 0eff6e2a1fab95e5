"""The course's training loop with one process, or with several that share the work of each batch.

    python train_parallel.py          one process
    python train_parallel.py 2        two processes on this machine

Each process has a copy of the network and computes the gradient for its share of the names in a batch;
DistributedDataParallel averages the gradients over the processes before each update, so that the copies stay equal.
The network is notebook 9's, from PyTorch's own layers. The first process prints one line of JSON: the number of
processes, the training loss of every update and the validation losses, in nats per symbol.
"""

import json
import socket
import subprocess
import sys
from pathlib import Path

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from helpers import CourseError, data, training

UPDATES = 40
HERE = "127.0.0.1"  # this machine, also where its own name cannot be looked up


class GPT(nn.Module):
    """U (batch, time) -> logits (batch, time, 27); without dropout, which would draw differently in each process."""

    def __init__(self, d=64, heads=4, layers=2, positions=24):
        super().__init__()
        layer = nn.TransformerEncoderLayer(d, heads, 4 * d, 0.0, nn.GELU(approximate="tanh"), batch_first=True)
        self.W_e, self.W_p = nn.Embedding(27, d), nn.Embedding(positions, d)
        self.blocks = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        for table in (self.W_e, self.W_p):
            nn.init.normal_(table.weight, std=d ** -0.5)

    def forward(self, U):
        future = torch.ones(U.shape[1], U.shape[1], dtype=torch.bool).triu(1)  # true where it must not look
        h = self.blocks(self.W_e(U) + self.W_p.weight[:U.shape[1]], mask=future)
        return h @ self.W_e.weight.T


class Share:
    """Of each batch, every n-th name, beginning with this process's number: n is the number of processes."""

    def __init__(self, batches):
        self.batches, self.rank, self.processes = batches, distributed.get_rank(), distributed.get_world_size()

    def __iter__(self):
        for batch in self.batches:
            yield tuple(each[self.rank::self.processes] for each in batch)


def shared_loss(model, batch):
    """The loss summed over the batches of all processes, and their number of symbols.

    The value is the same in every process; the gradient is that of this process's part, times the number of
    processes, so that the average which DistributedDataParallel takes is the sum. (An average of the processes' *mean*
    losses would be wrong as soon as their shares have different numbers of symbols.)
    """
    total, count = training.token_loss(model, batch)
    sums = torch.stack([total.detach(), count.to(total.dtype)])
    distributed.all_reduce(sums)
    ours = distributed.get_world_size() * total
    return ours + (sums[0] - ours).detach(), sums[1]


def work():
    """What each process does."""
    if not distributed.is_torchelastic_launched():  # a group of one process
        distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    else:
        distributed.init_process_group("gloo")
    torch.set_num_threads(1)
    torch.manual_seed(0)  # the same first weights everywhere
    split, vocabulary = data.split_names(data.load_names()), data.Vocabulary()
    batches = data.Batches(split.train, vocabulary, 127)  # 127 names cannot be shared equally
    held_out = data.Batches(split.validation, vocabulary, 512, shuffle=False)
    model = DistributedDataParallel(GPT().double())  # in float64, so that rounding does not hide a mistake
    history = training.train(model, Share(batches), Share(held_out), steps=UPDATES, lr=3e-3, clip=1.0, validations=2,
                             loss=shared_loss)
    if distributed.get_rank() == 0:
        print(json.dumps({"processes": distributed.get_world_size(), "seconds": history.seconds,
                          "losses": history.losses, "validation": [loss for _, loss in history.validation]}))
    distributed.destroy_process_group()


def launch(processes, patience=60):
    """Run this script with so many processes and return what it prints, as a dictionary.

    Everything is told to happen on 127.0.0.1: `torchrun --standalone` looks up the machine's own name, and waits
    without end where that is not to be found. CourseError if it fails, or takes longer than `patience` seconds.
    """
    with socket.socket() as free:
        free.bind((HERE, 0))
        port = free.getsockname()[1]
    launcher = [] if processes == 1 else ["-m", "torch.distributed.run", "--nnodes=1", f"--master-addr={HERE}",
                                          f"--master-port={port}", f"--nproc-per-node={processes}"]
    run = subprocess.Popen([sys.executable, *launcher, __file__], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, encoding="utf-8")
    try:
        printed, said = run.communicate(timeout=patience)
    except subprocess.TimeoutExpired as error:
        run.terminate()  # the launcher ends its processes before itself
        raise CourseError(
            f"train_parallel.py with {processes} processes has not ended within {patience:g} s. The processes talk to "
            f"each other over {HERE}: a firewall may keep them from it, or the machine is very busy. You can go on "
            "without it.") from error
    finally:
        if run.poll() is None:
            try:
                run.wait(10)
            except subprocess.TimeoutExpired:
                run.kill()
    if run.returncode:
        raise CourseError(f"train_parallel.py stopped with {processes} processes: {said.strip()[-500:]}")
    return json.loads(printed.strip().splitlines()[-1])


if __name__ == "__main__":
    if distributed.is_torchelastic_launched() or sys.argv[1:] in ([], ["1"]):
        work()
    elif len(sys.argv) == 2 and sys.argv[1].isdigit() and int(sys.argv[1]) > 1:
        print(json.dumps(launch(int(sys.argv[1]))))
    else:
        sys.exit("How many processes? Say for instance: python train_parallel.py 2")
