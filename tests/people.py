"""People with accounts, and the browsers they sit at."""

import re
from dataclasses import dataclass, field

import argon2

from service.accounts import administration, passwords
from service.accounts.values import Role

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CSRF = re.compile(r'name="csrf" content="([0-9a-f]+)"')


def cheaply(monkeypatch):
    """Hash passwords as quickly as can be: their strength is tested once, not everywhere."""
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


async def account(conn, name="mia", *roles, sites=(), **fields):
    """Make an account; the secret of its sign-in link."""
    new = await administration.add(
        conn, name=name, roles=roles or {Role.MODERATOR}, sites=sites, **fields
    )
    return new.link


@dataclass
class Browser:
    """Keeps cookies, follows nothing by itself."""

    client: object
    cookies: dict = field(default_factory=dict)
    csrf: str = ""

    async def get(self, path, **headers):
        return await self._ask("GET", path, None, headers)

    async def post(self, path, form=(), **headers):
        """Sends the token of the page that was read last, unless ``form`` has its own."""
        return await self._ask("POST", path, {"csrf": self.csrf, **dict(form)}, headers)

    async def _ask(self, method, path, form, headers):
        self.client.session.cookie_jar.clear()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.request(
            method,
            path,
            data=form,
            headers=headers,
            cookies=self.cookies,
            allow_redirects=False,
        ) as response:
            response.page = await response.text(errors="replace")
            self.cookies.update(
                {n: m.value for n, m in response.cookies.items() if m.value or self.cookies.pop(n)}
            )
            if found := CSRF.search(response.page):
                self.csrf = found[1]
            return response

    async def sign_in(self, link):
        answer = await self.post(f"/sign-in/{link}")
        assert answer.status == 303, answer.page
        await self.get("/account")
        return self


async def signed_in(client, conn, name="mia", *roles, sites=(), **fields):
    """A browser in which a new account is signed in."""
    link = await account(conn, name, *roles, sites=sites, **fields)
    return await Browser(client).sign_in(link)
