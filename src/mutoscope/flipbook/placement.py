"""Where the things of a scene stand and how they move: by their kind, the words around them, and the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from mutoscope.flipbook.lexicon.index import Match
from mutoscope.flipbook.lexicon.sense import Sense, sense
from mutoscope.flipbook.lexicon.words import word_set
from mutoscope.flipbook.scene import Subject

_KINDS = {
    "fixed_sky": ("moon sun planet earth aurora rainbow star comet galaxy fireworks tornado asteroid"),
    "rising": ("balloon rocket lantern bubble"),
    "flying": (
        "bird butterfly bee dragonfly firefly bat dragon fairy pterodactyl pegasus griffin plane helicopter "
        "airship paraglider kite drone ufo spaceship satellite astronaut angel witch feather"
    ),
    "swimming": (
        "fish shark ray whale dolphin seal turtle jellyfish octopus seahorse manatee mermaid diver otter walrus"
    ),
    "floating": ("boat submarine iceberg buoy surfer surfboard swimmer"),
    "driving": ("car bus truck train tram tractor motorcycle bicycle carriage sled snowmobile rover"),
    "walking": (
        "deer fox wolf dog cat lion tiger leopard bear panda horse zebra donkey cow bison buffalo yak sheep "
        "goat antelope giraffe elephant rhinoceros hippopotamus camel llama pig monkey kangaroo rabbit "
        "squirrel hedgehog mouse beaver penguin crab snake lizard crocodile frog dinosaur unicorn robot "
        "person knight wizard cowboy pirate ninja samurai dancer skier skater monster giant elf dwarf hyena "
        "raccoon badger tumbleweed"
    ),
}
_MOTIONS = {"rising": "rise", "flying": "fly", "swimming": "swim", "floating": "bob", "driving": "cross"}
# Nearest and farthest depth, 0 to 1.
_DEPTHS = {
    "fixed_sky": (0.95, 1.0),
    "rising": (0.45, 0.7),
    "flying": (0.3, 0.65),
    "swimming": (0.2, 0.5),
    "floating": (0.3, 0.5),
    "driving": (0.25, 0.4),
    "walking": (0.25, 0.45),
    "standing": (0.3, 0.5),
}
_GOING = word_set(
    "walk run trot gallop stroll wander cross pass race speed travel trudg march prowl chase leap hop roam "
    "rush drive ride sail glid drift cruise ferr migrate thunder charg dash amble stampede sprint paddl steam "
    "chug roll slip stalk bound graz frolic skitter crawl trek hike jog slid swagger"
)
_LARGE = word_set("giant huge enormous gigantic colossal massive towering immense big large great mighty")
_SMALL = frozenset(["tiny", "small", "little", "miniature", "distant", "mini", "baby", "wee", "far"])
_NUMBERS = {
    "two": 2,
    "pair": 2,
    "couple": 2,
    "twin": 2,
    "three": 3,
    "trio": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "several": 4,
    "dozen": 9,
    "hundreds": 12,
    "many": 7,
}
_GROUPS = {
    "flock": 9,
    "herd": 6,
    "school": 9,
    "shoal": 9,
    "swarm": 12,
    "pack": 5,
    "pod": 4,
    "murmuration": 14,
    "fleet": 5,
    "convoy": 4,
    "pride": 4,
    "colony": 8,
    "crowd": 7,
    "caravan": 5,
    "flotilla": 6,
    "murder": 7,
}
_PLURALS = {
    "bird": 7,
    "fish": 8,
    "butterfly": 6,
    "bee": 6,
    "firefly": 12,
    "lantern": 7,
    "balloon": 5,
    "bubble": 9,
    "person": 5,
    "car": 4,
    "jellyfish": 4,
    "candle": 4,
}
_MANY = 3
_SLOTS = (-0.62, -0.4, -0.2, 0.0, 0.2, 0.4, 0.62)


def place(names: Sequence[str], text: str, seed: int, present: Sequence[Subject] = ()) -> tuple[Subject, ...]:
    """The named things with their places. text: what was said of them. present: who stands there already.

    Each thing's place depends on the seed, its name and who was placed before it, so that the same words give the
    same picture.
    """
    found = sense(text)
    placed: list[Subject] = list(present)
    for name in names:
        placed.append(_placed(name, found, seed, placed))
    return tuple(placed[len(present) :])


def succeed(old: Subject, name: str, text: str, seed: int) -> Subject:
    """Another thing in the old one's place, at its size; it moves after its own kind."""
    fresh = _placed(name, sense(text), seed, [])
    motion = fresh.motion
    if kind_of(name) == kind_of(old.name):
        motion = old.motion
    depth = old.depth if (kind_of(name) == "fixed_sky") == (kind_of(old.name) == "fixed_sky") else fresh.depth
    return replace(
        fresh, x=old.x, depth=depth, scale=old.scale, motion=motion, count=max(fresh.count, 1), span=old.span
    )


def kind_of(name: str) -> str:
    """fixed_sky, rising, flying, swimming, floating, driving, walking, or standing for all else."""
    return next((kind for kind, names in _KINDS.items() if name in names.split()), "standing")


def _placed(name: str, found: Sense, seed: int, others: Sequence[Subject]) -> Subject:
    chance = Random(f"{seed}:{name}")
    kind = kind_of(name)
    near, far = _DEPTHS[kind]
    match = next((match for match in found.of("subject") if match.value == name), None)
    return Subject(
        name=name,
        x=_free_x(chance, others),
        depth=round(chance.uniform(near, far), 3),
        scale=_scale(found, match),
        motion=_motion(kind, found, chance),
        count=_count(found, match),
    )


def _free_x(chance: Random, others: Sequence[Subject]) -> float:
    """A slot as far from the others as can be, one of the best by chance, with a little freedom."""

    def room(slot: float) -> float:
        return min((abs(slot - other.x) for other in others), default=1.0)

    best = max(room(slot) for slot in _SLOTS)
    slots = [slot for slot in _SLOTS if room(slot) >= best - 0.15] if others else list(_SLOTS[1:-1])
    return round(chance.choice(slots) + chance.uniform(-0.06, 0.06), 3)


def _motion(kind: str, found: Sense, chance: Random) -> str:
    motion = _MOTIONS.get(kind, "still")
    going = any(word.stem in _GOING or word.text in _GOING for word in found.words)
    if motion == "cross" or (kind in ("walking", "floating") and going):
        return chance.choice(("cross_left", "cross_right"))
    return motion


def _scale(found: Sense, match: Match | None) -> float:
    before = _before(found, match)
    if any(word in _LARGE for word in before):
        return 1.6
    return 0.65 if any(word in _SMALL for word in before) else 1.0


def _count(found: Sense, match: Match | None) -> int:
    """How many: by a number or a word for a group, else a few for a plural, else one."""
    if match is None:
        return 1
    before = _before(found, match) + match.text.split()
    for word in before:
        if word in _NUMBERS or word in _GROUPS:
            return _NUMBERS.get(word) or _GROUPS[word]
    last = found.words[match.end - 1]
    plural = last.text != last.stem and not last.text.endswith(("ing", "ed", "e"))
    return _PLURALS.get(match.value, _MANY) if plural else 1


def _before(found: Sense, match: Match | None) -> list[str]:
    if match is None:
        return []
    return [word.text for word in found.words[max(0, match.start - 3) : match.start] if not word.is_mark]
