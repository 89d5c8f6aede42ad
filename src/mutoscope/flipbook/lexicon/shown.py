"""What a picture shows of the words that choose its setting: some only tell where, and are not drawn."""

from __future__ import annotations

# Names in `places` of things, deeds and landmarks that speak for a setting but that its picture does not hold.
UNSHOWN = (
    "boathouse, reed bed, reedbed, dock on the lake, lily pad, weir, towpath, whale watching, deep sea fishing, "
    "maelstrom, whirlpool, tidal wave, tsunami, rogue wave, giant wave, channel crossing, causeway, harbor, "
    "harbour, port, marina, pier, jetty, quay, wharf, fishing port, fishing harbor, dockside, sea cave, seashell, "
    "sandcastle, sunbather, beach umbrella, boardwalk, castaway, sunken ship, sunken city, atlantis, shipwreck, "
    "scuba, scuba diver, snorkeling, snorkeler, aquarium, freediver, drowned city, davy jones, hydrothermal vent, "
    "cable car, machu picchu, mountaineer, ski slope, ski resort, ski run, ski lift, snowboarder, avalanche, sled "
    "dog, dog sled, dogsled, snowmobile, iceberg, ice floe, floe, petra, pyramid, giza, sphinx, burning man, "
    "bedouin, caravanserai, tumbleweed, ghost town, desert highway, oasis, watering hole, waterhole, safari, big "
    "game, vineyard, vine rows, tea plantation, tea terrace, olive grove, rice terrace, rice terraces, rice "
    "paddy, paddy field, haystack, hay bale, scarecrow, barnyard, golf course, football pitch, soccer field, "
    "baseball diamond, stadium, picnic, racecourse, battlefield, fairground, crop circle, cemetery, graveyard, "
    "mayan ruin, aztec ruin, angkor wat, overgrown temple, monkey temple, eiffel tower, big ben, empire state "
    "building, construction crane, elevated train, minaret, minarets, bazaar, souk, souks, medina, taj mahal, "
    "brooklyn bridge, golden gate bridge, tower bridge, gondola, monorail, metro, acropolis, colosseum, factory, "
    "smokestack, smokestacks, cathedral, refinery, power plant, burj khalifa, ziggurat, overpass, market, "
    "marketplace, street market, night market, market stall, food stall, bus stop, gas station, filling station, "
    "petrol station, parking lot, car park, subway entrance, train station, railway station, platform, tunnel, "
    "underpass, traffic jam, traffic, phone box, tram stop, race track, racetrack, cockpit, hotel room, concert "
    "hall, museum, hospital, ward, gym, elevator, staircase, spiral staircase, bathtub, carousel, server room, "
    "potter's wheel, easel, cave, cavern, grotto, mine shaft, stained glass, space station, black hole, wormhole, "
    "lunar, lunar surface, moon surface, surface of the moon, on the moon, to the moon, moon base, mars, martian, "
    "red planet, spacewalk, space walk, weightless, zero gravity, death star, lunar module, mothership, skydiver, "
    "skydiving, paraglider, hang glider, castle in the sky, wingtip"
)

# Settings that a setting's picture shows as well, near or far; open sky is over all but a few.
SHOWN_WITH = {
    "lake": "mountain mountain_snow hills forest beach",
    "river": "mountain hills forest field",
    "waterfall": "river mountain hills forest",
    "ocean": "coast",
    "coast": "ocean beach hills mountain",
    "beach": "ocean coast",
    "island": "ocean beach coast hills",
    "underwater": "ocean",
    "mountain": "hills forest field",
    "mountain_snow": "mountain snowfield hills forest",
    "snowfield": "mountain mountain_snow hills field",
    "volcano": "mountain hills",
    "canyon": "desert mountain",
    "savanna": "field",
    "hills": "field mountain forest",
    "field": "hills savanna",
    "jungle": "forest",
    "village": "hills field mountain",
    "city": "street",
    "street": "city",
}
CLOSED = ("underwater", "interior", "abstract")


def shows(setting: str, name: str) -> bool:
    """Whether the picture of a setting shows what the name of another one promises."""
    return name in (setting, *SHOWN_WITH.get(setting, "").split()) or (name == "sky" and setting not in CLOSED)
