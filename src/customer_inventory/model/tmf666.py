"""TMF666 Account Management v5.0.0: the accounts by which a party is billed or settled with, and how bills are made."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from customer_inventory.model.contact import AnyContactMedium
from customer_inventory.model.entity import Entity, EntityRef, Extensible, Instant, TimePeriod, Word, says
from customer_inventory.model.party import (
    AccountRef,
    PaymentMethodRef,
    RelatedPartyRefOrPartyRoleRef,
    TaxExemptionCertificate,
)
from customer_inventory.model.references import ACCOUNTS, PARTIES_AND_ROLES, RELATED_PARTY, owning, reference
from customer_inventory.model.resource import Api, declare, name_label
from customer_inventory.model.v4.tmf666 import ACCOUNT_V4, NAMED_V4


class Money(Word, frozen=True):
    """An amount in a currency; what its sign means, the attribute that holds it says."""

    unit: Annotated[str | UnsetType, says("The currency (ISO 4217, three letters).")] = UNSET
    value: Annotated[float | UnsetType, says("How much of the currency.")] = UNSET


class Contact(Extensible, kw_only=True, frozen=True):
    """Somebody to turn to about an account."""

    id: Annotated[str | UnsetType, says("The identifier of the contact, among those of the account.")] = UNSET
    contact_name: Annotated[str | UnsetType, says("What the contact is called.")] = UNSET
    contact_type: Annotated[str, says("What kind of contact it is, such as primary.")]
    party_role_type: Annotated[str | UnsetType, says("The kind of role the contact plays.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the contact may be turned to.")] = UNSET
    contact_medium: Annotated[list[AnyContactMedium] | UnsetType, says("How the contact is reached.")] = UNSET
    related_party: Annotated[RelatedPartyRefOrPartyRoleRef | UnsetType, says("The party that is the contact.")] = UNSET


class AccountBalance(Extensible, kw_only=True, frozen=True):
    """How much stands on an account, of one kind of money."""

    id: Annotated[str | UnsetType, says("The identifier of the balance, among those of the account.")] = UNSET
    amount: Annotated[Money, says("How much it is.")]
    balance_type: Annotated[str, says("What kind of balance it is, such as deposit or disputed.")]
    valid_for: Annotated[TimePeriod, says("When the balance held.")]


class AccountRelationship(Entity, kw_only=True, frozen=True):
    """How one account bears on another."""

    relationship_type: Annotated[str, says("How it bears on the other, such as pays for.")]
    valid_for: Annotated[TimePeriod | UnsetType, says("When it bears on the other.")] = UNSET
    account: Annotated[AccountRef | UnsetType, says("The other account.")] = UNSET


class PaymentPlan(Extensible, frozen=True):
    """An agreement to pay what is owed in parts."""

    id: Annotated[str | UnsetType, says("The identifier of the plan, among those of the account.")] = UNSET
    number_of_payments: Annotated[int | UnsetType, says("Into how many parts the debt is split.")] = UNSET
    payment_frequency: Annotated[str | UnsetType, says("How often a part is due, such as monthly.")] = UNSET
    priority: Annotated[int | UnsetType, says("Which plan goes before which.")] = UNSET
    status: Annotated[str | UnsetType, says("Whether the plan is in force.")] = UNSET
    total_amount: Annotated[Money | UnsetType, says("What is owed altogether.")] = UNSET
    plan_type: Annotated[str | UnsetType, says("What kind of plan it is.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("From the first to the last part.")] = UNSET
    payment_method: Annotated[PaymentMethodRef | UnsetType, says("How the parts are paid.")] = UNSET


class BillFormat(Entity, kw_only=True, frozen=True):
    """How a bill is laid out."""

    name: Annotated[str, says("What the format is called.")]
    description: Annotated[str | UnsetType, says("What a bill of this format looks like.")] = UNSET


class BillPresentationMedia(Entity, kw_only=True, frozen=True):
    """How a bill reaches who is to pay it."""

    name: Annotated[str, says("What the medium is called, such as post.")]
    description: Annotated[str | UnsetType, says("How the bill gets there.")] = UNSET


class BillingCycleSpecification(Entity, kw_only=True, frozen=True):
    """When bills are made, and what falls on which day of the cycle."""

    name: Annotated[str, says("What the cycle is called.")]
    billing_date_shift: Annotated[int | UnsetType, says("Days from the start of the period to the bill.")] = UNSET
    billing_period: Annotated[str | UnsetType, says("The span of time that one bill covers.")] = UNSET
    charge_date_offset: Annotated[
        int | UnsetType, says("Days from the start of the period until charges count for the next bill.")
    ] = UNSET
    credit_date_offset: Annotated[
        int | UnsetType, says("Days from the start of the period until credits count for the next bill.")
    ] = UNSET
    description: Annotated[str | UnsetType, says("The cycle in words.")] = UNSET
    frequency: Annotated[str | UnsetType, says("How often a bill is made, such as monthly.")] = UNSET
    mailing_date_offset: Annotated[int | UnsetType, says("Days from the start of the period to the dispatch.")] = UNSET
    payment_due_date_offset: Annotated[
        int | UnsetType, says("Days from the start of the period until it must be paid.")
    ] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the cycle is in use.")] = UNSET


class BillFormatRef(EntityRef, frozen=True):
    """A pointer to the layout of a bill."""


class BillPresentationMediaRef(EntityRef, frozen=True):
    """A pointer to a way for bills to reach who is to pay them."""


class BillingCycleSpecificationRef(EntityRef, frozen=True):
    """A pointer to a billing cycle."""


class FinancialAccountRef(EntityRef, frozen=True):
    """A pointer to an account of what a party owes."""


BillFormatRefOrValue = Entity | BillFormat | BillFormatRef
BillPresentationMediaRefOrValue = Entity | BillPresentationMedia | BillPresentationMediaRef
BillingCycleSpecificationRefOrValue = Entity | BillingCycleSpecification | BillingCycleSpecificationRef


class BillStructure(Extensible, frozen=True):
    """How the bills of an account are made: in which cycle and format, and how they are sent."""

    presentation_media: Annotated[
        list[BillPresentationMediaRefOrValue] | UnsetType, says("How the bills are sent.")
    ] = UNSET
    format: Annotated[BillFormatRefOrValue | UnsetType, says("How the bills are laid out.")] = UNSET
    cycle_specification: Annotated[
        BillingCycleSpecificationRefOrValue | UnsetType, says("When the bills are made.")
    ] = UNSET


class Account(Entity, kw_only=True, frozen=True):
    """Where it is written down what a party owes and is owed."""

    credit_limit: Annotated[Money | UnsetType, says("How much the party may owe at most.")] = UNSET
    description: Annotated[str | UnsetType, says("What the account is for.")] = UNSET
    last_update: Annotated[Instant | UnsetType, says("When the account was last changed.")] = UNSET
    name: Annotated[str, says("What the account is called.")]
    state: Annotated[str | UnsetType, says("Where the account stands in its life, such as active or closed.")] = UNSET
    account_type: Annotated[str | UnsetType, says("What kind of account it is, such as joint.")] = UNSET
    related_party: Annotated[
        list[RelatedPartyRefOrPartyRoleRef], says("Whose account it is, and who else bears on it.")
    ]
    tax_exemption: Annotated[
        list[TaxExemptionCertificate] | UnsetType, says("Taxes that are not levied on the account.")
    ] = UNSET
    contact: Annotated[list[Contact] | UnsetType, says("Whom to turn to about the account.")] = UNSET
    account_balance: Annotated[list[AccountBalance] | UnsetType, says("What stands on the account.")] = UNSET
    account_relationship: Annotated[
        list[AccountRelationship] | UnsetType, says("How the account bears on other accounts.")
    ] = UNSET


class PartyAccount(Account, frozen=True):
    """An account by which a party is billed or settled with."""

    payment_status: Annotated[str | UnsetType, says("Whether what is due was paid, such as in arrears.")] = UNSET
    bill_structure: Annotated[BillStructure | UnsetType, says("How the bills of the account are made.")] = UNSET
    payment_plan: Annotated[list[PaymentPlan] | UnsetType, says("What is paid, or was, in parts.")] = UNSET
    financial_account: Annotated[
        FinancialAccountRef | UnsetType, says("The account on which it is written what the party owes.")
    ] = UNSET
    default_payment_method: Annotated[PaymentMethodRef | UnsetType, says("How is paid where nothing else is said.")] = (
        UNSET
    )


class BillingAccount(PartyAccount, frozen=True):
    """An account by which a customer is billed."""

    rating_type: Annotated[str | UnsetType, says("Whether it is paid before or after use: prepaid, postpaid.")] = UNSET


class SettlementAccount(PartyAccount, frozen=True):
    """An account by which the enterprise settles with a partner."""


class FinancialAccount(Account, frozen=True):
    """An account of what a party owes the enterprise, or the enterprise a party."""


ACCOUNT_MANAGEMENT = Api(
    number="TMF666",
    title="Account Management",
    version="v5",
    paths=("/tmf-api/accountManagement/v5",),
)

_ACCOUNT_REFERENCES = (
    owning(RELATED_PARTY),
    reference("contact", "relatedParty", "partyOrPartyRole", targets=PARTIES_AND_ROLES, role="role"),
    reference("accountRelationship", "account", targets=ACCOUNTS, role="relationshipType"),
)
_BILLED_REFERENCES = (
    *_ACCOUNT_REFERENCES,
    reference("financialAccount", targets={"FinancialAccount": "financial_account"}),
    reference("billStructure", "format", targets={"BillFormat": "bill_format"}),
    reference("billStructure", "presentationMedia", targets={"BillPresentationMedia": "bill_presentation_media"}),
    reference(
        "billStructure", "cycleSpecification", targets={"BillingCycleSpecification": "billing_cycle_specification"}
    ),
)
_SEARCHABLE = ("name", "state", "accountType")

PARTY_ACCOUNT, BILLING_ACCOUNT, SETTLEMENT_ACCOUNT = (
    declare(
        struct=struct,
        api=ACCOUNT_MANAGEMENT,
        mandatory=("@type", "name", "relatedParty"),
        references=_BILLED_REFERENCES,
        searchable=_SEARCHABLE,
        label=name_label,
        state="state",
        earlier=ACCOUNT_V4,
    )
    for struct in (PartyAccount, BillingAccount, SettlementAccount)
)

FINANCIAL_ACCOUNT = declare(
    struct=FinancialAccount,
    api=ACCOUNT_MANAGEMENT,
    mandatory=("@type", "name", "relatedParty"),
    references=_ACCOUNT_REFERENCES,
    searchable=_SEARCHABLE,
    label=name_label,
    state="state",
    earlier=NAMED_V4,
)

BILL_FORMAT, BILL_PRESENTATION_MEDIA, BILLING_CYCLE_SPECIFICATION = (
    declare(
        struct=struct,
        api=ACCOUNT_MANAGEMENT,
        mandatory=("@type", "name"),
        references=(),
        searchable=("name",),
        label=name_label,
        earlier=NAMED_V4,
    )
    for struct in (BillFormat, BillPresentationMedia, BillingCycleSpecification)
)
