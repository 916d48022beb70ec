"""Training epochs, and the description of PyTorch: shared by pytorch.py and pytorch_resnet.py."""

import os
import time

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

BATCH = 64


def indexed(images, labels):
    """Yields shuffled mini-batches by one indexing operation each."""
    order = torch.randperm(len(images))
    for chosen in order.split(BATCH):
        yield images[chosen], labels[chosen]


def loaded(images, labels):
    """Returns shuffled mini-batches as in PyTorch's tutorials."""
    return DataLoader(TensorDataset(images, labels), batch_size=BATCH, shuffle=True)


def train(model, optimizer, batches):
    """Trains one epoch; returns its seconds."""
    start = time.perf_counter()
    for images, labels in batches:
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
    return time.perf_counter() - start


def epoch(model, batches, images, labels, warmup=100):
    """Returns the seconds of an epoch, after `warmup` mini-batches."""
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(learning, lr=0.02, momentum=0.9)
    train(model, optimizer, batches(images[: warmup * BATCH], labels[: warmup * BATCH]))
    return train(model, optimizer, batches(images, labels))


def blas():
    """Returns the name of the library that multiplies matrices, if the process shows it."""
    torch.ones(64, 64) @ torch.ones(64, 64)
    try:
        with open("/proc/self/maps") as maps:
            names = {os.path.basename(line.split()[-1]) for line in maps if "/" in line}
    except OSError:
        return "unknown"
    known = sorted(name for name in names if any(part in name for part in ("openblas", "libmkl_core", "blis")))
    return ", ".join(known) or "no fast library found: install OpenBLAS"


def surroundings():
    """Sets the number of threads (OMP_NUM_THREADS); returns the versions and libraries."""
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    return {
        "version": f"PyTorch {torch.__version__}",
        "blas": blas(),
        "oneDNN": torch.backends.mkldnn.is_available(),
        "threads": torch.get_num_threads(),
    }
