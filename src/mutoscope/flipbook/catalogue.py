"""What flipbook can put into a scene: every subject's habit, size and way of moving."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of subject.

    icon: its drawing in `icons/`, facing left unless `facing` says otherwise (0: it has no front).
    home: ground, water (floats on it), sea (lives in it), air, or heaven (as far as the stars).
    size: share of the frame's height that it fills at middle depth. gait: walk, hop, roll, sail, swim, leap,
    flap, flutter, hover, stand, burn or shine. lamp: its warm bright parts shine in the dark. lift: how far
    above the horizon it flies, as a share of the frame's height. turn: degrees that set a drawing upright.
    """

    icon: str
    home: str = "ground"
    size: float = 0.15
    gait: str = "walk"
    facing: int = -1
    lamp: bool = False
    lift: float = 0.22
    turn: float = 0.0


def _walkers() -> dict[str, Kind]:
    sizes = {
        "deer": 0.20, "fox": 0.11, "wolf": 0.13, "bear": 0.16, "dog": 0.11, "cat": 0.09, "horse": 0.20,
        "unicorn": 0.21, "elephant": 0.25, "lion": 0.15, "tiger": 0.14, "leopard": 0.13, "cow": 0.16, "ox": 0.17,
        "sheep": 0.12, "pig": 0.10, "goat": 0.12, "camel": 0.22, "giraffe": 0.32, "zebra": 0.18, "llama": 0.17,
        "gorilla": 0.17, "hippo": 0.15, "rhino": 0.17, "dinosaur": 0.34, "mammoth": 0.27, "person": 0.17,
        "runner": 0.16, "monkey": 0.11, "robot": 0.20, "astronaut": 0.20, "rooster": 0.08,
        "flamingo": 0.12, "penguin": 0.12, "snail": 0.06, "snake": 0.09, "lizard": 0.09, "crocodile": 0.15,
        "spider": 0.08, "beetle": 0.06, "ant": 0.06, "scorpion": 0.09, "badger": 0.10, "skunk": 0.10, "donkey": 0.17,
        "hedgehog": 0.07, "mouse": 0.06, "beaver": 0.10, "monster": 0.26, "dancer": 0.18, "peacock": 0.14,
        "bison": 0.20,
    }  # fmt: skip
    upright = {"robot", "astronaut", "penguin", "lizard", "crocodile", "spider", "beetle", "scorpion", "monster",
               "dancer", "peacock", "snake"}  # fmt: skip
    return {name: Kind(name, size=size, facing=0 if name in upright else -1) for name, size in sizes.items()}


def _standing() -> dict[str, Kind]:
    kinds = {
        "tree": 0.34, "pine": 0.36, "palm": 0.32, "cactus": 0.20, "tent": 0.15, "snowman": 0.17, "mushroom": 0.08,
        "flower": 0.10, "sunflower": 0.14, "tower": 0.46, "umbrella": 0.14, "ferris_wheel": 0.34,
        "windmill": 0.32,
    }  # fmt: skip
    lit = {"castle": 0.42, "lighthouse": 0.42, "house": 0.26, "temple": 0.28}
    return {
        **{name: Kind(name, size=size, gait="stand", facing=0) for name, size in kinds.items()},
        **{name: Kind(name, size=size, gait="stand", facing=0, lamp=True) for name, size in lit.items()},
        "campfire": Kind("logs", size=0.05, gait="burn", facing=0),
    }


def _rolling() -> dict[str, Kind]:
    sizes = {"car": 0.11, "train": 0.18, "motorcycle": 0.11, "bicycle": 0.11, "cyclist": 0.16, "bus": 0.17,
             "truck": 0.15, "tractor": 0.15, "skier": 0.15, "sled": 0.09, "snowboarder": 0.15}  # fmt: skip
    return {
        name: Kind(name, size=size, gait="roll", lamp=name in {"car", "bus", "truck"}) for name, size in sizes.items()
    }


