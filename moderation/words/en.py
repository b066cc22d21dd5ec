"""English."""

from moderation.words import Language

RULINGS = {
    "guaranteed_spam": "The name or e-mail address is a test value that always counts as spam",
    "moderating_role": "The author may moderate comments (role “{role}”)",
    "allow_list": "An entry of the allow list matches",
    "allow_list/word": "“{entry}” is on the allow list",
    "allow_list/domain": "The domain {entry} is on the allow list",
    "allow_list/address": "The IP address is on the allow list",
    "allow_list/email": "The e-mail address is on the allow list",
    "allow_list/pattern": "A pattern on the allow list matches: {entry}",
    "block_list": "An entry of the block list matches",
    "block_list/word": "“{entry}” is on the block list",
    "block_list/domain": "The domain {entry} is on the block list",
    "block_list/address": "The IP address is on the block list",
    "block_list/email": "The e-mail address is on the block list",
    "block_list/pattern": "A pattern on the block list matches: {entry}",
    "honeypot": "A form field that people cannot see was filled in",
    "link_flood": "So many links that a person has to look",
    "decided_before": "A person has already decided on this comment",
}

REASONS = {
    # the model as a whole
    "prior": "Every comment starts from this experience",
    "words": "The wording stands out",
    "words/spam": "The wording resembles known spam",
    "words/ham": "The wording resembles ordinary readers’ comments",
    "other": "Several small signs add up",
    "site_model": "The model that this blog’s moderators trained has its say",
    "site_adjustment": "The latest decisions of this blog’s moderators count",
    # how the text looks
    "length": "The text is {value:exp:# character|# characters} long",
    "capitals": "{value:%} of the letters are capitals",
    "capital_words": "{value:%} of the words are all in capitals",
    "digits": "Digits make up {value:%} of the text",
    "exclamations": (
        "The text has {value:few:no exclamation marks|# exclamation mark|# exclamation marks}"
    ),
    "questions": "The text has {value:few:no question marks|# question mark|# question marks}",
    "money_signs": "The text has {value:few:no currency signs|# currency sign|# currency signs}",
    "pictures": "The text has {value:few:no emoji|# emoji|# emoji}",
    "lines": "The text has {value:few:no line breaks|# line break|# line breaks}",
    "repeated_words": "Words repeat more often than is usual for a text of this length",
    "repeated_words/none": "Words do not repeat unusually often",
    "longest_run": "One character is repeated many times in a row",
    "longest_run/none": "No character is repeated many times in a row",
    "unpronounceable_words": "{value:%} of the words are unpronounceable strings of letters",
    "unpronounceable_words/none": "No word is an unpronounceable string of letters",
    # disguise
    "invisible_characters": (
        "The text hides {value:few:no invisible characters|# invisible character|"
        "# invisible characters}"
    ),
    "stacked_marks": (
        "The letters carry {value:few:no needless marks|# needless mark|# needless marks}"
    ),
    "look_alikes": (
        "{value:few:No word contains|# word contains|# words contain} look-alike letters of "
        "another alphabet"
    ),
    "mixed_scripts": "{value:few:No word mixes|# word mixes|# words mix} two alphabets",
    # links and contacts in the text
    "has_link": "The text contains a link",
    "has_link/none": "The text contains no link",
    "links": "The text contains {value:few:one link at most|a link and # more|a link and # more}",
    "link_share": "Links make up {value:%} of the text",
    "link_at_end": "The text ends with a link",
    "link_at_end/none": "The text does not end with a link",
    "shorteners": "{value:few:No link runs|# link runs|# links run} through a link shortener",
    "messenger_links": (
        "{value:few:No link leads|# link leads|# links lead} to a messenger such as Telegram "
        "or WhatsApp"
    ),
    "reference_links": (
        "{value:few:No link leads|# link leads|# links lead} to works of reference, newspapers, "
        "authorities or to this blog"
    ),
    "profile_links": (
        "{value:few:No link leads|# link leads|# links lead} to profiles, channels or offers on "
        "large platforms"
    ),
    "free_host_links": (
        "{value:few:No link leads|# link leads|# links lead} to free websites that anyone can "
        "set up quickly"
    ),
    "cheap_domain_links": (
        "{value:few:No link leads|# link leads|# links lead} to cheap domain endings"
    ),
    "commercial_links": (
        "{value:few:No link has|# link has|# links have} an advertising word in the address"
    ),
    "home_page_link": "A link in the text leads to a home page rather than to a particular page",
    "home_page_link/none": "No link in the text leads to a mere home page",
    "bare_domains": (
        "The text names {value:few:no web address without a link|# web address without a link|"
        "# web addresses without a link}"
    ),
    "html_tags": "The text contains {value:few:no HTML tags|# HTML tag|# HTML tags}",
    "bbcode": (
        "The text contains {value:few:no forum codes such as [url]|# forum code such as [url]|"
        "# forum codes such as [url]}"
    ),
    "typographic_quotes": (
        "{value:few:No link stands|# link stands|# links stand} in quotation marks as word "
        "processors set them"
    ),
    "escaped_html": (
        "The text shows {value:few:no raw HTML code|# HTML tag as raw code|# HTML tags as raw code}"
    ),
    "mail_addresses": (
        "The text gives {value:few:no e-mail address|# e-mail address|# e-mail addresses}"
    ),
    "phone_numbers": "The text gives {value:few:no phone number|# phone number|# phone numbers}",
    "handles": (
        "The text names {value:few:no account with an @|# account with an @|# accounts with an @}"
    ),
    # what the text is about
    "commercial_words": (
        "The text contains {value:few:no typical advertising word|# typical advertising word|"
        "# typical advertising words}"
    ),
    "commercial_density": "Advertising words make up {value:%} of the text",
    "money_words": (
        "{value:few:No word|# word|# words} in the text {value:few:is|is|are} about money"
    ),
    "contact_words": (
        "{value:few:No word invites|# word invites|# words invite} the reader to get in touch"
    ),
    "appeals": (
        "Readers are {value:few:not asked|asked once|asked # times} to follow, visit or support "
        "the sender"
    ),
    "praise": "Praise and words about the site itself make up {value:%} of the text",
    "says_nothing_of_post": "The text takes up nothing from the post",
    "says_nothing_of_post/none": "The text is short or takes up something from the post",
    "words_of_post": (
        "The text shares {value:few:no word|# word|# words} with the post’s title, address or tags"
    ),
    "generic_praise": "The praise would fit under any post",
    "generic_praise/none": "The text is not praise that would fit under any post",
    "other_language": "The text is mostly in a language other than the blog’s",
    "other_language/none": "Nothing suggests a language other than the blog’s",
    "other_script": "The text uses a script the blog is not written in",
    "other_script/none": "The text is in the blog’s own script",
    # the author's name
    "nameless": "The sender gives no name",
    "nameless/none": "The sender gives a name",
    "author_words": "The name has more than two words",
    "author_words/none": "The name has two words at most",
    "author_digits": "The name contains digits",
    "author_digits/none": "The name contains no digits",
    "author_commercial": "The name contains advertising words",
    "author_commercial/none": "The name contains no advertising words",
    "author_camels": "The name has capital letters inside a word",
    "author_camels/none": "The name has no capital letters inside a word",
    "author_is_address": "The name is a web address",
    "author_is_address/none": "The name is not a web address",
    "author_mixed_scripts": "The name mixes two alphabets",
    "author_mixed_scripts/none": "The name keeps to one alphabet",
    "author_small": "The name is in small letters like a search phrase",
    "author_small/none": "The name is not written like a search phrase",
    "author_in_text": "The name appears in the text",
    "author_in_text/none": "The name does not appear in the text",
    # the author's link
    "author_link": "The sender gives a website",
    "author_link/none": "The sender gives no website",
    "author_link_depth": "The website given is a page deep inside a site",
    "author_link_depth/none": "The website given is not a page deep inside a site",
    "author_link_commercial": "The website’s address contains advertising words",
    "author_link_commercial/none": "The website’s address contains no advertising words",
    "author_link_hyphens": "The website’s address contains hyphens",
    "author_link_hyphens/none": "The website’s address contains no hyphens",
    "author_link_digits": "The website’s domain name contains digits",
    "author_link_digits/none": "The website’s domain name contains no digits",
    "author_link_cheap": "The website has a cheap domain ending",
    "author_link_cheap/none": "The website has no cheap domain ending",
    "author_link_reference": "The website given is a well-known service or this blog",
    "author_link_reference/none": "The website given is not a well-known service",
    "author_link_free_host": "The website is on a free host",
    "author_link_free_host/none": "The website is not on a free host",
    "author_link_shortener": "The website given is a short link or a messenger",
    "author_link_shortener/none": "The website given is no short link and no messenger",
    "author_link_query": "The website’s address has additions after a question mark",
    "author_link_query/none": "The website’s address has no additions after a question mark",
    "author_link_in_text": "The sender’s website also stands in the text",
    "author_link_in_text/none": "The sender’s website does not stand in the text",
    "author_in_link": "The name appears in the website’s address",
    "author_in_link/none": "The name does not appear in the website’s address",
    "keyword_link": "Name and website both contain advertising words",
    "keyword_link/none": "Name and website do not both contain advertising words",
    "praise_with_link": "The text praises, and the sender adds a website",
    "praise_with_link/none": "Praise and a website do not come together",
    # the author's e-mail address
    "disposable_mail": "The e-mail address is a disposable one",
    "disposable_mail/none": "The e-mail address is no known disposable one",
    "free_mail": "The e-mail address is with a large free provider",
    "free_mail/none": "The e-mail address is not with a large free provider",
    "mail_of_link": "E-mail address and website belong to the same domain",
    "mail_of_link/none": "E-mail address and website do not belong to the same domain",
    # how it came
    "pingback": "This is a pingback or trackback, not a comment",
    "pingback/none": "This is a comment, not a pingback or trackback",
    # what is known from before
    "approved_author": "A comment under this name and e-mail address has been approved before",
    "spam_address": "Spam has come from this IP address before",
    "same_text": (
        "The same text has come {comments:+:# time|# times} under other posts in the last few hours"
    ),
    "near_text": (
        "Nearly the same text has come {comments:+:# time|# times} under other posts in the "
        "last few hours"
    ),
    "burst": "This IP address has sent {comments:+:# more comment|# more comments} within minutes",
    # how it was sent
    "form_time": (
        "The form was sent after {seconds:# second|# seconds}, faster than a person writes"
    ),
    "script_missing": (
        "The form’s script did not run, as with programs that fill in forms without a browser"
    ),
    "referrer_spam": (
        "The sender’s website, or the page they came from, is a known source of advertising spam"
    ),
    "own_domain": "The e-mail address belongs to this blog’s own domain, but nobody was signed in",
}


def form(number: float) -> int:
    return 0 if number == 1 else 1


LANGUAGE = Language(
    rulings=RULINGS,
    reasons=REASONS,
    settled=" – that settled it",
    unknown="A sign that this version no longer knows (“{name}”)",
    spam=(
        ", which hints at spam",
        ", which points to spam",
        ", which points strongly to spam",
    ),
    ham=(
        ", which speaks a little against spam",
        ", which speaks against spam",
        ", which speaks strongly against spam",
    ),
    neither=", which carries no weight",
    forms=2,
    form=form,
    decimal_mark=".",
    group_mark=",",
    percent="%",
    below_one_percent="less than 1%",
    at_least="at least {}",
)
