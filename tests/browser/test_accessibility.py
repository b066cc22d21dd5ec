"""Every page as axe sees it: light and dark, wide and on a telephone."""

import hashlib
import re
from pathlib import Path

import pytest

from service.accounts.values import Role
from tests.browser.screenshots import SHAPES
from tests.people import signed_in

AXE = Path(__file__).parent / "axe"
PAGES = (
    "/review",
    "/review?tab=rejected",
    "/review?q=nothing",
    "/account/waiting",
    "/statistics",
    "/statistics?days=365&site=blatt",
    "/account",
    "/audit",
    "/consent-log",
    "/consent-log?type=refused",
    "/consent-log/blatt/1/0",
    "/consent-log/numbers",
    "/notices",
    "/notices/new?kind=cookie",
    "/deliveries",
    "/deliveries?error=nothing",
    "/settings/blatt",
    "/settings/blatt/lists",
    "/settings/blatt/connections",
    "/review/blatt/none",
)
LOOK = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations"]});
    return found.violations.map(v => [v.id, ...v.nodes.map(n => n.html.slice(0, 200))]);
}"""


def test_axe_is_what_was_published():
    noted = re.findall(
        r"^([0-9a-f]{64})  (\S+)$", (AXE / "VENDORED.md").read_text("utf-8"), re.MULTILINE
    )

    assert {name for _, name in noted} >= {"axe.min.js", "LICENSE"}
    for digest, name in noted:
        assert hashlib.sha256((AXE / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_has_barriers(desk, chrome, client, conn, scheme, shape):
    await desk.comment("maybe \u202e see https://spam.example/x", url="https://a.example")
    await desk.comment("spam spam", author=None)
    comment = await desk.comment("maybe another thing")
    await desk.decide("hold", (await desk.refs())[comment.hex])
    await conn.execute(
        "INSERT INTO site_lists (site_id, list, field, value)"
        " VALUES (1, 'block', 'word', 'casino'), (1, 'allow', 'email', 'ada@example.org')"
    )
    delivery = await conn.fetchval(
        "INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, state, attempts, due_at,"
        " finished_at, last_error) VALUES (1, $1, 1, $1, 'comment.decided', 'given-up', 10,"
        " now(), now(), 'HTTP 503') RETURNING id",
        comment,
    )
    kim = await signed_in(client, conn, "kim", Role.ADMINISTRATOR)
    # The checker is a script of ours neither: the policy would keep it out.
    options = {"color_scheme": scheme, "viewport": SHAPES[shape], "bypass_csp": True}
    page = await chrome("/settings/blatt", **options)  # as a moderator, who changes nothing
    await page.add_script_tag(path=AXE / "axe.min.js")
    assert await page.evaluate(LOOK) == []
    await page.context.close()

    for path in (*PAGES, f"/review/blatt/{comment}", f"/deliveries/blatt/{delivery}"):
        page = await chrome(path, kim, **options)
        await page.add_script_tag(path=AXE / "axe.min.js")
        assert await page.evaluate(LOOK) == [], path
        await page.context.close()
