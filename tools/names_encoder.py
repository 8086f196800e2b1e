"""Trains the dual encoder (see processors/names/encoder.py) with torch, one thread, fixed seeds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from names_pairs import Pair, Pairs
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from processors.names.letters import ALPHABET, CODE, LONGEST, plain

_WIDTH, _LETTER, _HEADS = 128, 48, 4
_BATCH, _RATE, _SMOOTHING, _STRIPPED = 512, 2e-3, 0.05, 0.35
_MOST_WEIGHT = 8  # a pair seen more often is not drawn more often


class Tower(nn.Module):
    """Letters to a unit vector; parameter names are those the numpy encoder reads."""

    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(len(ALPHABET) + 1, _LETTER, padding_idx=0)
        self.start, self.end = nn.Embedding(LONGEST, _LETTER), nn.Embedding(LONGEST, _LETTER)
        nn.init.normal_(self.start.weight, std=0.3)
        nn.init.normal_(self.end.weight, std=0.3)
        self.inp = nn.Linear(_LETTER, _WIDTH)
        self.convs = nn.ModuleList([nn.Conv1d(_WIDTH, _WIDTH, 3, padding=1) for _ in range(2)])
        self.lns = nn.ModuleList([nn.LayerNorm(_WIDTH) for _ in range(2)])
        self.att = nn.Linear(_WIDTH, _HEADS)
        self.out = nn.Linear(_WIDTH * (_HEADS + 1), _WIDTH)
        self.scale = nn.Parameter(torch.tensor(math.log(15.0)))

    def forward(self, codes: Tensor) -> Tensor:
        """Encode an array (batch, length), 0 behind the ends."""
        mask = (codes > 0)[..., None]
        place = torch.arange(codes.shape[1])[None]
        to_end = ((codes > 0).sum(1, keepdim=True) - 1 - place).clamp(min=0)
        hidden = self.inp(self.emb(codes) + self.start(place) + self.end(to_end)) * mask
        for conv, norm in zip(self.convs, self.lns, strict=True):
            seen = (norm(hidden) * mask).transpose(1, 2)
            hidden = (hidden + functional.relu(conv(seen).transpose(1, 2))) * mask
        attention = self.att(hidden).masked_fill(~mask, -1e4).softmax(1)
        heads = torch.einsum("blh,blw->bhw", attention, hidden).flatten(1)
        most = hidden.masked_fill(~mask, -1e4).amax(1)
        return functional.normalize(self.out(torch.cat([heads, most], 1)), dim=1)


def train(pairs: Pairs, steps: int, seed: int, tell: Callable[[str], None]) -> dict[str, NDArray[np.float16]]:
    """Train on the pairs; give the weights by name."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    choice = np.random.default_rng(seed)
    tower = Tower()
    optimiser = torch.optim.AdamW(tower.parameters(), _RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps, pct_start=0.08)
    sets = _sets(pairs)
    began = time.monotonic()
    for step in range(steps):
        some, weights, _ = sets[choice.choice(len(sets), p=[share for *_, share in sets])]
        batch = [some[place] for place in choice.choice(len(some), _BATCH, p=weights)]
        first = [plain(one) if choice.random() < _STRIPPED else one for one, _ in batch]
        loss = _loss(tower, first, [other for _, other in batch])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 200 == 0:
            tell(f"  step {step}: loss {loss.item():.3f}, {time.monotonic() - began:.0f} s")
    weights_by_name = {name: value.numpy() for name, value in tower.state_dict().items() if name != "scale"}
    return {name: value.astype(np.float16) for name, value in weights_by_name.items()}


def _sets(pairs: Pairs) -> list[tuple[list[Pair], NDArray[np.float64], float]]:
    """Give each kind of pair with the chance of each and the share of steps."""
    even = [
        (pairs.arabic_russian, 0.12),
        (pairs.spellings, 0.05),
        (pairs.transcribed, 0.03),
    ]
    sets = [(some, np.full(len(some), 1 / len(some)), share) for some, share in even]
    for counted, share in ((pairs.arabic, 0.42), (pairs.russian, 0.38)):
        weights = np.array([min(count, _MOST_WEIGHT) ** 0.5 for *_, count in counted])
        sets.append(([(first, second) for first, second, _ in counted], weights / weights.sum(), share))
    return sets


def _loss(tower: Tower, first: list[str], second: list[str]) -> Tensor:
    """Contrast each pair with all others of the batch, both ways; other spellings of the same name are masked."""
    likeness = tower(_padded(first)) @ tower(_padded(second)).T * tower.scale.exp()
    one, two = _numbered([plain(name) for name in first]), _numbered(second)
    same = (one[:, None] == one[None]) | (two[:, None] == two[None])
    same.fill_diagonal_(fill_value=False)
    likeness = likeness.masked_fill(same, -1e4)
    return (_cross_entropy(likeness, same) + _cross_entropy(likeness.T, same)) / 2


def _cross_entropy(likeness: Tensor, masked: Tensor) -> Tensor:
    """Cross-entropy with the diagonal as the truth, smoothed over what is not masked."""
    log_share = likeness.log_softmax(1)
    others = log_share.masked_fill(masked, 0).sum(1) / (~masked).sum(1)
    return -((1 - _SMOOTHING) * log_share.diagonal() + _SMOOTHING * others).mean()


def _numbered(names: list[str]) -> Tensor:
    numbers: dict[str, int] = {}
    return torch.tensor([numbers.setdefault(name, len(numbers)) for name in names])


def _padded(tokens: list[str]) -> Tensor:
    cut = [token[:LONGEST] for token in tokens]
    codes = np.zeros((len(cut), max(map(len, cut))), np.int64)
    for place, token in enumerate(cut):
        codes[place, : len(token)] = [CODE[letter] for letter in token]
    return torch.from_numpy(codes)
