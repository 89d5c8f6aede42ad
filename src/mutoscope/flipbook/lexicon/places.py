"""Words that name a setting, and words that only hint at one."""

from __future__ import annotations

# Naming: the place itself, by common noun or proper name. "=" marks a word that must be written exactly so.
NAMES = {
    "lake": (
        "lake, loch, lough, tarn, mere, pond, lagoon, reservoir, lakeside, lake shore, lakefront, mountain lake, "
        "alpine lake, fjord, fiord, glassy water, still water, wetland, wetlands, marsh, marshland, swamp, bayou, "
        "bog, fen, everglades, okavango, pantanal, billabong, oxbow, millpond, quarry lake, crater lake, lochan, "
        "inlet, sound of mull, lake como, lake tahoe, lake geneva, lake baikal, loch ness, titicaca, "
        "geirangerfjord, reed bed, reedbed, boathouse, dock on the lake, rowing lake, mirror lake, frozen lake, "
        "duck pond, lily pond, lily pad, koi pond"
    ),
    "river": (
        "river, riverbank, river bank, riverside, stream, brook, creek, rivulet, rill, rapids, whitewater, white "
        "water, tributary, estuary, delta, headwaters, canal, waterway, weir, towpath, burn, beck, amazon river, "
        "nile, ganges, mississippi, danube, rhine, thames, seine, yangtze, mekong, volga, colorado river, zambezi, "
        "congo river, hudson river, river valley, torrent, ford, millrace, mill race, watercourse, riverbed, river "
        "bend, oxbow river"
    ),
    "waterfall": (
        "waterfall, =falls, cascade, cataract, niagara, niagara falls, victoria falls, iguazu, angel falls, plunge "
        "pool, gullfoss, skogafoss, seljalandsfoss, yosemite falls, curtain of water"
    ),
    "ocean": (
        "ocean, sea, =seas, open sea, open ocean, open water, high sea, atlantic, pacific, mediterranean, adriatic, "
        "aegean, caribbean sea, baltic, indian ocean, arctic ocean, north sea, bering sea, seascape, =waves, swell, "
        "breakers, whitecap, deep sea fishing, offshore, sea surface, at sea, out at sea, bermuda triangle, cape "
        "horn, strait, gulf stream, whale watching, roaring forties, doldrums, maelstrom, whirlpool, billow, briny, "
        "tidal wave, tsunami, rogue wave, rolling wave, crashing wave, giant wave, wave, surf, channel crossing, "
        "bay"
    ),
    "coast": (
        "coast, causeway, basalt column, sea spray, seal rock, sea loch cliff, coastline, seacoast, coastal, "
        "coastal cliff, sea cliff, rocky shore, headland, promontory, cape, harbor, harbour, port, marina, pier, "
        "jetty, breakwater, quay, wharf, seaport, fishing port, amalfi coast, big sur, cliffs of moher, cornwall, "
        "brittany, normandy, dover, peninsula, cove, sea stack, newfoundland, nova scotia, maine, labrador coast, "
        "white cliffs, seaboard, seafront, sea wall, fishing harbor, tidal pool, tide pool, rockpool, rock pool, "
        "bluff over the sea, sea cave, skerry, dockside, waterfront, jurassic coast, algarve, giant's causeway"
    ),
    "beach": (
        "beach, seashore, shore, shoreline, seaside, sandy shore, sandbar, strand, wet sand, white sand, low tide, "
        "high tide, copacabana, waikiki, bondi, malibu, sandcastle, beachfront, tideline, surf break, shallows, "
        "boardwalk, sandspit, tropical beach, sandy cove, lido, ipanema, miami beach, venice beach, goa, tulum, "
        "seashell, water's edge, ocean's edge, edge of the sea, tropical shore, sunbather, beach umbrella, dune "
        "grass by the sea"
    ),
    "island": (
        "island, =isle, islet, atoll, archipelago, cay, desert island, treasure island, hawaii, maldives, bora "
        "bora, tahiti, fiji, santorini, bali, galapagos, seychelles, mauritius, easter island, skye, faroe islands, "
        "tropical island, floating island, caribbean, polynesia, capri, crete, zanzibar, jamaica, madeira, azores, "
        "barbados, bahamas, palawan, phi phi, mykonos, corsica, sardinia, sicily, volcanic island, private island, "
        "castaway"
    ),
    "underwater": (
        "underwater, under water, undersea, under the sea, beneath the sea, beneath the ocean, under the ocean, "
        "ocean floor, sea floor, seafloor, seabed, sea bed, ocean depth, the depth, coral reef, reef, coral, kelp "
        "forest, abyss, abyssal, trench, mariana trench, deep sea, deep ocean, hydrothermal vent, submerged, sunken "
        "ship, sunken city, atlantis, shipwreck, scuba, scuba diver, snorkeling, snorkeler, beneath the surface, "
        "below the surface, beneath the wave, below the wave, beneath the water, aquarium, great barrier reef, "
        "seagrass, anemone, sunken, bottom of the sea, bottom of the ocean, drowned city, twilight zone of the sea, "
        "freediver, deep diving, fathom, davy jones"
    ),
    "mountain": (
        "mountain, mountains, mountainside, mountaintop, mountain range, mountain ridge, mountain pass, peak, "
        "summit, crag, cliff, clifftop, ridge, ridgeline, massif, sierra, alp, alps, alpine, rockies, rocky "
        "mountains, andes, pyrenees, carpathians, dolomites, appalachians, caucasus, atlas mountains, fuji, mount "
        "fuji, mt fuji, table mountain, highland peak, precipice, escarpment, scree, ledge, col, cordillera, "
        "pinnacle, matterhorn foothills, zhangjiajie, huangshan, half dome, el capitan, yosemite, patagonia, torres "
        "del paine, highland, highlands, high pass, sheer face, rock face, rock wall, overlook, cable car, machu "
        "picchu, tatra, drakensberg, sawtooth, teton, tetons, grand teton, bluff, tor, mountaineer, crest, "
        "buttress, altitude, tibet"
    ),
    "mountain_snow": (
        "snowy mountain, snow mountain, snow capped mountain, snowcapped mountain, snow covered mountain, snowy "
        "peak, snow peak, snow capped peak, snowcapped peak, icy peak, icy summit, frozen peak, white peak, "
        "himalaya, himalayas, everest, mount everest, k2, annapurna, matterhorn, mont blanc, denali, kilimanjaro, "
        "eiger, kangchenjunga, elbrus, aconcagua, rainier, mount rainier, ski slope, ski resort, ski run, ski lift, "
        "piste, avalanche, snow line, base camp, snowboarder, alpine glacier, wintry peak, chamonix, zermatt, "
        "karakoram, aspen slope, couloir, cornice"
    ),
    "snowfield": (
        "snowfield, snow field, tundra, arctic, antarctic, antarctica, north pole, south pole, polar, ice cap, "
        "icecap, ice sheet, glacier, glacial, ice field, icefield, ice floe, floe, iceberg, pack ice, frozen plain, "
        "frozen waste, frozen wasteland, icy plain, icy waste, snowy plain, snowy field, snow covered field, snow "
        "covered meadow, snowy meadow, winter wonderland, greenland, svalbard, lapland, siberia, spitsbergen, "
        "permafrost, sled dog, dog sled, dogsled, snowmobile, snowdrift, snow drift, frozen desert, white desert, "
        "polar ice, ice shelf, frozen sea, snow dune, hoth, yukon, nunavut, taiga plain, snowscape, snowbound, "
        "drifts of snow, white waste, frozen expanse, white expanse, in the snow, deep snow, fresh snow, virgin "
        "snow, snow covered, snow covered plain, sheet of ice, ice plain"
    ),
    "volcano": (
        "volcano, volcanic, volcanic wasteland, caldera, lava, lava fountain, lava field, lava flow, lava lake, "
        "magma, eruption, erupting, vesuvius, etna, mount etna, krakatoa, kilauea, mauna loa, stromboli, pompeii, "
        "eyjafjallajokull, fagradalsfjall, cinder cone, crater of fire, fumarole, volcanic crater, basalt plain, "
        "mordor, mount doom, popocatepetl, cotopaxi, mount st helens, hellscape, molten rock, pyroclastic, ash "
        "cone, obsidian plain, brimstone, hell, inferno"
    ),
    "canyon": (
        "canyon, grand canyon, gorge, ravine, gulch, chasm, slot canyon, antelope canyon, bryce canyon, zion, "
        "arroyo, badlands, hoodoo, red rock, mesa, butte, monument valley, sandstone cliff, arizona, sedona, gully, "
        "defile, couloir of sandstone, colca canyon, fish river canyon, petra, wadi rum, canyonlands, arches "
        "national park, rock arch, copper canyon, utah, moab, sandstone, rimrock, box canyon"
    ),
    "desert": (
        "desert, dune, dunes, sand dune, sahara, gobi, mojave, sonora, sonoran, kalahari, namib, atacama, negev, "
        "arabian desert, empty quarter, thar, taklamakan, oasis, erg, wadi, sand sea, sea of sand, ocean of sand, "
        "sandy waste, arid plain, outback, salt flat, salt flats, salt pan, death valley, salar de uyuni, "
        "wasteland, dry lake, dry lakebed, white sands, nevada, pyramid, giza, sphinx, dust bowl, uluru, ayers "
        "rock, arrakis, tatooine, burning man, black rock, sinai, nubia, sudan, arabia, parched earth, cracked "
        "earth, desert sand, sand, sands, barren, arid, bedouin, caravanserai, route 66, mars surface, namibia, "
        "dasht e kavir, rub al khali, sossusvlei, tumbleweed, wild west, ghost town, desert highway, sun baked, "
        "drought"
    ),
    "savanna": (
        "savanna, savannah, serengeti, masai mara, maasai mara, mara, safari, bushveld, veld, veldt, acacia, acacia "
        "plain, african plain, plains of africa, kruger, ngorongoro, amboseli, african grassland, watering hole, "
        "waterhole, baobab, kenya, tanzania, botswana, etosha, sahel, african bush, llanos, cerrado, lion country, "
        "pride rock, big game"
    ),
    "hills": (
        "hill, hills, hillside, hilltop, foothill, rolling hill, green hill, knoll, downs, =down, moor, moorland, "
        "heath, glen, dale, yorkshire dales, cotswolds, tuscany, tuscan hill, shire, green slope, slope, valley, "
        "vale, upland, wold, heather, peak district, lake district, scottish borders, chianti, vineyard, vine rows, "
        "tea plantation, tea terrace, olive grove, south downs, mound, dell, hummock, hillock, brae, fell, black "
        "hills, ireland, wales, hobbiton, umbria, provence hills, knolls, rolling green, countryside hills, barrow, "
        "tor hill, windows xp, bliss wallpaper, drumlin, burial mound, orchard slope"
    ),
    "field": (
        "field, meadow, pasture, prairie, steppe, grassland, plain, plains, farmland, farm, paddock, wheat, wheat "
        "field, corn field, cornfield, barley, rice terrace, rice terraces, rice paddy, paddy, paddy field, "
        "paddies, lavender, lavender field, tulip field, poppy field, poppies, sunflower field, sunflowers, "
        "sunflower, flower field, field of flowers, wildflower, wildflowers, mongolia, mongolian steppe, pampas, "
        "great plains, kansas, nebraska, iowa, crop, harvest, haystack, hay bale, barnyard, ranch, orchard, garden, "
        "park, lawn, provence, countryside, clover, canola, rapeseed, rye, cotton field, tulip, tulips, stubble, "
        "furrow, ploughed, plowed, allotment, grass, tall grass, greensward, common, glade of flowers, cow pasture, "
        "grazing land, scarecrow, heartland, croft field, golf course, football pitch, soccer field, baseball "
        "diamond, stadium, sea of grass, ocean of grass, picnic, racecourse, battlefield, fairground, buttercup, "
        "daisies, bluebonnet, crop circle, cemetery, graveyard, alfalfa, agave field, tea field, veg patch, saffron "
        "field, ukraine"
    ),
    "forest": (
        "forest, wood, woods, woodland, pine forest, birch forest, birches, birch, pines, pine, grove, thicket, "
        "copse, glade, redwood, redwoods, sequoia, taiga, boreal, black forest, sherwood forest, pinewood, beech, "
        "beeches, spruce, fir, firs, conifer, aspen grove, bamboo forest, bamboo grove, bamboo, forest floor, "
        "forest path, forest clearing, clearing, enchanted forest, old growth, maple, oakwood, oak forest, "
        "evergreen, deciduous, undergrowth, fern, ferns, moss, mossy, toadstool, mushrooms, spinney, coppice, "
        "wooded, woodland path, tree line, treetop, treetops, bracken, larch, cedar, cedars, hemlock, bluebell "
        "wood, bluebells, maples, arashiyama, arboretum, backwoods, forested, sylvan, trees, autumn leaf, pinecone, "
        "alders, leafy, petrified forest, birchwood, log, stump, ardennes, bialowieza, fangorn, lothlorien, weald, "
        "bosk"
    ),
    "jungle": (
        "jungle, rainforest, rain forest, tropical forest, amazon, borneo, congo, congo basin, cloud forest, costa "
        "rica, vines, liana, mangrove, mangroves, jungle canopy, rainforest canopy, sumatra, papua, daintree, "
        "tropical canopy, tropical thicket, orinoco, mayan ruin, aztec ruin, angkor wat, angkor, overgrown temple, "
        "yucatan, monkey temple, palm forest, tropical greenery, tropics, equatorial, steaming undergrowth, green "
        "canopy, chiapas, guatemala, orchids, philodendron, tropical undergrowth, belize"
    ),
    "village": (
        "village, hamlet, fishing village, mountain village, alpine village, small town, town, cottage, cottages, "
        "township, settlement, farmstead, homestead, rural, countryside cottage, medieval town, market town, half "
        "timbered, thatched, thatched roof, hobbit village, hallstatt, cobbled village, shire village, suburb, "
        "suburbia, suburban, campsite village, kampung, kraal, village green, village square, village church, "
        "parish, pueblo, bavarian village, outpost, trading post, old mill, colmar, giethoorn, shirakawa go, "
        "cotswold village, chalets, viking village, log cabins, hill town, church, barn, farmhouse, windmill "
        "village, ranch house, steeple, bakery village, croft, crofts, mud hut, stilt houses, hobbit hole, "
        "neighborhood, neighbourhood, cul de sac"
    ),
    "city": (
        "city, cityscape, skyline, city skyline, downtown, metropolis, megacity, megalopolis, skyscraper, "
        "skyscrapers, high rise, highrise, tower block, urban, rooftop, rooftops, manhattan, new york, new york "
        "city, nyc, brooklyn, times square, wall street, tokyo, shibuya, shinjuku, akihabara, london, paris, hong "
        "kong, shanghai, dubai, chicago, los angeles, san francisco, seattle, miami, las vegas, vegas, singapore, "
        "seoul, bangkok, mumbai, delhi, rome, venice, florence, barcelona, madrid, berlin, prague, vienna, "
        "budapest, istanbul, moscow, st petersburg, saint petersburg, kyoto, osaka, beijing, cairo, marrakesh, "
        "marrakech, havana, rio de janeiro, rio, sao paulo, mexico city, toronto, vancouver, sydney, melbourne, "
        "boston, washington, gotham, coruscant, eiffel tower, big ben, empire state building, amsterdam, lisbon, "
        "athens, edinburgh, dublin, stockholm, copenhagen, oslo, lagos, nairobi, tehran, jakarta, kuala lumpur, "
        "cathedral square, city square, plaza, piazza, financial district, city center, city centre, apartment "
        "block, office tower, city lights, urban jungle, concrete jungle, futuristic city, ruined city, apocalyptic "
        "city, city street, neon city, penthouse, construction crane, overpass, elevated train, minaret, minarets, "
        "bazaar, souk, souks, medina, forbidden city, taj mahal, brooklyn bridge, golden gate bridge, tower bridge, "
        "gondola, monorail, high rises, glass tower, metro, arcology, favela, slum, acropolis, colosseum, factory, "
        "smokestack, smokestacks, square, cathedral, refinery, power plant, industrial, docks of hamburg, tenement, "
        "burj khalifa, champs elysees, rialto, broadway, hollywood, burj, taipei, bladerunner city, ziggurat"
    ),
    "street": (
        "street, alley, alleyway, backstreet, lane, avenue, boulevard, sidewalk, pavement, crosswalk, crossing "
        "light, road, highway, motorway, freeway, intersection, crossroads, junction, cobblestone street, "
        "cobblestones, cobbled, cobbled street, side street, street corner, street market, night market, market, "
        "marketplace, market stall, bus stop, food stall, shopfront, storefront, arcade street, china town, "
        "chinatown, gas station, filling station, parking lot, car park, subway entrance, train station, railway "
        "station, platform, tunnel, underpass, traffic jam, traffic, street cafe, sidewalk cafe, stoop, back alley, "
        "phone box, lamppost, streetlamp, street lamp, streetlight, high street, roadside, drive in, diner sign, "
        "petrol station, row houses, brownstones, passageway, arcade, tram stop, bridge over tracks, race track, "
        "racetrack, toll road, rush hour"
    ),
    "interior": (
        "interior, indoors, indoor, inside, room, living room, bedroom, kitchen, bathroom, library, study, office, "
        "hallway, corridor, attic, basement, cellar, windowsill, window sill, by the window, window seat, "
        "fireplace, hearth, sofa, couch, armchair, cafe, coffee shop, restaurant, diner, pub, tavern, saloon, "
        "museum, gallery, classroom, laboratory, lab, workshop, studio, ballroom, throne room, dungeon, crypt, "
        "cathedral interior, nave, cockpit, cabin interior, hotel room, lobby, lounge, theater stage, theatre "
        "stage, concert hall, stage, warehouse, greenhouse, conservatory, bookshelf, bookshelves, desk, dining "
        "table, dinner table, kitchen table, tabletop, countertop, nursery, parlor, parlour, pantry, garage, "
        "elevator, staircase, spiral staircase, bookshop, bookstore, bakery, forge, smithy, sauna, gym, arcade "
        "machine, bar, nightclub, hospital, ward, operating theatre, train compartment, carriage interior, loft, "
        "den, igloo interior, vault, chapel, monastery hall, banquet hall, great hall, rug, carpet, chandelier, "
        "cupboard, fireside, lampshade, bathtub, bunk, mantelpiece, grandfather clock, alchemist's lab, "
        "observatory, wine cellar, kitchen counter, potter's wheel, easel, barbershop, shop, spaceship corridor, "
        "server room, jail cell, prison cell, aquarium hall, dressing table, on a desk, on the table, rocking "
        "chair, gym hall, planetarium, catacomb, catacombs, cave, cavern, grotto, mine shaft, tomb, mausoleum, "
        "stained glass, organ loft, tatami, shoji, tea ceremony, paper walled, bunker, tea house, teahouse, "
        "boudoir, sunroom, atelier, foyer, curtain, curtains"
    ),
    "space": (
        "space, outer space, deep space, cosmos, cosmic, galaxy, galaxies, nebula, orbit around the earth, orbit of "
        "earth, low earth orbit, planetary, interstellar, solar system, milky way galaxy, asteroid, asteroid belt, "
        "black hole, supernova, wormhole, space station, starfield, star field, interplanetary, the void, "
        "andromeda, saturn, jupiter, neptune, uranus, mercury planet, lunar, lunar surface, moon surface, surface "
        "of the moon, on the moon, to the moon, moon base, mars, martian, red planet, zero gravity, weightless, "
        "spacewalk, space walk, exoplanet, pulsar, quasar, rings of saturn, kuiper belt, oort cloud, event horizon, "
        "alien planet, alien world, starship, extraterrestrial, mothership, spaceship, spacecraft, astronaut, "
        "cosmonaut, satellite, stellar, constellation, comet, orbital, intergalactic, pluto, europa, titan moon, "
        "death star, dyson sphere, lunar module"
    ),
    "sky": (
        "sky, open sky, skies, above the cloud, above the clouds, through the cloud, in the cloud, among the "
        "clouds, stratosphere, heavens, high in the air, mid air, midair, cloudscape, sea of clouds, cloud tops, "
        "cloud kingdom, jet stream, skydiver, skydiving, castle in the sky, at 30000 feet, airspace, heaven, "
        "cumulus tower, cloud deck, wingtip, thermals, troposphere, paraglider, hang glider, airship fleet, "
        "firmament"
    ),
    "abstract": (
        "abstract, fractal, fractals, kaleidoscope, kaleidoscopic, geometric, geometric shape, psychedelic, surreal "
        "pattern, particles, liquid shape, ink in water, swirling paint, flowing colors, flowing colours, gradient, "
        "mandala, tessellation, generative, mandelbrot, morphing shape, wireframe, op art, plasma, lava lamp, "
        "visualizer, visualiser, moire, color field, shapes, cubes, spheres, polygons, voronoi, ribbons of light, "
        "waveform, data stream, hypnotic, vortex, spirals, non representational, synesthesia, bauhaus, marbling, "
        "pulsing light, glitch, bokeh, suprematist, mobius, hypercube, tesseract, concentric, rings of colour, "
        "dancing lines"
    ),
}

