"""Which URLs may be asked, in all the spellings that parsers disagree about."""

import pytest

from mutoscope.domain.errors import ConfigurationError
from mutoscope.egress.errors import Refusal
from mutoscope.egress.rules import Rules, Target, origins

RULES = Rules(origins({("10.0.0.5", 8000), ("Gpu.LAN", 9000), ("fd00:0:0::5", 80)}))
REFUSED = {
    "http://example.com/": "only https",
    "ftp://example.com/": "only http and https",
    "file:///etc/passwd": "only http and https",
    "data:text/plain,x": "only http and https",
    "gopher://example.com/": "only http and https",
    "//example.com/": "only http and https",
    "example.com": "only http and https",
    "": "only http and https",
    "https://": "no plain name",
    "https:///x": "no plain name",
    "https:example.com/x": "no plain name",
    "https://example.com:22/": "port 22",
    "https://example.com:0/": "port 0",
    "https://example.com:65536/": "cannot be read",
    "https://example.com:80:90/": "cannot be read",
    "https://user@example.com/": "user name",
    "https://user:word@example.com/": "user name",
    "https://@example.com/": "user name",
    "https://example.com@127.0.0.1/": "user name",
    "https://example.com\\@127.0.0.1/": "backslash",
    "https://127.0.0.1\\.example.com/": "backslash",
    "https://exam\tple.com/": "control character",
    "https://example.com/\r\nHost: x": "control character",
    "\x01https://example.com/": "control character",
    "https://example.com/a b": "space",
    "https://example.com./": "no plain name",
    "https://127.0.0.1./": "no plain name",
    "https://localhost./": "no plain name",
    "https://a..b/": "no plain name",
    "https://-a.com/": "no plain name",
    "https://127%2e0%2e0%2e1/": "no plain name",
    "https://example.com%00.evil/": "no plain name",
    "https://example.com;80/": "no plain name",
    "https://[v1.a]/": "no IPv6 address",
    "https://[::1": "cannot be read",
    "https://127.0.0.1/": "not a public one",
    "https://2130706433/": "a number",
    "https://0x7f000001/": "a number",
    "https://0X7F.0.0.1/": "a number",
    "https://017700000001/": "a number",
    "https://0177.0.0.1/": "a number",
    "https://127.1/": "a number",
    "https://127.0.1/": "a number",
    "https://1.2.3.4.5/": "a number",
    "https://a.0x/": "a number",
    "https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/": "not a public one",
    "https://\uff11\uff12\uff17.0.0.1/": "not a public one",
    "https://127\u30020\u30020\u30021/": "not a public one",
    "https://169.254.169.254/latest": "not a public one",
    "https://[::1]/": "not a public one",
    "https://[0:0:0:0:0:0:0:1]/": "not a public one",
    "https://[::ffff:127.0.0.1]/": "not a public one",
    "https://[64:ff9b::a9fe:a9fe]/": "not a public one",
    "https://[fe80::1%25eth0]/": "zone",
    "https://[fe80::1%eth0]/": "zone",
    "https://[2606:4700::1111%251]/": "zone",
    "https://\ud800.com/": "cannot be read",
}
ALLOWED = {
    "https://example.com": ("example.com", 443, "https://example.com"),
    "https://EXAMPLE.com:8443/A%2fb?sig=%2f+%20&x=a%2Bb": (
        "example.com",
        8443,
        "https://example.com:8443/A%2fb?sig=%2f+%20&x=a%2Bb",
    ),
    "https://example.com/x#part": ("example.com", 443, "https://example.com/x"),
    "https://a_b.example.com/": ("a_b.example.com", 443, "https://a_b.example.com/"),
    "https://b\u00fccher.example/\u00fc": ("xn--bcher-kva.example", 443, "https://xn--bcher-kva.example/%C3%BC"),
    "https://1.1.1.1/": ("1.1.1.1", 443, "https://1.1.1.1/"),
    "https://[2606:4700:4700:0::1111]/": ("2606:4700:4700::1111", 443, "https://[2606:4700:4700::1111]/"),
    "https://example.com/?u=http://127.0.0.1/": ("example.com", 443, "https://example.com/?u=http://127.0.0.1/"),
}


