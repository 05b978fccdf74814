"""How Stripe's API looks on the wire: form-encoded nested parameters in, objects, lists and errors out."""

import re
from typing import Any
from urllib.parse import parse_qsl

from payments.providers.simulator.store import Json
from payments.providers.simulator.world import World

API_VERSION = "2026-10-28.endive"
PAGE_MAX = 100
_KEY = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")


class ApiError(Exception):
    """An answer in Stripe's error envelope. `executed` errors are remembered under the idempotency key."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        executed: bool = False,
    ) -> None:
        super().__init__(message)
        self.status, self.executed = status, executed
        fields = {"code": code, "message": message, "param": param, "type": kind}
        self.body: Json = {"error": {key: value for key, value in fields.items() if value is not None}}
        if code:
            self.body["error"]["doc_url"] = f"https://docs.stripe.com/error-codes#{code.replace('_', '-')}"


def missing(kind: str, object_id: str, param: str = "id") -> ApiError:
    """There is no such object."""
    return ApiError(f"No such {kind}: '{object_id}'", status=404, code="resource_missing", param=param)


def parse_form(text: str) -> Json:
    """`a[b][0][c]=1` as nested dicts and lists; values stay text."""
    root: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        parts = _KEY.findall(name) or [name]
        node = root
        for part, following in zip(parts, [*parts[1:], None], strict=True):
            key = part or str(len(node))
            if following is None:
                node[key] = value
            else:
                child = node.setdefault(key, {})
                if not isinstance(child, dict):
                    raise ApiError(f"Invalid parameter: {name}", param=name)
                node = child
    return {key: _lists(value) for key, value in root.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(item) for key, item in value.items()}


class Params:
    """Parameters being read; what nobody asked for is refused by `done`, as Stripe does."""

    def __init__(self, values: Json, path: str = "") -> None:
        self._values, self._path = dict(values), path

    def name_of(self, name: str) -> str:
        """A parameter's full name, as error messages give it."""
        return f"{self._path}[{name}]" if self._path else name

    def has(self, name: str) -> bool:
        """Whether it was sent and not yet read."""
        return name in self._values

    def text(self, name: str, *, required: bool = False, longest: int = 5000) -> str | None:
        """A string of at most `longest` characters."""
        full = self.name_of(name)
        value = self._values.pop(name, None)
        if value is None:
            if required:
                raise ApiError(f"Missing required param: {full}.", code="parameter_missing", param=full)
            return None
        if not isinstance(value, str):
            raise ApiError(f"Invalid string: {value}", param=full)
        if value == "":
            message = (
                f"You passed an empty string for '{full}'. We assume empty values are an attempt to unset a parameter;"
                f" however '{full}' cannot be unset."
            )
            raise ApiError(message, code="parameter_invalid_empty", param=full)
        if len(value) > longest:
            raise ApiError(f"Invalid string: {value[:20]}…; must be at most {longest} characters", param=full)
        return value

    def integer(self, name: str, *, required: bool = False, smallest: int = 0) -> int | None:
        """A whole number, at least `smallest`."""
        full = self.name_of(name)
        value = self.text(name, required=required)
        if value is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise ApiError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=full)
        if int(value) < smallest:
            raise ApiError(
                f"This value must be greater than or equal to {smallest}.",
                code="parameter_invalid_integer",
                param=full,
            )
        return int(value)

    def choice(self, name: str, choices: tuple[str, ...], *, required: bool = False) -> str | None:
        """One of a few words."""
        value = self.text(name, required=required)
        if value is not None and value not in choices:
            raise ApiError(
                f"Invalid {self.name_of(name)}: must be one of {', '.join(choices)}", param=self.name_of(name)
            )
        return value

    def url(self, name: str, *, required: bool = False) -> str | None:
        """An absolute http or https address."""
        value = self.text(name, required=required)
        if value is not None and not re.fullmatch(r"https?://[^/\s]+\S*", value):
            raise ApiError("Not a valid URL", code="url_invalid", param=self.name_of(name))
        return value

    def strings(self, name: str) -> list[str]:
        """A list of strings."""
        value = self._values.pop(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ApiError("Invalid array", param=self.name_of(name))
        return value

    def group(self, name: str) -> "Params":
        """A nested hash; empty when it was not sent."""
        value = self._values.pop(name, {})
        if not isinstance(value, dict):
            raise ApiError("Invalid object", param=self.name_of(name))
        return Params(value, self.name_of(name))

    def groups(self, name: str) -> list["Params"]:
        """A list of nested hashes."""
        value = self._values.pop(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ApiError("Invalid array", param=self.name_of(name))
        return [Params(item, f"{self.name_of(name)}[{place}]") for place, item in enumerate(value)]

    def metadata(self) -> dict[str, str]:
        """Up to 50 pairs, keys of 40 and values of 500 characters."""
        group = self.group("metadata")
        values = {key: group.text(key, longest=500) or "" for key in list(group._values)}  # its own class
        if len(values) > 50 or any(len(key) > 40 for key in values):
            raise ApiError("Metadata can have up to 50 keys of up to 40 characters.", param=self.name_of("metadata"))
        return values

    def done(self) -> None:
        """Refuse whatever has not been read."""
        for name in self._values:
            full = self.name_of(name)
            raise ApiError(f"Received unknown parameter: {full}", code="parameter_unknown", param=full)


def shown(item: Json) -> Json:
    """An object as the API shows it: what begins with "_" stays inside."""
    return {
        key: shown(value)
        if isinstance(value, dict)
        else [shown(entry) if isinstance(entry, dict) else entry for entry in value]
        if isinstance(value, list)
        else value
        for key, value in item.items()
        if not key.startswith("_")
    }


def expand(world: World, item: Json, paths: list[str]) -> Json:
    """Replace the ids that `expand[]` names by the objects they stand for."""
    for path in paths:
        if path.count(".") >= 4:
            raise ApiError("You cannot expand more than 4 levels of a property.", param="expand")
        _expand(world, item, path.split("."), path)
    return item


def _expand(world: World, item: Json, steps: list[str], path: str) -> None:
    step, rest = steps[0], steps[1:]
    if step == "line_items" and item.get("object") == "checkout.session":
        item["line_items"] = a_list(f"/v1/checkout/sessions/{item['id']}/line_items", item["_line_items"])
        return
    if step not in item:
        raise ApiError(f"This property cannot be expanded ({path}).", param="expand")
    value = item[step]
    if isinstance(value, str):
        value = item[step] = world.store.get(value)
        if value is None:
            raise ApiError(f"This property cannot be expanded ({path}).", param="expand")
    for child in value if isinstance(value, list) else [value]:
        if rest and isinstance(child, dict):
            _expand(world, child, rest, path)


def a_list(url: str, items: list[Json], *, has_more: bool = False) -> Json:
    """Stripe's list envelope."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


def listing(world: World, kind: str, url: str, params: Params, filters: tuple[str, ...] = ()) -> Json:
    """One page of a kind, newest first, with Stripe's cursors."""
    limit = params.integer("limit", smallest=1) or 10
    if limit > PAGE_MAX:
        raise ApiError("This value must be less than or equal to 100.", code="parameter_invalid_integer", param="limit")
    where: Json = {}
    for name in filters:
        value = params.strings("types") if name == "types" else params.text(name)
        if value:
            where["type" if name == "types" else name] = value
    cursors = {name: params.text(name) for name in ("starting_after", "ending_before")}
    places: dict[str, int | None] = {}
    for name, cursor in cursors.items():
        places[name] = world.store.place_of(cursor) if cursor else None
        if cursor and places[name] is None:
            raise missing(kind, cursor, name)
    rows = world.store.page(
        kind, where, limit=limit + 1, before=places["starting_after"], after=places["ending_before"]
    )
    has_more = len(rows) > limit
    kept = rows[-limit:] if places["ending_before"] is not None else rows[:limit]
    return a_list(url, [item for _, item in kept], has_more=has_more)
