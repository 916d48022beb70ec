"""Measures exported LeNet-5 networks (ReLU) with the public AutoAttack, to compare with `npm start -- audit
--standard`.

    npm start -- export out/mnist-1 --to npz --images 1000
    python3 bench/peers/autoattack.py --package DIR --export out/mnist-1/export --epsilons 0.1 --networks bp,fa

DIR holds the package `autoattack` (https://github.com/fra31/auto-attack), which is no part of this repository. It
needs PyTorch, and uses one thread unless --threads gives another number. It prints the robust accuracy as `left`.
"""

import argparse
import json
import pathlib
import sys
import time

import numpy
import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--package", type=pathlib.Path, required=True)
parser.add_argument("--export", type=pathlib.Path, required=True)
parser.add_argument("--epsilons", default="0.1")
parser.add_argument("--networks", default="bp,fa")
parser.add_argument("--images", type=int, default=1000)
parser.add_argument("--attacks", default="apgd-ce,apgd-t,fab-t,square")
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
torch.set_num_threads(options.threads)
sys.path.insert(0, str(options.package))
from autoattack import AutoAttack  # noqa: E402


class LeNet5(torch.nn.Module):
    def __init__(self, file):
        super().__init__()
        self.tensors = {name: torch.from_numpy(array) for name, array in numpy.load(file).items()}

    def forward(self, x):
        t = self.tensors
        padding = 2 if x.shape[-1] == 28 else 0
        x = (x - t["normalize.mean"].view(-1, 1, 1)) / t["normalize.std"].view(-1, 1, 1)
        x = F.max_pool2d(F.relu(F.conv2d(x, t["conv1.weight"], t["conv1.bias"], padding=padding)), 2)
        x = F.max_pool2d(F.relu(F.conv2d(x, t["conv2.weight"], t["conv2.bias"])), 2).flatten(1)
        for layer in ("fc1", "fc2"):
            x = F.relu(F.linear(x, t[f"{layer}.weight"], t[f"{layer}.bias"]))
        return F.linear(x, t["fc3.weight"], t["fc3.bias"])


for network in options.networks.split(","):
    model = LeNet5(options.export / f"{network}.npz").eval()
    examples = numpy.load(options.export / f"examples-{network}.npz")
    x = torch.from_numpy(examples["clean"])[: options.images]
    y = torch.from_numpy(examples["labels"]).long()[: options.images]
    for epsilon in options.epsilons.split(","):
        started = time.time()
        above, _, below = epsilon.partition("/")
        radius = float(above) / float(below or 1)
        attack = AutoAttack(model, norm="Linf", eps=radius, version="custom", attacks_to_run=options.attacks.split(","), device="cpu", verbose=True)
        attack.seed = 0
        attack.apgd.n_restarts = attack.apgd_targeted.n_restarts = attack.fab.n_restarts = attack.square.n_restarts = 1
        attack.fab.n_target_classes = attack.apgd_targeted.n_target_classes = 9
        attack.square.n_queries = 5000
        adversarial = attack.run_standard_evaluation(x, y, bs=len(x))
        right = (model(adversarial).argmax(1) == y).float().mean().item()
        answer = {"network": network, "epsilon": radius, "left": round(right, 4), "seconds": round(time.time() - started)}
        print(json.dumps(answer), flush=True)
