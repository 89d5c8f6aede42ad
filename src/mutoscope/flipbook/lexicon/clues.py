"""Words that go with a setting without naming it: trades, tools, plants, habits. They count only where no name does."""

from __future__ import annotations

CLUES = {
    "interior": (
        "seamstress, tailor, sewing machine, treadle, loom, spinning wheel, kettle, oven, stove, sourdough, dough, "
        "loaf, linen, candlelight, candle, chess, chessboard, grandmaster, jazz, trio, spotlight, theater, theatre, "
        "opera, orchestra, ballet, ballerina, microphone, piano, pianist, cello, violin, blacksmith, anvil, "
        "bellows, barista, espresso, chef, cook, pan, frying, recipe, dessert, cake, tea, coffee, mug, teapot, cup, "
        "bowl, plate, wine glass, champagne, whisky, cocktail, newspaper, typewriter, telephone, computer, "
        "keyboard, laptop, screen, printer, filing, meeting, boardroom, lecture, blackboard, chalkboard, exam, "
        "pupil, professor, microscope, test tube, beaker glass, scientist, surgeon, nurse, patient, hospital bed, "
        "bed, pillow, blanket, quilt, lullaby, cradle, crib, toy, toys, doll, train set, puppet, wallpaper, mirror, "
        "wardrobe, vanity, bath, soap, shower curtain, sink, faucet, towel rack, fridge, refrigerator, aquarium "
        "tank, goldfish bowl, terrarium, houseplant, vase, lamp, light bulb, ceiling, floorboards, doorway, "
        "keyhole, door, stairs, banister, window, windowpane, curtains, blinds, rug, cushion, rocking, knitting, "
        "yarn, snore, snores, nap, sleeper, dream, bookworm, scroll, manuscript, inkwell, quill, wizard's desk, "
        "alchemist, potion, cauldron, crystal ball, spell, barber, haircut, tattooist, watchmaker, clockwork, "
        "gears, cobbler, carpenter, lathe, workbench, glassblower, potter, pottery, sculptor, painter, easel, "
        "canvas, gallery, exhibit, dinosaur skeleton, vault, safe, poker, casino, roulette, billiards, darts, "
        "bowling, gymnast, boxing ring, wrestler, treadmill, yoga, meditation, prayer, altar, pews, organist, "
        "choir, monk copying, throne, banquet, feast, dinner, supper, breakfast, pancakes, pizza, sushi, noodles, "
        "ramen, soup, cheese, chocolate, birthday, party, dance floor, dj, disco, vinyl, record player, radio, "
        "television, hearthside, embers in the grate, grandpa, grandma, toaster, dishes, cutlery, chopsticks, "
        "tablecloth, chandelier, ice sculpture, vending machine, escalator, checkout, supermarket, shopping mall, "
        "server, robot arm, conveyor, assembly line, submarine control room, submarine crew, bridge of a starship, "
        "pilot's seat, trapeze, circus ring, puppeteer, magician, ventriloquist, karaoke, courtroom, judge, jury, "
        "prisoner, cell, auction, museum, librarian, scholar, calligrapher, shrine room, incense, geisha, tea "
        "ceremony, printing press, photographer's darkroom, dentist"
    ),
    "ocean": (
        "sailor, sailors, captain, helmsman, lookout, crow's nest, mast, rigging, sail, sails, anchor, hull, bow "
        "wave, deck, keel, starboard, port side, harpoon, whaler, lobsterman, lobstermen, lobster pot, trawl, "
        "trawler, fishing fleet, net full, fishing net, buoy, albatross, frigatebird, gannet, petrel, mackerel, "
        "herring, tuna, marlin, swordfish, plankton, pirate, pirates, cutlass, mutiny, stowaway, castaway raft, "
        "regatta, spinnaker, catamaran, yacht, yachts, submarine, periscope, torpedo, destroyer, convoy, tanker, "
        "container ship, cruise ship, oil rig, drifting raft, message in a bottle, sea monster, kraken, leviathan, "
        "whale, pod, dolphin, dolphins, sea serpent, wake of a ship, brine, nautical, maritime, crossing to "
        "america, transatlantic, land ahoy, flying fish, sea lion, compass rose, storm petrel, windjammer"
    ),
    "beach": (
        "lifeguard, bather, bathers, towel, towels, volleyball, ice lolly, lollies, ice cream van, sunscreen, "
        "sunglasses, bikini, swimsuit, deck chair, parasol, bucket and spade, sandcastle, surfboard, surfer, "
        "surfers, bodyboard, seashell, shells, driftwood, seaweed, crab, hermit crab, sand dollar, hammock, "
        "coconut, palm, palms, footprints in the sand, metal detector, beachcomber, tide, hatchlings, turtle "
        "hatchlings, tiki bar, luau, frisbee, kite surfing, windsurfer, honeymoon, sunbathing, snorkel mask, flip "
        "flops, sandpiper, sanderling, beach ball, cabana, horses along the surf"
    ),
    "city": (
        "commuter, commuters, turnstile, turnstiles, billboard, billboards, neon, subway, elevated railway, "
        "helicopter, window washer, window cleaner, scaffold, scaffolding, crane operator, construction site, "
        "girders, steelworkers, pigeons, rush, businessman, bankers, stockbroker, taxi, taxis, superhero, parkour, "
        "graffiti, fire escape, water tower, smog, sirens, riot, protest, parade, ticker tape, marathon, opera "
        "house, stock exchange, embassy, parliament, senate, monument, obelisk, triumphal arch, roman forum, "
        "gladiator, domes, spires, mosque, muezzin, giant robot, kaiju, godzilla, ruins, apocalypse, hovercars, "
        "flying cars, androids, replicant, hacker, satellite dishes, antennas, cathedral, bells of, gargoyle, "
        "metropolis dwellers, tower, towers, blocks, concrete, glass facade, facades, chimneys"
    ),
    "street": (
        "tram, trams, kiosk, kiosks, hawker, hawkers, cart, carts, vendor, vendors, peddler, busker, busking, "
        "pedestrian, pedestrians, cyclist, cyclists, postman, milkman, paperboy, newsstand, bus, buses, taxi rank, "
        "rickshaw, tuk tuk, scooter, scooters, motorbike, motorcycle, car, cars, truck, delivery, courier, "
        "skateboard, skateboarder, skater, hopscotch, lamp post, mailbox, hydrant, manhole, gutter, kerb, curb, "
        "zebra crossing, pedestrian crossing, shop window, awning, awnings, window shopping, food truck, hot dog, "
        "shoeshine, police car, ambulance, fire engine, getaway, chase, race cars, rally, joyride, drag race, "
        "carnival, procession, marching band, trolley, streetcar, horse drawn, cobbles, cobblestone, doorstep, "
        "stray cat, stray dog, lampposts, toll, hitchhiker, roadworks, convertible, drive, pothole, puddle jumping, "
        "crosswalk signal, street performer, mime, flower seller, chestnut seller, queue"
    ),
    "space": (
        "orbiter, orbit, debris, derelict, neutron, binaries, binary star, star system, supernovae, red dwarf, "
        "white dwarf, accretion, singularity, gravity well, telescope, probe, lander, rover, module, capsule, "
        "airlock, tether, helmet, visor, spacesuit, zero g, launchpad, rocket, rockets, thrusters, booster, warp, "
        "hyperspace, laser battle, tie fighter, x wing, alien, aliens, ufo, mothership, colony ship, terraform, "
        "terraformed, crater, craters, moons, rings, meteoroid, meteorites, solar flare, solar wind, sunspot, "
        "corona, eclipse, sirius, betelgeuse, orion, pleiades, vega, polaris, big dipper, dark matter, big bang, "
        "antimatter"
    ),
    "mountain": (
        "alpinist, alpinists, climber, climbers, mountaineer, roped, rope, carabiner, piton, granite, slab, slabs, "
        "overhang, condor, eagle, eagles, golden eagle, ibex, chamois, mountain goat, goat, marmot, pika, "
        "edelweiss, yak, yaks, sherpa, lama, monk, monastery, prayer flags, hermit, switchback, hairpin, summit "
        "cross, base jumper, wingsuit, hang glider, boulder, boulders, rockfall, landslide, gondola lift, "
        "funicular, chalet, alphorn, yodel, cowbell, cowbells, bighorn, cougar, lynx, snow leopard, thin air, "
        "treeline, cairn, trekker, trekkers, backpacker, llama, alpaca, vicuna, quena, inca, andean, himalayan, "
        "tibetan, nepalese, swiss, tyrolean, khyber"
    ),
    "mountain_snow": (
        "icefall, crampons, crampon, ice axe, sherpas, base camp, crevasse, skier, skiers, skiing, snowboard, "
        "snowboarder, snowboarders, slalom, ski jump, bobsled, luge, heli skiing, toboggan run, snow leopard, yeti, "
        "chairlift, gondola to the slopes, apres ski, alpine skiing, powder, avalanche dog, frostbitten climber, "
        "death zone"
    ),
    "snowfield": (
        "inuit, eskimo, husky, huskies, mushing, musher, iditarod, nome, igloo, igloos, penguin, penguins, polar "
        "bear, walrus, walruses, narwhal, arctic fox, arctic hare, reindeer, caribou, sami, snowy owl, musk ox, "
        "sled, sledge, sleigh, snowmobile, snowshoe, snowshoes, ice fishing, ice hole, seal hole, icebreaker, "
        "explorer's hut, shackleton, amundsen, scott's hut, research station, aurora, northern lights, snowman, "
        "snowball, snow angel, parka, whiteout, frostbite, mammoth, woolly mammoth, santa, lemming, ptarmigan, "
        "alaska, alaskan, nordic, finland, iceland, yukon trail"
    ),
    "desert": (
        "tuareg, bedouin, berber, nomad, nomads, turban, veil, veils, camel, camels, scorpion, sidewinder, "
        "rattlesnake, roadrunner, coyote, cactus, saguaro, sun cracked, cracked clay, mirage, vulture, skull, "
        "bleached bones, pyramid, pharaoh, sphinx, obelisks, mummy, sultan, genie, magic carpet, dune buggy, rally "
        "raid, dakar rally, joshua tree, agave, prospector, gold rush, outlaw, gunslinger, cowboy duel, saloon "
        "doors, stagecoach, covered wagon, spice, fremen, sandworm, meerkat, fennec, oryx, date palm, dates, "
        "frankincense, minaret in the sand, merchant caravan, caravan, solar farm, observatory in chile, roadhouse, "
        "kangaroo, dingo, thorny devil, aboriginal"
    ),
    "forest": (
        "lumberjack, axe, felled, trunk, trunks, chestnut, chestnuts, truffle, truffles, acorn, acorns, badger, "
        "hedgehog, squirrel, squirrels, woodpecker, owl, owls, stag, doe, fawn, deer, moose, elk, wolf, wolves, "
        "wolf pack, bear, bears, bear cub, fox cub, raccoon, beaver lodge, mushroom, toadstool, fungi, bark, "
        "canopy, leaves, foliage, ivy, bramble, brambles, hollow tree, treehouse, elf, elves, fairy, fairies, "
        "druid, druids, ent, unicorn, dryad, nymph, robin hood, archer, hunter, hunters, huntsman, campfire, tent, "
        "campers, scouts, marshmallows, mountain bike, mountain biker, orienteering, red riding hood, gingerbread "
        "house, witch, witch's hut, cabin, bigfoot, sasquatch, chainsaw, sawmill, maple syrup, firewood, "
        "woodcutter, charcoal burner, boar, wild boar, lynx in, pine marten, capercaillie, cuckoo, nightingale, "
        "panda, pandas, koala, eucalyptus, gum tree, roots, sap, firefly, fireflies, lichen, wild garlic, primrose "
        "path, trail runner"
    ),
    "jungle": (
        "tapir, tapirs, kapok, leafcutter, leafcutters, macaw, macaws, parrot, parrots, toucan, toucans, hornbill, "
        "gorilla, gorillas, chimpanzee, orangutan, orangutans, gibbon, gibbons, howler, monkey, monkeys, lemur, "
        "lemurs, sloth, sloths, anaconda, python, boa, jaguar, tiger, tigers, panther, poison dart frog, tree frog, "
        "chameleon, iguana, piranha, caiman, capybara, ocelot, machete, blowpipe, tarzan, mowgli, aztec, mayan, "
        "inca ruin, stepped pyramid, lost temple, explorer with a machete, bromeliad, orchid, banana, bananas, "
        "cacao, rubber tree, breadfruit, bird of paradise, cassowary, tropical frog, humid, steaming, shaman, "
        "tribe, dinosaur, dinosaurs, velociraptor"
    ),
    "field": (
        "combine, maize, shearer, shearers, bleating, shepherd, sheepdog, lamb, lambs, flock, cow, cows, calf, "
        "calves, dairy, milking, horse, horses, foal, mare, stallion, mustang, mustangs, gallop, cowboy, cowboys, "
        "lasso, rodeo, bison, buffalo, tractor, plough, plow, scythe, reapers, gleaners, hay, haystack, straw, "
        "sheaves, silo, windmill, farmer, farmers, farmhand, vegetables, cabbage, carrots, potato, strawberries, "
        "blueberries, beehive, beehives, hives, bees, bumblebee, beekeeper, butterfly, butterflies, grasshopper, "
        "cricket, ladybird, dandelion, daisy, clover leaf, lark, skylark, pheasant, partridge, rabbit, rabbits, "
        "hare, hares, mole, fox hunt, picnic, kite, kites, archery, cricket match, football, soccer, baseball, "
        "pitcher, batter, golf, golfer, rugby, festival, tents, hot air balloon launch, crow, crows, gardener, "
        "greenhouse, rose bush, topiary, hedge, maze, apiary, duel at dawn, cavalry, knights, battle, armies, yurt, "
        "eagle hunter, mongol, wind turbine, tornado, storm chasers, kangaroo, emu, llama, ox, oxen, buckwheat, "
        "goose girl"
    ),
    "village": (
        "neighbours, neighbors, gossip, village pump, smithy, thatch, thatcher, maypole, church bell, bell tower, "
        "chapel, steeple, steeples, baker, postmistress, squire, vicar, parson, geese in the lane, chickens, hens, "
        "rooster, well, laundry line, washing line, chimney, chimneys, chimney smoke, picket fence, porch, front "
        "yard, backyard, treehouse, swing set, school bus, paperboy, trick or treat, trick or treaters, halloween, "
        "christmas lights, carolers, santa, gnome, hobbit, hobbits, halfling, viking, vikings, longhouse, medieval, "
        "peasants, peasant, blacksmith's yard, wedding, folk dance, festival, fair, water mill, mill, farmyard, "
        "duck, ducks, goats in the lane, inn, alehouse, clotheslines, shutters, half timber, donkey, donkeys, well "
        "bucket"
    ),
    "river": (
        "salmon, weir, spawning, sluice, logjam, logs jammed, raft, rafts, rafting, rafters, kayak, kayaker, "
        "kayakers, canoe, canoes, canoeist, paddle, oar, fly fishing, fly fisherman, angler, trout, otter, otters, "
        "beaver, beavers, beaver dam, kingfisher, dipper, heron, barge, barges, narrowboat, lock keeper, gondolier, "
        "punting, punt, stepping stones, gold panning, prospector, ferryman, washing clothes, ghat, ghats, "
        "crocodile, hippo, current, meander, ripple, pebbles, willow, willows, mill wheel, water wheel, "
        "huckleberry, riverboat, steamboat, paddle steamer, footbridge, bridge, viaduct, grizzlies fishing"
    ),
    "lake": (
        "cattail, cattails, lily pad, lily pads, lilies, reeds, rushes, dragonfly, dragonflies, frog, frogs, "
        "tadpoles, newt, swan, swans, duck, ducks, ducklings, mallard, geese, goose, grebe, loon, loons, heron, "
        "crane, cranes, flamingo, flamingos, pelican, pike, carp, koi, rowboat, rowing boat, rowers, sculler, "
        "pedalo, fishing rod, fisherman, ice skater, ice skating, skaters, skipping stones, boathouse, jetty, dock, "
        "turtle, turtles, alligator, alligators, beaver lodge, water boatman, pond skater, mosquitoes, nessie, lady "
        "of the lake, excalibur, canoe, mirrored, mirror like, reflection, reflections, placid, glassy, summer "
        "camp, lotus, water lilies, moat, hot spring, geyser pool"
    ),
    "underwater": (
        "barnacle, barnacles, octopus, squid, cuttlefish, diver, divers, scuba, snorkel, wreck, keel of, sunken "
        "freighter, anchor chain, fish, school of fish, shoal, shark, sharks, manta, ray, rays, stingray, turtle "
        "gliding, sea turtle, jellyfish, seahorse, seahorses, starfish, urchin, sea urchin, clam, pearl, oyster, "
        "lobster, moray, eel, eels, anglerfish, lanternfish, clownfish, nudibranch, plankton bloom, bubbles, "
        "bathyscaphe, submersible, submarine, trident, mermaid, mermaids, merfolk, poseidon, neptune's, treasure "
        "chest, galleon, seagrass, kelp, algae, sponge, sponges, coelacanth, isopod, whale song, nautilus, krill, "
        "aquanaut, drowned"
    ),
    "volcano": (
        "molten, magma, lava, ash, cinders, cinder, sulfur, sulphur, brimstone, eruption, erupts, erupting, smoke "
        "plume, obsidian, pumice, basalt flow, fire demon, balrog, salamander fire, phoenix, forge of the gods, "
        "hissing steam vents, tremor, earthquake, infernal, demon, demons, devil, underworld, hades, dragon's lair, "
        "ember, embers"
    ),
    "canyon": (
        "mule train, switchbacks, ochre walls, strata, cliff dwelling, cliff dwellings, pueblo ruins, navajo, hopi, "
        "condors, red cliffs, rimrock, rock arch, slickrock, river rafting, echo, echoes, narrow walls, quarry, "
        "quarries, open pit, mine, miners, tightrope, rope bridge, zipline, bungee, cowboys, mustangs, apache, "
        "wagon trail, petroglyph, petroglyphs"
    ),
    "savanna": (
        "carcass, hyena, hyenas, vulture, vultures, lion, lions, lioness, pride, cheetah, cheetahs, leopard, "
        "leopards, elephant, elephants, giraffe, giraffes, zebra, zebras, rhino, rhinos, hippo, hippos, wildebeest, "
        "antelope, gazelle, gazelles, impala, warthog, warthogs, meerkat, meerkats, ostrich, ostriches, termite "
        "mound, termite, baobab, acacia, maasai, zulu, poacher, poachers, ranger, jeep, safari, secretary bird, "
        "marabou, baboon, baboons, african, aardvark, wild dogs, oxpecker, weaver birds, mongoose, stampede"
    ),
    "hills": (
        "drovers, drystone, dry stone, stile, hiker, hikers, rambler, ramblers, sheep, shepherd, ewes, lambs, "
        "castle, keep, fort, hillfort, windmill, windmills, highlander, bagpiper, bagpipes, kilt, heather, gorse, "
        "bracken, grouse, ponies, stone circle, stonehenge, druid, menhir, leprechaun, hobbit, vineyard, grapes, "
        "winemaker, olive, olives, cypress, cypresses, tea pickers, tea leaves, terraces, celtic, irish, welsh, "
        "scottish, tuscan, hang glider, paraglider, kite, kites, tobogganing"
    ),
    "sky": (
        "wing walker, wing walkers, biplane, loops, barrel roll, aerobatics, skydiver, skydivers, parachute, "
        "parachutist, parachutes, paraglider, hang gliders, wingsuit, jet, jets, fighter jet, airliner, contrail, "
        "contrails, glider, zeppelin, airship, blimp, balloon, balloons, balloonist, kite, kites, eagle soaring, "
        "flock, geese, swallows, starlings, murmuration, dragon, dragons, pegasus, griffin, angel, angels, cherub, "
        "rainbow, icarus, daedalus, witch on a broomstick, flying carpet, floating castle, drone swarm, "
        "pterodactyl, superman, stork, condor"
    ),
    "coast": (
        "oysterman, oystermen, fishwife, fisherman, fishermen, mending nets, nets, lobster, lobster pots, gull, "
        "gulls, seagull, seagulls, puffin, puffins, cormorant, cormorants, guillemot, razorbill, seal, seals, sea "
        "lion, sea lions, lighthouse, foghorn, smuggler, smugglers, mooring, moored, bollard, ferry, sea spray, "
        "spray, limpets, mussels, rock pools, coastguard, lifeboat, cliffside, sea caves, kelp, fishing shack, dock "
        "workers, stevedores, container crane, shipyard, salt wind, bluffs, harbourmaster"
    ),
    "abstract": (
        "ribbons, pulsing, beat, pulse, colour, color, shape, shapes, pattern, patterns, line, lines, dots, "
        "triangle, triangles, circle, circles, square shapes, spiral, spirals, symmetry, rhythm, equation, "
        "equations, mathematics, neural network, data, code, binary code, algorithm, soundwave, sound, music "
        "visualised, emotion, anxiety, joy, grief, memory, memories, dream logic, consciousness, thought, thoughts, "
        "time itself, infinity, entropy, chaos, order, energy, atoms, molecules, dna, cells dividing, neurons, "
        "synapses, prism, oil film, smoke tendrils, ferrofluid, paint, ink blots, rorschach"
    ),
    "island": (
        "marooned, castaway, castaways, coconut, coconuts, coconut tree, shipwrecked, robinson crusoe, treasure "
        "map, treasure, buried treasure, parrot on, tiki, hula, ukulele, pearl divers, outrigger, moai, dodo, "
        "tortoises, giant tortoise, dormant cone, lagoon, sandbank, bungalow over water, overwater, palm fringed, "
        "polynesian, hawaiian, tahitian, caribbean"
    ),
    "waterfall": (
        "plunging, torrents, plunge, plunging into, misty basin, curtain of, spray, brink, cataracts, barrel over "
        "the edge, over the edge, tumbling white, thundering water, rainbow in the spray, salto, foss"
    ),
}
