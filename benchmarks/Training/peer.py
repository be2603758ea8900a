"""Training steps of ESM2 as its authors wrote it (separate q, k, v projections, rotation by concatenated halves, softmax of a batched
product, GELU from erf), in plain PyTorch modules: forward, masked language loss at 15 % of the positions, backward, AdamW.

peer.py LAYERS WIDTH HEADS SEQUENCES TOKENS THREADS. Prints one JSON object, then one a line read from standard input: a step's seconds."""
import json
import math
import sys
import time

import torch
from torch import nn

layers, width, heads, sequences, tokens, threads = map(int, sys.argv[1:7])
torch.set_num_threads(threads)
torch.manual_seed(1)


def gelu(x):
    return x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0)))


def rotate_half(x):
    a, b = x.chunk(2, dim=-1)
    return torch.cat((-b, a), dim=-1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.k, self.v, self.q, self.out = (nn.Linear(width, width) for _ in range(4))
        d = width // heads
        angles = torch.outer(torch.arange(tokens).float(), 1.0 / (10000 ** (torch.arange(0, d, 2).float() / d)))
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos()[None])
        self.register_buffer("sin", angles.sin()[None])

    def split(self, x):
        return x.contiguous().view(tokens, sequences * heads, width // heads).transpose(0, 1)

    def forward(self, x):
        q, k, v = self.split(self.q(x) * (width // heads) ** -0.5), self.split(self.k(x)), self.split(self.v(x))
        q = q * self.cos + rotate_half(q) * self.sin
        k = k * self.cos + rotate_half(k) * self.sin
        weights = torch.softmax(torch.bmm(q, k.transpose(1, 2)), dim=-1)
        return self.out(torch.bmm(weights, v).transpose(0, 1).contiguous().view(tokens, sequences, width))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention, self.norm, self.final = Attention(), nn.LayerNorm(width), nn.LayerNorm(width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm(x))
        return x + self.fc2(gelu(self.fc1(self.final(x))))


class Esm2(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(33, width, padding_idx=1)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.dense, self.head_norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(33))

    def forward(self, ids):
        x = self.embed(ids).transpose(0, 1)
        for layer in self.layers:
            x = layer(x)
        x = self.head_norm(gelu(self.dense(self.norm(x).transpose(0, 1))))
        return nn.functional.linear(x, self.embed.weight) + self.bias


def rate():
    a, b = torch.rand(2048, 2048), torch.rand(2048, 2048)
    best = math.inf
    for _ in range(3):
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * 2048 ** 3 / best / 1e9


model = Esm2()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
ids = torch.randint(4, 24, (sequences, tokens))
targets = torch.where(torch.rand(sequences, tokens) < 0.15, ids, torch.full_like(ids, -100))
major, minor = torch.__version__.split(".")[:2]
print(json.dumps({"version": int(major) * 100 + int(minor), "matmul": rate()}), flush=True)
for line in sys.stdin:
    start, used = time.perf_counter(), time.process_time()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(ids).view(-1, 33), targets.view(-1)).backward()
    optimizer.step()
    print(json.dumps({"seconds": time.perf_counter() - start, "processor": time.process_time() - used}), flush=True)