def _aquatic() -> dict[str, Kind]:
    return {
        "boat": Kind("sailboat", "water", 0.22, "sail"),
        "ship": Kind("ship", "water", 0.16, "sail"),
        "canoe": Kind("canoe", "water", 0.09, "sail", facing=0),
        "surfer": Kind("surfer", "water", 0.14, "sail"),
        "swan": Kind("swan", "water", 0.09, "sail"),
        "duck": Kind("duck", "water", 0.07, "sail"),
        "goose": Kind("goose", "water", 0.09, "sail"),
        "fish": Kind("fish", "sea", 0.08, "leap"),
        "dolphin": Kind("dolphin", "sea", 0.17, "leap"),
        "whale": Kind("whale", "sea", 0.20, "swim"),
        "shark": Kind("shark", "sea", 0.14, "swim"),
        "turtle": Kind("turtle", "sea", 0.11, "swim"),
        "seal": Kind("seal", "sea", 0.12, "swim"),
        "submarine": Kind("submarine", "sea", 0.13, "swim"),
        "jellyfish": Kind("jellyfish", "sea", 0.17, "hover", facing=0),
        "octopus": Kind("octopus", "sea", 0.14, "hover", facing=0),
        "otter": Kind("otter", "water", 0.08, "sail", facing=0),
        "buoy": Kind("buoy", "water", 0.08, "sail", facing=0),
        "lobster": Kind("lobster", "ground", 0.09, "walk", facing=0),
        "crab": Kind("crab", "ground", 0.08, "walk", facing=0),
    }


def _flying() -> dict[str, Kind]:
    return {
        "bird": Kind("bird", "air", 0.055, "flap", lift=0.20),
        "eagle": Kind("bird", "air", 0.11, "flap", lift=0.22),
        "dragon": Kind("dragon", "air", 0.20, "hover", lift=0.20),
        "butterfly": Kind("butterfly", "air", 0.07, "flutter", facing=0, lift=-0.05),
        "owl": Kind("owl", "ground", 0.10, "stand", facing=0),
        "balloon": Kind("balloon", "air", 0.24, "hover", facing=0, lift=0.17),
        "parachute": Kind("parachute", "air", 0.18, "hover", facing=0),
        "kite": Kind("kite", "air", 0.13, "hover", facing=0, lift=0.26),
        "plane": Kind("plane", "air", 0.075, "hover", lift=0.27),
        "helicopter": Kind("helicopter", "air", 0.13, "hover"),
        "spaceship": Kind("spaceship", "air", 0.14, "hover", facing=0, lift=0.24),
        "satellite": Kind("satellite", "air", 0.12, "hover", facing=0, lift=0.26),
        "rocket": Kind("rocket", "air", 0.22, "hover", facing=0, turn=45.0),
        "lantern": Kind("lantern", "air", 0.09, "hover", facing=0, lamp=True, lift=0.14),
        "bee": Kind("bee", "air", 0.05, "hover", lift=0.06),
        "bat": Kind("bat", "air", 0.07, "flutter", facing=0),
        "ghost": Kind("ghost", "air", 0.14, "hover", facing=0, lift=0.02),
        "fairy": Kind("fairy", "air", 0.12, "hover", facing=0, lift=0.08),
        "parrot": Kind("parrot", "air", 0.09, "hover", lift=0.08),
        "bubble": Kind("bubble", "air", 0.09, "hover", facing=0, lift=0.10),
        "feather": Kind("feather", "air", 0.08, "hover", facing=0, lift=0.12),
        "cablecar": Kind("cablecar", "air", 0.13, "hover", facing=0, lift=0.14),
        "tornado": Kind("tornado", "ground", 0.50, "hover", facing=0),
        "comet": Kind("comet", "heaven", 0.12, "shine", facing=0, lift=0.30),
        "planet": Kind("planet", "heaven", 0.20, "shine", facing=0, lift=0.24),
        "earth": Kind("earth", "heaven", 0.34, "shine", facing=0, lift=0.20),
        "moon": Kind("moon", "heaven", 0.11, "shine", facing=0, lift=0.28),
        "sun": Kind("sun", "heaven", 0.10, "shine", facing=0, lift=0.26),
        "aurora": Kind("aurora", "heaven", 0.40, "shine", facing=0),
    }


def _others() -> dict[str, Kind]:
    return {
        "kangaroo": Kind("kangaroo", size=0.16, gait="hop"),
        "rabbit": Kind("rabbit", size=0.09, gait="hop"),
        "squirrel": Kind("squirrel", size=0.08, gait="hop"),
    }


