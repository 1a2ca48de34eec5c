"""/app: the citizen demo, on the real API."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.site import PATIENCE, Visitor
from tests.e2e.deployment import Stack, request


def sign_in(visitor: Visitor, name: str = "citizen", version: str = "2.4.4", lang: str = "en") -> Page:
    """The demo as a sample citizen sees it."""
    page = visitor.open(f"/app?lang={lang}")
    page.select_option("#people select", name)
    page.fill("#version", version)
    page.click("#sign-in button")
    return page


def open_certificate(visitor: Visitor, plate: str) -> Page:
    """The certificate of a vehicle."""
    page = sign_in(visitor)
    page.locator("#vehicles li", has_text=plate).get_by_role("button", name="Show the certificate").click()
    page.locator("#face").wait_for()
    return page


def test_vehicles_say_what_can_be_done_and_why_not(visitor: Visitor) -> None:
    page = sign_in(visitor)
    overdue = page.locator("#vehicles li", has_text="黑A2K578")
    expect(overdue).to_contain_text("The vehicle's inspection period has ended.", timeout=PATIENCE)
    expect(overdue).to_contain_text("inspection-expired")
    expect(page.locator("#vehicles li", has_text="黑L8C866")).to_contain_text("would be issued, valid until")


def test_a_certificate_is_shown_downloaded_shared_and_withdrawn(visitor: Visitor) -> None:
    visitor.expected.add(404)  # no paper mark was asked for
    page = open_certificate(visitor, "黑A12345")
    assert page.locator("#face").evaluate("(image) => image.naturalWidth > 100")
    for label, begins in (("Download PDF", b"%PDF"), ("Download picture", b"\x89PNG")):
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        assert Path(download.value.path()).read_bytes().startswith(begins)
    page.get_by_role("button", name="Share for 24 hours").click()
    address = page.locator("#told a").get_attribute("href")
    assert address
    guest = visitor.context.new_page()
    guest.goto(address)
    assert guest.locator(".card svg").is_visible()
    shares = page.locator("#shares li", has_text="open,")
    expect(shares.first).to_be_visible(timeout=PATIENCE)
    while left := shares.count():
        shares.first.get_by_role("button", name="Withdraw").click()
        expect(shares).to_have_count(left - 1, timeout=PATIENCE)
    answer = guest.goto(address)
    assert answer is not None
    assert answer.status == 410


def test_an_old_app_is_told_what_to_update_to(visitor: Visitor) -> None:
    visitor.expected.add(426)
    page = sign_in(visitor, version="2.4.3")
    expect(page.locator("#told")).to_contain_text("426 app-too-old", timeout=PATIENCE)
    expect(page.locator("#told")).to_contain_text("2.4.4")


def test_binding_needs_the_owner_s_consent(visitor: Visitor) -> None:
    sample = visitor.stack.sample(owner="citizen", why="a new-energy car")
    page = sign_in(visitor, "citizen_2")
    page.locator("#bind").wait_for()
    page.fill("#bind [name=plate_class]", sample["plate_class"])
    page.fill("#bind [name=plate]", sample["plate"])
    page.fill("#bind [name=vin_tail]", sample["vin"][-4:])
    page.get_by_role("button", name="Ask to bind").click()
    asked = page.locator("#bindings li", has_text=sample["plate"]).filter(has_text="pending")
    expect(asked).to_have_count(1, timeout=PATIENCE)
    owner = sign_in(visitor, "citizen")
    owner.locator("#bindings li", has_text="pending").get_by_role("button", name="Consent").click()
    expect(owner.locator("#bindings li", has_text="approved")).to_have_count(1, timeout=PATIENCE)
    page = sign_in(visitor, "citizen_2")
    bound = page.locator("#vehicles li", has_text=sample["plate"])
    expect(bound).to_contain_text("bound", timeout=PATIENCE)
    page.locator("#bindings li", has_text="approved").get_by_role("button", name="End").click()
    expect(bound).to_have_count(0, timeout=PATIENCE)


def test_paper_can_be_asked_for_and_cancelled(visitor: Visitor) -> None:
    visitor.expected.add(404)
    page = open_certificate(visitor, "黑L8C866")
    page.get_by_role("button", name="Ask for a paper mark").click()
    expect(page.locator("#paper")).to_contain_text("requested", timeout=PATIENCE)
    page.get_by_role("button", name="Cancel the request").click()
    expect(page.locator("#paper")).to_contain_text("cancelled", timeout=PATIENCE)


def test_only_the_sample_citizens_tokens_are_handed_to_the_page(stack: Stack) -> None:
    url = stack.base_url + "/app/tokens.json"
    reply = request("GET", url)
    assert set(reply.json) == {"citizen", "citizen_2", "citizen_other_division", "citizen_portal"}
    assert reply.json["citizen"] == stack.token("citizen")
    assert "access-control-allow-origin" not in reply.headers
    assert request("GET", url, headers={"Host": "evil.example"}).status == 421
    assert request("POST", url, b"").status in (403, 404, 405)
    assert request("GET", stack.base_url + "/app/other.json").status == 404
