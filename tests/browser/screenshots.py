"""``make screenshots``: every page in light and dark, wide and on a telephone, with real verdicts.

Starts the service on an empty data folder, lets some comments come in, and writes pictures into
``build/screenshots``.  To see another page, add it to ``PAGES``.
"""

import json
import sys
import tempfile
import urllib.parse
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import consents, demo_pictures, seeds
from tests.browser.chromium import launched
from tests.browser.visitors import Visitors
from tests.running import Service, gatehouse

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "screenshots"
SHAPES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PAGES = {
    "review": "/review",
    "rejected": "/review?tab=rejected",
    "approved": "/review?tab=approved",
    "search": "/review?q=walrus",
    "filters": "/review?least=40&most=99&by=machine",
    "reported": "/review?tab=reported",
    "appeals": "/review?tab=appeals",
    "waiting": "/account/waiting",
    "statistics": "/statistics",
    "account": "/account",
    "audit": "/audit",
    "consent-log": "/consent-log?site=blatt",
    "consent-log-empty": "/consent-log?site=notes",
    "consent-entry": "/consent-log/blatt/1/7",
    "consent-numbers": "/consent-log/numbers?site=blatt",
    "notices": "/notices?site=blatt",
    "notice-start": "/notices/new?site=notes&kind=cookie",
    "notice-editor": "/notices/new?site=blatt&kind=cookie",
    "deliveries": "/deliveries",
    "settings": "/settings/blatt",
    "settings-sites": "/settings",
    "settings-lists": "/settings/blatt/lists",
    "settings-connections": "/settings/blatt/connections",
    "error": "/review/blatt/nothing",
}


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gh-") as name:
        Path(name).chmod(0o711)
        take(Path(name) / "data")
    return 0


def take(data: Path) -> None:
    # Thresholds at which the queue has something of everything.
    keys = {}
    for site, url, language in (
        ("blatt", "https://blatt.example", "de"),
        ("notes", "https://notes.example", "en"),
    ):
        added = gatehouse(data, "site", "add", url, "--name", site, "--language", language)
        keys[site] = added.stdout.split()[-1]
        gatehouse(data, "site", "set", site, "hold_threshold=0.02", "reject_threshold=0.995")
        gatehouse(data, "endpoint", "add", site, "https://hooks.example/gatehouse")
        gatehouse(data, "site", "block", "add", site, "domain", "casino.example")
        gatehouse(data, "site", "allow", "add", site, "email", "redaktion@blatt.example")
    consents.fill(data, "blatt")
    gatehouse(data, "site", "add", "http://localhost", "--name", "demo", "--language", "en")
    links = {
        language: json.loads(
            gatehouse(
                data,
                "user",
                "add",
                f"mia-{language}",
                "--role",
                "administrator",
                "--language",
                language,
                "--json",
            ).stdout
        )["sign_in_link"]
        for language in ("en", "de", "ru")
    }
    token = gatehouse(
        data, "token", "add", "pictures", "--site", "blatt", "--scope", "comments.read", "--json"
    )
    with Service(data) as service:
        for site, form in seeds.forms():
            body = urllib.parse.urlencode(
                {"api_key": keys[site], "blog": f"https://{site}.example", **form}
            )
            service.post("/1.1/comment-check", body.encode())
        public = Visitors(service.url, keys["blatt"], json.loads(token.stdout)["token"]).act()
        with sync_playwright() as playwright, launched(playwright) as browser:
            for scheme in ("light", "dark"):
                for shape, size in SHAPES.items():
                    context = browser.new_context(color_scheme=scheme, viewport=size)
                    photograph(context, service.url, links, f"{scheme}-{shape}")
                    context.close()
                    for language in links:
                        options = {"color_scheme": scheme, "viewport": size, "locale": language}
                        context = browser.new_context(**options)
                        visit(context, service.url, public, f"{language}-{scheme}-{shape}")
                        context.close()
            demo_pictures.photograph(browser, service.url, FOLDER, SHAPES)


def photograph(context, base: str, links: dict[str, str], suffix: str) -> None:
    page = context.new_page()

    def shoot(name: str, path: str = "", *, whole: bool = True) -> None:
        if path:
            page.goto(f"{base}{path}")
        page.screenshot(path=FOLDER / f"{name}-{suffix}.png", full_page=whole)

    shoot("sign-in", "/sign-in")
    for language, link in links.items():
        secret = urllib.parse.urlsplit(link).path
        if secret not in SPENT:
            page.goto(f"{base}{secret}")
            if language == "en":
                shoot("sign-in-link")
            page.click("button.primary")
            page.wait_for_url("**/review")
            SPENT[secret] = context.cookies()
        context.clear_cookies()
        context.add_cookies(SPENT[secret])
        if language == "en":
            for name, path in PAGES.items():
                shoot(name, path)
            page.goto(f"{base}{PAGES['notice-editor']}")
            page.fill("#document", "{}")
            page.click("main button.primary")
            shoot("notice-refused")
            page.goto(f"{base}{PAGES['notice-editor']}")
            page.click("main button.primary")
            shoot("notice-preview")
            page.goto(f"{base}/review")
            shoot("comment", page.get_attribute("#queue .open", "href"))
            page.goto(f"{base}/review")
            page.keyboard.press("x")
            page.keyboard.press("j")
            page.keyboard.press("x")
            shoot("selected", whole=False)
            page.keyboard.press("?")
            shoot("help", whole=False)
            page.keyboard.press("Escape")
            page.keyboard.press("e")
            shoot("why", whole=False)
            page.keyboard.press("Escape")
            page.keyboard.press("h")
            page.wait_for_selector(".toast")
            shoot("toast", whole=False)
        else:
            shoot(f"review-{language}", "/review", whole=False)
            shoot(f"settings-{language}", "/settings/blatt")


def visit(context, base: str, public: dict[str, str], suffix: str) -> None:
    """Pages for those without an account."""
    page = context.new_page()
    for name, path in public.items():
        page.goto(f"{base}{path}")
        page.screenshot(path=FOLDER / f"{name}-{suffix}.png", full_page=True)


SPENT: dict[str, list] = {}

if __name__ == "__main__":
    sys.exit(main())
