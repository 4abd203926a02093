"""`python -m rasa_project insights`: what patients asked in vain, and making their questions training phrases."""

import datetime
import re
import sys
from collections import Counter
from typing import List, Optional, Sequence

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.escalation.store import utc_now
from rasa_project.insights.adoption import Adoption, CannotAdopt, kept_words
from rasa_project.insights.clusters import Cluster, Encode, clusters
from rasa_project.insights.store import Insight, InsightKind, InsightStore, UnknownInsight, insight_store

app = typer.Typer(add_completion=False, help="Shows questions that did not get an answer, and makes them training phrases.")

_SINCE = typer.Option(None, "--since", min=1, help="Of the last so many days only.")
_NEXT = "Next: make check, then rasa train."


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)


def _store() -> InsightStore:
    try:
        return insight_store()
    except SQLAlchemyError as error:
        typer.echo(f"The database of insights cannot be opened: {error}. Check INSIGHTS_DB_URL and the folder var/.", err=True)
        raise typer.Exit(1) from None


def _get(store: InsightStore, insight_id: int) -> Insight:
    try:
        return store.get(insight_id)
    except UnknownInsight:
        typer.echo(f"There is no question {insight_id}; 'insights list --all' names them.", err=True)
        raise typer.Exit(1) from None


def _since(days: Optional[int]) -> Optional[datetime.datetime]:
    return None if days is None else utc_now() - datetime.timedelta(days=days)


def _encoder() -> Encode:
    from rasa_project.encoder.sentence_encoder import SentenceEncoder
    from rasa_project.encoder.weights import EncoderUnavailable

    try:
        return SentenceEncoder().encode
    except EncoderUnavailable as error:
        typer.echo(f"Similar questions cannot be grouped: {error} 'insights list' shows the questions one by one.", err=True)
        raise typer.Exit(1) from None


def _print(table: Table) -> None:
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@app.callback(invoke_without_command=True)
def report(
    context: typer.Context,
    since: Optional[int] = _SINCE,
    limit: int = typer.Option(20, "--limit", min=1, help="So many groups of similar questions at most."),
) -> None:
    """Counts questions that did not get an answer, and shows groups of similar ones that nobody has handled yet."""
    if context.invoked_subcommand is not None:
        return
    found = _store().list(since=_since(since))
    if not found:
        typer.echo("Every question got an answer." if since is None else f"Every question of the last {since} day(s) got an answer.")
        return
    _print_counts(found)
    still_open = [insight for insight in found if not insight.handled]
    if not any(insight.text for insight in still_open):
        typer.echo("No open question has words that were kept, so there is nothing to group.")
        return
    groups = clusters(still_open, _encoder())
    typer.echo(f"\nSimilar questions that are open, {min(limit, len(groups))} of {len(groups)} group(s):")
    for group in groups[:limit]:
        _print_group(group)
    typer.echo("\nWhat next: 'insights adopt ID --topic T --facet F', 'insights adopt ID --out-of-scope' or 'insights dismiss ID'.")


def _print_counts(found: Sequence[Insight]) -> None:
    kinds = Table("kind", "all", "open")
    for kind in InsightKind:
        of_kind = [insight for insight in found if insight.kind is kind]
        kinds.add_row(kind.value, str(len(of_kind)), str(sum(not insight.handled for insight in of_kind)))
    _print(kinds)
    cells = Counter((i.topic or "", i.facet or "") for i in found if i.kind is InsightKind.not_covered)
    if cells:
        table = Table("not covered: topic", "facet", "times")
        for (topic, facet), count in sorted(cells.items(), key=lambda cell: (-cell[1], cell[0])):
            table.add_row(topic, facet, str(count))
        _print(table)


def _print_group(group: Cluster) -> None:
    kinds = ", ".join(f"{kind.value} {count}" for kind, count in group.kinds.items())
    typer.echo(f"{len(group.insights):>4} × ({kinds})")
    for example in group.examples:
        typer.echo(f"       {example.id:>5}  {example.text}")


@app.command("list")
def list_(
    everything: bool = typer.Option(False, "--all", help="Handled ones, too."),
    kind: Optional[InsightKind] = typer.Option(None, "--kind", help="Of this kind only."),
    since: Optional[int] = _SINCE,
    limit: int = typer.Option(50, "--limit", min=1, help="So many rows at most."),
) -> None:
    """Lists questions that nobody has handled yet, newest first."""
    found = _store().list(since=_since(since), kind=kind, open_only=not everything)
    if not found:
        typer.echo("No question fits." if kind or since or everything else "Nothing is open.")
        return
    table = Table("id", "time (UTC)", "kind", "topic", "facet", "words", "state")
    for item in found[:limit]:
        words = Text(item.text or "(not kept)")
        state = "handled" if item.handled else "open"
        table.add_row(str(item.id), f"{item.asked_at:%Y-%m-%d %H:%M}", item.kind.value, item.topic or "", item.facet or "", words, state)
    _print(table)
    if len(found) > limit:
        typer.echo(f"{len(found) - limit} more; --limit shows more of them.")


@app.command()
def adopt(
    insight_id: int = typer.Argument(..., metavar="ID"),
    topic: Optional[str] = typer.Option(None, "--topic", help="Topic whose entry answers it, such as sciatica."),
    facet: Optional[str] = typer.Option(None, "--facet", help="What it asks of the topic, such as causes."),
    text: Optional[str] = typer.Option(None, "--text", help="Better wording, without personal details."),
    out_of_scope: bool = typer.Option(False, "--out-of-scope", help="The bot should decline it."),
    answer: Optional[str] = typer.Option(None, "--answer", help="First sentence or two of a new entry, where the topic has none for the facet."),
    paragraphs: str = typer.Option("", "--paragraphs", help="What the new entry rests on, such as P5,P6."),
) -> None:
    """Makes a question a training phrase of an entry, or of what is out of scope."""
    store = _store()
    insight = _get(store, insight_id)
    if out_of_scope and (topic or facet or answer or paragraphs):
        _fail("Give either --out-of-scope, or --topic and --facet.")
    if not out_of_scope and not (topic and facet):
        _fail("Say what it asks: --topic and --facet (the files of data/content/ name them), or --out-of-scope.")
    try:
        words = kept_words(insight) if text is None else text
        adoption = Adoption()
        if out_of_scope:
            where = adoption.add_out_of_scope(words)
        else:
            cited = [part.upper() for part in re.split(r"[,\s]+", paragraphs) if part]
            where = adoption.add_question(topic or "", facet or "", words, answer, cited)
    except CannotAdopt as error:
        typer.echo(f"Question {insight_id} is not adopted: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"Added to {where}.")
    _mark(store, [insight_id])
    typer.echo(_NEXT)


@app.command()
def dismiss(insight_ids: List[int] = typer.Argument(..., metavar="ID...")) -> None:
    """Marks questions as handled: nothing is to be learnt from them."""
    store = _store()
    for insight_id in insight_ids:
        _get(store, insight_id)
    _mark(store, insight_ids)
    typer.echo(f"Dismissed: {', '.join(map(str, insight_ids))}.")


def _mark(store: InsightStore, insight_ids: Sequence[int]) -> None:
    try:
        for insight_id in insight_ids:
            store.mark_handled(insight_id)
    except SQLAlchemyError as error:
        _fail(f"The database could not be written ({type(error).__name__}); mark the question later with 'insights dismiss {insight_ids[-1]}'.")
