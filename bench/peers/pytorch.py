"""LeNet-5 on MNIST by PyTorch: an epoch of backpropagation, one of feedback alignment, and BIM with ten steps.

Run by bench/peers/run.ts:  python3 pytorch.py FOLDER SCALE

FOLDER holds the four IDX files. SCALE, 1 or less, is the share of the images. It prints one JSON object. The number
of threads comes from the environment (OMP_NUM_THREADS, OPENBLAS_NUM_THREADS).

To PyTorch's advantage, all images are in memory as normalised float32 before the clock starts, and a mini-batch is
one indexing operation. BIM computes no gradient of the weights, and uses the fastest of several batch sizes. One
more epoch takes its mini-batches from a DataLoader over the same images, as PyTorch's tutorials do.
"""

import json
import os
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

from biotorch_layers import AlignedConv2d, AlignedLinear
from epochs import epoch, indexed, loaded, surroundings

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


def lenet(conv, linear):
    torch.manual_seed(1)
    return nn.Sequential(
        conv(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        conv(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        linear(400, 120), nn.ReLU(), linear(120, 84), nn.ReLU(), linear(84, 10),
    )  # fmt: skip


def bim(model, images, labels, batch):
    """Returns the seconds for BIM's examples and their classification, and the number of correct classifications."""
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


def main(folder, scale):
    answer = surroundings()
    pixels, labels = load(folder, "train", scale)
    images = (pixels - MEAN) / STD
    model = lenet(nn.Conv2d, nn.Linear)
    answer |= {
        "images": len(images),
        "bp": epoch(model, indexed, images, labels),
        "bpLoaded": epoch(lenet(nn.Conv2d, nn.Linear), loaded, images, labels),
        "fa": epoch(lenet(AlignedConv2d, AlignedLinear), indexed, images, labels),
        "bim": attack(model, *load(folder, "t10k", scale)),
    }
    print(json.dumps(answer))


main(sys.argv[1], float(sys.argv[2]))
