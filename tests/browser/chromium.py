"""The browser that stands beside Python on Debian, quiet and without a network of its own."""

import shutil

PATH = shutil.which("chromium")
OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


def launched(playwright):
    """Chromium, or with the asynchronous library a promise of it."""
    return playwright.chromium.launch(executable_path=PATH, args=OPTIONS)
