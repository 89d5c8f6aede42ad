"""Words for the time of day, the season and the speed."""

from __future__ import annotations

TIMES = {
    "dawn": (
        "dawn, sunrise, daybreak, day break, the day breaks, break of day, break of dawn, crack of dawn, first "
        "light, sunup, sun up, early morning, early in the morning, morning mist, morning fog, misty morning, foggy "
        "morning, foggy dawn, dewy morning, aurora hour, cockcrow, before sunrise, before the sun comes up, before "
        "the sun rises, before the sun was up, before the sun is up, daylight seeps, light seeps in, daylight "
        "creeps, sky pales, sky lightens, east glows, east brightens, sun yawns, before sunup, at sunup, first sun, "
        "sky turns pink, before dawn, just before dawn, as the sun comes up, sun comes up, sun rises, sun is "
        "rising, rising sun, sun rising, the sun coming up, day is breaking, day breaks, day dawns, dawning, new "
        "day, first rays, first ray, first rays of the sun, first sunlight, first gleam, morning golden hour, "
        "golden morning, rosy fingered, morning twilight, waking sun, sun peeks over, sun peeks above, sun crests, "
        "sun climbs over, sun breaks over, day begins, start of the day, at six in the morning, 5am, 6am, 5 am, 6 "
        "am, the birth of day, light of a new day, world wakes, matins, morning star, wee morning light, first "
        "blush, pink morning, peep of day, before anyone wakes, as the city wakes, dawn light, dawn chorus, morning "
        "dew, earliest light, sun edges up, sun clears the"
    ),
    "day": (
        "daytime, day time, day, daylight, broad daylight, noon, midday, mid day, high noon, noonday, noontime, "
        "morning, afternoon, late morning, mid morning, midmorning, sunny, sunlit, sunshine, bright sun, blazing "
        "sun, blue sky, blue skies, full sun, sun drenched, at lunchtime, lunchtime, overhead sun, sun overhead, "
        "scorching sun, merciless sun, midday sun, bright day, clear day, sunny day, noon sun, sunbaked, siesta, "
        "sun high, sun is high, glaring sun, meridian, azure sky, teatime, bright morning, summer morning, summer "
        "afternoon, 10am, 11am, 12pm, 1pm, 2pm, 3pm, 4pm, full daylight, in the light of day, broad day, sun at its "
        "zenith, zenith, bright light, sunbeams"
    ),
    "sunset": (
        "sunset, sundown, golden hour, sun goes down, sun is going down, sun going down, sun sets, sun is setting, "
        "setting sun, sun setting, sun sinks, sun sinking, sinking sun, sun dips, sun dipping, sun slips, sun "
        "slides below, sun melts, sun drops, sun going under, sun disappears, sun kisses, magic hour, low sun, end "
        "of the day, end of day, day's end, days end, close of day, dying sun, last rays, last rays of the sun, "
        "last ember of the sun, last sunlight, evening sun, late afternoon sun, late afternoon light, late "
        "afternoon, burning sky, orange sky, crimson sky, fiery sky, sky on fire, sky ablaze, golden light, golden "
        "evening, amber light, honeyed light, alpenglow, sunset sky, sun low, sun hangs low, sun about to set, "
        "final rays, red sun, blood red sky, low golden light, afterglow of the sun, sun touches the horizon, sun "
        "meets the sea, sun sinks into, before sunset, just before sunset, before sundown, west glows"
    ),
    "dusk": (
        "dusk, twilight, nightfall, eventide, gloaming, evening, blue hour, after sunset, after sundown, after the "
        "sun sets, after the sun goes down, once the sun has set, once the sun is down, sun has set, sun is gone, "
        "light is fading, fading light, light fades, light fading, as the light goes, failing light, dying light, "
        "last light, light dies, light is dying, dimming light, light dims, darkness falls, darkness gathers, "
        "darkness gathering, darkness is falling, gathering dark, gathering darkness, gathering gloom, night falls, "
        "night is falling, as night comes, night draws in, half light, halflight, crepuscular, dimmet, vespers, "
        "lamplighting, purple sky, violet sky, day fades, day is fading, day ends, day is done, early evening, "
        "evening light, late evening, lamps come on, lights come on, lights flicker on, onset of night, approach of "
        "night, before nightfall, day gives way to night, between day and night, cockshut, owl light, street lamps "
        "flicker on, evening call, evening prayer, when the lamps are lit, day bleeds into night, curfew bell, day "
        "slips away, dinner time, 7pm, 8pm, growing dark, getting dark, gets dark"
    ),
    "night": (
        "night, nighttime, night time, at night, by night, midnight, after dark, nocturnal, moonlit, moonlight, "
        "moonlight night, under the moon, under the stars, under the star, beneath the stars, beneath the star, "
        "starry, starry sky, starry night, starlit, starlight, star filled, star strewn, star studded, stars, stars "
        "twinkling, milky way, pitch black, pitch dark, full moon, crescent moon, new moon, harvest moon, blood "
        "moon, half moon, moonrise, moonbeam, small hours, wee hours, witching hour, dead of night, middle of the "
        "night, nighttime sky, night sky, shooting star, shooting stars, meteor shower, meteors, perseids, leonids, "
        "geminids, northern lights, northern light, southern lights, aurora, aurora borealis, aurora australis, "
        "green curtains of light, polar lights, curtains of light, candlelight, candlelit, lamplight, lamplit, "
        "lantern light, lantern lit, torchlit, torchlight, firelight, firelit, fireflies, night lights, neon night, "
        "overnight, moon hangs, moon rises, moon rising, inky sky, black sky, darkness, in the dark, the dark of, "
        "midnight sky, bedtime, night market, while the city sleeps, city sleeps, sleeping city, everyone sleeps, "
        "world sleeps, 11pm, 10pm, 1am, 2am, 3am, 3 am, 2 am, unlit, lights out, fireworks, night fishing, last "
        "train, constellation, constellations, bioluminescent, bioluminescence, nightlife, nightclub, bonfire "
        "night, halloween, walpurgis, hours before dawn, stroke of twelve, moonshine, moonless"
    ),
}
# Cues that only suggest a time: an explicit one anywhere in the text wins.
FAINT_TIMES = (
    "day, morning, sunny, sunlit, sunshine, stars, moonlight, moonlit, aurora, northern lights, northern light, "
    "southern lights, curtains of light, green curtains of light, candlelight, candlelit, lamplight, firelight, "
    "fireflies, full moon, crescent moon, darkness, fireworks, sunbeams, golden light, evening, new day, late "
    "afternoon, torchlit, lantern light, constellation, constellations, bioluminescent, bioluminescence, meteors, "
    "low sun, orange sky, crimson sky, purple sky, violet sky, bright light, nightlife, nightclub, zenith, in the "
    "dark, starry, starlit, afternoon, new moon, harvest moon, blood moon, half moon, shooting star, shooting "
    "stars, amber light, alpenglow, fiery sky, burning sky, morning star, blue sky, blue skies, milky way"
)
NIGHT_SETTINGS = ("space",)
NIGHT_WORDS = ("abyss", "abyssal", "mariana trench", "bottom of the ocean", "hydrothermal vent")

