"""The payment page people are sent to: an ordinary form, and their bank's 3-D Secure question after it.

Nothing but the form's fields decides: no hidden field, no cookie, no script. Webhooks do not wait for the redirect.
"""

import re
import unicodedata
from datetime import UTC, datetime

from payments.providers.simulator import words
from payments.providers.simulator.exchange import Html, Request, Response, fragment, page, redirect
from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe import payments, sessions
from payments.providers.simulator.stripe.cards import CARDS, card_for
from payments.providers.simulator.stripe.wire import ApiError
from payments.providers.simulator.words import Words
from payments.providers.simulator.world import World

SYMBOLS = {"eur": "€", "usd": "$", "gbp": "£", "cny": "CN¥", "jpy": "¥"}
EXPONENTS = {**dict.fromkeys(("clp", "isk", "jpy", "krw", "vnd"), 0), **dict.fromkeys(("bhd", "jod", "kwd", "omr"), 3)}
FIELDS = ("card_number", "expiry", "cvc")
PATH = re.compile(r"/c/pay/(cs_[A-Za-z0-9_]+)(/authenticate)?")


class FieldsMalformed(Exception):
    """What was typed is no card; `problems` names the sentence for each field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


def handle(world: World, request: Request) -> Response:
    """Show or take the form of one session."""
    match = PATH.fullmatch(request.path)
    say = words.spoken_by(request.headers.get("accept-language", ""), "")
    if match is None:
        return _note(say, "unknown_title", "unknown", status=404)
    session_id, challenge = match[1], match[2] is not None
    try:
        with world.store.transaction():
            sessions.expire_if_late(world, session_id)
            session = sessions.get(world, session_id)
    except ApiError:
        return _note(say, "unknown_title", "unknown", status=404)
    say = words.spoken_by(request.headers.get("accept-language", ""), session["locale"] or "auto")
    try:
        if request.method == "POST":
            return _answer(world, request, say, session, challenge=challenge)
        return _show(world, say, session, challenge=challenge)
    except payments.NotPayable:
        return _over(say, sessions.get(world, session_id), status=409)
    finally:
        world.nudge()


def _show(world: World, say: Words, session: Json, *, challenge: bool) -> Response:
    if session["status"] != "open":
        return _over(say, session)
    if not challenge:
        return _form(say, session, {}, {})
    if not payments.awaits_challenge(world, session):
        return redirect(f"/c/pay/{session['id']}")
    return _page(
        say,
        "challenge.html",
        title=say["challenge_title"],
        amount=_amount(session),
        explanation=say["challenge"],
        approve=say["challenge_approve"],
        fail=say["challenge_fail"],
        abandon=say["challenge_abandon"],
    )


def _answer(world: World, request: Request, say: Words, session: Json, *, challenge: bool) -> Response:
    form = request.form
    if challenge:
        chosen = form.get("answer", "")
        if chosen not in {"approve", "fail", "abandon"}:
            return _show(world, say, session, challenge=True)
        result = payments.answer_challenge(world, session["id"], chosen)  # type: ignore[arg-type]  # checked above
    else:
        try:
            number, expiry = read_card(form, world.now())
        except FieldsMalformed as wrong:
            return _form(say, session, form, wrong.problems, status=422)
        result = payments.try_card(world, session["id"], card_for(number), expiry)
    if result.url is not None:
        return redirect(result.url)
    if result.outcome == "declined":
        return _form(say, session, {}, {"card_number": "declined"}, status=402)
    return redirect(f"/c/pay/{session['id']}")


def read_card(form: dict[str, str], now: int) -> tuple[str, tuple[int, int]]:
    """The card number's digits and (month, year). Raises FieldsMalformed as a page checks before it sends anything."""
    typed = {name: unicodedata.normalize("NFKC", form.get(name, "")).strip() for name in FIELDS}
    number = re.sub(r"[ \-]", "", typed["card_number"])
    written = re.sub(r"^([0-9]{2})([0-9]{2})$", r"\1/\2", typed["expiry"])  # a number pad has no slash
    expiry = re.fullmatch(r"(0?[1-9]|1[0-2]) ?/ ?(?:20)?([0-9]{2})", written)
    problems: dict[str, str] = {}
    if not re.fullmatch(r"[0-9]{12,19}", number):
        problems["card_number"] = "card_number_malformed"
    if not re.fullmatch(r"[0-9]{3,4}", typed["cvc"]):
        problems["cvc"] = "cvc_malformed"
    month, year = (int(expiry[1]), 2000 + int(expiry[2])) if expiry else (0, 0)
    today = datetime.fromtimestamp(now, UTC)
    if not expiry:
        problems["expiry"] = "expiry_malformed"
    elif (year, month) < (today.year, today.month):
        problems["expiry"] = "expiry_past"
    if problems:
        raise FieldsMalformed(problems)
    return number, (month, year)


def _form(say: Words, session: Json, typed: dict[str, str], problems: dict[str, str], status: int = 200) -> Response:
    labels = {"card_number": "1234 1234 1234 1234", "expiry": say["expiry_example"], "cvc": "123"}
    complete = {"card_number": "cc-number", "expiry": "cc-exp", "cvc": "cc-csc"}
    fields = [
        fragment(
            "_field.html",
            name=name,
            label=say[name],
            example=labels[name],
            autocomplete=complete[name],
            # A number that was refused is never sent back to the page.
            value=typed.get(name, "") if name == "expiry" else "",
            problem=fragment("_problem.html", name=name, text=say[problems[name]]) if name in problems else Html(""),
            invalid=Html(f'aria-invalid="true" aria-describedby="{name}-problem"') if name in problems else Html(""),
        )
        for name in FIELDS
    ]
    back = session["cancel_url"]
    return _page(
        say,
        "checkout.html",
        status,
        title=say["form_title"],
        what=session["_line_items"][0]["description"],
        amount=_amount(session),
        fields=Html("".join(fields)),
        pay=say["pay"].format(amount=_amount(session)),
        back=fragment("_link.html", url=back, text=say["back"]) if back else Html(""),
        cards_heading=say["cards_heading"],
        cards_hint=say["cards_hint"],
        cards=Html("".join(fragment("_card.html", number=_spaced(card.number), says=card.says) for card in CARDS)),
    )


def _over(say: Words, session: Json, status: int = 200) -> Response:
    """This session takes no payment any more; says so, and leads back."""
    if session["status"] == "complete":
        return _note(say, "complete_title", "complete", status, payments.success_url(session))
    return _note(say, "expired_title", "expired", status, session["cancel_url"])


def _note(say: Words, title: str, text: str, status: int = 200, url: str | None = None) -> Response:
    link = fragment("_link.html", url=url, text=say["back"]) if url else Html("")
    return _page(say, "note.html", status, title=say[title], text=say[text], link=link)


def _page(say: Words, name: str, status: int = 200, /, *, title: str, **values: object) -> Response:
    body = fragment(name, title=title, **values)
    return page("base.html", status, lang=say.language, title=title, label=say["label"], body=body)


def _amount(session: Json) -> str:
    currency, minor = session["currency"], session["amount_total"]
    exponent = EXPONENTS.get(currency, 2)
    whole, rest = divmod(minor, 10**exponent)
    digits = f"{whole:,}" + (f".{rest:0{exponent}d}" if exponent else "")
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{digits}" if symbol else f"{currency.upper()} {digits}"


def _spaced(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
