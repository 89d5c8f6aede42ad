"""200 texts that try to become something else than text. One that is run sets `pwned`, or asks another host."""

from __future__ import annotations

from itertools import product

_RUN = "window.pwned=1"

# What somebody wants to run, as markup.
_MARKUP = (
    f"<script>{_RUN}</script>",
    f"<ScRiPt>{_RUN}</sCrIpT>",
    f"<script src=data:text/javascript,{_RUN}></script>",
    f"<script type=module>{_RUN}</script>",
    f"<img src=x onerror={_RUN}>",
    f"<svg onload={_RUN}>",
    f"<svg><script>{_RUN}</script></svg>",
    f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>",
    f"<body onload={_RUN}>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    f"<details open ontoggle={_RUN}>",
    f"<input autofocus onfocus={_RUN}>",
    f"<video><source onerror={_RUN}></video>",
    f"<math><mtext><style><img src=x onerror={_RUN}></style>",
)
# What it would have to get out of.
_BEFORE = (
    "",
    '">',
    "'>",
    "</textarea>",
    "</title>",
    "</code></pre>",
    "</option></select>",
    "--><!-- -->",
    "]]>",
    "\n\n",
)

_ALONE = (
    # attributes
    f'" onmouseover="{_RUN}', f"' onfocus='{_RUN}' autofocus='", f'" style="position:fixed;inset:0" onclick="{_RUN}',
    f"` onload=`{_RUN}", f'x" autofocus onfocus="{_RUN}" x="', "\" formaction=\"javascript:pwned=1",
    '" popover id="main',
    # addresses
    "javascript:window.pwned=1", "JaVaScRiPt:window.pwned=1", "java\tscript:window.pwned=1", "\x20javascript:alert(1)",
    "data:text/html,<script>pwned=1</script>", "vbscript:msgbox(1)", "//evil.example/x.js", "https://evil.example/",
    "<a href=javascript:pwned=1>here</a>", "<base href=//evil.example>", "<link rel=stylesheet href=//evil.example/x>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<form action=//evil.example><button>x</button></form>",
    # styles
    "<style>*{display:none}</style>", "<style>@import '//evil.example/x.css'</style>", "}</style>*{color:red}",
    "<p style='background:url(//evil.example/x)'>", "expression(alert(1))",
    "<link rel=preload href=//evil.example as=script>",
    # templates
    "{{ 7*7 }}", "{% raw %}{{ config }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{#", "#}", "${7*7}",
    "<%= 7*7 %>", "#{7*7}", "[[7*7]]", "{{constructor.constructor('pwned=1')()}}", "%s%s%n", "{0.__class__}",
    # entities and encodings
    "&lt;script&gt;pwned=1&lt;/script&gt;", "&#60;script&#62;pwned=1&#60;/script&#62;", "\\u003cscript\\u003epwned=1",
    "%3Cscript%3Epwned=1%3C/script%3E", "＜script＞pwned=1＜/script＞", "+ADw-script+AD4-pwned=1+ADw-/script+AD4-",
    # Unicode
    "\u202egnp.exe\u202c", "\u2066a\u2069\u200f\u200e", "a\u0300" * 60, "\ufeff\u200b\u200d\u2060",
    "\u2028pwned=1\u2029",
    "👩\u200d👩\u200d👧\u200d👦" * 10, "\U000e0041\U000e0042", "ｊavascript:pwned=1", "ſcript", "İ", "\ufffd\uffff",
    # length
    "o" * 3000, "long " * 600, "<" * 500,
    # other people's languages
    "'; DROP TABLE videos; --", f"\"><svg/onload={_RUN}//",
)  # fmt: skip

STRINGS = tuple(before + markup for before, markup in product(_BEFORE, _MARKUP)) + _ALONE
# Refused before anything is made of them; what is said about them is shown all the same.
REFUSED = ("\x00<script>window.pwned=1</script>", "a\x1b[31mred", "\x07\x08")
