"""The command line of the models: `python -m models --help`."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from models import artefact, columns, drift, offers_versions, report, scoring, tables, texts
from models import fit as fitting
from models.columns import Kind
from models.errors import ModelsError
from models.figures import METRICS
from models.fit import DEFAULT_TRIALS, SEED, Options

OFFER_TRIALS = 4  # a line; the algorithms are few, and their defaults good


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except ModelsError as error:
        print(f"models: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"models: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("models: stopped before there was anything to keep", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models", description="What is learned from customers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_fit(commands.add_parser("fit", help="fit a propensity model on a table (CSV or Parquet)"))
    show = commands.add_parser("columns", help="show what kind of column each is taken for, and fit nothing")
    show.add_argument("table", type=Path)
    show.add_argument("--no-header", action="store_true", help="the first line is data")
    show.set_defaults(run=_columns)
    score = commands.add_parser("score", help="score a table with a fitted model")
    score.add_argument("model", type=Path)
    score.add_argument("table", type=Path)
    score.add_argument("--out", type=Path, required=True, help="CSV or Parquet file to write")
    score.add_argument("--id", help="the column that names a row")
    score.add_argument("--no-header", action="store_true", help="the first line is data")
    score.add_argument("--engine", choices=("local", "spark"), default="local", help="spark is an optional extra")
    score.add_argument("--master", help="of the Spark cluster, by default spark-submit's or this machine")
    score.set_defaults(run=_score)
    wants = commands.add_parser("needs", help="what customers are like and need: a report from the store or a table")
    wants.add_argument("--table", type=Path, help="a CSV or Parquet file instead of the store")
    wants.add_argument("--compare", nargs="+", default=[], metavar="COLUMN", help="columns whose groups are compared")
    wants.add_argument("--products", nargs="+", default=[], metavar="COLUMN", help="yes/no columns, one a product")
    wants.add_argument("--duration", metavar="COLUMN", help="years a contract lasted so far, for lapse curves")
    wants.add_argument("--event", metavar="COLUMN", help="whether it ended")
    wants.add_argument("--out", type=Path, default=Path("var/reports/needs.html"))
    wants.add_argument("--language", choices=texts.LANGUAGES, default="en")
    wants.set_defaults(run=_needs)
    _add_offers(commands)
    page = commands.add_parser("report", help="write report.html beside a fitted model")
    page.add_argument("model", type=Path)
    page.add_argument("--language", choices=texts.LANGUAGES, default="en")
    page.set_defaults(run=_report)
    return parser


def _add_offers(commands: Any) -> None:
    product = commands.add_parser("offers", help="the models behind the next best offer")
    fit = product.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "fit", help="fit a model of every line of business from the store, and let the bot use them"
    )
    fit.set_defaults(run=lambda given: _offers("fit", given))
    refresh = commands.add_parser("refresh", help="fit the offers' models anew; what is better takes over")
    refresh.add_argument("--rollback", action="store_true", help="only go back to the version in use before")
    refresh.set_defaults(run=lambda given: _offers("refresh", given))
    for parser in (fit, refresh):
        parser.add_argument("--out", type=Path, default=offers_versions.OFFERS, help="the folder of all versions")
        parser.add_argument("--trials", type=int, default=OFFER_TRIALS, help="of tuning, for each line")
        parser.add_argument("--minutes", type=float, help="a cap for each line; the model card says when it bit")
        parser.add_argument("--most", type=int, default=50_000, help="customers to learn from (default 50,000)")
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument("--language", choices=texts.LANGUAGES, default="en", help="of the reports")


def _offers(command: str, given: argparse.Namespace) -> None:
    from models import offers_command  # the store's libraries are not needed by the other commands

    for told in getattr(offers_command, command)(given):
        print(told)


def _add_fit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", type=Path)
    parser.add_argument("--target", required=True, help="the column to predict: 0/1, yes/no or true/false")
    parser.add_argument("--out", type=Path, required=True, help="the folder to save the model in")
    parser.add_argument("--positive", help="the value of the target to predict, where it is not yes or no")
    parser.add_argument("--no-header", action="store_true", help="the first line is data")
    parser.add_argument("--kind", action="append", default=[], metavar="COLUMN=KIND", help="correct a column's kind")
    parser.add_argument("--drop", nargs="+", default=[], metavar="COLUMN", help="columns not to learn from")
    parser.add_argument(
        "--keep", nargs="+", default=[], metavar="COLUMN", help="columns that look like leaks and are none"
    )
    parser.add_argument("--group", metavar="COLUMN", help="the column that names whom rows belong to")
    parser.add_argument("--time", metavar="COLUMN", help="learn from before, judge on after")
    parser.add_argument("--metric", choices=list(METRICS), default="average precision", help="what decides")
    parser.add_argument("--trials", type=int, default=DEFAULT_TRIALS, help=f"of tuning (default {DEFAULT_TRIALS})")
    parser.add_argument("--minutes", type=float, help="a cap; the model card says when it bit")
    parser.add_argument(
        "--protected", nargs="+", default=[], metavar="COLUMN", help="more attributes that must not decide"
    )
    parser.add_argument("--with-protected", action="store_true", help="learn from protected attributes too")
    parser.add_argument("--cost", type=float, default=1.0, help="of contacting one customer (default 1)")
    parser.add_argument("--value", type=float, default=10.0, help="of one yes (default 10)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--language", choices=texts.LANGUAGES, default="en", help="of the report")
    parser.set_defaults(run=_fit)


def _fit(given: argparse.Namespace) -> None:
    console = Console(stderr=True, highlight=False)
    options = Options(
        target=given.target,
        kinds=dict(_correction(text) for text in given.kind),
        drop=given.drop,
        keep=given.keep,
        group=given.group,
        time=given.time,
        positive=given.positive,
        header=not given.no_header,
        metric=given.metric,
        trials=given.trials,
        minutes=given.minutes,
        protected=given.protected,
        with_protected=given.with_protected,
        cost=given.cost,
        value=given.value,
        seed=given.seed,
    )
    started = time.monotonic()
    with console.status("reading") as status:

        def tell(what: str) -> None:
            seconds = int(time.monotonic() - started)
            console.print(f"{seconds // 60:3}:{seconds % 60:02}  {what}", soft_wrap=True)
            status.update(what)

        made = fitting.fit(given.table, given.out, options, tell)
        report.write(given.out, given.language)
    for finding in made.card["findings"]:
        print(f"found: {texts.finding(given.language, finding)}")
    figures = made.card["figures"]
    print(f"chosen: {texts.algorithm(given.language, made.card)}")
    for name in ("AUC", "average precision", "lift in the top 20 %", "Brier"):
        print(f"{name}: {figures[name]['value']:.4f} ({figures[name]['low']:.4f} to {figures[name]['high']:.4f})")
    print(f"model: {given.out}   report: {given.out / report.PAGE}")


def _correction(text: str) -> tuple[str, Kind]:
    name, _, kind = text.rpartition("=")
    try:
        return name, Kind(kind)
    except ValueError:
        kinds = ", ".join(kind.value for kind in Kind)
        raise ModelsError(f"--kind takes COLUMN=KIND with a kind among {kinds}, not {text!r}.") from None


def _columns(given: argparse.Namespace) -> None:
    found = columns.infer(tables.read(given.table, header=not given.no_header))
    width = max(len(column.name) for column in found)
    for column in found:
        stray = f", {column.stray} values read as missing" if column.stray else ""
        facts = f"{column.distinct:>8,} values, {column.missing:.1%} missing{stray}"
        print(f"{column.name:{width}}  {column.kind:10}  {facts}")
    print("wrong? pass --kind COLUMN=KIND to fit")


def _score(given: argparse.Namespace) -> None:
    if given.engine == "spark":
        from models import spark  # an optional extra

        cluster = spark.session(given.master)
        scored = spark.score(
            cluster, given.model, given.table, given.out, identifier=given.id, header=not given.no_header
        )
        print(f"{scored.rows:,} rows scored: {given.out}")
        return
    made = artefact.load(given.model)
    done = scoring.score(made, given.table, given.out, identifier=given.id, header=not given.no_header)
    print(f"{done.rows:,} rows scored: {given.out}")
    for name, value in done.drift.items():
        if drift.level(value) != "stable":
            print(f"drift: {name} has moved, stability index {value:.2f} ({drift.level(value)})")


def _needs(given: argparse.Namespace) -> None:
    from models.needs import command  # SciPy, lifelines and mlxtend take seconds to load

    print(command.run(given))


def _report(given: argparse.Namespace) -> None:
    print(report.write(given.model, given.language))
