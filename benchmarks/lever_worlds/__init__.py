"""A world of known true savings for every lever that is assessed.

A lever is added by one entry in the module of its kind: see `world.World`.
"""

from collections.abc import Mapping

from benchmarks.lever_worlds import bills, energy, gpus, hours, requests, serving, tokens, trials
from benchmarks.lever_worlds.world import World

WORLDS: Mapping[str, World] = {
    **bills.WORLDS,
    **energy.WORLDS,
    **gpus.WORLDS,
    **hours.WORLDS,
    **requests.WORLDS,
    **serving.WORLDS,
    **tokens.WORLDS,
    **trials.WORLDS,
}
