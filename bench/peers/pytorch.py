"""LeNet-5 on MNIST by PyTorch: an epoch by backpropagation, one by feedback alignment, and BIM with ten steps.

Run by bench/peers/run.ts:  python3 pytorch.py FOLDER SCALE
where FOLDER holds the four IDX files, and SCALE (1 or less) cuts the images to a share. Prints one JSON object.
The number of threads comes from the environment (OMP_NUM_THREADS, OPENBLAS_NUM_THREADS).

To PyTorch's advantage, all images lie in memory as normalised float32 before the clock starts, a mini-batch is one
indexing operation, and BIM asks for no gradient of the weights and takes the fastest of several batch sizes. One more
epoch takes its mini-batches from a DataLoader over those images, as PyTorch's tutorials do.

Feedback alignment is a re-implementation of BioTorch's layers (Sanfiz & Akrout 2021,
https://github.com/jsalbert/biotorch): a custom autograd function per layer type, whose backward pass calls
torch.nn.grad with the layer's fixed backward weights in the place of its weights, and which computes in the same steps
as the published ones, such as a convolution's bias gradient in three sums.
"""

import json
import os
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

BATCH = 64
BIM_BATCHES = (50, 100, 250, 500)
STEPS = 10
EPSILON = 0.3
MEAN, STD = 0.1307, 0.3081


def read_idx(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        data = file.read()
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * rank).reshape(shape)


def load(folder, prefix, scale):
    pixels = torch.from_numpy(read_idx(folder, prefix + "-images-idx3-ubyte").copy()).unsqueeze(1).float() / 255
    labels = torch.from_numpy(read_idx(folder, prefix + "-labels-idx1-ubyte").copy()).long()
    count = round(len(pixels) * scale)
    return pixels[:count].contiguous(), labels[:count]


class FeedbackConv(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, backward_weight, bias, stride, padding):
        ctx.save_for_backward(x, weight, backward_weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, weight, bias, stride, padding)

    @staticmethod
    def backward(ctx, dy):
        x, weight, backward_weight = ctx.saved_tensors
        geometry = {"stride": ctx.stride, "padding": ctx.padding}
        dx = dw = None
        if ctx.needs_input_grad[0]:
            dx = torch.nn.grad.conv2d_input(x.shape, backward_weight, dy, **geometry)
        if ctx.needs_input_grad[1]:
            dw = torch.nn.grad.conv2d_weight(x, weight.shape, dy, **geometry)
        return dx, dw, None, dy.sum(0).sum(2).sum(1), None, None


class FeedbackLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, backward_weight, bias):
        ctx.save_for_backward(x, backward_weight)
        y = x.mm(weight.t())
        y += bias.unsqueeze(0).expand_as(y)
        return y

    @staticmethod
    def backward(ctx, dy):
        x, backward_weight = ctx.saved_tensors
        dx = dy.mm(backward_weight) if ctx.needs_input_grad[0] else None
        return dx, dy.t().mm(x), None, dy.sum(0)


class AlignedConv2d(nn.Conv2d):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.backward_weight = nn.Parameter(nn.Conv2d(*args, **kwargs).weight.detach(), requires_grad=False)

    def forward(self, x):
        return FeedbackConv.apply(x, self.weight, self.backward_weight, self.bias, self.stride, self.padding)


class AlignedLinear(nn.Linear):
    def __init__(self, *args):
        super().__init__(*args)
        self.backward_weight = nn.Parameter(nn.Linear(*args).weight.detach(), requires_grad=False)

    def forward(self, x):
        return FeedbackLinear.apply(x, self.weight, self.backward_weight, self.bias)


def lenet(conv, linear):
    return nn.Sequential(
        conv(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        conv(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        linear(400, 120), nn.ReLU(), linear(120, 84), nn.ReLU(), linear(84, 10),
    )  # fmt: skip


def indexed(images, labels):
    """Shuffled mini-batches, each one indexing operation."""
    order = torch.randperm(len(images))
    for chosen in order.split(BATCH):
        yield images[chosen], labels[chosen]


def loaded(images, labels):
    """Shuffled mini-batches as PyTorch's tutorials have them."""
    return DataLoader(TensorDataset(images, labels), batch_size=BATCH, shuffle=True)


def train(model, optimizer, batches):
    """One epoch; returns its seconds."""
    start = time.perf_counter()
    for images, labels in batches:
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
    return time.perf_counter() - start


def epoch(conv, linear, batches, images, labels):
    """Seconds of an epoch, after a warm-up, and the trained network."""
    torch.manual_seed(1)
    model = lenet(conv, linear)
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(learning, lr=0.02, momentum=0.9)
    train(model, optimizer, batches(images[: 100 * BATCH], labels[: 100 * BATCH]))
    return train(model, optimizer, batches(images, labels)), model


def bim(model, images, labels, batch):
    """Seconds for BIM's examples and the network's answers to them, and how many of these are right."""
    start = time.perf_counter()
    correct = 0
    for first in range(0, len(images), batch):
        clean, target = images[first : first + batch], labels[first : first + batch]
        least, most = (clean - EPSILON).clamp_(min=0), (clean + EPSILON).clamp_(max=1)
        x = clean
        for _ in range(STEPS):
            x.requires_grad_(True)
            loss = F.cross_entropy(model((x - MEAN) / STD), target, reduction="sum")
            (gradient,) = torch.autograd.grad(loss, x)
            with torch.no_grad():
                x = torch.minimum(torch.maximum(x + (EPSILON / STEPS) * gradient.sign(), least), most)
        with torch.no_grad():
            correct += (model((x - MEAN) / STD).argmax(1) == target).sum().item()
    return time.perf_counter() - start, correct


def attack(model, images, labels):
    model.requires_grad_(False)
    trial = min(1000, len(images))
    batch = min(BIM_BATCHES, key=lambda size: bim(model, images[:trial], labels[:trial], size)[0])
    seconds, correct = bim(model, images, labels, batch)
    return {"seconds": seconds, "batch": batch, "correct": correct, "images": len(images)}


def blas():
    """The library that multiplies matrices, as far as the process shows it."""
    torch.ones(64, 64) @ torch.ones(64, 64)
    try:
        with open("/proc/self/maps") as maps:
            names = {os.path.basename(line.split()[-1]) for line in maps if "/" in line}
    except OSError:
        return "unknown"
    known = sorted(name for name in names if any(part in name for part in ("openblas", "libmkl_core", "blis")))
    return ", ".join(known) or "none known to be fast: install OpenBLAS"


def main(folder, scale):
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    pixels, labels = load(folder, "train", scale)
    images = (pixels - MEAN) / STD
    bp, model = epoch(nn.Conv2d, nn.Linear, indexed, images, labels)
    bp_loaded, _ = epoch(nn.Conv2d, nn.Linear, loaded, images, labels)
    fa, _ = epoch(AlignedConv2d, AlignedLinear, indexed, images, labels)
    answer = {
        "version": f"PyTorch {torch.__version__}",
        "blas": blas(),
        "threads": torch.get_num_threads(),
        "images": len(images),
        "bp": bp,
        "bpLoaded": bp_loaded,
        "fa": fa,
        "bim": attack(model, *load(folder, "t10k", scale)),
    }
    print(json.dumps(answer))


main(sys.argv[1], float(sys.argv[2]))
