"""How people put changes into words: the patterns that `changes` reads clauses with."""

from __future__ import annotations

import re

from mutoscope.flipbook.lexicon.words import word_set

THE_SCENE = (
    "(?:it|this|that|us|me|everything|everyone|all(?: of it| of this)?|things|the (?:whole "
    ")?(?:scene|thing|story|action|setting|location|shot|video|clip|place|background|backdrop|landscape|"
    "scenery|world|picture|image|film|lot|footage|viewer|environment|surroundings|terrain|look|style)|"
    "them|him|her|(?:its|our) "
    "(?:setting|location|background|backdrop))"
)
REMOVE = (
    "remov(?:e|ing)|delet(?:e|ing)|get(?:ting)? rid of|rid (?:it|us|the \\w+) of|los(?:e|ing)|take "
    "(?:out|away|off)|taking (?:out|away)|ditch|scrap|eras(?:e|ing)|eliminat(?:e|ing)|strip(?: out| away| "
    "off)?|cut(?: out| away)?(?! to)|clear (?:away|out|off)|wip(?:e|ing)(?: out| away| off)?|banish|kill(?: "
    "off)?|omit|exclud(?:e|ing)|leav(?:e|ing) out|do away with|dispens(?:e|ing) with|hide|burn off|dry(?: up| off| "
    "out)?|hush|calm|settle|dispel|chas(?:e|ing) (?:away|off)|send away|evict|ax|axe|nix|bin|dump|discard|toss(?: "
    "out)?|purg(?:e|ing)|subtract|expel|silenc(?:e|ing)|skip|forget(?: about)?|never mind|drop(?! "
    "(?:us|it|me|this|them|the (?:camera|scene|viewer)|in\\b|into|down|a |an ))|stop(?! (?:the "
    ")?(?:camera|pan|zoom|mov|orbit|track|tilt|shak|dolly|fly))|end|quit|lift|edit out|paint out|"
    "crop out|trim|weed "
    "out|clean up|sweep away|blow away|shoo(?: "
    "away)?|part|abolish|disperse|dissolve|retire|yank|pluck|extract|empty|vacate|cancel|quell|douse|"
    "extinguish|put "
    "out|turn off|switch off|melt|thaw"
)
GOES = (
    "disappear\\w*|vanish\\w*|go(?:es)? away|go(?:es)?|be gone|gone|clear(?:s|ing|ed)?(?: up| away| off| "
    "out)?|lift(?:s|ed|ing)?|stop(?:s|ped)?|pass(?:es)?(?: away| by| over)?|die(?:s)? "
    "(?:down|out|away)|blow(?:s|n)? (?:over|away|off)|burn(?:s|t)? (?:off|away)|fade(?:s)? away|melt(?:s)?(?: "
    "away)?|dispers\\w+|dissipat\\w+|end(?:s|ed)?|(?:be|is) "
    "over|leav(?:e|es)|(?:sail|fly|walk|swim|run|drift|ride|drive|move|step|wander|slip)(?:s)? (?:out of "
    "(?:frame|shot|view|the picture|sight)|away|off)|exit(?:s)?|let(?:s)? up|subsid\\w+|peter(?:s)? out|thin(?:s)? "
    "out|eas(?:e|es)(?: off)?|evaporat\\w+|cease(?:s)?"
)
KEEP = (
    "keep(?:ing)?|hold(?:ing)?|preserv(?:e|ing)|maintain(?:ing)?|retain(?:ing)?|leav(?:e|ing)(?! "
    "out)|lock(?:ing)?(?: in| down)?|(?:don't|do not|never) (?:change|touch|alter|move|modify|mess "
    "with)|stick(?:ing)? (?:with|to)|stay(?:ing)? with|conserv(?:e|ing)|respect|freeze|without "
    "(?:changing|touching|altering|moving|disturbing)|spare|save|not (?:changing|touching)|stay true to|remain "
    "faithful to|reuse|use the same"
)
STAYS = (
    "(?:should |must |can |to |will )?(?:stay(?:s)?|remain(?:s)?|be kept|is kept|are kept|be "
    "left|unchanged|untouched|intact|be the same|is the same|are the same|does not change|don't change|doesn't "
    "change|as (?:is|it is|they are|before|it was))"
)
ADD = (
    "hoist(?:ing)?|launch(?:ing)?|build|erect|perch|invite|"
    "add(?:ing)?(?: in)?|includ(?:e|ing)|insert(?:ing)?|bring(?:ing)? in|introduc(?:e|ing)|throw(?:ing)? "
    "in|sprinkl(?:e|ing)|populate(?: it)? with|send in|toss in|paint in|scatter(?:ing)?|conjur(?:e|ing)(?: "
    "up)?|summon|spawn|releas(?:e|ing)|hang(?:ing)?|plant(?:ing)?|park(?:ing)?|drop in|slip in|squeeze in|work "
    "in|fill (?:it|the \\w+) with|pepper in|squeeze|there should be|there could be|let there be|"
    "give (?:it|us|me|the "
    "\\w+)|(?:put|plac(?:e|ing)|stick|position|pop)(?: in)? (?=an? |some |two |three |several |the "
    "(?!whole|scene|story|action|thing|monk)|more )|show(?: us)?(?! it)|i (?:want|need) (?:to see )?(?=an? |some "
    "|more )|i(?:'d| would) like (?:to see )?(?=an? |some |more )|could (?:we|you) (?:have|add|get)|have (?=an? "
    "|some )"
)
MOVE = (
    r"(?:mov(?:e|ing)|transport(?:ing)?|relocat(?:e|ing)|shift(?:ing)?|set(?:ting)?|tak(?:e|ing)|"
    r"bring(?:ing)?|drop(?:ping)?|whisk(?:ing)?|transplant(?:ing)?|plac(?:e|ing)|put(?:ting)?|"
    r"send(?:ing)?|land|teleport(?:ing)?|beam|carry|fly|transfer|migrate|uproot|ship|"
    r"stage|jump|cut|travel|head|go|imagine|picture|see|want|like|have|play|film|shoot|plunge|plonk|"
    r"dump|switch|change|turn|make|transform|transpose|translocate|re ?set|restage|reimagine|recast|"
    r"situate)"
    rf"(?: {THE_SCENE}| the \w+(?: \w+)?)?(?: (?:over|off|away|happen|happening|take place|taking place|"
    rf"go|be|play out|instead|all|be set|set|unfold|unfolding))*(?: from .*?)? (?P<place>(?:to|into|in|"
    rf"on|onto|at|inside|under|above|over|among|amid)\b)"
)
HAPPENS = (
    "(?:happen(?:s|ing|ed)?|take(?:s)? place|taking place|took place|unfold(?:s|ing)?|play(?:s|ing)? out|be set|is "
    "set|were set|was set|were|was|are|be|stand(?:s)?|end up|live(?:s)?) "
    "(?P<place>(?:in|on|at|inside|under|above|among)\\b)"
)
SWAPS = (
    r"(?:substitute|put in|sub in) (?P<y>.+?) (?:for|in place of) (?P<x>.+)",
    (
        r"(?:replac(?:e|ing)|swap(?:ping)?|exchang(?:e|ing)|trad(?:e|ing)|switch(?:ing)?|substitut(?:e|ing)|"
        r"sub)(?: out)? (?P<x>.+?)(?: out)? (?:with|for|by|against|to|into|in favou?r of) (?P<y>.+)"
    ),
    (
        r"(?:have |let |i want |want )?(?P<x>.+?) (?:be |is |are |being )?(?:replaced|swapped|exchanged|"
        r"traded|substituted)(?: out)? (?:with|by|for) (?P<y>.+)"
    ),
    (
        r"(?:chang(?:e|ing)|turn(?:ing)?|transform(?:ing)?|convert(?:ing)?|morph(?:ing)?|transmut(?:e|ing)|"
        r"mak(?:e|ing)|shift(?:ing)?|alter(?:ing)?|recast|redo|rework|transmogrify|reimagin(?:e|ing)|adjust|"
        r"remodel|restyle) (?P<x>(?!left|right|up|down|to |into ).+?) (?:in|over )?(?:to|into|as|"
        r"from being) (?P<y>.+)"
    ),
    (
        r"(?:let |have |make )?(?P<x>the .+?|it|this|every \w+|our \w+) (?:become(?:s)?|turn(?:s)? into|"
        r"turn(?:s)? to|(?:change|transform|dissolve|morph|melt|shift)s? (?:in)?to|"
        r"gives? way to|should be(?=(?: now)? an? )|should become|ought to be(?= an? )|could be(?= an? )|"
        r"is now(?= an? )|are now(?= \w+)|were(?= an? )|was(?= an? )) (?P<y>.+)"
    ),
    r"mak(?:e|ing) (?P<x>the \w+(?: \w+)?) (?P<y>(?:an?|into) .+)",
    r"mak(?:e|ing) (?P<x>the \w+s) (?P<y>\w+s)",
    r"(?P<y>.+?) (?:instead of|rather than|in place of|in lieu of) (?P<x>.+)",
)
LIGHT_VERBS = word_set(
    "hoist launch rais build erect perch invit welcom open draw introduce grow wake seat tuck squeez "
    "quit axe nix dump chas drive "
    "add put includ insert bring introduc throw sprinkl hang plant park drop scatter show give let have make "
    "use shift turn chang switch swap replac remov delet get los ditch take scrap eras strip cut clear wip "
    "kill omit hid keep hold preserv maintain retain leav lock set mov transport relocat pan zoom tilt orbit "
    "circl dolly push pull track follow ris speed slow quicken hurry accelerat dry hush calm settl stop end "
    "without no only imagin pictur go render paint draw colour color tint grad bath drain desaturat cover "
    "fill try want like need mor start begin pick ease fade cool warm send whisk lose banish rid do don't "
    "please also just then now trad exchang convert transform bleach light dim brighten darken stick stay "
    "drop plac swing sweep back steady lower rais lift crank wash cast shroud blanket dust burn dispel "
    "release summon conjur give pour"
)
SPLIT = re.compile(
    r"\s*(?:[.;!?:…—–\n]|,|\bbut\b|\bthen\b|\bwhile\b|\byet\b|\bexcept\b|\bwhereas\b|\bso that\b|"
    r"\bso\b(?= (?:the|it|that|we))|\band\b)\s*"
)
PLACEABLE = re.compile(
    r"\b(?:relocat|transport|transplant|whisk|teleport|transfer|move|shift|set|take|bring|drop|place|"
    r"put|send|happen|unfold|stage|situate)"
)
LOCKS = {
    "camera": (
        "\\b(?:camera|cam|shot|framing|frame|angle|camerawork|camera "
        "work|movement|motion|move|perspective|viewpoint|point of view|view|lens|flight "
        "path|path|trajectory|cinematography|pan|zoom|dolly|orbit|tracking|tilt|drone|crop|climbing|panning|"
        "gliding|flying|circling|orbiting|rising|zooming|following|moving|drifting|pushing|filming)\\b"
    ),
    "setting": (
        "\\b(?:setting|location|place|background|backdrop|landscape|scenery|scene|environment|surroundings|"
        "terrain|world)\\b"
    ),
    "subjects": (
        "\\b(?:subjects?|characters?|animals?|objects?|actors?|cast|protagonists?|creatures?|figures?|them|"
        "him|her|main "
        "thing)\\b"
    ),
    "composition": "\\b(?:compositions?|layout|arrangement|placements?|blocking|staging)\\b",
    "all": (
        "\\b(?:everything|all|the rest|rest|whole thing|all else|every other|anything else|every detail|"
        "exactly the "
        "same|all of it|the whole|as before|as (?:it|they) (?:was|is|are|were)|as is|^(?:exactly )?the same$)\\b"
    ),
}
SUNNY = frozenset(
    [
        "sunny",
        "sunshine",
        "bright sunshine",
        "sunny day",
        "blue sky",
        "blue skies",
        "bright sun",
        "bright sunny",
        "fine day",
        "clear day",
        "sunbeams",
        "bluebird day",
        "dry day",
    ]
)
WHOLE = re.compile(
    rf"^(?:from )?(?:{THE_SCENE}|(?:the |a |its |our )?(?:overall |color |colour |camera |visual |art |"
    rf"whole |entire )?(?:light|lighting|season|mood|tone|palette|colou?rs?|style|time|time of day|hour|"
    rf"weather|sky|camera|camerawork|movement|setting|location|background|"
    r"backdrop|landscape|scene|look|look and feel|aesthetic|atmosphere|medium|pace|speed|tempo|grade|"
    r"grading|art style|visuals|render|rendering|ground|place|environment|surroundings|era|angle|move|"
    r"shot)s?)\b"
)
KNOWN = (
    "change turn make keep same remove delete lose ditch scrap replace swap add put bring let set move transport "
    "relocate take drop whisk give want like would could should rather instead happen happening place picture "
    "imagine please everything thing whole scene rest stay leave hold framing composition subject camera shot "
    "movement motion pace palette color colour tone tint image picture video season time style look lighting mood "
    "what how maybe try use shift convert transform version turn bit more less very too much kind sort way i'd i'll "
    "we'd let's i d it's don't doesn't isn't aren't there's that's what's here's there here now then"
)
DOUBLE_SWAP = re.compile(
    r"^\s*(?P<first>(?P<verb>replace|swap|change|turn|exchange|trade|switch|convert|"
    r"transform)(?: out)? .+? (?P<link>with|for|to|into|by) .+?) and (?P<second>(?:the |"
    r"its )?\w+(?: \w+)? (?P=link) .+)$"
)
TAILS = word_set(
    "at in on under with by during instead please setting scene now tonight this not rather background version for as"
)
HEADS = word_set(
    "a an in on at over above under into inside now instead make it this by amid among across through set "
    "same with tropical snowy imagine perhaps maybe only just to beside near i we somewhere give snow distant "
    "rolling ancient frozen deep how what somewhere more wild lush some another different there's"
)

