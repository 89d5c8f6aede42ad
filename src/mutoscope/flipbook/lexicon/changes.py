"""The grammar of changes: how people say keep, remove, replace, add and move."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mutoscope.flipbook.lexicon.index import neutral
from mutoscope.flipbook.lexicon.words import plain, stem, words

_THE_SCENE = (
    r"(?:it|this|that|us|me|everything|everyone|all(?: of it| of this)?|things|the (?:whole )?(?:scene|thing|story|action|setting|location|shot|"
    r"video|clip|place|background|backdrop|landscape|scenery|world|picture|image|film|lot|footage|viewer|environment|surroundings|terrain|look|style)"
    r"|them|him|her|(?:its|our) (?:setting|location|background|backdrop))"
)
_REMOVE = (
    r"remov(?:e|ing)|delet(?:e|ing)|get(?:ting)? rid of|rid (?:it|us|the \w+) of|los(?:e|ing)|take (?:out|away|off)|taking (?:out|away)|ditch|scrap|eras(?:e|ing)|eliminat(?:e|ing)|"
    r"strip(?: out| away| off)?|cut(?: out| away)?(?! to)|clear (?:away|out|off)|wip(?:e|ing)(?: out| away| off)?|banish|kill(?: off)?|omit|exclud(?:e|ing)|leav(?:e|ing) out|do away with|dispens(?:e|ing) with|hide|"
    r"burn off|dry(?: up| off| out)?|hush|calm|settle|dispel|chas(?:e|ing) (?:away|off)|send away|evict|ax|axe|nix|bin|dump|discard|toss(?: out)?|purg(?:e|ing)|subtract|expel|silenc(?:e|ing)|"
    r"skip|forget(?: about)?|never mind|drop(?! (?:us|it|me|this|them|the (?:camera|scene|viewer)|in\b|into|down|a |an ))|stop(?! (?:the )?(?:camera|pan|zoom|mov|orbit|track|tilt|shak|dolly|fly))|end|quit|lift|"
    r"edit out|paint out|crop out|trim|weed out|clean up|sweep away|blow away|shoo(?: away)?|part|abolish|disperse|dissolve|retire|yank|pluck|extract|empty|vacate|cancel|quell|douse|extinguish|put out|turn off|switch off|melt|thaw"
)
_GOES = (
    r"disappear\w*|vanish\w*|go(?:es)? away|go(?:es)?|be gone|gone|clear(?:s|ing|ed)?(?: up| away| off| out)?|lift(?:s|ed|ing)?|stop(?:s|ped)?|pass(?:es)?(?: away| by| over)?|die(?:s)? (?:down|out|away)|blow(?:s|n)? (?:over|away|off)|burn(?:s|t)? (?:off|away)|"
    r"fade(?:s)? away|melt(?:s)?(?: away)?|dispers\w+|dissipat\w+|end(?:s|ed)?|(?:be|is) over|leav(?:e|es)|(?:sail|fly|walk|swim|run|drift|ride|drive|move|step|wander|slip)(?:s)? (?:out of (?:frame|shot|view|the picture|sight)|away|off)|exit(?:s)?|let(?:s)? up|subsid\w+|peter(?:s)? out|thin(?:s)? out|eas(?:e|es)(?: off)?|evaporat\w+|cease(?:s)?"
)
_KEEP = (
    r"keep(?:ing)?|hold(?:ing)?|preserv(?:e|ing)|maintain(?:ing)?|retain(?:ing)?|leav(?:e|ing)(?! out)|lock(?:ing)?(?: in| down)?|(?:don't|do not|never) (?:change|touch|alter|move|modify|mess with)|"
    r"stick(?:ing)? (?:with|to)|stay(?:ing)? with|conserv(?:e|ing)|respect|freeze|without (?:changing|touching|altering|moving|disturbing)|spare|save|not (?:changing|touching)|stay true to|remain faithful to|reuse|use the same"
)
_STAYS = r"(?:should |must |can |to |will )?(?:stay(?:s)?|remain(?:s)?|be kept|is kept|are kept|be left|unchanged|untouched|intact|be the same|is the same|are the same|does not change|don't change|doesn't change|as (?:is|it is|they are|before|it was))"
_ADD = (
    r"add(?:ing)?(?: in)?|includ(?:e|ing)|insert(?:ing)?|bring(?:ing)? in|introduc(?:e|ing)|throw(?:ing)? in|sprinkl(?:e|ing)|populate(?: it)? with|send in|toss in|paint in|scatter(?:ing)?|conjur(?:e|ing)(?: up)?|summon|spawn|releas(?:e|ing)|"
    r"hang(?:ing)?|plant(?:ing)?|park(?:ing)?|drop in|slip in|squeeze in|work in|fill (?:it|the \w+) with|pepper in|squeeze|there should be|there could be|let there be|give (?:it|us|me|the \w+)|(?:put|plac(?:e|ing)|stick|position|pop)(?: in)? (?=an? |some |two |three |several |the (?!whole|scene|story|action|thing|monk)|more )|show(?: us)?(?! it)|i (?:want|need) (?:to see )?(?=an? |some |more )|i(?:'d| would) like (?:to see )?(?=an? |some |more )|could (?:we|you) (?:have|add|get)|have (?=an? |some )"
)
_MOVE = (
    rf"(?:mov(?:e|ing)|transport(?:ing)?|relocat(?:e|ing)|shift(?:ing)?|set(?:ting)?|tak(?:e|ing)|bring(?:ing)?|drop(?:ping)?|whisk(?:ing)?|transplant(?:ing)?|plac(?:e|ing)|put(?:ting)?|send(?:ing)?|land|teleport(?:ing)?|beam|carry|fly|transfer|migrate|uproot|ship|"
    rf"stage|jump|cut|travel|head|go|imagine|picture|see|want|like|have|play|film|shoot|plunge|plonk|dump|switch|change|turn|make|transform|transpose|translocate|re ?set|restage|reimagine|recast|situate)"
    rf"(?: {_THE_SCENE}| the \w+(?: \w+)?)?(?: (?:over|off|away|happen|happening|take place|taking place|go|be|play out|instead|all|be set|set|unfold|unfolding))*(?: from .*?)? (?P<place>(?:to|into|in|on|onto|at|inside|under|above|over|among|amid)\b)"
)
_HAPPENS = r"(?:happen(?:s|ing|ed)?|take(?:s)? place|taking place|took place|unfold(?:s|ing)?|play(?:s|ing)? out|be set|is set|were set|was set|were|was|are|be|stand(?:s)?|end up|live(?:s)?) (?P<place>(?:in|on|at|inside|under|above|among)\b)"
_SWAPS = (
    r"(?:substitute|put in|sub in) (?P<y>.+?) (?:for|in place of) (?P<x>.+)",
    r"(?:replac(?:e|ing)|swap(?:ping)?|exchang(?:e|ing)|trad(?:e|ing)|switch(?:ing)?|substitut(?:e|ing)|sub)(?: out)? (?P<x>.+?)(?: out)? (?:with|for|by|against|to|into|in favou?r of) (?P<y>.+)",
    r"(?:have |let |i want |want )?(?P<x>.+?) (?:be |is |are |being )?(?:replaced|swapped|exchanged|traded|substituted)(?: out)? (?:with|by|for) (?P<y>.+)",
    r"(?:chang(?:e|ing)|turn(?:ing)?|transform(?:ing)?|convert(?:ing)?|morph(?:ing)?|transmut(?:e|ing)|mak(?:e|ing)|shift(?:ing)?|alter(?:ing)?|recast|redo|rework|transmogrify|reimagin(?:e|ing)|adjust|remodel|restyle) (?P<x>(?!left|right|up|down|to |into ).+?) (?:in|over )?(?:to|into|as|from being) (?P<y>.+)",
    r"(?:let |have |make )?(?P<x>the .+?|it|this|every \w+|our \w+) (?:become(?:s)?|turn(?:s)? into|turn(?:s)? to|should be(?=(?: now)? an? )|should become|ought to be(?= an? )|could be(?= an? )|is now(?= an? )|are now(?= \w+)|were(?= an? )|was(?= an? )) (?P<y>.+)",
    r"mak(?:e|ing) (?P<x>the \w+(?: \w+)?) (?P<y>(?:an?|into) .+)",
    r"mak(?:e|ing) (?P<x>the \w+s) (?P<y>\w+s)",
    r"(?P<y>.+?) (?:instead of|rather than|in place of|in lieu of) (?P<x>.+)",
)
_LIGHT_VERBS = frozenset(
    "add put includ insert bring introduc throw sprinkl hang plant park drop scatter show give let have make use shift turn chang switch swap replac remov delet get los ditch take scrap eras strip cut clear wip kill omit hid "
    "keep hold preserv maintain retain leav lock set mov transport relocat pan zoom tilt orbit circl dolly push pull track follow ris speed slow quicken hurry accelerat dry hush calm settl stop end without no only imagin pictur "
    "go render paint draw colour color tint grad bath drain desaturat cover fill try want like need mor start begin pick ease fade cool warm send whisk lose banish rid do don't please also just then now trad exchang convert transform "
    "bleach light dim brighten darken stick stay drop plac swing sweep back steady lower rais lift crank wash cast shroud blanket dust burn dispel release summon conjur give pour ".split()
)
_SPLIT = re.compile(r"\s*(?:[.;!?:…—–\n]|,|\bbut\b|\bthen\b|\bwhile\b|\byet\b|\bexcept\b|\bwhereas\b|\bso that\b|\bso\b(?= (?:the|it|that|we))|\band\b)\s*")
_AND = frozenset(("and",))
_PLACEABLE = re.compile(r"\b(?:relocat|transport|transplant|whisk|teleport|transfer|move|shift|set|take|bring|drop|place|put|send|happen|unfold|stage|situate)")

LOCKS = {
    "camera": r"\b(?:camera|cam|shot|framing|frame|angle|camerawork|camera work|movement|motion|move|perspective|viewpoint|point of view|view|lens|flight path|path|trajectory|cinematography|pan|zoom|dolly|orbit|tracking|tilt|drone|crop|climbing|panning|gliding|flying|circling|orbiting|rising|zooming|following|moving|drifting|pushing|filming)\b",
    "setting": r"\b(?:setting|location|place|background|backdrop|landscape|scenery|scene|environment|surroundings|terrain|world)\b",
    "subjects": r"\b(?:subjects?|characters?|animals?|objects?|actors?|cast|protagonists?|creatures?|figures?|them|him|her|main thing)\b",
    "composition": r"\b(?:compositions?|layout|arrangement|placements?|blocking|staging)\b",
    "all": r"\b(?:everything|all|the rest|rest|whole thing|all else|every other|anything else|every detail|exactly the same|all of it|the whole|as before|as (?:it|they) (?:was|is|are|were)|as is|^(?:exactly )?the same$)\b",
}
SUNNY = frozenset("sunny,sunshine,bright sunshine,sunny day,blue sky,blue skies,bright sun,bright sunny,fine day,clear day,sunbeams,bluebird day,dry day".split(","))
_WHOLE = re.compile(
    rf"^(?:from )?(?:{_THE_SCENE}|(?:the |a |its |our )?(?:overall |color |colour |camera |visual |art |whole |entire )?(?:light|lighting|season|mood|tone|palette|colou?rs?|style|time|time of day|hour|weather|sky|camera|camerawork|movement|setting|location|background|"
    r"backdrop|landscape|scene|look|look and feel|aesthetic|atmosphere|medium|pace|speed|tempo|grade|grading|art style|visuals|render|rendering|ground|place|environment|surroundings|era|angle|move|shot)s?)\b"
)
_KNOWN = (
    "change turn make keep same remove delete lose ditch scrap replace swap add put bring let set move transport relocate take drop whisk give want like would could should rather instead happen happening place picture imagine please "
    "everything thing whole scene rest stay leave hold framing composition subject camera shot movement motion pace palette color colour tone tint image picture video season time style look lighting mood "
    "what how maybe try use shift convert transform version turn bit more less very too much kind sort way i'd i'll we'd let's i d it's don't doesn't isn't aren't there's that's what's here's there here now then"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A clause of a change. kind: keep, remove, swap, add or rest.

    text: what is kept, removed, replaced or added, or the clause itself. other: what comes instead of `text` in a
    swap; elsewhere what the clause says beside. clause: the whole of it.
    """

    kind: str
    text: str
    other: str
    clause: str


