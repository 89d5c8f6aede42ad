"""From a prompt to a reading: every field of the vocabulary, with what is not understood kept in sight."""

from __future__ import annotations

from functools import lru_cache

from mutoscope.flipbook import embedding
from mutoscope.flipbook.lexicon import moments, places, prototypes
from mutoscope.flipbook.lexicon.index import Match, clue_index, find, habitats, phrases
from mutoscope.flipbook.lexicon.sense import Sense, is_crossed, is_locative, is_modifier, sense
from mutoscope.flipbook.placed import names_its_place, unseen
from mutoscope.flipbook.vocabulary import Reading

__all__ = ["Reading", "nearest_setting", "pace", "read"]

_SURE = 0.6
_TIME_THRESHOLD = 0.45
_SUBJECT_TELLS = 0.2
_CLUE_TELLS = 0.5
_DRAWN_SETTINGS = ("waterfall",)


def read(prompt: str) -> Reading:
    """The scene that a prompt describes.

    Where the prompt names no setting, the nearest by meaning is taken, with a low confidence. Silence about the
    time means day (night in space and for lights of the night), silence about the camera a static one.
    """
    found = sense(prompt)
    setting, sure = _setting(found, prompt)
    subjects = _subjects(found, setting)
    time, time_sure = _time(found, setting, prompt)
    camera, camera_sure = _camera(found)
    season, style, palette = _best(found, "season"), _best(found, "style"), palette_of(found)
    weather = weather_of(found.matches)
    looks = {"time": (time,), "season": (season,), "style": (style,), "palette": (palette,)}
    unmatched = found.unmatched(without=unseen(found, setting, (*subjects, *weather), looks))
    confidence = {"setting": min(sure, _share_placed(found, unmatched)), "time": time_sure, "camera": camera_sure}
    return Reading(
        setting=setting,
        time=time,
        season=season,
        weather=weather,
        camera=camera,
        subjects=subjects,
        style=style,
        palette=palette,
        speed=speed_of(found),
        confidence={name: value for name, value in confidence.items() if value > 0},
        unmatched=unmatched,
    )


# -- setting


def _setting(found: Sense, prompt: str) -> tuple[str, float]:
    scores = setting_scores(found)
    if not scores or max(scores.values()) < _SURE:
        _add_habitats(scores, found)
        _add_nearest(scores, prompt)
        name = max(scores, key=lambda setting: scores[setting]) if scores else "field"
        return name, min(_SURE, scores.get(name, 0.0))
    name = max(scores, key=lambda setting: scores[setting])
    things = {match.start for match in found.of("subject")}
    named = any(
        _snowed(found, match) == name and match.start not in things and names_its_place(found, match)
        for match in found.of("setting")
    )
    return name, min(1.0 if named else _SURE, scores[name])


def _share_placed(found: Sense, unmatched: tuple[str, ...]) -> float:
    """How far a setting can be trusted by what was understood at all: 1, less where most of the text was not."""
    placed = len(found.matches) + len(found.moves)
    return 1.0 if len(unmatched) <= 2 * placed else max(0.1, placed / (placed + len(unmatched)))


def setting_scores(found: Sense) -> dict[str, float]:
    """How strongly the words name each setting; about 1 for a plain mention."""
    scores: dict[str, float] = {}
    named = found.of("setting")
    for order, match in enumerate(named):
        score = match.meaning.weight * _standing(found, named, match) * 0.97**order
        name = _snowed(found, match)
        scores[name] = max(scores.get(name, 0.0), score) + (0.1 if name in scores else 0.0)
    return scores


def _standing(found: Sense, named: list[Match], match: Match) -> float:
    """How much of a match's weight counts where it stands in the text."""
    factor = 1.05 if is_locative(found.words, match) else 1.0
    behind = [other for other in named if other.start == match.end and other.value != match.value]
    before = [other for other in named if other.end == match.start]
    if (behind and behind[0].value not in _DRAWN_SETTINGS) or (before and match.value in _DRAWN_SETTINGS):
        factor *= 0.5
    elif not behind and is_modifier(found.of("subject"), match):
        factor *= 0.62
    if _is_backdrop(found, match):
        factor *= 0.6
    if match.value == "city" and found.words[match.start].capital and _word_before(found, match) in ("in", "of"):
        factor *= 0.7
    return factor


def _word_before(found: Sense, match: Match) -> str:
    return found.words[match.start - 1].text if match.start else ""


def _is_backdrop(found: Sense, match: Match) -> bool:
    before = [word.text for word in found.words[max(0, match.start - 3) : match.start]]
    after = " ".join(word.text for word in found.words[match.end : match.end + 4])
    facing = any(
        word in ("toward", "towards", "overlooking", "beyond", "facing", "with", "behind", "opposite", "distant")
        for word in before
    )
    return facing or after.startswith(("in the distance", "in the background", "on the horizon", "behind", "beyond"))


