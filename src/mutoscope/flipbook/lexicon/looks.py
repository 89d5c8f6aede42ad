"""Words for the style and the colours."""

from __future__ import annotations

STYLES = {
    "illustration": (
        "illustration, illustrated, cartoon, cartoonish, storybook, story book, picture book, children's book, "
        "childrens book, flat vector, vector art, flat design, poster art, travel poster, paper cut, paper cutout, "
        "paper cut out, cut out animation, collage, felt, claymation, clay, comic, comic book, graphic novel, "
        "drawn, hand drawn, crayon, crayons, colored pencil, coloured pencil, gouache poster, art nouveau, art "
        "deco, folk art, linocut, screen print, risograph, woodblock poster, minimalist poster, pop art, doodle, "
        "fairytale book, stop motion, lowpoly, low poly, papercraft, origami, mosaic, stained glass style, stained "
        "glass window style, tapestry, cel shaded, pixar, disney, 3d cartoon, isometric, chalk, chalk drawing, "
        "pastel drawing, pastels, oil pastels, tarot card, tattoo art, medieval manuscript, illuminated manuscript, "
        "whimsical drawing, embroidery"
    ),
    "watercolor": (
        "watercolor, watercolour, watercolors, watercolours, water color, water colour, aquarelle, gouache, ink "
        "wash, wash painting, watercolor painting, watercolour painting, soft washes, tempera, wet on wet, ink and "
        "wash"
    ),
    "oil": (
        "oil painting, oil paint, oil painted, oils, =in oils, oil on canvas, impasto, impressionist, "
        "impressionism, van gogh, monet, renoir, rembrandt, turner painting, brush strokes, brushstrokes, "
        "brushwork, palette knife, classical painting, renaissance painting, baroque painting, old master, old "
        "masters, canvas painting, painterly, acrylic, fresco, expressionist, cezanne, post impressionist, "
        "pointillist, pointillism, hudson river school, caravaggio, vermeer, romantic painting, klimt, painted "
        "canvas, thick paint, starry night by van gogh, bob ross, pre raphaelite, painting, like a painting"
    ),
    "ink": (
        "ink, ink drawing, ink style, pen and ink, ink sketch, inked, sumi e, sumie, sumi ink, black ink, brush and "
        "ink, brush and black ink, india ink, calligraphy, calligraphic, line art, line drawing, pencil sketch, "
        "pencil drawing, pencil, sketch, sketched, engraving, etching, crosshatch, cross hatching, woodcut, "
        "woodblock print, ukiyo e, ukiyo, hokusai, charcoal, charcoal drawing, chinese ink, japanese ink, brush "
        "painting, graphite, lithograph, biro, fountain pen, blueprint"
    ),
    "anime": (
        "anime, ghibli, studio ghibli, miyazaki, makoto shinkai, shinkai, manga, japanese animation, cel animation, "
        "shonen, shojo, anime style, chibi, cel anime, vaporwave anime, kawaii, evangelion, akira style, hayao "
        "miyazaki, your name style"
    ),
    "pixel": (
        "pixel, pixels, pixel art, pixelated, pixelart, pixellated, 8 bit, 8bit, 16 bit, 16bit, 32 bit, 8 bit "
        "style, retro game, retro video game, retro videogame, sprite art, game boy, gameboy, snes, nes style, "
        "arcade game, minecraft, voxel, voxel art, blocky, 16 bit graphics, dithered, chunky pixels, dos game, "
        "commodore 64, sega, nintendo style, lego, atari, zx spectrum, chiptune, stardew"
    ),
    "cyberpunk": (
        "cyberpunk, neon, neon lit, neon lights, neon signs, neon sign, glowing signs, glowing sign, blade runner, "
        "synthwave, vaporwave, retrowave, holographic, holographic billboards, hologram, holograms, outrun, tron, "
        "neon noir, futuristic neon, cyber, dystopian neon, neon drenched, neon glow, night city neon, ghost in the "
        "shell, electric signs, matrix style, neuromancer, neon soaked, led billboards, glowing billboards"
    ),
    "bw": (
        "black and white, black & white, b&w, b w, bw, monochrome, monochromatic, film noir, noir, greyscale, "
        "grayscale, grey scale, gray scale, silent film, silent movie, desaturated, desaturate, without color, "
        "without colour, no color, no colour, colorless, colourless, drain the color, drain the colour, drain the "
        "colors, drain the colours, drain the color out of it, drain the colour out of it, drain it of color, drain "
        "it of colour, drain all color, drain all colour, remove the color, remove the colour, remove all color, "
        "remove all colour, strip the color, strip the colour, strip out the color, strip out the colour, strip "
        "away the color, strip away the colour, lose the color, lose the colour, take the color out, take the "
        "colour out, take out the color, take out the colour, take away the color, take away the colour, bleach the "
        "color, bleach the colour, shades of grey, shades of gray, ansel adams, old newsreel, newsreel, bleed the "
        "colour, bleed the color, sap the colour, sap the color, suck the color out, suck the colour out, ditch the "
        "color, ditch the colour, kill the color, kill the colour, leach the colour, leach the color, silver "
        "gelatin, chaplin, hitchcock"
    ),
    "color": (
        "in color, in colour, full color, full colour, make it color, make it colour, colorize, colourise, "
        "colorise, colourize, colorized, colourised, restore the color, restore the colour, bring back the color, "
        "bring back the colour, bring the color back, bring the colour back, technicolor, technicolour, realistic "
        "style, photorealistic, photographic, photographic colour, photographic color, live action, natural colors, "
        "natural colours, true color, true colour, vivid color, vivid colour, vibrant color, vibrant colour, living "
        "color, living colour, normal colors, normal colours, add color back, add colour back, add some color, add "
        "some colour, put the color back, put the colour back, give it color, give it colour, back to color, back "
        "to colour, lifelike, realistic, hyperrealistic, photo real, photoreal, bring color back, bring colour "
        "back, return the color, return the colour, splash of color, all its colours, real colours, real colors"
    ),
}
WARM = (
    "warm, warmer, warmth, warm tones, warm palette, cozy colors, warmer colors, warmer colours, warm it up, heat "
    "up the colors, warmer light, warm light, warm colors, warm colours, warmer tones, golden tones, honeyed tones, "
    "sunny palette, earthy, earth tones, fiery palette, autumnal palette, toasty, cosy colours, autumn palette, "
    "heat up the palette"
)
COOL = (
    "cool, cooler, cold tones, cool tones, cooler tones, colder, cold palette, cool palette, cooler colors, cooler "
    "colours, cool light, colder light, cool it down, icy palette, steely, steely blues, cool blues, colder tones, "
    "colder palette, cold colors, cold colours, chilly tones, cool down the palette, bluish, wintry palette, frosty "
    "palette, icy tones, chillier"
)
SEPIA = (
    "sepia, sepia toned, sepia tone, old photograph, vintage photograph, old photo, antique photograph, faded "
    "photograph, daguerreotype, tintype"
)
COLOURS = (
    "red orange yellow green blue purple violet pink brown black white grey gray teal rust turquoise cyan magenta "
    "gold golden silver bronze copper crimson scarlet maroon burgundy navy indigo lavender lilac mauve amber ochre "
    "ocher umber sienna russet olive emerald jade mint lime coral salmon peach apricot beige cream ivory tan azure "
    "cobalt sapphire ultramarine cerulean aqua aquamarine plum fuchsia rose ruby vermilion vermillion saffron "
    "mustard lemon charcoal slate pastel sage moss khaki chartreuse terracotta cinnamon chocolate blush periwinkle "
    "burnt"
)
# A colour counts as the palette only beside one of these.
PALETTE_WORDS = (
    "palette color colour colors colours tone tones toned hue hues tint tinted tints shade shades grade graded "
    "grading scheme wash bathe bathed coloring colouring cast monochrome duotone tonality colorway filter"
)
