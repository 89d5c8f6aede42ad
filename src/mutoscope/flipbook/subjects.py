"""The cast: a scene's subjects, standing, sailing and flying in its world and its light."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from mutoscope.flipbook import birds, drawings, effects, spots, stamp
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.catalogue import Kind, kind_of
from mutoscope.flipbook.drawings import Drawing
from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.scene import Scene, Subject
from mutoscope.flipbook.spots import FLOATING, Spot
from mutoscope.flipbook.stage import Stage
from mutoscope.flipbook.stamp import Print
from mutoscope.flipbook.world import Depth, Paint, World

_MOST = 40
# Share of the frame's half width that a subject covers in the whole clip, by its motion.
_COVERED = {"cross_left": 1.5, "cross_right": 1.5, "fly": 0.8, "swim": 0.4}
# Share of the camera's own travel that moving subjects come along with.
_ALONG = 0.7


def known(name: str) -> bool:
    """Whether a subject of this name can be drawn."""
    return kind_of(name) is not None


@dataclass(frozen=True, slots=True)
class _Actor:
    """One body of the cast. drift: metres a second to the right of the middle view. phase: of its own rhythm."""

    kind: Kind
    stage: Stage
    motion: str
    spot: Spot
    height: float
    drift: float
    phase: float
    flipped: bool
    sprites: tuple[Drawing, ...] = field(repr=False)


class Cast:
    """All subjects of a scene. Unknown names are left out, see `known`."""

    def __init__(self, scene: Scene, light: Light, world: World, seed: int | None = None) -> None:
        self._scene, self._light, self._world = scene, _element_light(scene, light), world
        self._seed = scene.seed if seed is None else seed
        self._actors: list[_Actor] = []
        self._heaven: list[tuple[Kind, Subject, Drawing | None]] = []
        for place, subject in enumerate(scene.subjects):
            kind = kind_of(subject.name)
            if kind is not None:
                self._enter(kind, subject, np.random.default_rng([self._seed, place, 83]))

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, lens: Lens, seconds: float) -> None:
        """Paint every subject into the picture, farthest first; rgb and depth change in place."""
        for kind, subject, sprite in self._heaven:
            self._draw_heavenly(rgb, depth, lens, seconds, kind, subject, sprite)
        placed = [(*self._position(actor, pose, seconds), actor) for actor in self._actors]
        seen = [(lens.project(x, y, z), (x, y, z), actor) for x, y, z, actor in placed]
        for projected, point, actor in sorted(seen, key=lambda one: -one[0][2]):
            if projected[2] > 3.0:
                self._draw_actor(rgb, depth, lens, seconds, actor, projected, point)

    def _enter(self, kind: Kind, subject: Subject, rng: np.random.Generator) -> None:
        if kind.home == "heaven":
            self._heaven.append((kind, subject, self._heavenly_sprite(kind, subject)))
            return
        spot = spots.find(kind, subject, self._scene, self._world)
        stage = Stage(self._scene, subject.span)
        drift = self._drift_of(kind, subject, stage, spot, rng)
        flipped = drift * kind.facing < 0 if kind.facing and drift else subject.x < 0 and kind.facing != 0
        prints = self._sprites_of(kind, stage, spot, flipped)
        for number in range(min(max(subject.count, 1), _MOST)):
            self._actors.append(self._member(kind, subject, stage, spot, drift, flipped, prints, number, rng))

    def _member(self, kind: Kind, subject: Subject, stage: Stage, spot: Spot, drift: float, flipped: bool,
                prints: tuple[Drawing, ...], number: int, rng: np.random.Generator) -> _Actor:  # fmt: skip
        """The single subject or one of a flock or herd, each a little different."""
        if number == 0:
            phase = float(rng.uniform(0, 6.28))
            return _Actor(kind, stage, subject.motion, spot, spot.height, drift, phase, flipped, prints)
        ring = math.sqrt(number) * spot.height * prints[0].aspect * rng.uniform(0.95, 1.45)
        angle = number * 2.4 + rng.uniform(-0.3, 0.3)
        aside, back = ring * math.cos(angle), ring * 1.1 * math.sin(angle)
        rise = ring * 0.55 * math.sin(angle + 1.9) if kind.home == "air" or self._floats(spot) else 0.0
        cos, sin = math.cos(stage.middle.yaw), math.sin(stage.middle.yaw)
        moved = Spot(
            spot.x + aside * cos + back * sin, spot.y + rise, spot.z - aside * sin + back * cos,
            spot.distance + back, spot.height, spot.afloat,
        )  # fmt: skip
        height = spot.height * float(rng.uniform(0.78, 1.12))
        pace = drift * float(rng.uniform(0.9, 1.1))
        phase = float(rng.uniform(0, 6.28))
        return _Actor(kind, stage, subject.motion, moved, height, pace, phase, flipped, prints)

    def _drift_of(self, kind: Kind, subject: Subject, stage: Stage, spot: Spot, rng: np.random.Generator) -> float:
        half = spot.distance * self._scene.width / 2 / stage.lens().focal
        way = {"cross_left": -1.0, "cross_right": 1.0}.get(subject.motion, 1.0 if subject.x < 0 else -1.0)
        covered = _COVERED.get(subject.motion, 0.06 if kind.gait in {"sail", "swim"} else 0.0)
        if kind.gait == "flap":
            covered = max(covered, 0.5)
        return way * covered * half / stage.seconds * float(rng.uniform(0.92, 1.08))

    def _sprites_of(self, kind: Kind, stage: Stage, spot: Spot, flipped: bool) -> tuple[Drawing, ...]:
        """The kind's drawings in this scene's light, large enough for their closest moment."""
        lens = stage.lens()
        closest = max(10.0, spot.distance - stage.approach())
        pixels = min(900, max(24, round(spot.height * lens.focal / closest * 1.15)))
        column = lens.project(spot.x, spot.y, spot.z)[0]
        aside = self._light.sun_azimuth - stage.middle.yaw - math.atan2(column - lens.middle, lens.focal)
        aside = -aside if flipped else aside
        if kind.icon == "lantern" and self._light.night > 0.2:
            return tuple(drawings.plain(_burning(picture)) for picture in _pictures(kind, pixels))
        return tuple(drawings.shaded(picture, self._light, kind.lamp, aside) for picture in _pictures(kind, pixels))

    def _position(self, actor: _Actor, pose: Pose, seconds: float) -> tuple[float, float, float]:
        """Where the foot (or the middle of the waterline) of an actor is: metres."""
        stage = actor.stage
        since = seconds - stage.moment
        cos, sin = math.cos(stage.middle.yaw), math.sin(stage.middle.yaw)
        x = actor.spot.x + actor.drift * since * cos
        z = actor.spot.z - actor.drift * since * sin
        if actor.motion in _COVERED:
            x += _ALONG * (pose.x - stage.middle.x)
            z += _ALONG * (pose.z - stage.middle.z)
        y = actor.spot.y
        if not self._flies(actor):
            y = self._world.height_at(x, z)
        return x, y + self._heave(actor, seconds), z

    def _flies(self, actor: _Actor) -> bool:
        return (
            actor.kind.home == "air" or self._floats(actor.spot) or (actor.kind.home == "sea" and not actor.spot.afloat)
        )

    def _floats(self, spot: Spot) -> bool:
        return self._scene.setting in FLOATING and not spot.afloat

    def _heave(self, actor: _Actor, seconds: float) -> float:
        """Metres up from the resting place: bobbing, walking, hopping, rising."""
        height, phase, gait = actor.height, actor.phase, actor.kind.gait
        lift = 0.0
        if actor.motion == "rise":
            frame = self._scene.height * actor.spot.distance / actor.stage.lens().focal
            lift = 0.45 * frame * (seconds - actor.stage.moment) / actor.stage.seconds
        if gait == "sail" and actor.spot.afloat:
            return lift + height * 0.018 * math.sin(1.7 * seconds + phase)
        if self._flies(actor) or actor.motion == "bob":
            sway = 0.13 if gait in {"flap", "flutter"} else 0.06
            return lift + height * sway * math.sin(0.9 * seconds + phase)
        if gait == "hop" and actor.drift:
            return lift + height * 0.35 * abs(math.sin(4.2 * seconds + phase))
        if gait == "walk" and actor.drift:
            return lift + height * 0.022 * abs(math.sin(4.8 * seconds + phase))
        return lift

    def _draw_actor(self, rgb: Paint, depth: Depth, lens: Lens, seconds: float, actor: _Actor,
                    projected: tuple[float, float, float], point: tuple[float, float, float]) -> None:  # fmt: skip
        column, base, distance = projected
        height = actor.height * lens.focal / distance
        sprite = _frame_of(actor, seconds)
        width = height * sprite.aspect
        if height < 0.7 or column + width < 0 or column - width > lens.width:
            return
        shown = Print(column, base, width, height, distance, flipped=actor.flipped, phase=4.8 * seconds + actor.phase)
        shown.air, shown.veil = self._air(lens, column, distance)
        shown.opacity = min(1.0, (distance - 3.0) / 8.0)
        self._pose(actor, shown, seconds, lens, point)
        level = sprite.level_for(height)
        if not self._flies(actor):
            self._ground(rgb, depth, lens, seconds, actor, shown, sprite, point)
        stamp.stamp(rgb, depth, level, shown)
        self._shine(rgb, depth, actor, shown, seconds)

    def _pose(self, actor: _Actor, shown: Print, seconds: float, lens: Lens, point: tuple[float, float, float]) -> None:
        """Turn, bend and sink a print as its way of moving asks."""
        gait, beat = actor.kind.gait, seconds + actor.phase
        shown.pivot = 0.5
        if self._flies(actor):
            shown.angle = 0.05 * math.sin(0.7 * beat)
            if gait in {"swim", "leap"}:
                shown.sway, shown.swing = stamp.TAIL, 0.10
            if gait == "flutter":
                shown.width *= 0.28 + 0.72 * abs(math.cos(9.0 * beat))
        elif gait == "sail":
            shown.pivot, shown.angle = 0.05, 0.035 * math.sin(1.1 * beat)
            shown.floor = shown.base
            shown.base += 0.03 * shown.height
        elif gait in {"swim", "leap"} and actor.spot.afloat:
            _surface(actor, shown, beat)
        elif gait == "walk" and actor.drift:
            shown.sway, shown.swing, shown.pivot = stamp.LEGS, 0.045, 0.0

    def _ground(self, rgb: Paint, depth: Depth, lens: Lens, seconds: float, actor: _Actor, shown: Print,
                sprite: Drawing, point: tuple[float, float, float]) -> None:  # fmt: skip
        """Reflection on water, shadow on land."""
        surface = self._world.height_at(point[0], point[2])
        drop = (lens.y - surface) * lens.focal
        if self._world.is_water(point[0], point[2]):
            if actor.kind.gait not in {"swim", "leap"}:
                mirrored = Print(shown.column, min(shown.floor, shown.base), shown.width, shown.height, shown.distance,
                                 shown.air, shown.veil, shown.flipped, opacity=shown.opacity)  # fmt: skip
                stamp.reflect(rgb, depth, sprite.level_for(shown.height * 0.6), mirrored, drop, seconds, 0.62)
            elif shown.base - shown.height < shown.floor:
                dip = Print(shown.column, shown.floor, 0.8 * shown.width, shown.height, shown.distance, veil=shown.veil)
                stamp.shade(rgb, depth, sprite.level_for(8.0), dip, 0.0, 0.02, 0.5)
            return
        light = self._light
        sun = lens.column_of(light.sun_azimuth)
        lean = 0.0 if sun is None else max(-1.4, min(1.4, (shown.column - sun) / lens.focal * 1.6))
        squash = min(0.5, 0.13 / max(math.tan(light.sun_elevation), 0.22))
        strength = (0.22 + 0.30 * sum(light.sun_color) / 3) * (0.45 + 0.55 * light.disc)
        floor = lens.project(point[0], surface, point[2])[1]
        foot = Print(shown.column, floor, shown.width, shown.height, shown.distance, veil=shown.veil,
                     flipped=shown.flipped, opacity=shown.opacity)  # fmt: skip
        stamp.shade(rgb, depth, sprite.level_for(shown.height * 0.3), foot, lean, squash, strength)

    def _shine(self, rgb: Paint, depth: Depth, actor: _Actor, shown: Print, seconds: float) -> None:
        """Flames, lamps and the light that they throw around."""
        night, clear = self._light.night, 1.0 - shown.veil
        if actor.kind.gait == "burn":
            flicker = 1.0 + 0.10 * math.sin(11.0 * seconds + actor.phase) + 0.07 * math.sin(17.3 * seconds)
            power = (0.16 + 0.5 * night) * flicker * clear
            stamp.glow(
                rgb,
                shown.column,
                shown.base - 0.6 * shown.height,
                6.5 * shown.height,
                (power, 0.5 * power, 0.18 * power),
            )
            effects.flame(
                rgb,
                depth,
                shown.column,
                shown.base - 0.12 * shown.height,
                2.2 * shown.height,
                shown.distance,
                seconds + actor.phase,
            )
        elif actor.kind.lamp and night > 0.2:
            high = {"lighthouse": 0.79}.get(actor.kind.icon, 0.45)
            reach = 1.3 if actor.kind.home == "air" else 0.55
            power = 0.34 * night * clear
            stamp.glow(
                rgb,
                shown.column,
                shown.base - high * shown.height,
                reach * shown.height,
                (power, 0.66 * power, 0.3 * power),
            )

    def _air(self, lens: Lens, column: float, distance: float) -> tuple[tuple[float, float, float], float]:
        """Colour and share of the haze in front of something at a distance."""
        light = self._light
        sun = lens.column_of(light.sun_azimuth)
        toward = 0.0 if sun is None else math.exp(-abs(column - sun) / lens.focal * 3.0)
        mixed = [
            haze + (glow - haze) * 0.7 * toward for haze, glow in zip(light.haze_color, light.glow_color, strict=True)
        ]
        veil = 1.0 - math.exp(-distance * (light.haze_density * 1.3 + 0.0016 * light.fog))
        return (mixed[0], mixed[1], mixed[2]), min(0.8, veil)

    def _heavenly_sprite(self, kind: Kind, subject: Subject) -> Drawing | None:
        """The sprite of a body in the sky; none for the aurora, and where the sky already shows it."""
        if kind.icon in {"aurora", "sun"} or (kind.icon == "moon" and self._light.moon > 0.5 and self._outdoors()):
            return None
        pixels = max(24, round(kind.size * subject.scale * self._scene.height))
        picture = _pictures(kind, pixels)[0]
        return drawings.plain(_rounded(picture) if kind.icon in {"earth", "moon"} else picture)

    def _outdoors(self) -> bool:
        """Whether there is a sky that flipbook painted, with a sun or a moon in it."""
        return self._scene.setting not in {"space", "interior", "underwater", "abstract", "footage"}

    def _draw_heavenly(self, rgb: Paint, depth: Depth, lens: Lens, seconds: float, kind: Kind, subject: Subject,
                       sprite: Drawing | None) -> None:  # fmt: skip
        if kind.icon == "aurora":
            # A clip's grade rolls off no highlights, so that what glows must stay below them.
            dim = 0.45 if self._scene.setting == "footage" else 1.0
            light = replace(self._light, night=dim * self._light.night)
            effects.aurora(rgb, depth, lens, light, seconds, self._seed)
            return
        stage = Stage(self._scene, subject.span)
        middle = stage.lens()
        column = lens.column_of(stage.middle.yaw + math.atan2(subject.x * middle.middle, middle.focal))
        if column is None or (sprite is None and self._outdoors()):
            return
        size = kind.size * subject.scale * self._scene.height * lens.focal / middle.focal
        row = lens.horizon_row - kind.lift * lens.height * lens.focal / middle.focal
        if sprite is None:
            stamp.glow(rgb, column, row, 1.6 * size, (1.6, 1.25, 0.8))
            return
        rise = max(0.0, (lens.horizon_row - row) / lens.focal)
        dark = self._light.night if self._outdoors() else 1.0
        shown = Print(
            column,
            row + size / 2,
            size * sprite.aspect,
            size,
            FAR * 0.5,
            self._light.sky_color(rise),
            0.5 - 0.45 * dark,
        )
        stamp.glow(rgb, column, row, 1.5 * size, (0.10, 0.10, 0.11))
        stamp.stamp(rgb, depth, sprite.level_for(size), shown)


def _element_light(scene: Scene, light: Light) -> Light:
    """The light as it reaches subjects: clear in space, blue under water, with lamplight in streets and rooms."""
    if scene.setting == "space":
        return replace(light, ambient=(0.42, 0.44, 0.52), sun_color=(0.95, 0.92, 0.86), sun_elevation=0.35,
                       haze_density=0.0, fog=0.0, night=0.35, disc=1.0)  # fmt: skip
    if scene.setting in {"city", "street", "interior"}:
        red, green, blue = light.ambient
        lamps = light.night
        return replace(light, ambient=(red + 0.20 * lamps, green + 0.15 * lamps, blue + 0.09 * lamps))
    if scene.setting == "underwater":
        day = 0.30 + 0.70 * (1.0 - light.night)
        water = (0.045 * day, 0.34 * day, 0.52 * day)
        return replace(light, ambient=(0.28 * day, 0.52 * day, 0.58 * day), haze_color=water, glow_color=water,
                       haze_density=0.0042, fog=0.0, sun_elevation=0.9)  # fmt: skip
    return light


def _burning(picture: drawings.Rgba) -> drawings.Rgba:
    """A paper lantern with a flame in it: brightest low in its middle."""
    rows = np.linspace(0.75, 1.55, picture.shape[0], dtype=np.float32)[:, None, None]
    lit = picture[..., :3] * rows * np.array((1.0, 0.92, 0.75), np.float32)
    return np.concatenate([np.clip(lit, 0.0, 1.4), picture[..., 3:]], axis=2)


def _rounded(picture: drawings.Rgba) -> drawings.Rgba:
    """A disc as a ball, lit from the upper left."""
    rows, columns = np.mgrid[-1.0 : 1.0 : picture.shape[0] * 1j, -1.0 : 1.0 : picture.shape[1] * 1j]
    toward = np.sqrt(np.maximum(0.0, 1.0 - rows**2 - columns**2))
    shade = np.clip(0.10 + 0.95 * (0.62 * toward - 0.55 * columns - 0.42 * rows), 0.05, 1.05)
    return np.concatenate([picture[..., :3] * shade[..., None], picture[..., 3:]], axis=2).astype(np.float32)


def _surface(actor: _Actor, shown: Print, beat: float) -> None:
    """Show of a sea creature only what leaves the water: a leap's arc, or a back that comes and goes."""
    water, height = shown.base, shown.height
    shown.floor = water
    if actor.kind.gait == "leap":
        cycle = (beat / 3.4) % 1.0
        shown.angle = (cycle * 3.0 - 0.75) * (1.0 if actor.flipped else -1.0)
        share = cycle / 0.5
        arc = 4.0 * share * (1.0 - share) if share < 1.0 else -1.0
        shown.base = water + height * (1.05 - 1.9 * arc)
        return
    breath = math.sin(0.9 * beat)
    shown.base = water + height * (0.62 - 0.14 * breath)
    shown.angle = 0.07 * math.cos(0.9 * beat) * (-1.0 if actor.flipped else 1.0)


def _frame_of(actor: _Actor, seconds: float) -> Drawing:
    """The drawing to show now; birds beat their wings and glide between."""
    if actor.kind.gait != "flap":
        return actor.sprites[0]
    beat = (1.5 + 0.25 * math.sin(actor.phase)) * seconds + actor.phase
    return actor.sprites[int(beat * birds.FRAMES) % birds.FRAMES]


@lru_cache(maxsize=64)
def _pictures(kind: Kind, pixels: int) -> tuple[drawings.Rgba, ...]:
    """The unshaded drawings of a kind at a height in pixels."""
    if kind.gait == "flap":
        whole = [drawings.picture_of(birds.frame_svg(index), 2 * pixels, cut=False) for index in range(birds.FRAMES)]
        return tuple(whole)
    return (drawings.picture_of(drawings.markup(kind.icon), round(1.25 * pixels), kind.turn),)
