"""The resources are declared as TM Forum declares them: attribute by attribute, against the official v5 files.

Where we differ, we differ on purpose: `DIFFERENCES` lists each place with its reason, and is itself held to the files,
so that an entry which no longer holds fails as loudly as a difference that nobody decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from customer_inventory.model import RESOURCES, InvalidDocument, Resource, validate
from customer_inventory.model.shapes import Field, Leaf, Position, Shape
from tests.official.files import official_files, read
from tests.official.folders import folders

FILES = ("TMF632", "TMF629", "TMF669", "TMF683", "TMF651", "TMF666")

V5 = [resource for resource in RESOURCES.values() if resource.api.number in FILES]
"""The resources that these files declare."""

POINTERS = (
    "AccountRef",
    "AgreementRef",
    "AttachmentRef",
    "GeographicAddressRef",
    "OrganizationRef",
    "PartyRef",
    "PartyRoleRef",
    "PartyRoleSpecificationRef",
    "PaymentMethodRef",
)
ROLES = ("PartyRole", "Supplier", "BusinessPartner", "Consumer", "Producer")
PARTY_APIS = ("TMF632", "TMF629", "TMF669", "TMF683")
"""The APIs in which parties and roles stand by value."""

CHARACTERISTICS = (
    *(f"{value}Characteristic" for value in ("Boolean", "Float", "Integer", "Number", "Object", "String")),
    *(f"{value}ArrayCharacteristic" for value in ("Boolean", "Float", "Integer", "Number", "Object", "String")),
)
MEDIA = tuple(f"{kind}ContactMedium" for kind in ("Email", "Fax", "GeographicAddress", "Phone", "Social"))
NAMELESS = "TMF629 creates a characteristic without a name; so that all files hold, none demands one"
ONE_UNION = "the file forgets classes that the files of its sisters have; whatever stands here may be of any of them"

DIFFERENCES: dict[tuple[str, str, str, str], str] = {
    # (API, class, attribute, what differs): why
    **{
        ("TMF629", pointer, "id", "mandatory"): "its create schemas omit id, but every answer must have it"
        for pointer in POINTERS
    },
    **{
        (api, "ExternalIdentifier", "id", "mandatory"): "the official examples of TMF632 and TMF629 leave it out"
        for api in ("TMF632", "TMF669", "TMF683", "TMF651")
    },
    **{
        (api, kind, "name", "mandatory"): NAMELESS
        for api in ("TMF632", "TMF669", "TMF651")
        for kind in ("Characteristic", *CHARACTERISTICS)
        if (api, kind) != ("TMF632", "FloatArrayCharacteristic")
    },
    ("TMF683", "Characteristic", "name", "mandatory"): NAMELESS,
    **{
        (api, kind, "", "class"): ONE_UNION
        for api, kinds in {
            "TMF632": ("FloatArrayCharacteristic",),
            "TMF629": ("FloatArrayCharacteristic",),
            "TMF683": (*CHARACTERISTICS, *MEDIA, "GeographicAddressRef"),
            "TMF651": ("BooleanCharacteristicValueSpecification",),
        }.items()
        for kind in kinds
    },
    ("TMF669", "AgreementSpecificationRef", "version", "extra"): "TMF651 has it in the same class",
    **{(api, "Attachment", "checksum", "extra"): "the hash by which the content kept here is checked" for api in FILES},
    ("TMF629", "RelatedPartyRefOrPartyRoleRef", "role", "mandatory"): (
        "the file has no create form of it; it stands where RelatedPartyOrPartyRole does, whose role is mandatory"
    ),
    **{
        (api, holder, attribute, "classes"): ONE_UNION
        for api in PARTY_APIS
        for attribute, holders in {
            "partyCharacteristic": ("Individual", "Organization"),
            "characteristic": (*ROLES, *(("Customer",) if api == "TMF629" else ())),
            **({"contactMedium": ("Individual", "Organization", *ROLES)} if api == "TMF683" else {}),
        }.items()
        for holder in holders
    },
    ("TMF651", "Agreement", "characteristic", "classes"): ONE_UNION,
    ("TMF651", "Document", "characteristic", "classes"): ONE_UNION,
    **{
        (api, "CharacteristicSpecification", "characteristicValueSpecification", "classes"): ONE_UNION
        for api in ("TMF669", "TMF651")
    },
    **{
        (api, "Individual", name, "type"): "a plain date is accepted besides: nobody knows the hour of most births"
        for api in PARTY_APIS
        for name in ("birthDate", "deathDate")
    },
    **{
        (api, holder, "relatedParty", "classes"): "the official examples put RelatedPartyRefOrPartyRoleRef here"
        for api in PARTY_APIS
        for holder in (
            "Individual",
            "Organization",
            *ROLES,
            *(("Customer",) if api == "TMF629" else ()),
            *(("PartyInteraction",) if api == "TMF683" else ()),
        )
    },
    ("TMF629", "RelatedPartyOrPartyRole", "partyOrPartyRole", "classes"): (
        "Customer is in the discriminator but not in the oneOf; one carried by value is read as the base class"
    ),
}

UNDECLARED_IN_EXAMPLES = {
    "contactMedium[].mediumType": "the attribute is contactType; mediumType is its name in v4",
    "externalReference[].name": "the attribute is id; name is what v4 called it",
    "fullName": "v4 had it; v5 has name and formattedName",
    "otherName[].@type": "OtherNameIndividual has no class in the file",
    "partyRoleSpecificationCharacteristic": "the attribute is specCharacteristic",
    "lastUpdateDate": "the attribute is lastUpdate",
    "interactionItem[].lastUpdateDate": "the attribute is lastUpdate",
    "interactionItem[].item.entity.productOrderItem": "a product order by value, of a class that its schema describes",
    **{
        f"attachment[].{name}": "an AttachmentRef with attributes of Attachment; the address is url, not URL"
        for name in ("URL", "attachmentType", "mimeType", "size")
    },
    **{
        f"relatedParty[].partyOrPartyRole.{name}": "a pointer whose class is none of PartyRef and PartyRoleRef"
        for name in ("name", "@referredType")
    },
}
"""What official examples of whole resources say that the official files do not know: kept, as any unknown attribute."""


@pytest.fixture(scope="module", autouse=True)
def _standards() -> None:
    """The official files lie beside the checkout; in CI they must."""
    official_files()


class Official:
    """One official file: its schemas, with inheritance resolved."""

    def __init__(self, api: str) -> None:
        self.schemas: dict[str, Any] = read(official_files()[api, "v5"])["components"]["schemas"]

    def parts(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield a schema and all it inherits from, the nearest last."""
        yield from self._parts(self.schemas[name])

    def _parts(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "$ref" in schema:
            yield from self.parts(target(schema))
        else:
            for part in schema.get("allOf", ()):
                yield from self._parts(part)
            yield schema

    def attributes(self, name: str) -> dict[str, dict[str, Any]]:
        """The attributes of a class, of its create form where it has one, and of its patch form."""
        forms = [form for form in (f"{name}_MVO", f"{name}_FVO", name) if form in self.schemas]
        return {
            key: value
            for form in forms
            for part in self.parts(form)
            for key, value in part.get("properties", {}).items()
        }

    def mandatory(self, name: str) -> set[str]:
        """The attributes a class cannot be created without."""
        form = f"{name}_FVO" if f"{name}_FVO" in self.schemas else name
        return {required for part in self.parts(form) for required in part.get("required", ())}

    def kind(self, attribute: dict[str, Any]) -> tuple[bool, str, tuple[str, ...], frozenset[str], frozenset[str]]:
        """An attribute as (many, type, formats, enum, classes)."""
        if attribute.get("type") == "array":
            return (True, *self.kind(attribute["items"])[1:])
        if "$ref" not in attribute:
            return (False, *simple(attribute), frozenset(), frozenset())
        schema = self.schemas[target(attribute)]
        if "enum" in schema:
            return False, "string", (), frozenset(schema["enum"]), frozenset()
        mapping = schema.get("discriminator", {}).get("mapping") or [target(attribute).removesuffix("_FVO")]
        return False, "object", (), frozenset(), frozenset(mapping) - ({"Entity"} if len(mapping) > 1 else set())


def target(schema: dict[str, Any]) -> str:
    return str(schema["$ref"].rpartition("/")[2])


def simple(attribute: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The type and formats of a single value, in our words."""
    if attribute.get("format") == "date-time":
        return "date-time", ("date-time",)
    return attribute["type"], ("base64",) if attribute.get("format") == "base64" else ()


@cache
def official(api: str) -> Official:
    return Official(api)


def declared_kind(field: Field) -> tuple[bool, str, tuple[str, ...], frozenset[str], frozenset[str]]:
    """Our attribute, in the same words; Entity where several may stand is only where unknown classes fall back to."""
    if isinstance(field.content, Leaf):
        leaf = field.content
        return field.many, leaf.type, leaf.formats, frozenset(leaf.enum), frozenset()
    classes = frozenset(field.content.choices)
    return field.many, "object", (), frozenset(), classes - {"Entity"} if len(classes) > 1 else classes


def shapes_of(resource: Resource) -> dict[str, Shape]:
    """Every class a resource is made of; Entity, which only catches unknown classes, left out."""
    found: dict[str, Shape] = {}
    pending = [resource.shape]
    while pending:
        shape = pending.pop()
        if shape.name not in found:
            found[shape.name] = shape
            positions = (field.content for field in shape.fields.values() if isinstance(field.content, Position))
            pending += (choice for position in positions for choice in position.choices.values())
    return {name: shape for name, shape in found.items() if name != "Entity"}


def declared() -> Iterator[tuple[str, Shape, frozenset[str]]]:
    """Every declared class with its API and what it cannot be created without."""
    seen = set()
    for resource in V5:
        for shape in shapes_of(resource).values():
            required = frozenset(resource.mandatory if shape is resource.shape else shape.required)
            if (resource.api.number, shape.name) not in seen and not is_other_resource(resource, shape):
                seen.add((resource.api.number, shape.name))
                yield resource.api.number, shape, required | {"@type"} if shape.tagged else required


def is_other_resource(resource: Resource, shape: Shape) -> bool:
    """A resource carried by value in another of its API is compared where it is the resource itself."""
    return any(other.shape.name == shape.name and other.api == resource.api and other is not resource for other in V5)


def differences() -> Iterator[tuple[str, str, str, str]]:
    """Every place where a declared class and the official one are not the same."""
    for api, shape, required in declared():
        if shape.name not in official(api).schemas:
            yield api, shape.name, "", "class"
            continue
        theirs, mandatory = official(api).attributes(shape.name), official(api).mandatory(shape.name)
        for name in theirs.keys() ^ shape.fields.keys():
            yield api, shape.name, name, "missing" if name in theirs else "extra"
        for name in theirs.keys() & shape.fields.keys():
            ours, said = declared_kind(shape.fields[name]), official(api).kind(theirs[name])
            for aspect, mine, other in zip(("many", "type", "type", "enum", "classes"), ours, said, strict=True):
                if mine != other:
                    yield api, shape.name, name, aspect
        for name in required ^ mandatory:
            yield api, shape.name, name, "mandatory"


def test_every_attribute_is_declared_as_the_official_files_declare_it() -> None:
    """Name, type, format, cardinality, values, classes and duty on create are the official ones, but where listed."""
    assert set(differences()) == DIFFERENCES.keys()


def test_every_class_of_the_resources_is_compared() -> None:
    """The comparison reaches the classes that differ most, and as many as a resource is made of."""
    compared = {(api, shape.name) for api, shape, _ in declared()}
    assert {(resource.api.number, resource.shape.name) for resource in V5} <= compared
    assert {("TMF632", "Individual"), ("TMF632", "Organization"), ("TMF629", "Customer")} <= compared
    assert {("TMF629", "GeographicAddressContactMedium"), ("TMF632", "IndividualIdentification")} <= compared
    assert len(compared) > 250


def test_every_attribute_is_described_in_our_own_words() -> None:
    """Each attribute says what it means, and none repeats the sentence of the official file."""
    for api, shape, _ in declared():
        theirs = official(api).attributes(shape.name) if shape.name in official(api).schemas else {}
        for name, field in shape.fields.items():
            assert field.description.endswith("."), f"{shape.name}.{name} is not described"
            assert field.description != theirs.get(name, {}).get("description", "").strip()


PARTIAL = "PartyInteraction_list_example_response.json"
"""An answer to a request with `fields`: it leaves out what is mandatory."""


def examples(kinds: str) -> Iterator[tuple[str, Resource, dict[str, Any]]]:
    """Every official example of a whole resource whose file name contains `kinds`."""
    for api in FILES:
        for path in (path for folder in folders(api, "v5") for path in sorted(folder.glob(f"*{kinds}*.json"))):
            content = json.loads(path.read_text(encoding="utf-8"))
            for document in content if isinstance(content, list) else [content]:
                resources = [resource for resource in RESOURCES.values() if resource.api.number == api]
                yield from ((path.name, resource, document) for resource in resources
                            if document.get("@type") == resource.shape.name)  # fmt: skip


def whole_examples() -> list[tuple[str, Resource, dict[str, Any]]]:
    """Every example of a resource as it is created or answered, and those carried by creation events."""
    found = [*examples("reate_example_request"), *examples("response")]
    for api in FILES:
        for path in (
            path for folder in folders(api, "v5") for path in sorted(folder.glob("*Create*Event_request.json"))
        ):
            ((key, document),) = json.loads(path.read_text(encoding="utf-8"))["event"].items()
            found.append((path.name, RESOURCES[key], document))
    return [one for one in found if one[0] != PARTIAL]


def test_every_official_example_of_a_resource_is_valid() -> None:
    """Creation requests, answers and the resources inside creation events are accepted as they stand."""
    found = whole_examples()
    assert len(found) > 25
    for name, resource, document in found:
        try:
            validate(resource, document)
        except InvalidDocument as refused:
            pytest.fail(f"{name}: {refused}")


def undeclared(shape: Shape, value: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of attributes that no class at their place declares."""
    for name, content in value.items():
        field = shape.fields.get(name)
        if field is None:
            yield path + name
        elif isinstance(field.content, Position):
            for item in content if field.many else [content]:
                yield from undeclared(field.content.resolve(item), item, f"{path}{name}{'[]' * field.many}.")


def test_the_official_examples_say_nothing_undeclared_but_their_slips() -> None:
    """What the examples say beyond the declaration is known one by one: a forgotten attribute would show here."""
    found = {path for _, resource, document in whole_examples() for path in undeclared(resource.shape, document)}
    assert found == UNDECLARED_IN_EXAMPLES.keys()
