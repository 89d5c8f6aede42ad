"""Camera moves in words: what a camera does, and what only looks like it."""

from __future__ import annotations

import re
from functools import lru_cache

from mutoscope.flipbook.lexicon.words import word_set

AGENT = (
    r"(?:camera|cam|lens|shot|view|viewpoint|viewer|frame|perspective|drone|gimbal|steadicam|crane|we|"
    r"us|i|point of view|pov|our view|eye|picture)"
)
_ADV = (
    r"(?:\s+(?:\w+ly|very|gently|so|ever|slow|soft|smooth|low|high|straight|right|just|then|up|off|out|"
    r"it|us|and|further|much|more|even|a|bit|little)){0,3}"
)
_S = r"(?:e?s|ing|ed)?"


def _verbs(stems: str) -> str:
    return rf"(?:{stems}){_S}"


_GLIDE = _verbs(
    "fl(?:y|ie|own|ew)|glid(?:e)?|soar|skim|sail|sweep|float|rac(?:e)?|rush|swoop|travel|mov(?:e)?|drift|"
    "cruis(?:e)?|hover|speed|zip|dash|hurtl(?:e)?|plung(?:e)?|wander|walk|stroll|push|press|dolly|roam|"
    "coast|run|driv(?:e)?|dart|weav(?:e)?|thread|pass|advanc(?:e)?|journey|slid(?:e)?|go|go "
    "through|goe"
)
_NEAR = _verbs(
    "push|doll(?:y|ie)|creep|crept|inch|eas(?:e)?|mov(?:e)?|drift|glid(?:e)?|edg(?:e)?|clos(?:e)?|truck|"
    "travel|crawl|press|go|goe|com(?:e)?|draw|slid(?:e)?|track|lean|float|approach|advanc(?:e)?|get|gett|"
    "pull|steal|sneak|nudg(?:e)?|step|sink"
)
_CREEP = _verbs("creep|crept|inch|eas(?:e)?|edg(?:e)?|nudg(?:e)?|crawl|sneak|steal")
_AWAY = _verbs(
    "pull|back|doll(?:y|ie)|retreat|mov(?:e)?|withdraw|draw|drift|eas(?:e)?|reced(?:e)?|step|glid(?:e)?|"
    "float|track|creep|inch|fl(?:y|ie)|go|slid(?:e)?|pull|edg(?:e)?|retir(?:e)?|fall|travel"
)
_TURN = _verbs(
    "pan|pann|swing|sweep|swivel|turn|rotat(?:e)?|look|glanc(?:e)?|whip|whipp|yaw|veer|slew|pivot|scan|"
    "scann|head|shift|mov(?:e)?|drift|slid(?:e)?|angl(?:e)?"
)
_ROUND = _verbs(
    "circl(?:e)?|orbit|wheel|revolv(?:e)?|rotat(?:e)?|turn|swing|arc|curv(?:e)?|spiral|spin|spinn|"
    "mov(?:e)?|go|goe|sweep|loop|fl(?:y|ie)|glid(?:e)?|travel|pivot|walk|drift|swirl|wind|trac(?:e)?|"
    "track"
)
_RISE = _verbs(
    "ris(?:e)?|ascend|climb|lift|soar|float|elevat(?:e)?|boom|jib|levitat(?:e)?|crane|craning|shoot|lift "
    "off|fl(?:y|ie)|mov(?:e)?|drift|go|goe|glid(?:e)?|travel|push|rocket|pull|spiral|sweep|head"
)
_LOOK = _verbs("tilt|look|gaz(?:e)?|angl(?:e)?|pan|pann|turn|peer|crane its head|pitch|glanc(?:e)?|star(?:e)?|swivel")

