"""Pictures of what visitors see: the demonstration blog, the banner, its dialogs."""

from itertools import product

from playwright.sync_api import expect

from tests.browser.banner.visitor import BANNER, DIALOG, MANAGE, PREFERENCES, SETTINGS

SPAM = (
    "Best online casino, 200% bonus! http://casino.example/win http://casino.example/bonus"
    " Buy cheap pills without prescription"
)


def photograph(browser, base, folder, shapes):
    """In every language, light and dark, in every shape."""
    for language, scheme, (shape, size) in product(
        ("en", "de", "ru"), ("light", "dark"), shapes.items()
    ):
        context = browser.new_context(color_scheme=scheme, viewport=size)
        page = context.new_page()
        # Nobody outside is asked, whatever is allowed.
        page.route(lambda url: not url.startswith(base), lambda route: route.abort())
        _visit(page, f"{base}/demo?lang={language}", folder, f"{language}-{scheme}-{shape}")
        context.close()


def _visit(page, address, folder, suffix):
    def shoot(name, *, whole=False):
        page.evaluate("Promise.all(document.getAnimations().map(each => each.finished))")
        page.screenshot(path=folder / f"demo-{name}-{suffix}.png", full_page=whole)

    page.goto(address)
    expect(page.locator(BANNER)).to_be_visible()
    shoot("banner")
    page.click(MANAGE)
    expect(page.locator(PREFERENCES)).to_be_visible()
    shoot("preferences")
    page.locator(".pm__section-title").nth(2).click()
    shoot("purpose")
    page.click("#cc-main .pm [data-role=necessary]")
    expect(page.locator(BANNER)).to_be_hidden()
    shoot("page", whole=True)
    page.locator(SETTINGS).press("Enter")
    expect(page.locator(DIALOG)).to_be_visible()
    shoot("refused")
    page.click(f"{DIALOG} .gh-actions button")
    with page.expect_response(lambda each: each.url.endswith("/events")):
        page.click("#cc-main .pm [data-role=all]")
    page.locator(SETTINGS).press("Enter")
    page.locator(f"{DIALOG} .gh-buttons a").first.wait_for()
    page.click(f"{DIALOG} summary")
    shoot("choices")
    page.keyboard.press("Escape")
    page.fill("#text", SPAM)
    page.fill("#author", "Best Casino")
    page.click(".write summary")
    page.check("#read")
    page.click(".write button")
    page.locator(".verdict").wait_for()
    page.locator(".verdict").scroll_into_view_if_needed()
    shoot("verdict")
