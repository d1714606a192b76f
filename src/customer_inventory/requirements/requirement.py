"""Information requirements: what is asked of one attribute of a customer's records, and who answers for it.

Terms are those of DAMA (owner, steward, dimensions of quality) and ISO/IEC 25012; a requirement is modelled after the
characteristic of a TMF662 specification. It is shown, proposed, exported and imported in this one form.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from customer_inventory.model.entity import Entity, Instant, Word, says
from customer_inventory.model.resource import Api, declare, name_label
from customer_inventory.model.ruling import Enforcement
from customer_inventory.model.value_tests import CHECKS, TYPES

PROPOSAL_STATUSES = ("draft", "proposed", "approved", "effective", "superseded", "rejected", "withdrawn")
"""The life of a proposal; an approved one is effective from its date on, until another supersedes it."""

SENSITIVITIES = ("public", "internal", "personal", "cpni", "special")
"""From who may see it to who must not: CPNI after 47 USC 222, special after article 9 GDPR."""

MASKS = ("none", "partial", "hash", "generalise", "null")
LAWFUL_BASES = ("consent", "contract", "legal obligation", "vital interests", "public task", "legitimate interests")
"""Article 6 (1) GDPR, letters a to f."""
DIMENSIONS = ("completeness", "validity", "uniqueness", "timeliness", "consistency", "accuracy")
"""The dimensions of DAMA-DMBOK in which quality has targets here."""

FORMATS = ("email", "phone", "uri", "country", "currency", "language", "postcode", "iban", "uuid", "mime")
"""The named formats of values; formats.py says what each is."""
STANDARDS = ("text", "lower", "upper", "email", "phone", "country", "day", "instant", "number", "integer", "boolean")
"""The standards to which capture can bring a value (capture/standardise.py)."""

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=100_000)]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=2000)]
Code = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
Codes = Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=1000)]
Lines = Annotated[list[Line], Meta(max_length=50)]


class ValueRule(Word, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What each value of the attribute must be, where a condition holds; everything that is said must hold."""

    code: Annotated[Code, says("The name of the rule within its requirement, such as format.")]
    when: Annotated[
        Text | UnsetType,
        says("The JSONPath condition under which the rule applies: @ has the attribute, $ is the record."),
    ] = UNSET
    type: Annotated[Literal[TYPES] | UnsetType, says("The type of each value.")] = UNSET  # type: ignore[valid-type]
    format: Annotated[Literal[FORMATS] | UnsetType, says("The format of each value.")] = UNSET  # type: ignore[valid-type]
    code_list: Annotated[Codes | UnsetType, says("The values that are allowed.")] = UNSET
    minimum: Annotated[Line | UnsetType, says("The least value: a number, a date, today-18y, now.")] = UNSET
    maximum: Annotated[Line | UnsetType, says("The greatest value: a number, a date, today, now+1d.")] = UNSET
    min_length: Annotated[Count | UnsetType, says("How many characters a value has at least.")] = UNSET
    max_length: Annotated[Count | UnsetType, says("How many characters a value has at most.")] = UNSET
    pattern: Annotated[
        Text | UnsetType, says("The regular expression that a whole value follows (POSIX extended).")
    ] = UNSET
    check_digit: Annotated[
        Literal[tuple(CHECKS)] | UnsetType, says("The algorithm of the check digit.")  # type: ignore[valid-type]
    ] = UNSET
    condition: Annotated[
        Text | UnsetType,
        says("A JSONPath condition that must hold of the object with the attribute: @, of the record: $."),
    ] = UNSET
    enforcement: Annotated[
        Enforcement | UnsetType, says("What a door does about a breach, if not what the requirement says.")
    ] = UNSET
    message: Annotated[
        Line | UnsetType, says("What is told of a value that breaks the rule, such as: is no passport number.")
    ] = UNSET