# In order: the first that fits wins. strict: needs no word for the camera. loose: needs one in the clause.
_STRICT: tuple[tuple[str, str], ...] = (
    ("static", (
        r"lock (?:the |this )?(?:camera|shot|frame) (?:off|down)|"
        r"static (?:shot|camera|frame|view|wide)|locked (?:off|down|camera|shot)|lock(?:ed)? off|"
        r"on a tripod|tripod|fixed (?:camera|shot|frame|angle)|stationary|motionless (?:camera|shot)|"
        r"still camera|unmoving (?:camera|frame)|steady the (?:camera|shot)|stead(?:y|ier) (?:camera|shot)|"
        r"(?:stop|quit|end|cease|no more|without|halt) (?:the |all |any )*(?:camera|gliding|panning|zooming|"
        r"moving|orbiting|tracking|tilting|shaking|flying|circling|drifting|dollying|rising|pan|zoom|"
        r"camera movement|camera motion)|no camera (?:move|movement|motion)|freeze the camera|camera (?:is |"
        r"stays |remains |holds |hold |stands |to |be |to be |sits )?(?:perfectly |completely )?(?:still|"
        r"static|fixed|put|steady|motionless|locked)|stabili[sz]ed? (?:it|the)|"
        r"hold(?:ing)? (?:the camera )?(?:perfectly )?still|rock steady|don t move the camera|"
        r"plant the camera|nail the camera|static$|^static"
    )),
    ("handheld", (
        r"hand ?held|shak(?:y|ing|es) ?(?:cam|camera|footage)?|shaky|jitter(?:y|s|ing)?|jerky|found footage|"
        r"verite|documentary style|go ?pro|bodycam|body cam|wobbly (?:camera|cam|shot)|amateur footage|"
        r"home video|camcorder|camera shakes|guerrilla|unsteady|bumpy cam|phone footage|vlog"
    )),
    ("zoom_out", (
        rf"zoom{_S}{_ADV} (?:out|back|away|wide|wider)|zoom out|widen(?:s|ing)? (?:the )?(?:shot|lens|view|"
        rf"frame|angle)|rack{_S} (?:\w+ )?wide\w*|reverse zoom|lens \w* ?wider|crash zoom out|un ?zoom|"
        rf"zoomed out"
    )),
    ("zoom_in", (
        rf"zoom{_S}{_ADV} (?:in|into|on|onto|toward|towards|closer|through|at)|zoom in|crash zoom|snap zoom|"
        rf"punch(?:es|ing)? in|tighten(?:s|ing)? (?:on|the (?:shot|frame|lens))|zoomed in|zooms?$|"
        rf"zooms?(?=[ ,.])|zooming"
    )),
    ("orbit", (
        r"orbit (?:shot|around|round|it|them|him|her|camera|the|move|about)|orbital shot|orbiting (?:shot|"
        r"camera|around|round|it|the|a)|^orbiting?\b|circling (?:shot|around|round|the|a|an|it|over)?|"
        r"circle (?:it|them|around|round|about|the)|arc shot|360(?: degree)?(?: shot| spin| turn|"
        r" rotation)?|turntable|spin(?:ning)? around (?:it|them|the|a)|revolv(?:e|ing) around|"
        r"go(?:ing)? (?:a)?round it|swirl(?:ing|s) around|rotat(?:e|ing) around|all the way around|"
        r"full circle|wheel(?:ing)? around (?:it|the)|encircl\w+|carousel shot|camera orbits?|"
        r"(?:slow|slowly|gentle|gently|smooth|full|half|wide|tight|quick|fast|lazy|cinematic|drone|aerial) orbit\w*|"
        r"orbit(?:ing)? instead"
    )),
    ("dolly_out", (
        r"dolly(?:ing)? (?:\w+ly )?(?:out|back|away)|pull(?:s|ing|ed)? (?:\w+ly )?(?:back|away|"
        r"out) (?:to reveal|from|shot)|pull ?(?:back|out)(?:s)?(?: shot)?\b|pulls? away|pulling (?:back|"
        r"away|out)|track(?:ing)? (?:out|back)|push out|reveal shot|back(?:s|ing)? away (?:from|to)|"
        r"back (?:away|off|out|up)\b(?! of)|retreat(?:s|ing) from"
    )),
    ("dolly_in", (
        r"dolly(?:ing)? (?:\w+ly )?(?:in|into|forward|toward|towards|closer|zoom|shot)|push(?:es|ing|"
        r"ed)? ?(?:\w+ly )?(?:in|into|toward|towards|closer)|push in|mov(?:e|es|ing) (?:\w+ly )?(?:in on|"
        r"in closer|closer|in toward|in towards)|clos(?:e|es|ing) in|creep(?:s|ing)? (?:\w+ly )?(?:in|"
        r"closer|up|toward|towards)|inch(?:es|ing)? (?:closer|toward|towards|in)|edg(?:e|es|ing) (?:closer|"
        r"in on)|slow push|track(?:s|ing)? in\b|truck in|get(?:s|ting)? closer|come(?:s)? (?:in )?closer|"
        r"draw(?:s|ing)? (?:closer|nearer)|come(?:s)? nearer|go(?:ing)? closer|lean(?:s|ing)? in|^dolly|"
        r"dolly shot|slow approach"
    )),
    ("tilt_down", (
        r"tilt(?:s|ing)? ?(?:\w+ly )?(?:down|downward|downwards|earthward)|pan(?:s|ning)? (?:\w+ly )?down|"
        r"look(?:s|ing)? (?:straight )?down (?:on|at|from|into|upon)|tilt down|crane down|"
        r"camera (?:descends|lowers|drops|sinks|comes down)|boom down|lower(?:s|ing)? the camera|"
        r"descend(?:s|ing)? (?:shot|camera)|drop the camera|pedestal down"
    )),
    ("tilt_up", (
        r"tilt(?:s|ing)? ?(?:\w+ly )?(?:up|upward|upwards|skyward|skywards)|pan(?:s|ning)? (?:\w+ly )?up\b|"
        r"tilt up|look(?:s|ing)? up (?:at|to|toward|towards|into|through)|tilt(?:s|ing)? (?:shot|camera|"
        r"to the)|camera tilts?|low angle|worm s eye|gaz(?:e|es|ing) up"
    )),
    ("pan_left", (
        rf"{_verbs('pan|pann|whip pan|whip|sweep|swing|swivel|yaw')}{_ADV} (?:\w+ )?(?:to |toward |"
        rf"towards )?(?:the |its |our )?(?:left\b|leftward|leftwards|west)|pan left|left(?:ward)? pan|"
        rf"leftward|right to left|from right to left"
    )),
    ("pan_right", (
        rf"{_verbs('pan|pann|whip pan|whip|sweep|swing|swivel|yaw')}{_ADV} (?:\w+ )?(?:to |toward |"
        rf"towards )?(?:the |its |our )?(?:right\b|rightward|rightwards|east)|pan right|right(?:ward)? pan|"
        rf"rightward|left to right|from left to right|\bpan(?:s|ning)?\b(?! up| down| flute)|whip pan|"
        rf"panoramic (?:sweep|shot|pan)|panning"
    )),
    ("rise", (
        r"crane (?:shot|up|upward)|craning up|jib (?:shot|up)|boom(?:s|ing)? up|pedestal up|camera ris(?:es|"
        r"e|ing)|rising (?:shot|camera|drone|view)|vertical rise|ascend(?:s|ing)? (?:shot|drone|camera)|"
        r"^(?:ascend|rise|rising|ascending|climb|soar|lift)(?:ing)? (?:\w+ly )?(?:up|upward|upwards|above|"
        r"over|from|higher|past|straight)|helicopter lift off|elevator shot|gain(?:s|ing)? (?:height|"
        r"altitude)|lift(?:s|ing)? off|(?:go|rise|lift|climb|soar|fly|float)(?:s|"
        r"es)? (?:straight )?(?:upward|upwards|higher|skyward|skywards)|up and up"
    )),
    ("tracking", (
        r"track(?:ing)? (?:shot|camera|alongside|along|beside|sideways|left|right|the|it|with|behind|them|"
        r"him|her)|track(?:s|ing)? (?:left|right|sideways)|follow(?:ing)? (?:shot|camera|cam|cut)|"
        r"follow cam|chase (?:cam|shot|camera)|dolly(?:ing)? (?:left|right|sideways|alongside|along|with|"
        r"track)|trucking (?:shot|left|right)|truck(?:s|ing)? (?:left|right|sideways)|lateral (?:move|shot|"
        r"dolly|track|slide|glide|movement)|sideways (?:dolly|track|glide|drift|slide|move|movement)|"
        r"side scroll\w*|sidescroll\w*|slider shot|steadicam|follow along|trail(?:s|ing)? (?:behind|"
        r"after) (?:it|them|him|her)|^follow(?:ing)? (?:the|a|an|it|them|him|her)|keep(?:s|ing)? pace|"
        r"run(?:s|ning)? alongside|mov(?:e|es|ing) alongside|travelling shot|parallax shot|side on shot|"
        r"crab (?:left|right)|tracking"
    )),
    ("forward", (
        r"drone|aerial|aerially|from the air|seen from (?:above|a plane|a helicopter|a kite|a balloon|"
        r"the air)|fly ?over|fly ?through|flythrough|fly ?by shot|flyover|flight (?:over|along|through|"
        r"across|down|above)|overhead flight|bird s ?eye|birds eye|helicopter (?:shot|view|flight|footage)|"
        r"from above|first person|pov|point of view|walk ?through(?: the)?|walking (?:forward|"
        r"through the crowd|down the|into the)|fpv|forward (?:motion|dolly|move|glide|tracking)|"
        r"moving forward|move(?:s)? (?:\w+ly )?forward|go(?:es|ing)? forward|push(?:es|ing)? forward|"
        r"driving (?:through|down|along) (?:the )?|top down|overhead (?:shot|view)|travel(?:s|ing|"
        r"ling)? forward|flying (?:low|high|fast|slowly|forward|through|over|above|across|along|down|"
        r"between|toward|towards|into) |gliding (?:low|high|slowly|forward|over|above|across|through)|"
        r"soaring (?:over|above|across|through|high|low)|skimming (?:over|across|above|the|low)|swoop(?:ing|"
        r"s)? (?:down|over|low|through|across|in)|hyperlapse (?:through|down)|glid(?:e|es) forward|"
        r"fly forward|dash cam|dashcam|airborne view|eagle s eye|god s eye|satellite view|"
        r"surveillance flight|over the rooftops"
    )),
)  # fmt: skip
_LOOSE: tuple[tuple[str, str], ...] = (
    ("zoom_out", (
        r"(?:goes|go|gets|getting|growing|going|pulls|racking|becoming) (?:ever )?wider|wider and wider|"
        r"widens"
    )),
    ("orbit", rf"\b{_ROUND}{_ADV} (?:around|round|about)\b|\b(?:circl\w+|orbit\w*|revolv\w+|encircl\w+)"),
    ("dolly_out", (
        rf"\b{_AWAY}{_ADV} (?:back|away|out|backward|backwards|farther|further)\b(?! to the)|\b(?:reced|"
        rf"retreat|withdr)\w+"
    )),
    ("pan_left", rf"\b{_TURN}{_ADV} (?:\w+ )?(?:to |toward |towards )?(?:the |its |our )?left(?:wards?)?\b"),
    ("pan_right", (
        rf"\b{_TURN}{_ADV} (?:\w+ )?(?:to |toward |towards )?(?:the |its |our )?(?:right|rightward|"
        rf"rightwards)\b|\b(?:scan|sweep|survey)(?:s|n?ing)? (?:across|along|over|the)"
    )),
    ("tilt_up", rf"\b{_LOOK}{_ADV} (?:up|upward|upwards|skyward|heavenward)\b|\btilt\w*"),
    ("tilt_down", rf"\b{_LOOK}{_ADV} (?:down(?:wards?)?|earthward)\b|\b(?:descend|lower|sink|drop)(?:s|ing)?\b"),
    ("rise", (
        rf"\b{_RISE}{_ADV} (?:up|upward|upwards|higher|skyward|aloft|into the (?:sky|air)|into open sky|"
        rf"past the|over the top)\b|\b(?:ris(?:e|es|ing)|ascend\w*|climb\w*|levitat\w+|elevat\w+)\b|crane up|"
        rf"lift\w* (?:above|over|away)"
    )),
    ("tracking", (
        r"\b(?:track|follow|trail|chas(?:e)?|tail|shadow|accompan(?:y|ie)|pursu(?:e)?)(?:e?s|ing|ed)?\b|"
        r"keep(?:s|ing)? (?:pace|up)|\balongside\b|\bsideways\b|\blaterally\b|\btruck(?:s|ing)?\b|"
        r"\bbeside (?:it|them|him|her)|\bslid(?:e|es|ing) (?:along|past|left|right)|\b(?:strafe|crab)\w*"
    )),
    ("dolly_in", rf"\b{_CREEP}{_ADV} (?:forward|forwards|ahead|onward|onwards|along)\b"),
    ("dolly_in", (
        rf"\b{_NEAR}{_ADV} (?:in|into|closer|toward|towards|nearer|up to|upon|on)\b(?! (?:the (?:sky|air|"
        rf"distance|horizon)))|\bapproach\w*"
    )),
    ("forward", (
        rf"\b{_GLIDE}{_ADV} (?:over|above|across|through|along|forward|forwards|low|past|between|down|ahead|"
        rf"beyond|into|under|beneath|among|toward|towards|amid|via|inside|onward|onwards)\b|\b(?:skim|glid|"
        rf"soar|fl(?:y|ie)|swoop|hurtl)\w*|(?:push|mov|press|forg)\w* (?:\w+ly )?(?:on|onward|ahead|forward)"
    )),
    ("static", r"\b(?:does not move|doesn t move|never moves|unmoving|motionless|stays put|stock still)\b"),
)  # fmt: skip
_AGENT = re.compile(rf"\b{AGENT}\b")
# What follows these is scenery or a thing, no camera: "drone" the insect, "a bird orbiting".
_NOT_CAMERA = re.compile(
    r"\b(?:panda|pan flute|delivery drone|swarm of drones|drones\b|frying pan|tripod alien|orbit of|"
    r"in orbit|low earth orbit|crane fl\w+|cranes\b|origami crane|construction crane|tracking device|"
    r"train tracks?|railway tracks?|race ?track|aerial silks|tilted|zoom lens|a crane|paper crane)"
)


