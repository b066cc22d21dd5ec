"""Exports of blogs, as WordPress writes them and as JSON lines."""

import json
from xml.sax.saxutils import escape

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- generator="WordPress/6.8" created="2026-03-01 10:00" -->
<rss version="2.0"
	xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
	xmlns:content="http://purl.org/rss/1.0/modules/content/"
	xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
	<title>Kasseler Blatt</title>
	<link>https://blatt.example</link>
	<language>de-DE</language>
	<wp:wxr_version>1.2</wp:wxr_version>
	<wp:base_site_url>https://blatt.example</wp:base_site_url>
	<wp:base_blog_url>https://blatt.example</wp:base_blog_url>
	<wp:author><wp:author_login><![CDATA[redaktion]]></wp:author_login></wp:author>
"""
TAIL = "</channel>\n</rss>\n"

POST = """<item>
	<title><![CDATA[{title}]]></title>
	<link>https://blatt.example/{number}/</link>
	<content:encoded><![CDATA[Ein langer Beitrag. {filler}]]></content:encoded>
	<wp:post_id>{number}</wp:post_id>
	<wp:post_date_gmt><![CDATA[2026-01-31 09:00:00]]></wp:post_date_gmt>
	<category domain="post_tag" nicename="rathaus"><![CDATA[Rathaus]]></category>
	<category domain="language" nicename="de"><![CDATA[Deutsch]]></category>
	<wp:postmeta><wp:meta_key>_edit_last</wp:meta_key><wp:meta_value>1</wp:meta_value></wp:postmeta>
{comments}</item>
"""

COMMENT = """<wp:comment>
	<wp:comment_id>{id}</wp:comment_id>
	<wp:comment_author><![CDATA[{author}]]></wp:comment_author>
	<wp:comment_author_email>{email}</wp:comment_author_email>
	<wp:comment_author_url>{url}</wp:comment_author_url>
	<wp:comment_author_IP>{address}</wp:comment_author_IP>
	<wp:comment_date><![CDATA[{date}]]></wp:comment_date>
	<wp:comment_date_gmt><![CDATA[{date_gmt}]]></wp:comment_date_gmt>
	<wp:comment_content><![CDATA[{text}]]></wp:comment_content>
	<wp:comment_approved><![CDATA[{approved}]]></wp:comment_approved>
	<wp:comment_type><![CDATA[{kind}]]></wp:comment_type>
	<wp:comment_parent>{parent}</wp:comment_parent>
	<wp:comment_user_id>0</wp:comment_user_id>
{meta}</wp:comment>
"""
META = (
    "<wp:commentmeta><wp:meta_key>{key}</wp:meta_key>"
    "<wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:commentmeta>\n"
)


def comment(number=1, *, meta=(), **fields):
    shown = {
        "id": number,
        "author": "Erika Muster",
        "email": "erika@example.com",
        "url": "",
        "address": "203.0.113.7",
        "date": "2026-02-27 13:00:00",
        "date_gmt": "2026-02-27 12:00:00",
        "text": f"Ein freundlicher Kommentar, der {number}.",
        "approved": "1",
        "kind": "comment",
        "parent": 0,
    } | fields
    said = "".join(META.format(key=key, value=value) for key, value in meta)
    plain = ("email", "url", "address")
    shown |= {name: escape(str(shown[name])) for name in plain}
    return COMMENT.format(meta=said, **shown)


def post(*comments, number=7, title="Ein Beitrag", filler=""):
    return POST.format(number=number, title=title, filler=filler, comments="".join(comments))


def wxr(*posts, head=HEAD, tail=TAIL):
    return "".join((head, *posts, tail)).encode()


def line(**fields):
    shown = {"text": "Ein freundlicher Kommentar.", "date": "2026-02-27T12:00:00Z"} | fields
    return json.dumps(shown, ensure_ascii=False).encode() + b"\n"
