"""Authors who appeal and readers who report, for pictures of what they and moderators see."""

import json
import urllib.parse
import urllib.request

APPEAL = "Das war keine Werbung: Ich habe nach dem Termin gefragt, weil er im Beitrag fehlt."
REPORTS = (
    (
        "unlawful",
        "Hier wird ein Nachbar mit vollem Namen des Diebstahls bezichtigt, § 186 StGB.",
        "",
    ),
    ("privacy", "Das ist meine private Nummer.", "kim@reader.example"),
    ("privacy", "Das ist meine private Nummer, bitte löschen!", "kim@reader.example"),
)


# Rejected for their link, which the site has on its block list.
REJECTED = (
    ("Gerd", "Der alte Plan der Stadt steht noch hier: https://casino.example/stadtplan"),
    ("Frau Sommer", "Wann trifft sich der Chor? Früher stand das auf https://casino.example/chor."),
)


class Visitors:
    """Speaks to a service that runs, with a token that may read comments of the site."""

    def __init__(self, base, key, token):
        self.base, self.key, self.token = base, key, token

    def act(self):
        """Appeals and reports; the paths of what is worth a picture, by name."""
        for number, (author, text) in enumerate(REJECTED):
            form = {
                "api_key": self.key,
                "blog": "https://blatt.example",
                "user_ip": f"198.51.100.{number + 1}",
                "comment_author": author,
                "comment_author_email": f"{author.split()[-1].lower()}@mail.example",
                "comment_content": text,
                "permalink": "https://blatt.example/2026/03/russkij-chor",
            }
            self._send("/1.1/comment-check", **form)
        rejected = self._comments("reject")
        shown = self._comments("approve")
        paths = {"appeal": self._link(rejected[0], "reason", "appeal_url")}
        paths["appealed"] = self._link(rejected[1], "reason", "appeal_url")
        self._send(paths["appealed"], words=APPEAL)
        paths["report"] = self._link(shown[0], "report-link", "url")
        for reason, words, email in REPORTS:
            self._send(paths["report"], reason=reason, words=words, email=email, faith="yes")
        return {**paths, "reported": f"{paths['report']}?sent", "dead-link": "/appeal/nothing"}

    def _comments(self, action):
        found = self._get(f"/v1/comments?action={action}&limit=10")["comments"]
        return [each["id"] for each in found]

    def _link(self, comment, what, field):
        return urllib.parse.urlsplit(self._get(f"/v1/comments/{comment}/{what}")[field]).path

    def _get(self, path):
        headers = {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self.base}{path}", headers=headers)  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)

    def _send(self, path, **form):
        body = urllib.parse.urlencode(form).encode()
        urllib.request.urlopen(f"{self.base}{path}", body).close()  # noqa: S310