def clauses(change: str) -> list[str]:
    """The change cut at punctuation and conjunctions; at "and" and "," only where something new begins."""
    folded = plain(change)
    pieces, begin = [], 0
    for cut in _SPLIT.finditer(folded):
        mark = cut.group().strip()
        if mark == "and" and not _begins_anew(folded[cut.end() :]):
            continue
        if mark == "," and _is_list(folded[begin : cut.start()], folded[cut.end() :]):
            continue
        pieces.append(change[begin : cut.start()])
        begin = cut.end()
    return [piece for piece in (*pieces, change[begin:]) if piece.strip()]


def _begins_anew(rest: str) -> bool:
    following = [word for word in words(rest[:60]) if not word.text.endswith("ly") or word.text in ("only",)]
    return bool(following) and (following[0].stem in _LIGHT_VERBS or following[0].text in _LIGHT_VERBS or (len(following) > 1 and following[0].text in ("at", "in", "under", "with", "by", "during")))


def _is_list(before: str, rest: str) -> bool:
    """Whether a comma stands inside a list that "and" ends: "the boat, the moon and the birds", "teal, rust and gold"."""
    item = r"(?:(?:the|an?|some|all|any) )?(?:\w+ )?\w+"
    return bool(re.match(rf"^\s*{item}(?:, {item})*,? and (?:the |an? |some )?\w+(?: \w+)?\s*(?:$|[.;,!])", rest)) and not _begins_anew(rest) and not re.match(r"^(?:instead|rather)", before.strip())


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    same = r"(?:the |exact |exactly the |this |that |with the |identical |very )*\b(?:same|identical)\b (?P<x>.+?)(?P<rest>(?: (?:at|in|under|during|with|on|by|only|now|set) .*)?)$"
    raw = [
        ("keep", rf"^(?:also |please |just |and |let's |we )*(?:{_KEEP})\b (?P<x>(?!it (?!all|as|the same|exactly)).+)"),
        ("keep", rf"^(?P<x>.+?) {_STAYS}\b(?P<rest>)"),
        ("keep", rf"^{same}"),
        ("keep", r"^(?P<x>(?:exactly |just |all |everything )*(?:as (?:before|it (?:was|is)|they (?:are|were)|is)|the same))$"),
        ("swap", ""),
        ("remove", rf"\b(?:{_REMOVE}) (?P<x>.+)"),
        ("remove", r"^(?:with |there (?:should be|is|are) |i want )?(?:without|no more|no longer|no|minus|sans|zero|instead of|rather than|not) (?P<x>.+)"),
        ("remove", r"^(?P<rest>.*?)\bwithout (?P<x>.+)"),
        ("remove", r"^(?:please |just |now |and )*(?:take|chase|send|blow|burn|ease|drive|sweep|wash|wipe|scare|shoo|turn|switch|call|clear|lift|fade|push|thin|strip|edit|cut|carry|see|herd|rub) (?P<x>.+?) (?:out|away|off)(?: of (?:it|here|the \w+))?$"),
        ("remove", rf"^(?:let |make |have |as |until |when |once |now |could |can |may |would |i want |if )*(?P<x>(?:the |all |every |those |these |any )?\w+(?: \w+)?) (?:should |must |can |to |will |has |have |is |are |needs to |need to )*(?:{_GOES})(?: (?P<rest>(?:and|so|to) .*))?$"),
        ("add", rf"^(?:also |please |now |just |maybe |perhaps |let's |let us |could you |can you |and |then )*(?:{_ADD})\b ?(?P<x>(?!it |this |us |everything ).+)"),
    ]
    built: list[tuple[str, re.Pattern[str]]] = []
    for kind, pattern in raw:
        if pattern:
            built.append((kind, re.compile(pattern)))
        else:
            built += [(kind, re.compile(rf"^(?:also |please |now |just |maybe |perhaps |let's |could you |can you |i want to |i'd like to )*{swap}$")) for swap in _SWAPS]
    return built