_POLITE = r"(?:also |please |now |just |maybe |perhaps |let's |could you |can you |i want to |i'd like to )*"
_SAME = (
    r"(?:the |exact |exactly the |this |that |with the |identical |very )*\b(?:same|"
    r"identical)\b (?P<x>.+?)(?P<rest>(?: (?:at|in|under|during|with|on|by|only|now|set) .*)?)$"
)
# What a clause does, by its words; the first that fits counts.
CLAUSES: tuple[tuple[str, str], ...] = (
    (
        "keep",
        (
            r"^(?P<x>(?:exactly |just |all |everything )*(?:as (?:before|it (?:was|is)|they (?:are|were)|is)|"
            r"the same))$"
        ),
    ),
    (
        "keep",
        rf"^(?:also |please |just |and |let's |we )*(?:{KEEP})\b "
        r"(?P<x>(?!it (?!all|as|the same|exactly)).+)",
    ),
    ("keep", rf"^(?P<x>.+?) {STAYS}\b(?P<rest>)"),
    ("keep", rf"^{_SAME}"),
    *(("swap", rf"^{_POLITE}{swap}$") for swap in SWAPS),
    (
        "remove",
        (
            rf"(?:^|\b(?:please|just|also|now|you|to|let's|we|and|then|should|could|maybe|would|completely|"
            rf"entirely|simply) )(?:{REMOVE}) (?P<x>.+)"
        ),
    ),
    (
        "remove",
        (
            r"^(?:with |there (?:should be|is|are) |i want |(?:a lot|much|way|far|a bit|a little) )*"
            r"(?:without|no more|no longer|no|minus|sans|zero|less|fewer|"
            r"instead of|rather than|not) (?P<x>.+)"
        ),
    ),
    ("remove", r"^(?P<rest>.*?)\bwithout (?P<x>.+)"),
    (
        "remove",
        (
            r"^(?:please |just |now |and )*(?:take|chase|send|blow|burn|ease|drive|sweep|wash|wipe|scare|shoo|"
            r"turn|switch|call|clear|lift|fade|push|thin|strip|edit|cut|carry|see|herd|rub) (?P<x>.+?) (?:out|"
            r"away|off)(?: of (?:it|here|the \w+))?$"
        ),
    ),
    (
        "remove",
        (
            rf"^(?:let |make |have |as |until |when |once |now |could |can |may |would |i want |"
            rf"if )*(?P<x>(?:the |all |every |those |these |any )?\w+(?: \w+)?) (?:should |must |can |to |will |"
            rf"has |have |is |are |needs to |need to )*(?:{GOES})(?: (?P<rest>(?:and|so|to) .*))?$"
        ),
    ),
    (
        "add",
        (
            rf"^(?:also |please |now |just |maybe |perhaps |let's |let us |could you |can you |and |"
            rf"then )*(?:{ADD})\b ?(?P<x>(?!it |this |us |everything ).+)"
        ),
    ),
)
