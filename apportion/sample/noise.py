"""Counter-based randomness: a value depends on the seed, a stream's name and a key alone.

So any part of the company can be generated on its own, in any order and in any chunk, and comes out
the same.
"""

import hashlib

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 1.0 / (1 << 53)


class Noise:
    """Random values of one simulation."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def words(self, stream: str, keys: npt.ArrayLike) -> Words:
        """64 random bits per key (the finaliser of SplitMix64)."""
        digest = hashlib.blake2b(f"{self._seed}/{stream}".encode(), digest_size=8).digest()
        state = np.asarray(keys, dtype=np.uint64) + np.uint64(1)
        with np.errstate(over="ignore"):
            state = state * _GAMMA + np.uint64(int.from_bytes(digest, "big"))
            state = (state ^ (state >> np.uint64(30))) * _FIRST
            state = (state ^ (state >> np.uint64(27))) * _SECOND
        return state ^ (state >> np.uint64(31))

    def uniform(self, stream: str, keys: npt.ArrayLike) -> Floats:
        """A number in [0, 1) per key."""
        return (self.words(stream, keys) >> np.uint64(11)).astype(np.float64) * _TO_UNIT

    def normal(self, stream: str, keys: npt.ArrayLike) -> Floats:
        """A standard normal number per key."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(f"{stream}/radius", keys)))
        return np.asarray(radius * np.cos(2.0 * np.pi * self.uniform(f"{stream}/angle", keys)))

    def hexadecimal(self, stream: str, keys: npt.ArrayLike) -> pl.Series:
        """16 hexadecimal digits per key."""
        digits = self.words(stream, keys).astype(">u8").tobytes().hex().encode()
        return pl.Series(np.frombuffer(digits, dtype="S16").astype("U16"))

    def dice(self, stream: str) -> "Dice":
        """A sequence of values, for tables that are drawn one by one."""
        return Dice(self, stream)


class Dice:
    """Random values in sequence."""

    def __init__(self, noise: Noise, stream: str) -> None:
        self._noise = noise
        self._stream = stream
        self._drawn = 0

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number in [low, high)."""
        self._drawn += 1
        return low + (high - low) * float(self._noise.uniform(self._stream, [self._drawn])[0])

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return int(self.uniform(low, high + 1))

    def choice(self, count: int) -> int:
        """An index below count."""
        return self.integer(0, count - 1)

    def digits(self, count: int) -> str:
        """Hexadecimal digits."""
        self._drawn += 1
        keys = np.arange(self._drawn << 8, (self._drawn << 8) + (count + 15) // 16)
        return "".join(self._noise.hexadecimal(self._stream, keys))[:count]