def parts(change: str) -> list[Part]:
    """The clauses of a change with what each of them does."""
    found: list[Part] = []
    for clause in clauses(change):
        found.append(_part(clause.strip(), found[-1] if found else None))
    return found


def _part(clause: str, previous: Part | None) -> Part:
    folded = plain(clause)
    for kind, pattern in _patterns():
        match = pattern.search(folded)
        if match:
            return Part(kind, _group(clause, match, "x"), _group(clause, match, "y") if kind == "swap" else _beside(clause, match), clause)
    if previous and previous.kind == "remove" and re.match(r"^(?:or |and )?(?:the|any|those|these|all) \w+(?: \w+)?$", folded):
        return Part("remove", clause, "", clause)
    return Part("rest", clause, "", clause)


def _group(clause: str, match: re.Match[str], name: str) -> str:
    if name not in match.re.groupindex or match.start(name) < 0:
        return ""
    return clause[match.start(name) : match.end(name)]


def _beside(clause: str, match: re.Match[str]) -> str:
    lead = clause[: match.start()]
    return f"{lead} {_group(clause, match, 'rest')}".strip()


def locks(text: str) -> list[str]:
    """The locks that a text names by a general word."""
    folded = plain(text)
    return [name for name, pattern in LOCKS.items() if re.search(pattern, folded)]


