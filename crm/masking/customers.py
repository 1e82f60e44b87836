"""What the store holds of a customer and texts about them may repeat."""

from crm.schema import Customer


def known_values(customer: Customer) -> list[str]:
    """Names, contact data, date of birth and address."""
    address = customer.address or {}
    given, family = customer.given_name, customer.family_name
    return [
        f"{given} {family}".strip(),
        f"{family} {given}".strip(),
        f"{family}{given}",
        given,
        family,
        customer.birth_date.isoformat(),
        customer.email,
        customer.phone,
        address.get("line", ""),
        address.get("postcode", ""),
    ]
