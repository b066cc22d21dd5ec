"""Comments as a small local paper gets them, for pictures and for people who try things out."""

POSTS = {
    "de": ("https://blatt.example/2026/03/radweg-am-fluss", "Der neue Radweg am Fluss"),
    "en": ("https://notes.example/2026/03/sourdough", "A week with sourdough"),
    "ru": ("https://blatt.example/2026/03/russkij-chor", "Русский хор sucht Stimmen"),
}
# (site, language of the post, author, e-mail address, link, text)
COMMENTS = [
    (
        "blatt",
        "de",
        "Jutta Brandt",
        "jutta@posteo.example",
        "",
        "Endlich! Auf der Brücke bleibt es trotzdem eng. Weiß jemand, wann dort gebaut wird?",
    ),
    (
        "blatt",
        "de",
        "Kreditberatung24",
        "info@kredit24.example",
        "https://kredit24.example",
        (
            "Guter Artikel. Wer gerade baut, findet bei uns günstige Kredite ohne Schufa:"
            " https://kredit24.example/sofort"
        ),
    ),
    (
        "blatt",
        "de",
        "Herbert",
        "herbert.k@web.example",
        "https://herberts-radladen.example",
        (
            "Wer sein Rad vorher durchsehen lassen will: Wir haben am Samstag offen."
            " https://herberts-radladen.example/termin"
        ),
    ),
    (
        "blatt",
        "de",
        "M. Yılmaz",
        "m.yilmaz@gmx.example",
        "",
        (
            "Als Fußgänger frage ich mich, warum"
            " der Gehweg dafür einen Meter schmaler wird. Das stand so nicht im Plan."
        ),
    ),
    (
        "blatt",
        "ru",
        "Светлана",
        "sveta@mail.example",
        "",
        "Здравствуйте! А можно прийти без музыкального образования? Пою с детства, но нот не знаю.",
    ),
    (
        "blatt",
        "ru",
        "Олег",
        "oleg77@mail.example",
        "https://stavki-vip.example",
        "Отличная статья! Кто хочет заработать на ставках, пишите в телеграм @stavki_vip_77",
    ),
    (
        "blatt",
        "ru",
        "Ирина К.",
        "irina@yandex.example",
        "",
        (
            "Были на концерте в прошлом году,"
            " зал стоя аплодировал. Обязательно придём ещё, https://vk.example/album123"
        ),
    ),
    (
        "blatt",
        "de",
        "annika",
        "annika@mail.example",
        "",
        (
            "Super Seite, hat mir sehr geholfen!!"
            " Schaut auch mal bei mir vorbei www.annikas-blog.example"
        ),
    ),
    (
        "notes",
        "en",
        "Tom Ashdown",
        "tom@fastmail.example",
        "",
        "Mine collapsed twice until I cut the water to 68 %. Have you tried a longer cold proof?",
    ),
    (
        "notes",
        "en",
        "Best Essay Help",
        "sales@essays.example",
        "https://essays.example",
        (
            "Nice post! If you need help with writing, our experts deliver in 24 hours"
            " https://essays.example/order?utm_source=blog"
        ),
    ),
    (
        "notes",
        "en",
        "Ada",
        "ada@example.org",
        "https://ada.example",
        (
            "I wrote down my schedule"
            " here, with photographs of the crumb: https://ada.example/sourdough-diary"
        ),
    ),
    (
        "notes",
        "en",
        "james",
        "james1987@mail.example",
        "",
        "Great article, I really enjoyed reading it. Thank you for sharing, keep up the good work!",
    ),
    (
        "notes",
        "en",
        "support\u202e\u0433\u043e\u043e\u0433\u043b",
        "x@pay.example",
        "",
        "Your acc\u200bount was lim\u200bited, con\u00adfirm at http://pay-check.example/\u202elogin",
    ),
]
CAMPAIGN = (
    "Ich hätte nie gedacht, dass man von zu Hause aus so gut verdienen kann. Meine Nachbarin hat es"
    " mir gezeigt, schreibt mir, dann erzähle ich euch mehr davon."
)


def forms():
    """Fields of a comment-check for each, with the name of the site."""
    for number, (site, language, author, email, url, text) in enumerate(COMMENTS):
        yield site, _form(number, language, author, email, url, text)
    for number, author in enumerate(("Sabine", "petra_w", "Lukas")):
        email = f"{author.lower()}@mail.example"
        yield (
            "blatt",
            {
                **_form(50 + number, "de", author, email, "", CAMPAIGN),
                "permalink": f"https://blatt.example/2026/03/artikel-{number}",
                "comment_post_title": f"Artikel {number}",
            },
        )


def _form(number, language, author, email, url, text):
    permalink, title = POSTS[language]
    return {
        "user_ip": f"203.0.113.{number + 1}",
        "comment_type": "comment",
        "comment_author": author,
        "comment_author_email": email,
        "comment_author_url": url,
        "comment_content": text,
        "permalink": permalink,
        "comment_post_title": title,
        "blog_lang": language,
    }
