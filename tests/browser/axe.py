"""axe-core, the accessibility checker, in a page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page


def violations(page: Page, node_modules: Path) -> list[str]:
    """What axe finds wrong on the page as it is now, one line each; every rule that is not experimental."""
    source = (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")
    page.evaluate(f"() => {{ {source} }}")
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    assert found["passes"], "axe has looked at nothing"
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
