"""Files and share links as people use them: downloaded, forwarded, looked at, withdrawn, over."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.e2e import links
from tests.e2e.deployment import Reply, Stack, request

pytestmark = pytest.mark.local

BEGINNINGS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "svg": b"<svg "}
TYPES = {"pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml"}
PERSONAL = re.compile(r"黑A|12345|\b[A-HJ-NPR-Z0-9]{17}\b|person_ref|owner_ref")
"""A plate, a VIN, a reference to a person."""


@pytest.fixture(scope="module")
def sample(stack: Stack) -> dict[str, str]:
    """The citizen's first certificate."""
    return stack.sample(owner="citizen", why="valid: an ordinary car")


@pytest.fixture(scope="module")
def mine(sample: dict[str, str]) -> str:
    """Its path."""
    return f"/v1/certificates/{sample['certificate_id']}"


@pytest.fixture
def link(stack: Stack, sample: dict[str, str]) -> str:
    """Path of a new share link."""
    return links.shared(stack, sample["certificate_id"])


def heading(reply: Reply) -> str:
    """What a page says largest."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", reply.text, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", "", found[1]).strip()


@pytest.mark.parametrize("format_", list(TYPES))
def test_a_file_has_a_readable_name_and_its_type(
    stack: Stack, sample: dict[str, str], mine: str, format_: str
) -> None:
    click = stack.call("GET", f"{mine}/file?format={format_}", token="citizen")
    assert (click.status, click.body) == (303, b"")
    file = request("GET", click.headers["location"])
    assert (file.status, file.headers["content-type"]) == (200, TYPES[format_])
    assert file.body.startswith(BEGINNINGS[format_])
    kind, _, name = file.headers["content-disposition"].partition("; filename*=UTF-8''")
    facts = stack.call("GET", mine, token="citizen").json
    assert (kind, unquote(name)) == (
        "attachment",
        f"检验标志-{sample['plate']}-{facts['valid_until']}.{format_}",
    )
    assert file.headers["cache-control"] == "private, no-store"


def test_a_part_of_a_file_can_be_fetched_and_its_head(stack: Stack, mine: str) -> None:
    url = stack.call("GET", f"{mine}/file", token="citizen").headers["location"]
    whole = request("GET", url)
    size = len(whole.body)
    assert whole.headers["accept-ranges"] == "bytes"
    for asked, begin, end in (("0-99", 0, 100), ("100-", 100, size), ("-50", size - 50, size)):
        part = request("GET", url, headers={"Range": f"bytes={asked}"})
        assert (part.status, part.body) == (206, whole.body[begin:end])
        assert part.headers["content-range"] == f"bytes {begin}-{end - 1}/{size}"
    assert request("GET", url, headers={"Range": f"bytes={size}-"}).status == 416
    assert request("GET", url, headers={"If-None-Match": whole.headers["etag"]}).status == 304
    # The signature covers the method, so an address made for GET opens nothing else.
    assert request("HEAD", url).status == 403


def test_the_address_of_a_file_is_made_at_each_click_and_lives_five_minutes(stack: Stack, link: str) -> None:
    first, second = (stack.call("GET", f"{link}?format=png") for _ in range(2))
    assert first.status == second.status == 303
    query = parse_qs(urlsplit(first.headers["location"]).query)
    assert int(query["X-Amz-Expires"][0]) <= 300
    signed = datetime.strptime(query["X-Amz-Date"][0] + "+0000", "%Y%m%dT%H%M%SZ%z")
    asked = datetime.strptime(first.headers["date"].replace("GMT", "+0000"), "%a, %d %b %Y %H:%M:%S %z")
    assert abs((asked - signed).total_seconds()) < 30
    key = urlsplit(first.headers["location"]).path
    assert key == urlsplit(second.headers["location"]).path
    assert not PERSONAL.search(unquote(key))


def test_the_same_certificate_is_the_same_bytes(stack: Stack, mine: str, link: str) -> None:
    by_owner = stack.call("GET", f"{mine}/file?format=png", token="citizen").headers["location"]
    by_link = stack.call("GET", f"{link}?format=png").headers["location"]
    assert request("GET", by_owner).body == request("GET", by_link).body


def test_views_are_counted_and_downloads_are_none(stack: Stack, mine: str, link: str) -> None:
    def views() -> list[int]:
        shares = stack.call("GET", f"{mine}/shares", token="citizen").json["shares"]
        return [share["views"] for share in shares]

    before = views()
    for _ in range(3):
        assert stack.call("GET", link).status == 200
    stack.call("GET", f"{link}?format=pdf")
    assert sum(views()) - sum(before) == 3


def test_a_page_is_never_kept_and_its_preview_tells_nothing_of_the_car(
    stack: Stack, sample: dict[str, str], link: str
) -> None:
    page = stack.call("GET", link)
    assert "no-store" in page.headers["cache-control"]
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert page.headers["referrer-policy"] == "no-referrer"
    tags = re.findall(r"<meta [^>]*>|<title>.*?</title>|<link [^>]*>", page.text)
    preview = "\n".join(tags)
    assert "og:title" in preview
    assert not PERSONAL.search(preview)
    for secret in (sample["plate"], sample["certificate_id"], link):
        assert secret not in preview
    assert sample["plate"] in page.text, "otherwise nothing was looked for"
    assert "og:image" not in preview


def test_a_withdrawn_link_is_gone_at_once(stack: Stack, sample: dict[str, str]) -> None:
    path = links.withdrawn(stack, sample["certificate_id"])
    for query in ("", "?format=pdf", "?format=png"):
        page = stack.call("GET", path + query)
        assert (page.status, heading(page)[:7]) == (410, "分享链接已被收")
        assert "location" not in page.headers


def test_a_suspended_certificate_says_so_and_has_no_files(stack: Stack) -> None:
    other = stack.sample(owner="citizen_2", why="valid")["certificate_id"]
    with links.suspended(stack, other, "citizen_2") as path:
        page = stack.call("GET", path)
        assert page.status == 200
        assert "此凭证目前暂停使用" in page.text
        assert "?format=" not in page.text
        file = stack.call("GET", f"{path}?format=pdf")
        assert (file.status, heading(file)[:7]) == (409, "凭证已暂停使用")
        own = stack.call("GET", f"/v1/certificates/{other}/file", token="citizen_2")
        assert (own.status, own.json["code"]) == (409, "not-active")
    assert "当前状态" in stack.call("GET", path).text
    assert stack.call("GET", f"{path}?format=pdf").status == 303


@pytest.mark.parametrize(
    ("why", "hours", "says", "means"),
    [
        ("superseded", 1, "凭证已被新凭证替代", "The certificate has been superseded"),
        ("revoked", 1, "凭证已被撤销", "The certificate was revoked"),
        ("valid", -0.1, "分享链接已到期", "This link has expired"),
    ],
)
def test_what_has_ended_is_gone_and_says_which(
    stack: Stack, why: str, hours: float, says: str, means: str
) -> None:
    path = links.planted(stack, stack.sample(why=why)["certificate_id"], hours=hours)
    page, english = stack.call("GET", path), stack.call("GET", f"{path}?lang=en")
    assert (page.status, english.status) == (410, 410)
    assert heading(page).startswith(says)
    assert heading(english).startswith(means)
    assert not PERSONAL.search(re.sub(r"<style>.*?</style>", "", page.text, flags=re.DOTALL))


@pytest.mark.parametrize("format_", ["exe", "PDF", "", "../x"])
def test_a_format_that_does_not_exist_is_explained(stack: Stack, link: str, format_: str) -> None:
    page = stack.call("GET", f"{link}?format={format_}")
    assert (page.status, heading(page)[:8]) == (422, "没有这种文件格式")
    assert page.headers["content-type"].startswith("text/html")


def test_a_token_must_be_right_to_the_letter(stack: Stack, link: str) -> None:
    token = link.removeprefix("/s/")
    wrong = ("A" * len(token), token[:-1], token + "A", token.upper(), token.swapcase(), "x", "%C5%BF")
    for text in wrong:
        page = stack.call("GET", f"/s/{text}")
        assert (page.status, heading(page)[:6]) == (404, "没有这个链接"), text
