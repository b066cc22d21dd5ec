"""Authors and readers in a real browser, and the tabs in which moderators hear of them."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from moderation.redress.links import LinkKind, Opened, token_of
from service import clock
from tests import factories
from tests.browser.screenshots import SHAPES
from tests.browser.test_accessibility import AXE, LOOK
from tests.people import Browser


def link(kind, comment):
    about = Opened(1, comment, clock.now() + timedelta(days=1))
    return f"/{kind}/{token_of(factories.SECRETS, LinkKind(kind), about)}"


async def stranger(desk):
    return Browser(desk.client)


async def test_an_author_appeals_and_a_moderator_answers_by_keys(desk, chrome):
    comment = await desk.comment("spam, they say")
    author = await chrome(link("appeal", comment), await stranger(desk), locale="en")

    await author.get_by_role("textbox").fill("I only asked for the time.")
    await author.get_by_role("button", name="Ask to look again").click()
    await expect(author.get_by_role("heading", name="We look at it again")).to_be_visible()
    page = await chrome("/review")
    await page.keyboard.press("5")
    await expect(page.locator(".item.current .case")).to_contain_text("I only asked for the time.")
    await page.keyboard.press("a")
    await expect(page.locator("#appeals-count")).to_have_text("0")
    await expect(page.locator("#empty")).to_be_visible()
    await author.reload()

    await expect(author.get_by_role("heading", name="It is shown again")).to_be_visible()
    assert author.context.outside == page.context.outside == []
    assert author.context.complaints == page.context.complaints == []


async def test_a_report_appears_in_an_open_queue_and_works_without_script(desk, chrome):
    comment = await desk.comment("a fine article")
    page = await chrome("/review?tab=reported")
    await expect(page.locator("#empty")).to_be_visible()
    reader = await chrome(
        link("report", comment), await stranger(desk), locale="en", java_script_enabled=False
    )

    await reader.get_by_label("It stirs up hatred").check()
    await reader.get_by_role("button", name="Send the report").click()
    await expect(reader.get_by_role("alert")).to_contain_text("in a sentence or two")
    await reader.get_by_label("Why do you think so").fill("Read it.")
    await reader.get_by_label("I believe in good faith").check()
    await reader.get_by_role("button", name="Send the report").click()
    await expect(reader.get_by_role("heading")).to_contain_text("your report has reached us")

    await expect(page.locator(".item .case")).to_contain_text("Read it.")
    await expect(page.locator("#reported-count")).to_have_text("1")


@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_has_barriers(desk, chrome, scheme, shape):
    rejected, appealed = [await desk.comment(f"spam https://x.example {n}") for n in range(2)]
    shown, gone = await desk.comment("a fine article"), await desk.comment("maybe")
    nobody = await stranger(desk)
    await nobody.post(link("appeal", appealed), {"words": "Please \u202e look."})
    form = {"reason": "hate", "words": "Look.", "email": "a@reader.example", "faith": "yes"}
    await nobody.post(link("report", shown), form)
    pages = {
        **dict.fromkeys((link("appeal", rejected), link("appeal", appealed)), nobody),
        **dict.fromkeys((link("report", shown), link("report", gone)), nobody),
        **dict.fromkeys((f"{link('report', shown)}?sent", "/appeal/nothing"), nobody),
        **dict.fromkeys(("/review?tab=reported", "/review?tab=appeals"), desk.browser),
        f"/review/blatt/{appealed}": desk.browser,
    }
    options = {"color_scheme": scheme, "viewport": SHAPES[shape], "bypass_csp": True}

    for path, who in pages.items():
        page = await chrome(path, who, **options)
        await page.add_script_tag(path=AXE / "axe.min.js")
        assert await page.evaluate(LOOK) == [], path
        too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await page.evaluate(too_wide), path
        await page.context.close()


async def test_the_choice_of_a_reason_has_no_barriers_either(desk, chrome):
    await desk.comment()
    page = await chrome("/review", bypass_csp=True)
    await page.add_script_tag(path=AXE / "axe.min.js")

    await page.keyboard.press("e")
    await expect(page.locator("#why")).to_be_visible()

    assert await page.evaluate(LOOK) == []


SUBMIT = """() => {
    const form = document.querySelector(".item .decide");
    const choice = Object.assign(document.createElement("input"), {
        type: "hidden", name: "decision", value: "reject",
    });
    form.append(choice);
    form.submit();
}"""


async def test_nor_has_the_page_that_asks_for_it_without_script(desk, chrome):
    await desk.comment()
    page = await chrome("/review", bypass_csp=True)

    await page.evaluate(SUBMIT)  # as a browser does that runs no script
    await expect(page.get_by_role("heading", name="Why is it rejected?")).to_be_visible()
    await page.add_script_tag(path=AXE / "axe.min.js")

    assert await page.evaluate(LOOK) == []
    await page.get_by_role("radio", name="Off topic").check()
    await page.get_by_role("button", name="Reject").click()
    await expect(page.get_by_text("It is done.")).to_be_visible()
