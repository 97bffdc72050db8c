"""Holds what goes over the wire against the documents the product publishes about itself."""

import re
from typing import Any

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_OPENAPI = "urn:openapi"
_ASYNCAPI = "urn:asyncapi"


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


class Contract:
    """The OpenAPI and AsyncAPI documents of a running show."""

    def __init__(self, openapi: dict[str, Any], asyncapi: dict[str, Any]) -> None:
        self.openapi = openapi
        self.asyncapi = asyncapi
        self._registry: Registry[Any] = Registry().with_resources(
            (uri, Resource.from_contents(document, default_specification=DRAFT202012))
            for uri, document in ((_OPENAPI, openapi), (_ASYNCAPI, asyncapi))
        )
        self._paths = {
            template: re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in steps))
            for template in openapi["paths"]
            for steps in [template.split("/")]
        }

    def template(self, path: str) -> str | None:
        """Return the documented path an address belongs to."""
        matching = [template for template, pattern in self._paths.items() if pattern.fullmatch(path)]
        return min(matching, key=lambda template: template.count("{"), default=None)

    def check_answer(self, method: str, path: str, status: int, content_type: str, body: Any) -> None:
        """Make sure an HTTP answer is one the documents promise."""
        template = self.template(path)
        if template is None or method.lower() not in self.openapi["paths"][template]:
            assert status in {404, 405}, f"{method} {path} answers {status} and is in no document"
            self._validate(f"{_OPENAPI}#/components/schemas/Problem", body)
            return
        steps = ("paths", template, method.lower(), "responses", str(status))
        responses = self.openapi["paths"][template][method.lower()]["responses"]
        assert str(status) in responses, f"{method} {template} answered {status}, documented are {sorted(responses)}"
        content = responses[str(status)].get("content")
        if content is None:
            return
        assert content_type in content, f"{method} {template} {status} came as {content_type}"
        if content_type.endswith("json"):
            pointer = "/".join(_escaped(step) for step in (*steps, "content", content_type, "schema"))
            self._validate(f"{_OPENAPI}#/{pointer}", body)

    def check_message(self, message: dict[str, Any]) -> None:
        """Make sure a message of the feed is one the documents promise."""
        told = [name for name in self.asyncapi["components"]["messages"] if name.startswith("from")]
        kinds = {self._tag(name): f"{_ASYNCAPI}#/components/messages/{name}/payload" for name in told}
        assert message["type"] in kinds, f"a message of type {message['type']!r} is in no document"
        self._validate(kinds[message["type"]], message)

    def _tag(self, name: str) -> str:
        payload = self.asyncapi["components"]["messages"][name]["payload"]
        schema = self.asyncapi["components"]["schemas"][payload["$ref"].rpartition("/")[2]]
        (tag,) = schema["properties"]["type"]["enum"]
        return str(tag)

    def _validate(self, reference: str, instance: Any) -> None:
        jsonschema.Draft202012Validator({"$ref": reference}, registry=self._registry).validate(instance)