# Words that make other settings of their neighbours: a snowy mountain, a snow-covered meadow.
SNOWY = (
    "snowy, snow covered, snow capped, snowcapped, snow clad, snow draped, snow laden, snow dusted, frozen, icy, "
    "ice covered, iced over, frosty, frosted, frostbitten, wintry, winter white, glacial, snowbound, blanketed in "
    "snow, covered in snow, buried in snow, dusted with snow, capped with snow, under snow, white with snow, in "
    "snow, frost covered"
)
SNOWED = {"mountain": "mountain_snow", "field": "snowfield", "hills": "snowfield", "desert": "snowfield"}

# Names that also mean something else, or that are often mere scenery: they give way to a plainer name.
FAINT = (
    "=waves, wave, surf, wood, pine, birch, sand, sands, grass, park, common, plain, garden, slope, valley, bay, "
    "road, highway, market, stage, bar, shop, study, platform, curtain, curtains, inside, tunnel, trees, moss, "
    "mossy, fern, ferns, log, stump, leafy, sky, skies, shapes, cubes, spheres, particles, gradient, staircase, "
    "cave, cavern, grotto, rural, town, shore, shoreline, street, lane, alpine, coastal, volcanic, hell, inferno, "
    "barren, arid, crest, ledge, ridge, altitude, cottage, cottages, barn, suburb, urban, industrial, picnic, "
    "harvest, wheat, spaceship, spacecraft, satellite, starship, constellation, comet, gondola, pavement, traffic, "
    "snow covered, in the snow, deep snow, fresh snow, polar, glacial, cosmic, lunar, martian, glitch, bokeh, "
    "hypnotic, the depth, tropics, equatorial, rug, bamboo, inlet, burn, mere, fell, =down, downs, dale, pier, "
    "jetty, wharf, wasteland, pyramid, cedar, maple, fir, crop, boardwalk, settlement, sandstone, rooftop, "
    "rooftops, shallows, plasma, den, office, garage, ward, mushrooms, desk, coral, saturn, jupiter, mars, neptune, "
    "uranus, pluto, astronaut, cosmonaut, moss, ford, bluff, canal, crossroads, swell, =falls, cape, sound, "
    "cascade, sunflower, sunflowers, wildflower, wildflowers, tulip, tulips, heather, vines, lava, eruption, "
    "erupting, cliff, clifftop, overlook, sidewalk, cable car, fathom, hallway, square, cathedral, church"
)

