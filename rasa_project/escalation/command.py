"""`python -m rasa_project escalations`: what is open, and acknowledging it."""

import csv
import datetime
import json
import sys
from dataclasses import asdict
from typing import Any, Dict

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.escalation.store import Escalation, EscalationStore, UnknownReference, escalation_store
from rasa_project.messaging.store import reached_as

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Shows and acknowledges escalations.")


def _store() -> EscalationStore:
    try:
        return escalation_store()
    except SQLAlchemyError as error:
        typer.echo(f"The escalation database cannot be opened: {error}. Check ESCALATION_DB_URL and the folder var/.", err=True)
        raise typer.Exit(1) from None


def _row(escalation: Escalation) -> Dict[str, Any]:
    row = asdict(escalation)
    return {key: value.isoformat() if isinstance(value, datetime.datetime) else value for key, value in row.items()}


@app.command("list")
def list_(everything: bool = typer.Option(False, "--all", help="Acknowledged ones, too.")) -> None:
    """Lists escalations that nobody has acknowledged, newest first."""
    store = _store()
    table = Table("reference", "time (UTC)", "level", "signs", "conversation", "state")
    found = store.list(open_only=not everything)
    for item in found:
        state = f"seen by {item.acknowledged_by}" if item.acknowledged_at else "taken back" if item.taken_back_at else "open"
        table.add_row(item.reference, f"{item.created_at:%Y-%m-%d %H:%M}", item.level, ", ".join(item.flags), item.conversation_id, state)
    Console(width=None if sys.stdout.isatty() else 160).print(table if found else "Nothing is open." if not everything else "No escalation yet.")
    late = store.undelivered()
    if late:
        typer.echo(f"{len(late)} notice(s) have not been delivered yet; the oldest since {late[0].since:%Y-%m-%d %H:%M} UTC ({late[0].last_error}).")


@app.command()
def show(reference: str) -> None:
    """Shows one escalation with the patient's words that raised it."""
    item = _store().get(reference.upper())
    if item is None:
        typer.echo(f"There is no escalation {reference}; 'escalations list --all' names them.", err=True)
        raise typer.Exit(1)
    for key, value in _row(item).items():
        typer.echo(f"{key:>16}  {'; '.join(value) if isinstance(value, list) else '' if value is None else value}")
    patient = reached_as(item.conversation_id)
    if patient:
        typer.echo(f"{'can be reached':>16}  {patient}")


@app.command()
def ack(
    reference: str,
    by: str = typer.Option(..., "--by", help="Who has seen to it."),
    note: str = typer.Option("", "--note", help="What was done."),
) -> None:
    """Notes that a clinician has seen to an escalation."""
    try:
        _store().acknowledge(reference.upper(), by, note)
    except UnknownReference:
        typer.echo(f"There is no escalation {reference}; 'escalations list' names the open ones.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{reference.upper()} is acknowledged by {by}.")


@app.command()
def export(form: str = typer.Option("csv", "--format", help="csv or jsonl")) -> None:
    """Prints all escalations, for a spreadsheet (csv) or another program (jsonl)."""
    rows = [_row(item) for item in _store().list()]
    if form == "jsonl":
        for row in rows:
            typer.echo(json.dumps(row, ensure_ascii=False))
    elif form == "csv":
        if rows:
            writer = csv.DictWriter(sys.stdout, list(rows[0]))
            writer.writeheader()
            writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    else:
        typer.echo(f"Unknown format '{form}'; choose csv or jsonl.", err=True)
        raise typer.Exit(1)


def _cell(value: Any) -> Any:
    """A cell; a spreadsheet must not take a patient's words for a formula."""
    text = "; ".join(value) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
