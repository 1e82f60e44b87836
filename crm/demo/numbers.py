"""Numbers that look drawn and never repeat: a permutation of a counter."""

from dataclasses import dataclass
from math import gcd

import numpy as np


@dataclass(frozen=True, slots=True)
class Permutation:
    """`first … first + size - 1` in an order of its own; one number for each index below `size`."""

    first: int
    size: int
    step: int
    offset: int

    @classmethod
    def drawn(cls, rng: np.random.Generator, first: int, size: int) -> "Permutation":
        """A permutation that depends on the generator's state."""
        step = int(rng.integers(size // 3, size))
        while gcd(step, size) != 1:
            step += 1
        return cls(first, size, step, int(rng.integers(size)))

    def __getitem__(self, index: int) -> int:
        return self.first + (self.step * index + self.offset) % self.size


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one demo: of policies, claims and phones."""

    policies: Permutation
    claims: Permutation
    phones: Permutation

    @classmethod
    def of_seed(cls, seed: int) -> "Numbers":
        """The numbers of a seed."""
        rng = np.random.default_rng([seed, 0])
        return cls(
            Permutation.drawn(rng, 1_000_000, 9_000_000),
            Permutation.drawn(rng, 1_000_000, 9_000_000),
            Permutation.drawn(rng, 2_000_000, 8_000_000),
        )

    def policy(self, index: int) -> str:
        """A policy number."""
        return f"PA-{self.policies[index]}"

    def claim(self, index: int) -> str:
        """A claim number."""
        return f"CL-{self.claims[index]}"

    def phone(self, index: int) -> str:
        """A phone number in the unassigned area 555."""
        return f"+1555{self.phones[index]}"
