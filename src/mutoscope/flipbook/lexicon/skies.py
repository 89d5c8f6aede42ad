"""Words for the weather, and for its end."""

from __future__ import annotations

WEATHER = {
    "clouds": (
        "clouds, cloud, cloudy, overcast, cumulus, cirrus, stratus, cloudscape, sea of clouds, grey sky, gray sky, "
        "grey skies, gray skies, leaden sky, cloud cover, cloud bank, cloudbank, above the cloud, above the clouds, "
        "among the clouds, cloud deck, cloud tops, brooding sky, thunderhead clouds, mackerel sky, clouded, cumulus "
        "tower, heavy sky, cloud kingdom, ocean of clouds, billowing white clouds, partly cloudy, sunless"
    ),
    "fog": (
        "fog, foggy, mist, misty, haze, hazy, brume, smog, murk, pea soup, pea souper, vapour, vapor, sea mist, sea "
        "fog, haar, fogbank, fog bank, fog bound, fogbound, shrouded, morning mist, morning fog, misty morning, "
        "foggy morning, foggy dawn, veil of mist, low cloud, miasma, wreathed in mist, whiteout fog, spray rising, "
        "season of mists, steamy haze, fret, spume, mist rising, ground fog, gauzy air, marine layer, socked in"
    ),
    "rain": (
        "rain, rainy, raining, rains, rainfall, drizzle, drizzly, drizzling, downpour, shower, showers, rain "
        "shower, cloudburst, monsoon, wet asphalt, wet pavement, wet streets, wet street, pouring, pouring rain, "
        "pours, pour down with rain, deluge, torrential, torrential downpour, raindrop, raindrops, puddle, puddles, "
        "rain soaked, rain slick, rain slicked, rainswept, rain swept, =drenched, wet weather, hail, hailstones, "
        "sleet, =soaked, mizzle, sprinkle of rain, rainstorm, rain lashed, heavens open, skies open, raining cats "
        "and dogs, bucketing down, spitting, wet cobblestones, glistening wet, pelting, sodden, umbrella weather, "
        "drizzles, wet tarmac"
    ),
    "storm": (
        "storm, stormy, =thunder, thunderstorm, thunderstorms, lightning, lightning bolt, lightning strike, "
        "tempest, tempestuous, hurricane, typhoon, cyclone, tornado, twister, squall, squalls, thunderhead, "
        "thunderheads, thunderclouds, thundercloud, storm clouds, storm cloud, thundery, storm tossed, storm "
        "lashed, raging sea, raging seas, electrical storm, forked lightning, supercell, waterspout, stormfront, "
        "storm front, thunderbolt, nor'easter, superstorm, maelstrom, rough seas, heavy weather, turbulent sky, "
        "thunder and lightning, black squall"
    ),
    "snow": (
        "snow, snowing, snowfall, falling snow, snow falling, snow falls, snow fall, snowstorm, snow storm, blizzard, "
        "flurry, flurries, snow flurries, snowflake, snowflakes, whiteout, heavy snow, light snow, gentle snow, "
        "driving snow, swirling snow, drifting snow, snow drifting, blowing snow, make it snow, let it snow, snow "
        "shower, snow showers, it snows, begins to snow, starts to snow, snow comes down, snow come down, snow "
        "coming down, squall of snow, snow drifts down, sleety snow, snow whirling, snow tumbling, flakes, flakes "
        "of snow, ice storm, powder falling, first snow, first snowfall, snow pours, snow blows"
    ),
    "wind": (
        "wind, windy, gale, gale force, gust, gusts, gusty, gusting, blustery, windswept, wind swept, windblown, "
        "strong wind, howling wind, breezy, mistral, sirocco, wind whipped, whipping wind, stiff breeze, strong "
        "breeze, zephyr, gales, wind tossed, wind blows, wind lashed, high winds, blowing a gale, squally"
    ),
    "dust": (
        "dust, dusty, sandstorm, sandstorms, sand storm, dust storm, duststorm, haboob, dust devil, dust cloud, "
        "cloud of dust, clouds of dust, blowing sand, simoom, khamsin, swirling sand, ashfall, ash rains, raining "
        "ash, ash falls, ash falling, ash drifts, falling ash, ash cloud, dust clouds, wall of sand, drifting sand, "
        "kicked up dust, volcanic ash, harmattan, blowing dust"
    ),
}
# Too weak for weather of its own, or snow that lies and does not fall.
STILL = (
    "gentle breeze, light breeze, breeze, soft breeze, slight breeze, mild breeze, cold snap, lying snow, fresh snow, "
    "deep snow, thick snow, packed snow, melting snow, old snow, crisp snow, knee deep snow, virgin snow, untouched "
    "snow, pristine snow, white snow, powder snow, in the snow, in snow, through the snow, through snow, on the snow, "
    "on snow, across the snow, across snow, over the snow, under the snow, under snow, in the deep snow, of snow, "
    "blanket of snow, patches of snow, snow capped, snow covered, snow dusted, snow laden, snow clad, snow line, "
    "snow drift, snow bank, snow white, snow tracks, snow path, snow topped, snow on the ground"
)

CLEAR = (
    "clear sky, clear skies, cloudless, cloudless sky, clear weather, spotless sky, sky spotless, sky is spotless, "
    "sky clear, skies clear, sky clears, skies clear up, clear up, clear it up, clears up, weather clears, clear "
    "day, clear the sky, clear the air, clear air, crystal clear, fair weather, fine weather, good weather, nice "
    "weather, better weather, calm weather, no weather, unclouded, cloud free, blue sky, blue skies, sunny, "
    "sunshine, brighten up, bright and clear, clear out the sky, open up the sky, fine day, sunny day, bright "
    "sunshine, bright sun, not a cloud, clear night, clear starry, bright sunny, dry weather, dry day, let the sun "
    "shine, sun shines, sun shining, let the sun out, sun comes out, sun come out, sun break through, sun breaks "
    "through, bring out the sun, bring the sun out, sun out, bluebird day, clear visibility, clear, crisp and "
    "clear, the sky opens up, settled weather, sky open up, clearing skies, clearing sky, sky spotlessly, skies "
    "spotless, immaculate sky"
)
# What a clear sky ends, and what goes when it is called off in general ("no bad weather").
CLEARED = ("clouds", "fog", "rain", "storm", "snow", "dust")
DRY = (
    "dry the street, dry the streets, dry it out, dry out, dry off, dry everything, dry the ground, dry the road, "
    "dry the pavement, make it dry, bone dry, streets are dry, dry again, dry the cobbles, dry ground, dry streets, "
    "dry street, dry pavement, dried"
)
CALM = (
    "becalmed, calm the water, calm seas, calm sea, calm the sea, calm the seas, still the wind, calm it down, "
    "settle the sea, windless, still air, calm air, no wind, glassy sea"
)
