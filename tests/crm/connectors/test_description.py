import json
from datetime import date

import pytest
import yaml
from openapi_spec_validator import validate

from crm.connectors import messages
from tests.crm.connectors.conftest import DESCRIPTION
from tests.factories.described_server import DescribedServer

SERVER = DescribedServer.of(DESCRIPTION, "")
OPERATIONS = {operation["operationId"]: operation for _, _, operation, _ in SERVER.operations()}
ANSWERS = {
    "matchCustomer": messages.Customer,
    "changeContact": messages.ContactAnswer,
    "listPolicies": messages.Policies,
    "readPolicy": messages.Policy,
    "listClaims": messages.Claims,
    "fileClaim": messages.Claim,
    "readClaim": messages.Claim,
    "addDocument": messages.Claim,
    "listInvoices": messages.Invoices,
    "listPayments": messages.Payments,
    "listRefunds": messages.Refunds,
}


def test_it_is_valid_openapi():
    validate(yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8")))


def test_every_operation_has_a_message():
    assert set(OPERATIONS) == set(ANSWERS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_example_is_as_described_and_understood(name):
    operation = OPERATIONS[name]
    for status in operation["responses"]:
        response = SERVER.resolved(operation["responses"][status])["content"]["application/json"]
        example = SERVER.example(operation, status)
        assert list(SERVER.validator(response["schema"]).iter_errors(example)) == []
        message = ANSWERS[name] if status.startswith("2") else messages.Problem
        message.model_validate_json(json.dumps(example))
    if "requestBody" in operation:
        media = operation["requestBody"]["content"]["application/json"]
        assert list(SERVER.validator(media["schema"]).iter_errors(media["example"])) == []


@pytest.mark.parametrize("name", ["Policy", "Claim", "Customer", "Invoice", "Payment", "Refund", "Coverage"])
def test_the_messages_have_the_described_fields(name):
    described = SERVER.description["components"]["schemas"][name]
    message = getattr(messages, name)
    assert set(message.model_fields) == set(described["properties"])
    assert {field for field, info in message.model_fields.items() if info.is_required()} == set(described["required"])


def test_codes_are_those_of_the_domain():
    from crm import domain

    schemas = SERVER.description["components"]["schemas"]
    for described, codes in (
        (schemas["Line"], domain.Line),
        (schemas["Policy"]["properties"]["status"], domain.PolicyStatus),
        (schemas["Claim"]["properties"]["status"], domain.ClaimStatus),
        (schemas["Claim"]["properties"]["next_step"], domain.NextStep),
        (schemas["Invoice"]["properties"]["state"], domain.InvoiceState),
        (schemas["Refund"]["properties"]["state"], domain.RefundState),
    ):
        assert set(described["enum"]) == {code.value for code in codes}


def test_changes_and_only_changes_carry_a_key():
    for _, method, operation, parameters in SERVER.operations():
        changes = method != "get" and operation["operationId"] != "matchCustomer"
        assert ("Idempotency-Key" in {parameter["name"] for parameter in parameters}) is changes


def test_the_example_s_birth_date_is_the_one_that_is_asked_for():
    asked = OPERATIONS["matchCustomer"]["requestBody"]["content"]["application/json"]["example"]
    answered = SERVER.example(OPERATIONS["matchCustomer"], "200")
    assert date.fromisoformat(asked["birth_date"]) == date.fromisoformat(answered["birth_date"])