SEASONS = {
    "spring": (
        "spring, springtime, in spring, cherry blossom, cherry blossoms, blossom, blossoms, sakura, april, march "
        "thaw, early spring, vernal, first bloom, in bloom, blooming, may day, budding, new leaves, thaw, lambing, "
        "crocus, daffodil, daffodils, tulip season, hanami, primrose, =in may, snowmelt"
    ),
    "summer": (
        "summer, summertime, midsummer, high summer, june, july, august, heat wave, heatwave, summery, dog days, "
        "summer solstice, sweltering, balmy"
    ),
    "autumn": (
        "autumn, autumnal, fall foliage, fall colors, fall colours, in the fall, for fall, fall season, the fall, "
        "into fall, september, october, november, falling leaf, falling leaves, leaves falling, leaf fall, leaves "
        "turn golden, golden leaves, turning leaves, leaves turning, red leaves, orange leaves, fallen leaves, "
        "indian summer, harvest time, harvest season, halloween, pumpkin, pumpkins, autumn leaf, russet leaves, "
        "fall leaves, leaf peeping, equinox of september, autumn foliage, turning maples, michaelmas, early fall, "
        "late fall, season of mists"
    ),
    "winter": (
        "cover it in snow, covered in snow, blanketed in snow, buried in snow, "
        "winter, wintertime, wintry, midwinter, dead of winter, depths of winter, deep winter, december, january, "
        "february, christmas, yuletide, frost, frosty, hoarfrost, snowbound, snow covered, snowy, frozen, icy, "
        "icicle, icicles, winter solstice, deep freeze, freezing, frosted, ice covered, snow capped, new year's "
        "eve, covered in snow, blanketed in snow, sub zero, arctic cold, rime, frozen over, freeze over, frozen "
        "solid, advent, candlemas, snow covered"
    ),
}

SLOWER = (
    "slow motion, slow mo, slowmo, slower, slow it down, slow down, slow things down, slowed, slowly, in slow "
    "motion, half speed, half the speed, half as fast, more leisurely, leisurely, leisurely pace, less speed, less "
    "hurried, unhurried, calmer pace, gentler pace, relaxed pace, slower pace, slow the pace, take it easy on the "
    "pace, ease the pace, reduce the speed, lower the speed, slow everything down, take its time, take your time, "
    "less rushed, less frantic, decelerate, bullet time, languid, languorous, dial back the speed, ease off, not so "
    "fast, less fast, slow, sedate, slacken, more gradual, gradual, dreamy pace, more slowly, drag it out, quarter "
    "speed, lazy pace, put the brakes on, brake, calm the pace, 120 fps, 240 fps, high frame rate, meditative pace, "
    "at a crawl, snail's pace, stately, drowsy pace, tone down the pace"
)
FASTER = (
    "fast motion, faster, speed it up, speed up, speed things up, sped up, sped, fast forward, time lapse, "
    "timelapse, hyperlapse, quicker, quicken, quicken the pace, pick up the pace, double speed, twice as fast, "
    "double the speed, twice the speed, more speed, hurry, hurry along, hurry everything along, hurry it along, "
    "accelerate, brisk, brisker, brisk pace, more energetic, higher tempo, fast paced, faster paced, rapid, "
    "rapidly, rush it, fast, quickly, quick, increase the speed, raise the speed, up the tempo, more frantic, "
    "frantic, swifter, swift, speedier, speedy, at speed, full throttle, breakneck, step on it, livelier pace, "
    "livelier, snappier, zippier, put some pace into it, step up the pace, crank up the speed, turbo, at double "
    "time, double time, triple speed, kick it up, get a move on, more pace, peppier"
)
# Adverbs that pace a camera move rather than the whole clip.
MILD_SPEEDS = (
    "slowly, slow, leisurely, gradual, languid, fast, quickly, quick, rapid, rapidly, swift, brisk, frantic, "
    "sedate, unhurried, stately, brake, ease off, languorous, hurry"
)
