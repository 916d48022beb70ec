"""Layers of feedback alignment: a re-implementation of BioTorch's (Sanfiz & Akrout 2021,
https://github.com/jsalbert/biotorch). Each layer type has its own autograd function. Its backward pass calls
torch.nn.grad with the layer's fixed backward weights in the place of the forward weights. It computes in the same
steps as the published layers: for example, a convolution's bias gradient is three sums.
"""

import torch
from torch import nn
from torch.nn import functional as F


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
        db = dy.sum(0).sum(2).sum(1) if ctx.needs_input_grad[3] else None
        return dx, dw, None, db, None, None


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