def move_cue(text: str) -> int | None:
    """Where the new place begins behind "move it to", "what if it happened in"; None without such words."""
    folded = plain(text)
    for pattern in (_MOVE, _HAPPENS):
        found = re.search(rf"\b{pattern}", folded)
        if found:
            return found.start("place")
    return None


def is_place_cue(text: str) -> bool:
    """Whether the text moves the whole scene, so that even an unknown word names a place."""
    folded = plain(text)
    return bool(_PLACEABLE.search(folded) and re.search(rf"\b{_THE_SCENE}\b", folded))


def is_whole(text: str) -> bool:
    """Whether a text means the scene or one of its properties, and no thing in it."""
    return bool(_WHOLE.match(plain(text).strip()))


def is_head(before: list[str]) -> bool:
    """Whether words before a place leave it at the head of its clause."""
    return len(before) <= 5 and (not before or before[0] in _HEADS)


def is_tail(after: list[str]) -> bool:
    """Whether words behind a bare place at the head of a clause leave it the place, and no subject of a sentence."""
    return not after or after[0] in _TAILS


_TAILS = frozenset("at in on under with by during instead please setting scene now tonight this not rather background version for as".split())
_HEADS = frozenset(
    "a an in on at over above under into inside now instead make it this by amid among across through set same with tropical snowy imagine perhaps maybe only just to beside near i we somewhere "
    "give snow distant rolling ancient frozen deep how what somewhere more wild lush some another different there's".split()
)


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Words of the grammar of changes, which need no place in a scene."""
    listed = _KNOWN.split()
    return frozenset(listed) | frozenset(stem(word) for word in listed) | _LIGHT_VERBS | neutral()
