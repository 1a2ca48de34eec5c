"""The text in the symbol: grammar, Base32 in its only form, host rules."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.errors import NotACode
from jianbiao.wire.code_text import MAX_TEXT, code_prefix, code_text, parse_code

BODY = base64.b32encode(b"\xd2" + bytes(range(39))).decode()
BYTES = b"\xd2" + bytes(range(39))


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        BODY.lower(),
        f"HTTPS://VERIFY.EXAMPLE/V/{BODY}",
        f"https://verify.example/v/{BODY.lower()}",
        f"http://127.0.0.1:8080/V/{BODY}",
        f"jianbiao+x.y-z://anything?goes=here/V/{BODY}",
        f"x://{'h' * 255}/V/{BODY}",
        f" \t\r\n\f\v{BODY} \n",
        f"\nHTTPS://H/V/{BODY}\n\n",
    ],
)
def test_accepted(text: str) -> None:
    assert parse_code(text) == BYTES


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "HTTPS://H/V/",
        f"HTTPS://H/V/{BODY}?x=1",
        f"HTTPS://H/V/{BODY}#x",
        f"HTTPS://H/V/{BODY}/",
        f"HTTPS://H/V/%32{BODY[1:]}",
        f"HTTPS://H/W/{BODY}",
        f"HTTPS://H/X/V/{BODY}",
        f"HTTPS://H//V/{BODY}",
        f"HTTPS:///V/{BODY}",
        f"HTTPS:/H/V/{BODY}",
        f"1HTTPS://H/V/{BODY}",
        f"://H/V/{BODY}",
        f"H/V/{BODY}",
        f"/V/{BODY}",
        f"x://{'h' * 256}/V/{BODY}",
        f"HTTPS://H H/V/{BODY}",
        f"HTTPS://H/V/ {BODY}",
        f"{BODY[:9]} {BODY[9:]}",
        f"{BODY[:9]}\n{BODY[9:]}",
        f"{BODY[:9]}-{BODY[9:]}",
        f"{BODY[:9]}_{BODY[9:]}",
        f"+{BODY}",
        f"-{BODY}",
        f"0x{BODY}",
        f"{BODY}=",
        f"{BODY}\0",
        f"\u00a0{BODY}",
        f"\x1c{BODY}",
        f"\ufeff{BODY}",
        f"HTTPS://ÉXAMPLE/V/{BODY}",
        f"http\u017f://H/V/{BODY}",
        "0" + BODY,
        "1" + BODY,
        "8" + BODY,
        "A" * 64,
        BODY + " " * MAX_TEXT,
        "\ud800" + BODY,
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(NotACode):
        parse_code(text)


def test_length_limit() -> None:
    assert parse_code(BODY + " " * (MAX_TEXT - len(BODY))) == BYTES
    with pytest.raises(NotACode):
        parse_code(BODY + " " * (MAX_TEXT - len(BODY) + 1))


@pytest.mark.parametrize("text", ["2", "2K1", "2KA", "2KAAAA", "2KAAAAA" + "AA"])
def test_lengths_that_base32_does_not_have(text: str) -> None:
    assert len(text) % 8 in (1, 3, 6)
    with pytest.raises(NotACode):
        parse_code(text)


@given(st.binary(max_size=300))
def test_one_certificate_has_one_text(tail: bytes) -> None:
    certificate = b"\xd2" + tail
    body = code_text("https://h", certificate).removeprefix("HTTPS://H/V/")
    assert body == base64.b32encode(certificate).decode().rstrip("=")
    assert parse_code(body) == certificate
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    accepted = []
    for letter in alphabet:
        try:
            if parse_code(body[:-1] + letter) == certificate:
                accepted.append(letter)
        except NotACode:
            pass
    assert accepted == [body[-1]]


@given(st.text(max_size=80) | st.text(alphabet="AZaz27018_+-=/ :\nVv\u0130\u017f\u0660", max_size=60))
def test_any_text_is_bytes_or_no_code(text: str) -> None:
    try:
        certificate = parse_code(text)
    except NotACode:
        return
    assert certificate[0] == 0xD2
    body = text.strip(" \t\r\n\f\v").rpartition("/")[2].upper()
    assert base64.b32encode(certificate).decode().rstrip("=") == body


@pytest.mark.parametrize(
    ("base_url", "prefix"),
    [
        ("https://verify.example.cn", "HTTPS://VERIFY.EXAMPLE.CN/V/"),
        ("https://" + "h" * 40, "HTTPS://" + "H" * 40 + "/V/"),
        ("http://127.0.0.1:8080", "HTTP://127.0.0.1:8080/V/"),
        ("http://localhost:8080", "HTTP://LOCALHOST:8080/V/"),
    ],
)
def test_prefix(base_url: str, prefix: str) -> None:
    assert code_prefix(base_url) == prefix
    assert set(prefix) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "verify.example.cn",
        "http://verify.example.cn",
        "http://127.0.0.1.example:80",
        "https://verify.example.cn:8443",
        "https://verify.example.cn/",
        "https://verify.example.cn/x",
        "https://user@verify.example.cn",
        "https://verify_example.cn",
        "https://检验.cn",
        "https://" + "h" * 41,
        "ftp://127.0.0.1",
        "https://-x",
        "https://verify.example.cn\n",
    ],
)
def test_addresses_that_do_not_fit_a_code(base_url: str) -> None:
    with pytest.raises(ValueError, match="public"):
        code_prefix(base_url)