# Verbs that things in the picture do as well: they count only at the head of a clause or after a word for the camera.
_VERBAL = re.compile(
    r"circl|orbiting (?!shot)|fly|glid|soar|skim|swoop|follow|track(?:s|ing)? (?!shot|camera)|walk|driv|"
    r"clos|draw|creep|edg|inch|back|"
    r"look|gaz|ris|climb|lift|ascend|descend|mov|pull|push|retreat|revolv|rotat|wheel|com|get|go|lean|"
    r"run|keep|trail|swirl|"
    r"spin|encircl|float|fly|travel|shak|mov|left to|right to|from (?:left|right)|up and up|gain|sweep|"
    r"swing|whip|yaw|swivel|float|crab|step"
)
_OPENERS = word_set(
    "slow gentle smooth fast a an the then with and by now instead of rather than but start starts starting "
    "end ends begins begin long wide cinematic steady very quick subtle gradual dramatic low high shot please "
    "make have let it could you can ever so just only camera lens drone we us i aerial handheld cam view d "
    "like want would should to from do or finally first next more as in style footage movement move motion "
    "continuous single crane gimbal steadicam lazy stately one also while simply try maybe this is "
    "perspective frame"
)
_NEAR_AGENT = 34


@lru_cache(maxsize=1)
def _compiled() -> tuple[list[tuple[str, re.Pattern[str]]], list[tuple[str, re.Pattern[str]]]]:
    strict = [(move, re.compile(rf"(?:\b(?:{pattern}))")) for move, pattern in _STRICT]
    return strict, [(move, re.compile(pattern)) for move, pattern in _LOOSE]


