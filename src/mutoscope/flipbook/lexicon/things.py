"""Words for the things that stand, move or fly in a scene: what is drawn for each of them.

The long tail of species, ships, trades and places is in nouns.tsv beside this file; what is named here wins.
"""

from __future__ import annotations

SUBJECTS = {
    "bird": (
        "bird, sea bird, seabird, gull, seagull, eagle, hawk, falcon, kite bird, owl, raven, crow, rook, jackdaw, "
        "magpie, swallow, heron, stork, crane bird, cranes, swan, goose, duck, mallard, parrot, macaw, toucan, "
        "flamingo, pelican, albatross, puffin, hummingbird, robin, sparrow, starling, starlings, pigeon, dove, "
        "peacock, cockatoo, kingfisher, woodpecker, condor, vulture, hen, rooster, cockerel, chicken, turkey bird, "
        "pheasant, ibis, egret, cormorant, tern, gannet, lark, nightingale, cuckoo, finch, wren, kestrel, osprey, "
        "buzzard, murmuration, flock of birds, songbird, v formation, chick, duckling, gosling, cygnet, ostrich, "
        "emu, kiwi bird, quail, loon, canary, sandpiper, plover, oystercatcher, bluebird, bald eagle, golden eagle, "
        "snowy owl, barn owl, murder of crows, phoenix, thunderbird"
    ),
    "penguin": "penguin, emperor penguin, king penguin",
    "fish": (
        "fish, =fishes, koi, carp, salmon, trout, tuna, clownfish, angelfish, goldfish, school of fish, shoal, "
        "shoal of fish, shoal of herring, sardine, herring, barracuda, piranha, pufferfish, marlin, swordfish, "
        "tropical fish, mackerel, cod, anglerfish, lionfish, betta, eel, moray, grouper, flying fish, minnow, "
        "catfish, pike fish, sturgeon"
    ),
    "shark": ("shark, great white, great white shark, hammerhead, whale shark, tiger shark, reef shark, megalodon"),
    "ray": ("manta ray, manta, mantas, stingray, sting ray, eagle ray, manta rays, =rays of the sea"),
    "whale": (
        "whale, humpback, humpback whale, orca, orcas, killer whale, sperm whale, blue whale, beluga, narwhal, "
        "leviathan, pod of whales, pod of orcas, pod of orca, whale tail, whale fluke, moby dick, fin whale, minke"
    ),
    "dolphin": "dolphin, porpoise, pod of dolphins, pod of dolphin, bottlenose dolphin",
    "seal": ("=seal, =seals, sea lion, elephant seal, harbor seal, harbour seal, fur seal, seal pup"),
    "walrus": "walrus, walruses",
    "manatee": "manatee, dugong, sea cow",
    "turtle": "turtle, tortoise, sea turtle, terrapin, leatherback, loggerhead, giant tortoise",
    "jellyfish": "jellyfish, jelly fish, medusa, man o'war, sea jelly, sea nettle, moon jelly",
    "octopus": ("octopus, octopuses, squid, cuttlefish, giant squid, kraken, nautilus shell, tentacled beast"),
    "crab": "crab, hermit crab, king crab, fiddler crab",
    "lobster": "lobster, crayfish, langoustine",
    "starfish": "starfish, sea star",
    "seahorse": "seahorse, sea horse, seadragon",
    "snail": "snail, slug, garden snail",
    "shell": "seashell, conch, conch shell, nautilus",
    "snake": "snake, serpent, viper, cobra, python, rattlesnake, anaconda, adder, boa, sea snake",
    "lizard": ("lizard, iguana, gecko, chameleon, komodo dragon, salamander, newt, skink, monitor lizard"),
    "crocodile": "crocodile, alligator, caiman, gator, croc",
    "frog": "frog, toad, tree frog, bullfrog, tadpole",
    "butterfly": "butterfly, moth, monarch, monarch butterfly, swallowtail, hawkmoth, luna moth",
    "bee": "bee, bumblebee, honeybee, wasp, hornet, bee swarm",
    "dragonfly": "dragonfly, damselfly",
    "spider": "spider, tarantula, spiderweb, spider web",
    "beetle": "beetle, ladybird, ladybug, scarab, ladybirds",
    "ant": "=ant, =ants",
    "firefly": "firefly, fireflies, glowworm, lightning bug",
    "scorpion": "scorpion",
    "dog": (
        "dog, puppy, hound, retriever, golden retriever, terrier, labrador, husky, huskies, sheepdog, collie, "
        "border collie, poodle, corgi, dachshund, bulldog, greyhound, beagle, spaniel, shepherd dog, german "
        "shepherd, sled team, sled dog, dog sled, dogsled, pup, mutt, dalmatian, shiba, shiba inu, mastiff, pug, "
        "chihuahua, samoyed, malamute, dingo"
    ),
    "wolf": ("wolf, wolf pack, coyote, jackal, pack of wolves, werewolf, timber wolf, arctic wolf, dire wolf"),
    "fox": ("fox, vixen, red fox, arctic fox, desert fox, fennec, fennec fox, fox cub, kit fox, foxes"),
    "cat": (
        "cat, kitten, kitty, tabby, tomcat, siamese cat, feline, black cat, alley cat, street cat, calico, maine "
        "coon, ginger tom, cats"
    ),
    "lion": "lion, lioness, lion cub, pride of lions, lions",
    "tiger": "tiger, tigress, bengal tiger, tiger cub, siberian tiger",
    "leopard": (
        "leopard, jaguar, panther, cheetah, puma, cougar, snow leopard, mountain lion, lynx, bobcat, ocelot, "
        "caracal, black panther"
    ),
    "bear": ("bear, polar bear, grizzly, grizzly bear, brown bear, black bear, bear cub, kodiak bear, ice bear"),
    "panda": "panda, giant panda, red panda",
    "koala": "koala",
    "sloth": "sloth",
    "hyena": "hyena",
    "meerkat": "meerkat",
    "raccoon": "raccoon, racoon",
    "badger": "badger, honey badger",
    "skunk": "skunk",
    "horse": (
        "horse, stallion, mare, foal, mustang, pony, wild horse, steed, colt, brumby, racehorse, clydesdale, shire "
        "horse, horseback, horseman, horsewoman, horse rider, herd of horses, galloping horse, mustangs, horse "
        "drawn carriage, cavalry, war horse, knight on horseback, rider on horseback, lone rider, bronco"
    ),
    "zebra": "zebra",
    "donkey": "donkey, mule, burro, pack mule",
    "cow": (
        "cow, bull, ox, oxen, cattle, calf, highland cow, highland cattle, herd of cattle, heifer, steer cattle, "
        "longhorn"
    ),
    "bison": "bison, american bison, buffalo, herd of bison, aurochs",
    "buffalo": "water buffalo, cape buffalo, carabao",
    "yak": "yak, yaks",
    "sheep": ("sheep, lamb, ewe, =ram, flock of sheep, his flock, her flock, mouflon, bighorn, bighorn sheep, merino"),
    "goat": "goat, mountain goat, ibex, billy goat, chamois, kid goat, markhor",
    "antelope": ("antelope, gazelle, impala, wildebeest, gnu, springbok, kudu, oryx, eland, pronghorn, saiga"),
    "deer": (
        "deer, stag, doe, fawn, reindeer, caribou, elk, moose, roe deer, red deer, hart, buck, roebuck, wapiti, "
        "muntjac, white stag, fallow deer, sika"
    ),
    "giraffe": "giraffe",
    "elephant": "elephant, mammoth, woolly mammoth, elephant calf, mastodon, elephants",
    "rhinoceros": "rhinoceros, rhino",
    "hippopotamus": "hippopotamus, hippo",
    "camel": "camel, dromedary, camel caravan, camel train, camels, bactrian",
    "llama": "llama, alpaca, vicuna, guanaco",
    "pig": "pig, boar, wild boar, hog, piglet, warthog, sow",
    "monkey": (
        "monkey, ape, gorilla, chimpanzee, chimp, orangutan, orang utan, baboon, gibbon, lemur, macaque, snow "
        "monkey, mandrill, capuchin, howler monkey, silverback, bonobo, marmoset, tarsier"
    ),
    "kangaroo": "kangaroo, wallaby, joey",
    "rabbit": "rabbit, hare, bunny, jackrabbit, arctic hare",
    "squirrel": "squirrel, chipmunk, marmot, prairie dog, groundhog",
    "hedgehog": "hedgehog, porcupine, echidna",
    "mouse": "mouse, rat, hamster, gerbil, vole, lemming, dormouse, guinea pig, field mouse",
    "otter": "otter, sea otter, river otter",
    "beaver": "beaver, beavers",
    "bat": "=bat, =bats, fruit bat, flying fox, colony of bats",
    "armadillo": "armadillo, pangolin",
    "tapir": "tapir, capybara, anteater",
    "dragon": "dragon, wyvern, wyrm, drake, fire breathing dragon, chinese dragon, hydra",
    "dinosaur": (
        "dinosaur, tyrannosaurus, t rex, trex, brontosaurus, triceratops, stegosaurus, velociraptor, raptor, "
        "sauropod, brachiosaurus, dinosaurs, diplodocus, godzilla, kaiju"
    ),
    "pterodactyl": "pterodactyl, pterosaur, pteranodon",
    "unicorn": "unicorn",
    "pegasus": "pegasus, winged horse",
    "griffin": "griffin, gryphon, hippogriff, chimera",
    "mermaid": "mermaid, merman, siren, nereid, selkie",
    "fairy": "fairy, fairies, pixie, sprite, tinkerbell, faerie, nymph",
    "ghost": ("=ghost, =ghosts, phantom, spectre, specter, apparition, wraith, spirit figure, poltergeist"),
    "wizard": ("wizard, sorcerer, mage, warlock, gandalf, merlin, sorceress, magician, enchanter, necromancer"),
    "witch": "witch, witches, hag",
    "elf": "elf, elves",
    "giant": "=giant, ogre, troll, cyclops, golem, colossus, titan",
    "dwarf": "dwarf, dwarves, gnome, goblin, orc, leprechaun",
    "knight": "knight, paladin, crusader, templar, knights, armored knight, armoured knight",
    "robot": ("robot, android, droid, mech, mecha, cyborg, automaton, robots, drone robot, battle droid, walker mech"),
    "alien": "alien, aliens, martians, little green man, extraterrestrials, xenomorph",
    "ufo": "ufo, flying saucer, saucer, alien ship",
    "monster": ("monster, beast, yeti, bigfoot, sasquatch, loch ness monster, nessie, sea monster, cthulhu"),
    "skeleton": "skeleton, skull, zombie, mummy, undead",
    "vampire": "vampire, dracula",
    "angel": "angel, seraph, cherub, valkyrie",
    "astronaut": (
        "astronaut, cosmonaut, spaceman, spacewoman, spacewalker, taikonaut, moonwalker, space explorer, space "
        "traveler, space traveller, astronauts"
    ),
    "surfer": "surfer, surfers, windsurfer, kitesurfer, bodyboarder, paddleboarder",
    "skier": "skier, skiers, snowboarder, ski jumper",
    "diver": "diver, scuba diver, freediver, snorkeler, skin diver, pearl diver, frogman",
    "skater": "skater, ice skater, skateboarder, figure skater",
    "scarecrow": "scarecrow",
    "snowman": "snowman, snowmen",
    "pirate": "pirate, buccaneer, corsair",
    "ninja": "ninja, ninjas",
    "samurai": "samurai, ronin, shogun",
    "dancer": "dancer, ballerina, ballet dancer, dancers, flamenco dancer",
    "cowboy": "cowboy, gaucho, cowgirl, rancher, vaquero, gunslinger",
    "climber": "climber, mountaineer, alpinist, rock climber, climbers, mountaineers",
    "swimmer": "swimmer, swimmers",
    "person": (
        "person, people, man, woman, boy, girl, child, kid, baby, toddler, crowd, couple, lovers, family, figure, "
        "silhouette of a man, silhouette of a woman, lone figure, stranger, traveler, traveller, wanderer, hiker, "
        "pilgrim, monk, nun, priest, farmer, shepherd, shepherdess, fisherman, angler, sailor, soldier, warrior, "
        "king, queen, prince, princess, musician, guitarist, pianist, violinist, painter, artist, chef, baker, "
        "barista, bartender, potter, blacksmith, carpenter, hunter, detective, runner, jogger, cyclist, walker, "
        "backpacker, tourist, commuter, pedestrian, businessman, office worker, student, teacher, scientist, "
        "doctor, nurse, lady, gentleman, old man, old woman, grandmother, grandfather, mother, father, teenager, "
        "player, golfer, gymnast, boxer, wrestler, juggler, acrobat, clown, geisha, nomad, bedouin, explorer, "
        "adventurer, archer, viking, gladiator, hermit, beggar, busker, street musician, vendor, merchant, waiter, "
        "gardener, beekeeper, lumberjack, miner, rider, elder, villager, worker, bride, groom, wedding party, "
        "parade, marching band, silhouette figure, hero, heroine, girlfriend, friends, siblings, twins, human, "
        "humans, everyone, bystanders, parishioner, worshipper, passerby, passersby, lighthouse keeper, ferryman, "
        "gondolier, swordsman, assassin, thief, spy, cellist, drummer, singer, choir, orchestra, conductor, "
        "scholar, alchemist, librarian, tailor, weaver, shopkeeper, mechanic, firefighter, policeman, cop, "
        "astronomer, photographer, procession, protesters, bather, stonemason, cook, chimney sweep, scout, captain, "
        "pilot, surgeon, guard, watchman, weaver, seamstress, tribesman, pupil, hobo, mourner, chef, diplomat, "
        "judge, mayor, bather, soul, maiden, sunbather, reader, meditator, yogi, toreador, matador, sherpa, porter, "
        "picker, reaper, harvester"
    ),
    "boat": (
        "boat, sailboat, sailing boat, ship, yacht, schooner, sloop, ketch, galleon, frigate, clipper, tall ship, "
        "pirate ship, ghost ship, viking ship, longship, longboat, canoe, kayak, rowboat, rowing boat, dinghy, "
        "raft, barge, ferry, ferry boat, trawler, fishing boat, tugboat, tug, steamer, steamboat, paddle steamer, "
        "steamship, cruise ship, ocean liner, liner ship, freighter, cargo ship, container ship, tanker, oil "
        "tanker, catamaran, trimaran, dhow, junk boat, chinese junk, junk ship, felucca, gondola, punt, coracle, "
        "speedboat, motorboat, icebreaker, warship, battleship, destroyer, aircraft carrier, dragon boat, "
        "houseboat, lifeboat, sampan, pirogue, sails, regatta, flotilla, armada, vessel, whaler, paper boat, "
        "papyrus boat, skiff, catboat, brigantine, corvette, narrowboat, argosy, ark, titanic, dugout canoe, "
        "outrigger, kayaker, canoeist, rower, rowers, oarsman, paddler, hydrofoil, hovercraft, airboat, windjammer, "
        "cutter"
    ),
    "submarine": "submarine, submersible, bathyscaphe, u boat, bathysphere, yellow submarine",
    "car": (
        "car, taxi, cab, taxicab, sedan, sports car, racecar, race car, racing car, convertible, limousine, "
        "automobile, jeep, suv, police car, coupe, roadster, cars, traffic, hot rod, lamborghini, ferrari, porsche, "
        "volkswagen, cadillac, tuk tuk, rickshaw, hatchback, delorean, formula 1, formula one, formula one car, "
        "supercar, buggy, dune buggy, ambulance, hovercar, flying car, hatchbacks, muscle car, cabriolet, land "
        "rover, beetle car, headlights, tesla"
    ),
    "bus": ("bus, school bus, double decker, double decker bus, minibus, trolleybus, city bus, omnibus, buses"),
    "truck": (
        "truck, lorry, pickup, pickup truck, semi truck, fire truck, fire engine, dump truck, eighteen wheeler, "
        "van, camper van, caravan trailer, food truck, rv, campervan, snowplow, snowplough, monster truck"
    ),
    "train": (
        "train, locomotive, steam train, steam engine, steam locomotive, bullet train, freight train, shinkansen, "
        "express train, railway engine, orient express, subway train, maglev, monorail train, hogwarts express, "
        "railcar, toy train, train cars, high speed train, goods train"
    ),
    "tram": "tram, streetcar, trolley, trolley car, cable tram, trams, tramcar",
    "tractor": "tractor, combine harvester, combine, plough, bulldozer, excavator, digger",
    "motorcycle": (
        "motorcycle, motorbike, scooter, moped, biker, dirt bike, vespa, motocross, motorcyclist, chopper bike, "
        "harley, motor bike, bikers, quad bike"
    ),
    "bicycle": (
        "bicycle, bike, mountain bike, mountain biker, cyclist, tandem, penny farthing, tricycle, unicycle, "
        "cyclists, bmx, peloton, racing bike, push bike"
    ),
    "carriage": (
        "carriage, wagon, cart, chariot, covered wagon, stagecoach, coach and horses, ox cart, oxcart, buggy "
        "carriage, hay cart, waggon, wagon train, sulky"
    ),
    "sled": "sled, sleigh, sledge, toboggan, bobsled, bobsleigh, luge, santa's sleigh",
    "snowmobile": "snowmobile",
    "plane": (
        "plane, airplane, aeroplane, aircraft, jet, jetliner, airliner, biplane, fighter jet, seaplane, glider, "
        "propeller plane, spitfire, jumbo jet, concorde, bomber, crop duster, paper plane, paper airplane, stealth "
        "bomber, floatplane, triplane, monoplane, sailplane, zero fighter, warplane, stunt plane"
    ),
    "helicopter": "helicopter, chopper, rescue helicopter, gyrocopter, autogyro, quadcopter",
    "balloon": ("balloon, hot air balloon, air balloon, balloons, hot air balloons, red balloon, party balloon"),
    "airship": "airship, zeppelin, blimp, dirigible, hindenburg, airships",
    "paraglider": (
        "paraglider, hang glider, parachute, parachutist, skydiver, wingsuit, paragliders, paratrooper, parasail"
    ),
    "rocket": (
        "rocket, rocket ship, rocketship, missile, space rocket, saturn v, falcon 9, rocket launch, soyuz, apollo "
        "rocket, booster rocket, lift off"
    ),
    "spaceship": (
        "spaceship, spacecraft, starship, space ship, space shuttle, shuttle, space probe, probe, space station, "
        "the station, orbital station, starfighter, x wing, mothership, space cruiser, millennium falcon, lander, "
        "lunar module, voyager, rover spacecraft, iss, space capsule, landing pod, starliner, spaceships, "
        "starcruiser, space freighter, star destroyer, enterprise, space probes, space tug"
    ),
    "satellite": "satellite, sputnik, space telescope, hubble, james webb",
    "rover": "rover, mars rover, moon buggy, lunar rover, moon rover",
    "drone": "quadrotor, delivery drone, drones, swarm of drones",
    "cablecar": "gondola lift, chairlift, ski lift chair",
    "moon": (
        "moon, full moon, crescent moon, half moon, harvest moon, blood moon, new moon, moonrise, supermoon, "
        "gibbous moon, two moons, twin moons, moons, crescent, blue moon, wolf moon, low moon, lunar eclipse"
    ),
    "sun": "two suns, twin suns, solar eclipse, eclipse",
    "planet": (
        "planet, saturn, jupiter, neptune, uranus, venus, mars planet, gas giant, ringed planet, exoplanet, mercury "
        "planet, pluto, rings of saturn, red planet, alien planet, planets, planetoid, ice giant, mars from orbit, "
        "alien world"
    ),
    "earth": ("=earth, planet earth, earth below, blue marble, earthrise, the globe, pale blue dot, blue planet"),
    "aurora": (
        "aurora, aurora borealis, aurora australis, northern lights, northern light, southern lights, polar lights, "
        "green curtains of light, curtains of light, auroras, curtains of green light, ribbons of green light"
    ),
    "comet": "comet, halley's comet",
    "asteroid": "asteroid, asteroid belt, asteroids, meteoroid, meteorite",
    "rainbow": "rainbow, double rainbow",
    "fireworks": "fireworks, firework, pyrotechnics, roman candle",
    "kite": "paper kite, paper kites, kite, box kite, kites",
    "star": "north star, falling star, bright star, christmas star, evening star",
    "galaxy": "spiral galaxy",
    "tornado": "=tornado, =tornadoes, funnel cloud, waterspout",
    "tree": (
        "lone tree, tree, oak tree, old oak, oak, cherry tree, cherry trees, cherry blossom tree, apple tree, "
        "willow, weeping willow, willow tree, baobab, bonsai, dead tree, gnarled tree, pine tree, single tree, "
        "solitary tree, ancient tree, maple tree, banyan, cypress, birch tree, poplar, elm, sycamore, bare tree, "
        "christmas tree, olive tree, ginkgo, joshua tree, jacaranda, magnolia, yew, ash tree, fig tree, dragon "
        "tree, acacia tree, sequoia tree, redwood tree, lemon tree, blossoming tree, cherry blossom trees, aspen "
        "tree, sapling"
    ),
    "palm": ("palm, palm tree, coconut palm, coconut tree, date palm, palm trees, palms, coconut palms"),
    "cactus": "cactus, saguaro, saguaros, prickly pear, cacti, barrel cactus",
    "flower": (
        "a flower, single flower, a rose, red rose, =roses, daisy, lotus, lotus flower, lily, orchid, single rose, "
        "hibiscus, dandelion, iris flower, flower bouquet, bouquet, peony, edelweiss, snowdrop, lone flower, single "
        "poppy, marigold, water lily, carnation, giant flower, chrysanthemum, camellia"
    ),
    "mushroom": (
        "mushroom, toadstool, giant mushroom, glowing mushroom, glowing mushrooms, mushrooms, fungi, toadstools"
    ),
    "pumpkin": "pumpkin, pumpkins, jack o'lantern, jack o lantern, gourd",
    "castle": (
        "castle, a keep, the keep, medieval keep, stone keep, ruined keep, old keep, castle keep, fortress, "
        "citadel, palace, chateau, stronghold, fort, ruined castle, sandcastle, neuschwanstein, camelot, bastion, "
        "castle ruin, kremlin, alhambra, hogwarts, schloss"
    ),
    "lighthouse": "lighthouse, light house, beacon tower, pharos",
    "windmill": (
        "windmill, wind mill, windmills, wind turbine, wind turbines, wind farm, turbines, mill sails, dutch windmill"
    ),
    "watermill": "watermill, water mill, water wheel, waterwheel",
    "house": (
        "house, cottage, cabin, log cabin, hut, farmhouse, chalet, villa, mansion, bungalow, lodge, shack, barn, "
        "igloo house, treehouse, tree house, hobbit hole, manor, haunted house, stilt house, yurt house, "
        "thatched cottage, cottages, cabins, huts, houses, wooden house, homestead house, boathouse, bothy, dacha, "
        "shed, hacienda, hovel, shanty, gingerbread house"
    ),
    "temple": (
        "temple, pagoda, shrine, stupa, greek temple, parthenon, ziggurat, ruined temple, buddhist temple, gompa, "
        "wat temple, mayan temple, torii, torii gate"
    ),
    "church": (
        "church, chapel, cathedral, abbey, monastery, steeple, spire, basilica, mosque, minaret, minarets, ruined "
        "abbey, bell tower, kirk, synagogue, minster, convent, belfry, campanile, minster tower"
    ),
    "tower": (
        "tower, clock tower, watchtower, wizard's tower, radio tower, water tower, eiffel tower, ruined tower, "
        "obelisk, leaning tower, monolith, control tower, big ben, tokyo tower, space needle, ivory tower, silo"
    ),
    "pyramid": "pyramid, great pyramid, pyramids",
    "sphinx": "sphinx",
    "bridge": (
        "stone bridge, wooden bridge, suspension bridge, rope bridge, golden gate bridge, old bridge, footbridge, "
        "drawbridge, viaduct, aqueduct, arched bridge, covered bridge, brooklyn bridge, tower bridge, arch bridge"
    ),
    "statue": (
        "statue, sculpture, moai, easter island head, buddha statue, statue of liberty, giant buddha, totem, totem "
        "pole, gargoyle, stone circle, stonehenge, standing stones, menhir, standing stone, bust, marble statue, "
        "cairn"
    ),
    "fountain": "fountain",
    "waterfall": "waterfall, waterfalls, cascade, cataract",
    "geyser": "geyser, old faithful, geysers",
    "iceberg": "iceberg, icebergs, ice floe, floes, growler",
    "igloo": "igloo, igloos",
    "tent": (
        "tent, yurt, tepee, teepee, tipi, marquee, circus tent, campsite, tents, big top, wigwam, pavilion, "
        "bivouac, encampment, ger, gers"
    ),
    "campfire": (
        "campfire, camp fire, bonfire, fire pit, campfires, crackling fire, log fire outside, beach fire, signal "
        "fire, embers"
    ),
    "ferris wheel": "ferris wheel, big wheel, ferris wheels, london eye",
    "carousel": "carousel, merry go round, roundabout ride",
    "rollercoaster": "rollercoaster, roller coaster",
    "lantern": (
        "lantern, lanterns, paper lantern, paper lanterns, sky lantern, sky lanterns, floating lantern, floating "
        "lanterns, chinese lantern, hurricane lamp, japanese lantern, stone lantern, storm lantern"
    ),
    "lamp": (
        "lamp, street lamp, streetlamp, lamppost, street lamps, table lamp, oil lamp, lamp post, fairy lights, "
        "string lights, oil lamps, streetlight"
    ),
    "candle": "candle, candles, candlestick, tealight, candelabra, candlelight, tapers",
    "torch": "torch, torches, flaming torch",
    "umbrella": "umbrella, parasol, umbrellas, parasols, brolly",
    "book": "book, old book, stack of books, open book, grimoire, spellbook",
    "clock": "clock, grandfather clock, pocket watch, hourglass, sundial, cuckoo clock",
    "piano": "piano, grand piano",
    "guitar": "guitar, electric guitar, ukulele",
    "violin": "violin, cello, fiddle",
    "drum": "drum, drum kit, drums",
    "telescope": "telescope",
    "cup": (
        "cup of tea, cup of coffee, coffee cup, teacup, mug, tea cup, steaming mug, mug of cocoa, coffee mug, "
        "latte, espresso"
    ),
    "teapot": "teapot, kettle, samovar",
    "cake": "cake, birthday cake, wedding cake, cupcake",
    "apple": "an apple, red apple, bowl of fruit",
    "bottle": "bottle, message in a bottle",
    "gift": "gift, present box, christmas presents",
    "anchor": "anchor",
    "treasure": "treasure chest, treasure, chest of gold",
    "sword": "sword, excalibur, katana",
    "crown": "=crown",
    "flag": "flag, banner flag, flags, prayer flags, pennants",
    "crystal": "crystal, crystals, giant crystal, gem, diamond, gemstone",
    "bench": "bench, park bench",
    "chair": "deck chair, rocking chair, armchair, throne, lounge chair",
    "swing": "=swing set, rope swing, tire swing, tyre swing",
    "mailbox": "mailbox, letterbox, post box, postbox",
    "telephone": "telephone, phone booth, phone box, telephone box, rotary phone",
    "television": "television, tv, tv set, old television",
    "computer": "computer, laptop",
    "camera": "old camera, polaroid camera",
    "gramophone": "gramophone, record player, jukebox, phonograph",
    "bubble": "bubble, bubbles, soap bubble, soap bubbles",
    "feather": "feather, feathers",
    "ball": "beach ball, football, soccer ball, basketball, tennis ball",
    "toy": "toy, teddy bear, doll, teddy",
    "hay": "hay bale, hay bales, haystack, haystacks",
    "well": "stone well, wishing well",
    "portal": "portal, stargate, magic portal, glowing portal",
    "surfboard": "surfboard",
    "buoy": "buoy",
    "dock": "=dock, wooden dock, jetty, pier",
    "tumbleweed": "tumbleweed, tumbleweeds",
    "spoon": "spoon",
    "pizza": "pizza",
    "burger": "burger, hamburger",
    "fan": "paper fan, ceiling fan",
    "vase": "vase, urn",
    "mirror": "mirror",
    "key": "golden key, old key",
    "coral": "coral reef head",
    "gazebo": "gazebo, pergola, bandstand",
    "signpost": "signpost, road sign, signposts",
    "fence": "picket fence, fence",
    "oil rig": "oil rig, oil platform, drilling rig",
    "crane": "construction crane, tower crane",
    "skyscraper": "lone skyscraper, glass tower",
    "arch": "rock arch, stone arch, triumphal arch, archway",
    "wreck": "shipwreck, wreck, sunken galleon, sunken ship wreck",
}