def _snowed(found: Sense, match: Match) -> str:
    """The snowy sister of a setting, where the same clause says that it lies under snow."""
    if match.value not in places.SNOWED:
        return match.value
    for snowy in found.of("snowy"):
        between = found.words[min(snowy.end, match.end) : max(snowy.start, match.start)]
        if len(between) <= 4 and not any(word.is_mark for word in between):
            return places.SNOWED[match.value]
    return match.value


def _add_habitats(scores: dict[str, float], found: Sense) -> None:
    """What lives, grows or is done in a place speaks for it; a clue for several places less for each."""
    clues = find(found.words, clue_index())
    for match in clues:
        rivals = sum(other.start == match.start for other in clues)
        scores[match.value] = scores.get(match.value, 0.0) + _CLUE_TELLS / rivals
    for order, match in enumerate(match for match in found.matches if match.field in ("subject", "hint")):
        home = match.value if match.field == "hint" else habitats().get(match.value)
        if home:
            scores[home] = scores.get(home, 0.0) + _SUBJECT_TELLS * 0.7**order


def _add_nearest(scores: dict[str, float], text: str) -> None:
    for name, score in nearest_setting(text):
        scores[name] = scores.get(name, 0.0) + max(0.0, score)


def nearest_setting(text: str) -> list[tuple[str, float]]:
    """The settings by nearness of meaning, best first; empty without word vectors."""
    known = _prototypes("setting")
    return known.ranked(text) if known else []


@lru_cache(maxsize=2)
def _prototypes(field: str) -> embedding.Prototypes | None:
    vectors = embedding.vectors()
    examples: dict[str, list[str]] = {name: list(listed) for name, listed in prototypes.TIMES.items()}
    if field == "setting":
        examples = {name: [*listed, *phrases(places.NAMES[name])] for name, listed in prototypes.SETTINGS.items()}
    return embedding.Prototypes(vectors, examples) if vectors else None


# -- the other fields


def _time(found: Sense, setting: str, prompt: str) -> tuple[str, float]:
    named = found.of("time")
    if named:
        best = max(named, key=lambda match: match.meaning.weight)
        return best.value, best.meaning.weight
    if setting in moments.NIGHT_SETTINGS or any(match.text in moments.NIGHT_WORDS for match in found.matches):
        return "night", 0.5
    known = _prototypes("time") if found.unknown() else None
    if known:
        name, score = known.ranked(prompt)[0]
        if score > _TIME_THRESHOLD:
            return name, score
    return "day", 0.0


def _camera(found: Sense) -> tuple[str, float]:
    name = best_move(found)
    return (name, max(move.confidence for move in found.moves if move.name == name)) if name else ("static", 0.0)


def best_move(found: Sense) -> str | None:
    """The first camera move that says more than that the camera flies, else that it flies, else None."""
    names = [move.name for move in found.moves]
    return next((name for name in names if name != "forward"), names[0] if names else None)


def _subjects(found: Sense, setting: str) -> tuple[str, ...]:
    named = found.of("subject")
    kept = [
        match.value
        for match in named
        if not is_crossed(found.words, match)
        and not any(_heads(match, other) for other in found.matches)
        and match.value != setting
        and not found.words[match.end - 1].owner
    ]
    return tuple(dict.fromkeys(kept))


def _heads(match: Match, other: Match) -> bool:
    """Whether the other names what the match only qualifies: "robot dog", "mackerel clouds"."""
    return other.start == match.end and other.field in ("subject", "weather") and other.value != match.value


def weather_of(matches: list[Match]) -> tuple[str, ...]:
    """The weather among matches, in order, none twice."""
    return tuple(dict.fromkeys(match.value for match in matches if match.field == "weather"))


def _best(found: Sense, field: str) -> str | None:
    named = found.of(field)
    return max(named, key=lambda match: match.meaning.weight).value if named else None


def speed_of(found: Sense) -> str | None:
    """Slower or faster, if the text speaks of the whole clip's speed and not of one move's."""
    return next((match.value for match in found.of("speed") if match.meaning.weight >= 1), None)


def palette_of(found: Sense) -> str | None:
    """Colour words joined by a comma, or warm, cool, sepia; plain "warm" counts only beside a word for colour."""
    named = found.of("palette")
    for match in named:
        if match.text not in ("warm", "cool", "colder", "cooler", "warmer", "warmth", "earthy", "steely"):
            return match.value
    for match in named:
        near = found.words[max(0, match.start - 3) : match.end + 3]
        if any(word.text in prototypes.COLOUR_TALK for word in near):
            return match.value
    return None


def pace(text: str) -> float:
    """How fast the camera goes by the adverbs of a text: 1 is normal, 0.6 slow, 1.7 fast."""
    speeds = [match.value for match in sense(text).of("speed")]
    if "slower" in speeds:
        return 0.6
    return 1.7 if "faster" in speeds else 1.0
