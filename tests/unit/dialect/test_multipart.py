"""Multipart bodies in the forms that clients really send."""

from __future__ import annotations

import pytest
from fakes import multipart

from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import HEADER_LINE_BYTES, HEADERS_PER_PART, PartReader
from mutoscope.domain.errors import FileTooLarge, InvalidRequest

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def read(body: bytes, step: int = 0, limits: Limits | None = None, boundary: bytes = b"b0undary"):
    reader = PartReader(boundary, limits or Limits(), lambda name: name.startswith("input_reference"))
    for start in range(0, len(body), step or len(body)):
        reader.feed(body[start : start + (step or len(body))])
    return reader.close()


@pytest.mark.parametrize("step", [0, 1, 7, 64])
def test_parts_are_the_same_in_pieces_of_any_size(step):
    body = multipart(
        ('name="prompt"', "ein See \N{SNOWFLAKE}".encode()),
        ('name="input_reference"; filename="upload"\r\nContent-Type: application/octet-stream', PNG + b"\r\n--b0und"),
    )
    prompt, file = read(body, step)
    assert (prompt.name, prompt.text(), prompt.is_file) == ("prompt", "ein See \N{SNOWFLAKE}", False)
    assert (file.name, file.data, file.filename, file.is_file) == (
        "input_reference",
        PNG + b"\r\n--b0und",
        "upload",
        True,
    )


@pytest.mark.parametrize(
    ("lines", "is_file"),
    [
        ('name="a"', False),
        ('name="a"\r\nContent-Type: text/plain', False),
        ('name="a"\r\nContent-Type: text/plain; charset=utf-8', False),
        ('name="a"\r\nContent-Type: application/json', False),
        ('name="a"; filename="x"', True),
        ('name="a"; filename=""', True),
        ('name="a"; filename="x.txt"\r\nContent-Type: text/plain', True),
        ('name="a"\r\nContent-Type: application/octet-stream', True),  # Java's byte arrays, Ruby's StringIO
        ('name="a"\r\ncontent-type: IMAGE/PNG', True),
        ("name=a", False),
    ],
)
def test_what_counts_as_a_file(lines, is_file):
    (part,) = read(multipart((lines, b"x")))
    assert part.name == "a"
    assert part.is_file is is_file


def test_names_are_utf8_and_may_hold_quotes_and_semicolons():
    (part,) = read(multipart(('name="a;b\\"\N{SNOWFLAKE}"; filename="C:\\x.png"', b"")))
    assert part.name == 'a;b"\N{SNOWFLAKE}'


def test_a_declared_latin_1_text_is_read_as_such():
    (part,) = read(multipart(('name="prompt"\r\nContent-Type: text/plain; charset=ISO-8859-1', b"caf\xe9")))
    assert part.text() == "café"


def test_text_that_is_not_utf8_names_the_field():
    (part,) = read(multipart(('name="prompt"', b"caf\xe9")))
    with pytest.raises(InvalidRequest) as caught:
        part.text()
    assert caught.value.param == "prompt"


def test_an_empty_form_has_no_parts():
    assert read(b"--b0undary--\r\n") == []


def test_an_epilogue_is_not_read():
    assert len(read(multipart(('name="a"', b"1")) + b"junk --b0undary\r\n")) == 1


@pytest.mark.parametrize("lost", [1, 2, 4, 14, 20, 40])
def test_truncation_is_told(lost):
    body = multipart(('name="a"', b"1" * 30)).removesuffix(b"\r\n")
    with pytest.raises(InvalidRequest, match="truncated"):
        read(body[:-lost])


@pytest.mark.parametrize(
    "body",
    [
        b'{"prompt": "x"}',
        b"prompt=x",
        b"--other\r\n\r\n\r\n--other--\r\n",
        b"--b0undary\r\nno colon here\r\n\r\nx\r\n--b0undary--",
        b"--b0undary\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b0undary--",
        b'--b0undary\r\nContent-Disposition: attachment; name="a"\r\n\r\nx\r\n--b0undary--',
        b"--b0undary\r\nContent-Type: text/plain\r\n\r\nx\r\n--b0undary--",
        b"--b0undary\r\n\r\nx\r\n--b0undary--",
        multipart(('name="a"\r\nContent-Transfer-Encoding: base64', b"eA==")),
        multipart(('name="a"\r\n' + "\r\n".join(f"x{i}: 1" for i in range(HEADERS_PER_PART)), b"")),
        multipart((f'name="{"a" * HEADER_LINE_BYTES}"', b"")),
    ],
)
def test_what_is_no_form_is_refused(body):
    with pytest.raises(InvalidRequest):
        read(body)


def test_a_long_boundary_is_refused():
    with pytest.raises(InvalidRequest, match="boundary"):
        read(b"x", boundary=b"b" * 300)


def test_parts_are_counted_while_reading():
    limits = Limits(parts=3)
    assert len(read(multipart(*[('name="a"', b"")] * 3), limits=limits)) == 3
    with pytest.raises(InvalidRequest, match="more than 3 parts"):
        read(multipart(*[('name="a"', b"")] * 4, end=False), limits=limits)


def test_long_texts_stop_the_reading_but_files_and_references_do_not():
    limits = Limits(text_bytes=10)
    read(multipart(('name="a"', b"x" * 10)), limits=limits)
    read(multipart(('name="a"; filename="f"', b"x" * 11)), limits=limits)
    read(multipart(('name="input_reference[image_url]"', b"x" * 11)), limits=limits)
    with pytest.raises(FileTooLarge) as caught:
        read(multipart(('name="a"', b"x" * 11), end=False), limits=limits)
    assert caught.value.param == "a"