# Where a thing is most likely found, when nothing else tells.
HABITATS = {
    "ocean": "boat whale dolphin shark ray seal mermaid submarine ship",
    "underwater": "fish jellyfish octopus seahorse starfish",
    "space": "astronaut planet earth spaceship satellite rocket ufo alien",
    "savanna": "lion elephant giraffe zebra rhinoceros hippopotamus antelope hyena ostrich",
    "desert": "camel cactus scorpion",
    "snowfield": "penguin igloo walrus snowman sled aurora",
    "forest": "deer wolf fox bear squirrel owl mushroom campfire tent hedgehog elf fairy",
    "jungle": "monkey tiger snake parrot crocodile leopard sloth",
    "field": "horse cow sheep rabbit pig donkey bison butterfly bee tractor scarecrow unicorn flower kangaroo llama",
    "mountain": "goat skier",
    "hills": "castle windmill",
    "coast": "lighthouse",
    "beach": "crab surfer palm",
    "street": "car bus truck motorcycle bicycle tram",
    "city": "robot helicopter",
    "village": "house church",
    "interior": "cat candle book piano guitar lamp clock mouse ghost",
    "sky": "balloon plane airship kite bird dragon rainbow cloud",
    "lake": "frog duck turtle otter beaver dragonfly swan",
}
