"""Example phrases for each setting and time of day, against which unknown words are compared."""

from __future__ import annotations

from mutoscope.flipbook.lexicon.words import word_set

SETTINGS = {
    "lake": (
        "calm lake water",
        "a pond with water lilies",
        "a canoe on a still lake",
        "marsh and wetland",
        "reservoir",
    ),
    "river": (
        "river flowing between banks",
        "a stream in a valley",
        "rapids and rafting",
        "brook",
        "canal barge",
    ),
    "waterfall": (
        "waterfall plunging over rocks",
        "cascade of water",
        "water falls thundering",
    ),
    "ocean": (
        "open ocean waves",
        "a ship at sea",
        "sailors on deck of a ship",
        "whale breaching",
        "rough sea",
    ),
    "coast": (
        "rocky coast with cliffs",
        "a harbor with fishing boats",
        "lighthouse on a headland",
        "pier and seagulls",
    ),
    "beach": (
        "sandy beach by the sea",
        "surfers and sunbathers",
        "seashells in the sand",
        "palm trees on the shore",
    ),
    "island": (
        "tropical island",
        "atoll in a lagoon",
        "a castaway on a small island",
        "archipelago",
    ),
    "underwater": (
        "underwater coral reef",
        "fish swimming",
        "scuba diver on the sea floor",
        "submarine deep sea creatures",
    ),
    "mountain": (
        "mountain peaks",
        "rocky ridge and cliff",
        "hikers climbing a mountain",
        "eagle over crags",
        "monastery on a cliff",
    ),
    "mountain_snow": (
        "snowy mountain peaks",
        "skiing in the alps",
        "glacier and icy summit",
        "climbers on everest",
    ),
    "snowfield": (
        "frozen tundra",
        "arctic ice and snow",
        "antarctic penguins on ice",
        "polar expedition",
        "sled dogs in the snow",
    ),
    "volcano": (
        "erupting volcano",
        "lava flow and magma",
        "ash and crater",
        "molten rock",
    ),
    "canyon": (
        "red rock canyon",
        "deep gorge with sandstone walls",
        "mesa and butte",
        "quarry walls",
    ),
    "desert": (
        "sand dunes in the desert",
        "camel caravan",
        "cactus and arid land",
        "pyramids in egypt",
        "nomads in the sahara",
    ),
    "savanna": (
        "african savanna",
        "lions and elephants on safari",
        "acacia trees",
        "zebra herd grazing",
    ),
    "hills": (
        "rolling green hills",
        "sheep on a hillside",
        "moorland and heather",
        "castle on a hill",
        "vineyard valley",
    ),
    "field": (
        "a field of wheat",
        "meadow with flowers",
        "farm and tractor",
        "cows grazing in a pasture",
        "garden",
        "horses on the prairie",
        "baseball game",
    ),
    "forest": (
        "forest with tall trees",
        "woodland path",
        "deer among pines",
        "campfire in the woods",
        "mushrooms and moss",
    ),
    "jungle": (
        "tropical jungle",
        "rainforest canopy with monkeys",
        "vines and ferns",
        "ancient temple in the jungle",
    ),
    "village": (
        "small village with cottages",
        "old town square",
        "farmhouse and church",
        "medieval hamlet",
        "cottage with a chimney",
    ),
    "city": (
        "city skyline with skyscrapers",
        "downtown buildings",
        "urban rooftops",
        "metropolis",
        "factory and industry",
    ),
    "street": (
        "busy street with cars",
        "alley with shops",
        "market stalls",
        "traffic on a road",
        "vendors and pedestrians on the pavement",
        "bus stop",
    ),
    "interior": (
        "inside a room",
        "kitchen table with food",
        "living room with a sofa",
        "library with books",
        "a desk with a computer",
        "workshop with tools",
        "cooking a meal",
        "cup of coffee",
        "playing the piano",
        "theatre stage",
        "laboratory experiment",
    ),
    "space": (
        "outer space with stars",
        "planets and galaxies",
        "astronaut and spaceship",
        "nebula",
        "rocket orbiting",
    ),
    "sky": (
        "blue sky with clouds",
        "flying high above the clouds",
        "airplane in the air",
        "birds in the sky",
        "balloon floating in the air",
    ),
    "abstract": (
        "abstract shapes and colors",
        "geometric patterns",
        "swirling paint and particles",
        "fractal",
        "music and emotion",
    ),
}
TIMES = {
    "dawn": ("sunrise at dawn", "early morning first light", "daybreak"),
    "day": ("bright daylight at noon", "sunny afternoon", "midday sun"),
    "sunset": ("sunset golden hour", "the sun going down", "sundown"),
    "dusk": ("dusk twilight", "evening after sunset", "fading light at nightfall"),
    "night": ("night under the stars", "midnight darkness", "moonlit night"),
}
# Beside one of these, "warm" and "cool" speak of colour.
COLOUR_TALK = word_set(
    "palette color colour colors colours tone tones hue hues light lighting tint grade grading look feel "
    "shades picture image blues browns tonality"
)
