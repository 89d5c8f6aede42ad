"""Words that are not drawn: fixed expressions, filler, and places where something merely happens."""

from __future__ import annotations

# A thing after one of these is where something happens, not what is drawn: a train crossing a bridge.
CROSSED = ("bridge", "dock", "bench", "fence", "chair", "rug")

# Names by nature of the sky: always drawn, even when spoken of as "the moon".
CELESTIAL = ("moon", "sun", "aurora", "rainbow", "star", "comet", "fireworks", "planet", "earth", "tornado")

# Fixed expressions that claim their words and mean none of the things they name.
NOTHING = (
    "ball of yarn, sea level, eye level, ground level, street level, sea change, sky blue, sea green, ocean blue, "
    "forest green, field of view, depth of field, wide field, in the field of, sea of people, sea of faces, sea of "
    "light, sea of lights, sea of stars, sea of flowers, sea of umbrellas, sea of heads, river of light, river of "
    "lights, river of people, river of stars, field of stars, blanket of stars, dusting of stars, carpet of stars, "
    "carpet of flowers, carpet of leaves, blanket of snow, blanket of fog, blanket of mist, wall of sound, mountain "
    "of books, mountain of gold, forest of signs, forest of masts, rain of petals, rain of ash, rain of sparks, "
    "storm of petals, cloud of smoke, cloud of butterflies, cloud of starlings, cloud of bats, clouds of "
    "butterflies, clouds of breath, clouds of steam, cloud of steam, waves goodbye, waves goodbye to, heat waves, "
    "sound waves, radio waves, waves of grass, waves of wheat, waves of grain, heat haze, gold dust, star dust, "
    "stardust, pixie dust, fairy dust, sea air, sea breeze, sea legs, sea salt, shades of, in the middle of, in the "
    "background, in the foreground, in the distance, on the horizon, at the edge of, at the foot of, at the top of, "
    "on top of, by the light of, in front of, as far as the eye can see, time of day, in real time, once upon a "
    "time, in time, over time, all the time, space between, personal space, empty space, open space, negative "
    "space, free space, head of, eye of the storm, crown of, light rays, rays of light, god rays, sun rays, ray of "
    "light, sunrays, x ray, cannonball, snowball, moon shaped, star shaped, starry eyed, high key, low key, wide "
    "shot, long shot, close up, closeup, extreme close up, medium shot, two shot, establishing shot, wide angle, "
    "film grain, lens flare, cherry on top, window seat view, orange peel, bird house, birdhouse, dog house, "
    "doghouse, cat nap, catnap, rabbit hole, horse power, bear in mind, fish tank glass, lion dance, dragon fruit, "
    "goose bumps, spring water, spring onion, hot spring, hot springs, waterspring, mainspring, wind up, winding, "
    "wind chime, wind chimes, wind instrument, wind turbine blades, desktop, crane fly, storm trooper, "
    "stormtrooper, brainstorm, cloud computing, rainbow trout, sunflower seed, moonstone, ice cream, iced tea, ice "
    "cube, snow white, fallen snow, snow globe, fire escape, fire hydrant, bus driver, train of thought, plane of "
    "glass, plain clothes, plain white, star of the show, pop star, movie star, rock star, film star, rose gold, "
    "rose tinted, duck tape, bedrock, peak hour, fall asleep, falls asleep, fall in love, falls in love, fall down, "
    "fall over, spring to life, springs to life, at first sight, close by, long way, high five, high resolution, "
    "4k, 8k, hd, uhd, imax, 35mm, 16mm, ultra hd, high definition, ultra realistic detail, masterpiece, trending on "
    "artstation, unreal engine, octane render, soul in sight, last ember, tall story, tower over, towers over, "
    "towering, to crown, crowns the, keep still, keep calm, well lit, as well, well worn, lap of luxury, bay "
    "window, bay leaf, fishbowl, rocking back, ghost of a smile, key light, crabwise, wing mirror, rainproof, dust "
    "jacket, dust cover, storm in a teacup, kick up a storm, take by storm"
)

# Words that make pictures sound better and need no place in them.
NEUTRAL = (
    "a an the this that these those it its his her their our your my we us you i they them he she as at by for from "
    "in into of off on onto out over to up with within without and or but nor so yet then than while when where "
    "which who whose what if is are was were be been being am do does did done has have had having can could may "
    "might must shall should will would not no there here each every some any all both such very too just only also "
    "even still again about above across after against along alongside amid amidst among around before behind below "
    "beneath beside besides between beyond down during inside near outside past round since through throughout "
    "toward towards under underneath until upon via per like one two three four five six seven eight nine ten pair "
    "few several many much more most other another own same single lone alone lonely solitary cinematic shot scene "
    "view video footage film movie clip frame image picture photo photograph sequence render rendering visual "
    "cinematography dramatic epic beautiful gorgeous stunning breathtaking majestic serene tranquil peaceful quiet "
    "calm lovely pretty amazing incredible wonderful magical atmospheric ambient moody detailed high quality "
    "resolution realistic style styled look feel mood aesthetic theme wide close angle camera lens slow slowly fast "
    "gently gentle softly soft quietly smoothly smooth steadily steady establishing background foreground distance "
    "horizon far away nearby small large big huge tiny little great tall short long vast endless s t m re ll ve d "
    "please make let show showing see seen featuring feature depict depicting set seen full old new light lights "
    "lit lighting"
)