def _things() -> dict[str, Kind]:
    """Objects that simply stand there, many of them larger than life."""
    sizes = {
        "pumpkin": 0.10, "church": 0.36, "statue": 0.40, "fountain": 0.24, "carousel": 0.24, "clock": 0.14,
        "guitar": 0.16, "violin": 0.16, "drum": 0.12, "telescope": 0.20, "cup": 0.10, "teapot": 0.11, "cake": 0.13,
        "apple": 0.09, "bottle": 0.14, "gift": 0.11, "anchor": 0.15, "sword": 0.16, "crown": 0.11, "flag": 0.18,
        "crystal": 0.13, "chair": 0.15, "telephone": 0.10, "television": 0.14, "computer": 0.13, "camera": 0.11,
        "ball": 0.09, "toy": 0.12, "spoon": 0.14, "pizza": 0.12, "burger": 0.11, "vase": 0.14, "mirror": 0.16,
        "key": 0.12, "candle": 0.12, "book": 0.11, "mailbox": 0.13, "piano": 0.13, "gate": 0.32, "hut": 0.22,
        "coral": 0.16, "shell": 0.08,
    }  # fmt: skip
    shining = {"pumpkin", "church", "candle", "hut"}
    return {
        **{name: Kind(name, size=size, gait="stand", facing=0, lamp=name in shining) for name, size in sizes.items()},
        "lamp": Kind("floor_lamp", size=0.26, gait="stand", facing=0, lamp=True),
        "armchair": Kind("armchair", size=0.16, gait="stand", facing=0),
        "houseplant": Kind("houseplant", size=0.16, gait="stand", facing=0),
    }


KINDS: dict[str, Kind] = {
    **_walkers(), **_standing(), **_rolling(), **_aquatic(), **_flying(), **_others(), **_things(),
}  # fmt: skip

_ALIASES = {
    "rhinoceros": "rhino", "hippopotamus": "hippo", "swimmer": "surfer", "yak": "ox", "antelope": "deer",
    "pegasus": "unicorn", "griffin": "dragon", "pterodactyl": "dragon", "wyvern": "dragon", "dragonfly": "bee",
    "firefly": "bee", "alien": "monster", "giant": "monster", "hyena": "wolf", "panda": "bear", "koala": "bear",
    "walrus": "seal", "manatee": "seal", "ray": "shark", "seahorse": "fish", "carriage": "tractor",
    "asteroid": "comet", "meteor": "comet", "snowmobile": "sled", "paraglider": "parachute", "skater": "runner",
    "climber": "person", "wizard": "person", "witch": "person", "knight": "person", "pirate": "person",
    "ninja": "person", "samurai": "person", "cowboy": "person", "elf": "person", "dwarf": "person",
    "vampire": "person", "torch": "lamp", "skyscraper": "tower", "watermill": "windmill", "coral_reef": "coral",
    "bench": "chair", "drone": "helicopter", "rover": "truck", "diver": "astronaut", "treasure": "crown",
    "meerkat": "squirrel", "raccoon": "badger", "tapir": "pig", "armadillo": "hedgehog",
    "sailboat": "boat", "yacht": "boat", "raft": "canoe", "kayak": "canoe", "ferry": "ship", "puppy": "dog",
    "kitten": "cat", "pony": "horse", "stag": "deer", "elk": "deer", "moose": "deer", "reindeer": "deer",
    "seagull": "bird", "gull": "bird", "crow": "bird", "raven": "bird", "swallow": "bird", "crane": "bird",
    "hawk": "eagle", "falcon": "eagle", "airplane": "plane", "jet": "plane", "ufo": "spaceship",
    "saucer": "spaceship", "starship": "spaceship", "man": "person", "woman": "person", "hiker": "person",
    "traveler": "person", "traveller": "person", "girl": "person", "boy": "person", "child": "person",
    "human": "person", "walker": "person", "figure": "person", "bike": "bicycle", "motorbike": "motorcycle",
    "locomotive": "train", "tram": "bus", "van": "truck", "taxi": "car", "fire": "campfire", "bonfire": "campfire",
    "cabin": "house", "cottage": "house", "hut": "house", "barn": "house", "fortress": "castle", "palace": "castle",
    "oak": "tree", "birch": "tree", "fir": "pine", "spruce": "pine", "conifer": "pine", "palm_tree": "palm",
    "rose": "flower", "tulip": "flower", "orca": "whale", "bunny": "rabbit", "hare": "rabbit", "grizzly": "bear",
    "globe": "earth", "saturn": "planet", "northern_lights": "aurora", "beacon": "lighthouse", "droid": "robot",
    "android": "robot", "spaceman": "astronaut", "cosmonaut": "astronaut", "hot_air_balloon": "balloon",
    "zeppelin": "balloon", "airship": "balloon", "moth": "butterfly", "dino": "dinosaur", "bull": "ox",
    "lamb": "sheep", "buffalo": "ox", "bison": "ox", "panther": "leopard", "cheetah": "leopard",
}  # fmt: skip


def kind_of(name: str) -> Kind | None:
    """The kind for a subject's name, as the vocabulary writes it or by a near relative; none when unknown."""
    word = name.strip().lower().replace(" ", "_").replace("-", "_")
    return KINDS.get(_ALIASES.get(word, word))
