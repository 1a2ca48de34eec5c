"""A second citizen of the same division, with a right token, on the first one's certificate, file, shares and car."""

from __future__ import annotations

from typing import Any

import pytest

from jianbiao.wire.ids import certificate_id
from tests.e2e.deployment import Stack

pytestmark = pytest.mark.local

UNKNOWN_ID = certificate_id(bytes(16))


def own_paths(stack: Stack) -> tuple[str, str]:
    """Paths of the citizen's certificate, and of one that nobody has."""
    sample = stack.sample(owner="citizen", why="valid: an ordinary car")
    return f"/v1/certificates/{sample['certificate_id']}", f"/v1/certificates/{UNKNOWN_ID}"


CALLS = (
    ("GET", "", None),
    ("GET", "/file", None),
    ("GET", "/file?format=png", None),
    ("POST", "/shares", {"expires_in_hours": 1}),
    ("GET", "/shares", None),
    ("DELETE", "/shares/{share}", None),
)


@pytest.mark.parametrize("neighbour", ["citizen_2", "citizen_portal"])
@pytest.mark.parametrize(("method", "rest", "body"), CALLS)
def test_a_neighbour_of_the_same_division_sees_nothing(
    stack: Stack, neighbour: str, method: str, rest: str, body: Any
) -> None:
    mine, nobodys = own_paths(stack)
    made = stack.call("POST", f"{mine}/shares", token="citizen", json_body={"expires_in_hours": 1}).json
    rest = rest.format(share=made["share_id"])
    theirs = stack.call(method, mine + rest, token=neighbour, json_body=body)
    unknown = stack.call(method, nobodys + rest, token=neighbour, json_body=body)
    # To the byte what is said of a certificate that does not exist.
    assert (theirs.status, theirs.body) == (404, unknown.body)
    assert unknown.status == 404
    assert theirs.headers["content-type"] == unknown.headers["content-type"]
    # And nothing has happened: the link is open.
    listed = stack.call("GET", f"{mine}/shares", token="citizen").json["shares"]
    (link,) = [share for share in listed if share["share_id"] == made["share_id"]]
    assert link["status"] == "open"
    # A certificate has at most twenty open links.
    assert stack.call("DELETE", f"{mine}/shares/{made['share_id']}", token="citizen").status == 204


def test_a_neighbour_cannot_apply_for_the_car(stack: Stack) -> None:
    def body(plate: str) -> dict[str, str]:
        return {"plate_class": "02", "plate": plate, "purpose": "current"}

    theirs = stack.call("POST", "/v1/certificates", token="citizen_2", json_body=body("黑A12345"))
    unknown = stack.call("POST", "/v1/certificates", token="citizen_2", json_body=body("黑A99999"))
    assert (theirs.status, theirs.body) == (404, unknown.body)


def test_a_neighbours_lists_do_not_have_it_not_even_by_the_cursor(stack: Stack) -> None:
    mine = stack.sample(owner="citizen", why="valid: an ordinary car")
    cursor = stack.call("GET", "/v1/me/vehicles?limit=1", token="citizen").json["next"]
    assert cursor
    for path in ("/v1/me/vehicles", "/v1/me/certificates"):
        reply = stack.call("GET", path, token="citizen_2")
        assert reply.status == 200
        assert mine["certificate_id"] not in reply.text
        assert '"黑A12345"' not in reply.text
        stolen = stack.call("GET", f"{path}?next={cursor}", token="citizen_2")
        assert (stolen.status, stolen.json["code"]) == (422, "invalid-input")


def test_an_owner_of_another_division_is_told_so(stack: Stack) -> None:
    """Hers, but issued where she is not registered (reason 3): she knows it exists, so it is no 404."""
    sample = stack.sample(owner="citizen_other_division", why="valid")
    for method, rest, body in CALLS[:4]:
        path = f"/v1/certificates/{sample['certificate_id']}{rest}"
        reply = stack.call(method, path, token="citizen_other_division", json_body=body)
        assert (reply.status, reply.json["code"]) == (403, "user-division")