def find_move(clause: str) -> tuple[str, int, int, float] | None:
    """The camera move that a clause speaks of: (move, start, end, confidence), or None.

    clause: plain text in lower case without punctuation inside. A technical term counts anywhere; ordinary verbs
    count only where the camera, or "we", does them.
    """
    text = _NOT_CAMERA.sub(lambda found: " " * len(found.group()), clause.replace("'", " "))
    strict, loose = _compiled()
    technical = _first(strict, text)
    acted = _first(loose, text, _AGENT.search(text)) if _AGENT.search(text) else None
    if technical and not (acted and technical[0] == "forward" and acted[0] != "forward"):
        return (*technical, 1.0)
    return (*acted, 0.9) if acted else None


def _first(
    patterns: list[tuple[str, re.Pattern[str]]], text: str, agent: re.Match[str] | None = None
) -> tuple[str, int, int] | None:
    for move, pattern in patterns:
        for found in pattern.finditer(text, agent.end() if agent else 0):
            if agent and found.start() - agent.end() > _NEAR_AGENT:
                break
            if agent or _is_the_cameras(text, found):
                return move, found.start(), found.end()
    return None


def _is_the_cameras(text: str, found: re.Match[str]) -> bool:
    if not _VERBAL.match(found.group()):
        return True
    before = text[: found.start()].split()
    return all(word in _OPENERS or word.endswith("ly") for word in before[-4:]) or bool(
        _AGENT.search(text[max(0, found.start() - _NEAR_AGENT) : found.start()])
    )
