"""ResNet-20 on CIFAR-10 by PyTorch: mini-batches of 64 with backpropagation and with feedback alignment.

Run by bench/peers/run.ts:  python3 pytorch_resnet.py FOLDER BATCHES

FOLDER holds data_batch_1.bin of CIFAR-10. It prints one JSON object with the seconds for BATCHES mini-batches. The
number of threads comes from the environment (OMP_NUM_THREADS, OPENBLAS_NUM_THREADS).

The network is this package's (He et al. 2016, section 4.2): shortcuts without weights, convolutions without biases,
and batch normalisation by the statistics of 8 images each (ghost batch normalisation). To PyTorch's advantage, the
images are in memory as normalised float32 before the clock starts, nothing is augmented, and a mini-batch is one
indexing operation. One call on a view normalises all parts of a mini-batch. PyTorch's plain batch normalisation, by
the statistics of all 64 images, is measured too; it is another network.
"""

import json
import os
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional as F

from biotorch_layers import AlignedConv2d, AlignedLinear
from epochs import BATCH, epoch, indexed, surroundings

GHOST = 8
WARMUP = 5
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)


class GhostBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation by parts of 8 images: of G parts, each takes every G-th image. In the view, each part has its
    own channels.
    """

    def __init__(self, channels):
        super().__init__(channels)
        self.parts = BATCH // GHOST
        self.running_mean = self.running_mean.repeat(self.parts)
        self.running_var = self.running_var.repeat(self.parts)

    def forward(self, x):
        parted = x.view(GHOST, self.parts * self.num_features, *x.shape[2:])
        scale, shift = self.weight.repeat(self.parts), self.bias.repeat(self.parts)
        y = F.batch_norm(parted, self.running_mean, self.running_var, scale, shift, True, self.momentum, self.eps)
        return y.view(x.shape)


class Block(nn.Module):
    def __init__(self, conv, norm, inputs, outputs, stride):
        super().__init__()
        self.inner = nn.Sequential(
            conv(inputs, outputs, 3, stride=stride, padding=1, bias=False), norm(outputs), nn.ReLU(inplace=True),
            conv(outputs, outputs, 3, padding=1, bias=False), norm(outputs),
        )  # fmt: skip
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x):
        shortcut = x
        if self.stride > 1:
            shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))
        return F.relu(self.inner(x) + shortcut, inplace=True)


def resnet20(conv, linear, norm):
    torch.manual_seed(1)
    widths = (16, 16, 16, 16, 32, 32, 32, 64, 64, 64)
    blocks = [Block(conv, norm, a, b, 1 if a == b else 2) for a, b in zip(widths, widths[1:])]
    first = [conv(3, 16, 3, padding=1, bias=False), norm(16), nn.ReLU(inplace=True)]
    return nn.Sequential(*first, *blocks, nn.AvgPool2d(8), nn.Flatten(), linear(64, 10))


def load(folder, count):
    records = numpy.fromfile(os.path.join(folder, "data_batch_1.bin"), numpy.uint8).reshape(-1, 3073)[:count]
    pixels = torch.from_numpy(records[:, 1:].copy()).view(-1, 3, 32, 32).float() / 255
    mean, std = (torch.tensor(each).view(3, 1, 1) for each in (MEAN, STD))
    return (pixels - mean) / std, torch.from_numpy(records[:, 0].copy()).long()


def main(folder, batches):
    answer = surroundings()
    images, labels = load(folder, batches * BATCH)
    seconds = lambda *layers: epoch(resnet20(*layers), indexed, images, labels, WARMUP)
    answer |= {
        "images": len(images),
        "bp": seconds(nn.Conv2d, nn.Linear, GhostBatchNorm2d),
        "bpPlain": seconds(nn.Conv2d, nn.Linear, nn.BatchNorm2d),
        "fa": seconds(AlignedConv2d, AlignedLinear, GhostBatchNorm2d),
    }
    print(json.dumps(answer))


main(sys.argv[1], int(sys.argv[2]))