def check(url: str, *, trusted: bool = False) -> Target:
    return RULES.check(url, trusted=trusted)


@pytest.mark.parametrize(("url", "why"), REFUSED.items(), ids=ascii)
@pytest.mark.parametrize("trusted", [False, True])
def test_refused(url: str, why: str, trusted: bool) -> None:
    with pytest.raises(Refusal, match=why) as raised:
        check(url, trusted=trusted)
    assert "word" not in str(raised.value)


@pytest.mark.parametrize(("url", "expected"), ALLOWED.items(), ids=ascii)
def test_allowed_and_sent_as_it_came(url: str, expected: tuple[str, int, str]) -> None:
    target = check(url)
    assert (target.host, target.port, str(target.url)) == expected
    assert not target.exempt


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.5:8000/x",
        "http://gpu.lan:9000",
        "https://GPU.lan:9000/",
        "http://[fd00::5]/",
        "http://[FD00:0::5]:80/",
    ],
)
def test_a_trusted_host_is_exempt_for_who_says_that_the_url_is_an_operators(url: str) -> None:
    assert check(url, trusted=True).exempt
    with pytest.raises(Refusal):
        check(url)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.5:8001/", "http://10.0.0.6:8000/", "http://10.0.0.5/", "http://x.gpu.lan:9000/"]
)
def test_the_exemption_is_of_one_host_and_port(url: str) -> None:
    with pytest.raises(Refusal):
        check(url, trusted=True)


def test_no_setting_opens_metadata() -> None:
    rules = Rules(origins({("169.254.169.254", 80)}))
    with pytest.raises(Refusal, match="metadata"):
        rules.check("http://169.254.169.254/latest", trusted=True)


def test_plain_http_is_opt_in() -> None:
    assert Rules(plain_http=True).check("http://example.com/", trusted=False).port == 80


@pytest.mark.parametrize("host", ["", "127.1", "a b", "example.com.", "fe80::1%1", "http://x"])
def test_a_trusted_host_that_no_url_can_have_is_an_error_of_the_setting(host: str) -> None:
    with pytest.raises(ConfigurationError, match="Trusted host"):
        origins({(host, 80)})


REDIRECTS = {
    "/b": "https://example.com/b",
    "b?x=%2f": "https://example.com/a/b?x=%2f",
    "//other.example/": "https://other.example/",
    "https://other.example:8443/": "https://other.example:8443/",
}


@pytest.mark.parametrize(("location", "expected"), REDIRECTS.items())
def test_redirects_that_are_followed(location: str, expected: str) -> None:
    here = check("https://example.com/a/x")
    assert str(RULES.follow(here, here, location).url) == expected


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://example.com/", "https to http"),
        ("//127.0.0.1/", "public"),
        ("https://169.254.169.254/", "public"),
        ("file:///etc/passwd", "only http"),
        ("data:,x", "only http"),
        ("\\\\127.0.0.1/", "backslash"),
        ("/\t/127.0.0.1/", "control"),
        ("https://u:p@example.com/", "user name"),
        ("http://10.0.0.5:8000/", "https to http"),
        ("https://10.0.0.5:8000/", "port 8000"),
    ],
)
def test_redirects_that_are_not(location: str, why: str) -> None:
    here = check("https://example.com/a/x")
    with pytest.raises(Refusal, match=why):
        RULES.follow(here, here, location)


def test_an_exemption_goes_no_further_than_its_own_host() -> None:
    here = check("http://10.0.0.5:8000/a", trusted=True)
    assert RULES.follow(here, here, "/b").exempt
    for other in ("http://gpu.lan:9000/", "http://10.0.0.5:8001/", "https://10.0.0.6/"):
        with pytest.raises(Refusal):
            RULES.follow(here, here, other)
    away = RULES.follow(here, here, "https://example.com/")
    assert not away.exempt


def test_a_url_is_shown_without_its_query() -> None:
    assert str(check("https://example.com/a?sig=secret")) == "https://example.com/a"
