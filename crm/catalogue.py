"""The products of `crm/reference/products.toml`, put into the store."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import reference
from crm.domain import Line
from crm.schema import Plan, PlanCoverage, Product


def load(session: Session) -> None:
    """Add the products that are not in the store yet."""
    content = reference.table("products")
    present = set(session.scalars(select(Product.code)))
    for line in Line:
        if line.value not in present:
            _add(session, line, content[line.value], content["currency"])


def _add(session: Session, line: Line, content: dict, currency: str) -> None:
    product = Product(line=line, code=line.value, name=content["name"], currency=currency)
    for code, plan in content["plans"].items():
        product.plans.append(
            Plan(
                code=code,
                name=plan["name"],
                base_premium_minor=plan["premium"] * 100,
                coverages=[
                    PlanCoverage(
                        code=coverage["code"],
                        name=coverage["name"],
                        limit_minor=coverage["limit"] * 100 or None,
                        deductible_minor=coverage["deductible"] * 100,
                    )
                    for coverage in plan["coverages"]
                ],
            )
        )
    session.add(product)
    session.flush()
