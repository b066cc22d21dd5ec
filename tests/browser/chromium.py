"""The browser that stands beside Python on Debian, quiet and without a network of its own."""

import shutil

PATH = shutil.which("chromium")
OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


def launched(playwright):
    """To be opened by ``with`` or ``async with``'s counterpart; closes by itself."""
    return playwright.chromium.launch(executable_path=PATH, args=OPTIONS)