class QualityTarget(Word, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What share of the records is to be right in one dimension of quality (DAMA-DMBOK)."""

    dimension: Annotated[Literal[DIMENSIONS], says("The dimension.")]  # type: ignore[valid-type]
    target: Annotated[Share, says("The share that is aimed at, from 0 to 1.")]


class Retention(Word, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How long a value is kept, and from when on that is counted."""

    period: Annotated[
        str,
        Meta(pattern=r"^P(?=\d)(\d{1,3}Y)?(\d{1,3}M)?(\d{1,5}D)?$"),
        says("How long: an ISO 8601 duration such as P10Y."),
    ]
    trigger: Annotated[Line, says("What the time is counted from, such as: end of the contract.")]
    counted_from: Annotated[
        Annotated[list[Line], Meta(min_length=1, max_length=10)] | UnsetType,
        says("Where that stands, the first that a record has: an attribute with a time, lastContract or lastChange."),
    ] = UNSET
    year_end: Annotated[bool | UnsetType, says("Whether it is counted from the end of that calendar year.")] = UNSET
    value_alone: Annotated[bool | UnsetType, says("Whether the value alone goes then, out of a record that stays.")] = (
        UNSET
    )
    ground: Annotated[Line | UnsetType, says("What asks for it, such as: § 147 AO.")] = UNSET


class InformationRequirement(Entity, kw_only=True, frozen=True):
    """What is asked of one attribute: its meaning, who answers for it, why it is kept, and what it must be."""

    resource: Annotated[Line, says("The resource that has the attribute, such as individual; of an entity its class.")]
    attribute: Annotated[Line, says("Where the attribute stands, such as contactMedium.emailAddress.")]
    name: Annotated[Line, says("What people call the attribute: the heading of its column and of its field in forms.")]
    meaning: Annotated[Text, says("What a value says about the customer.")]
    business_owner: Annotated[Line | UnsetType, says("The role that answers for the attribute.")] = UNSET
    steward: Annotated[Line | UnsetType, says("The role that looks after its values.")] = UNSET
    purpose: Annotated[Lines | UnsetType, says("What the attribute is kept for.")] = UNSET
    lawful_basis: Annotated[
        Literal[LAWFUL_BASES] | UnsetType, says("Why it may be kept (article 6 GDPR).")  # type: ignore[valid-type]
    ] = UNSET
    obligation: Annotated[
        Literal["mandatory", "conditional", "optional"],
        says("Whether it must be there: always, under a condition, or not."),
    ] = "optional"
    condition: Annotated[
        Text | UnsetType,
        says("The JSONPath condition under which it must be there: @ is what has the attribute, $ the record."),
    ] = UNSET
    enforcement: Annotated[
        Enforcement, says("What a door does about a breach: refuse, warn, or leave it to audits (observe).")
    ] = "warn"
    value_rule: Annotated[
        Annotated[list[ValueRule], Meta(max_length=100)] | UnsetType, says("What each value must be.")
    ] = UNSET
    standardisation: Annotated[
        Literal[STANDARDS] | UnsetType, says("The standard to which capture brings a value.")  # type: ignore[valid-type]
    ] = UNSET
    sensitivity: Annotated[Literal[SENSITIVITIES], says("Who may see it: the class of protection.")] = "internal"  # type: ignore[valid-type]
    masking: Annotated[Literal[MASKS], says("What is shown to who may not see it.")] = "null"  # type: ignore[valid-type]
    quality_target: Annotated[
        Annotated[list[QualityTarget], Meta(max_length=6)] | UnsetType, says("How good the values are to be.")
    ] = UNSET
    confirm_within: Annotated[Count | UnsetType, says("After how many days a value must be confirmed again.")] = UNSET
    retention: Annotated[Retention | UnsetType, says("How long it is kept.")] = UNSET
    searchable: Annotated[bool, says("Whether an index serves its ranges and its order.")] = False
    unique: Annotated[
        bool, says("Whether no two records may have the same value: the doors ask it, by what the enforcement says.")
    ] = False
    identifying: Annotated[bool, says("Whether it helps to tell which customer a record is of.")] = False
    source: Annotated[Lines | UnsetType, says("The systems that supply it, the most trusted one first.")] = UNSET
    consumer: Annotated[Lines | UnsetType, says("Who uses it.")] = UNSET
    version: Annotated[int | UnsetType, says("The number of the version; 0 as the product ships it.")] = UNSET
    effective_from: Annotated[Instant | UnsetType, says("From when on the version holds.")] = UNSET


OF_THE_CATALOGUE = ("id", "href", "version", "effectiveFrom")
"""What the catalogue says of a requirement: no part of what is asked."""


class Difference(Word, kw_only=True, frozen=True):
    """What a proposal changes of one attribute of the requirement: as it governs now, and as it would."""

    attribute: Annotated[Line, says("The attribute of the requirement.")]
    before: Annotated[Any, says("What it says now.")] = UNSET
    after: Annotated[Any, says("What it would say.")] = UNSET


class InformationRequirementProposal(Entity, kw_only=True, frozen=True):
    """A version of a requirement that somebody drafted or proposed, and what was decided of it."""

    requirement_id: Annotated[Line, says("The requirement that it changes: its resource and attribute.")]
    version: Annotated[int, says("The number that the requirement has by it, counted from 1.")]
    base: Annotated[int | UnsetType, says("The version that governed when it was proposed; 0 as shipped.")] = UNSET
    change: Annotated[Literal["create", "modify", "retire"], says("What it does to the requirement.")]
    status: Annotated[Literal[PROPOSAL_STATUSES], says("Where it stands in its life.")]  # type: ignore[valid-type]
    reason: Annotated[Text, says("Why it was proposed.")]
    proposed_by: Annotated[Line, says("Who proposed it.")]
    proposed_at: Annotated[Instant, says("When it was proposed.")]
    decided_by: Annotated[Line | UnsetType, says("Who approved, rejected or withdrew it.")] = UNSET
    decided_at: Annotated[Instant | UnsetType, says("When that was.")] = UNSET
    decision: Annotated[Text | UnsetType, says("What was said about the decision.")] = UNSET
    effective_from: Annotated[Instant | UnsetType, says("From when on it governs.")] = UNSET
    requirement: Annotated[InformationRequirement, says("What is asked.")]
    difference: Annotated[
        list[Difference] | UnsetType, says("What it changes of the requirement that governs now.")
    ] = UNSET


CATALOGUE = Api(number="", title="Customer Inventory", version="v1", paths=("/inventory/v1",))
"""Where our own resources are served, which no Open API has."""

INFORMATION_REQUIREMENT = declare(
    struct=InformationRequirement,
    api=CATALOGUE,
    mandatory=("@type", "resource", "attribute", "name", "meaning"),
    references=(),
    searchable=(),
    label=name_label,
)

INFORMATION_REQUIREMENT_PROPOSAL = declare(
    struct=InformationRequirementProposal,
    api=CATALOGUE,
    mandatory=("@type", "requirement", "reason"),
    references=(),
    searchable=(),
    label=lambda document: str(document.get("id", "")),
)

CATALOGUE_KINDS = {each.name: each.kind for each in (INFORMATION_REQUIREMENT, INFORMATION_REQUIREMENT_PROPOSAL)}
"""What grants name: a requirement is read and decided on, a proposal is created and read."""
