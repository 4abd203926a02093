"""``python -m rasa_project privacy``: what is stored of a person, and making it go."""

import json

import typer
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.escalation.store import utc_now
from rasa_project.settings import clinic_settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Shows and erases what is stored of a patient, and deletes what is past its time.")


def _fail(error: SQLAlchemyError) -> None:
    typer.echo(f"A database does not answer ({type(error).__name__}). Nothing is lost; mend that and do it again.", err=True)
    raise typer.Exit(1)


@app.command()
def find(text: str = typer.Argument(..., help="Reference of an escalation, or a telephone number or id on a messaging platform.")) -> None:
    """Prints the ids of conversations."""
    from rasa_project.privacy import stores

    found = stores.find(text)
    typer.echo("\n".join(found) if found else "No conversation was found. Conversations in the chat on your site carry no name or number.")


@app.command()
def show(conversation_id: str) -> None:
    """Prints, as JSON, all that is stored of a conversation."""
    from rasa_project.privacy import stores

    try:
        typer.echo(json.dumps(stores.stored(conversation_id), default=str, ensure_ascii=False, indent=2))
    except SQLAlchemyError as error:
        _fail(error)


@app.command()
def erase(
    conversation_id: str,
    with_escalations: bool = typer.Option(False, "--with-escalations", help="Also what the clinic was told about danger signs."),
) -> None:
    """Erases a conversation in every store."""
    from rasa_project.privacy import stores

    try:
        erased = stores.erase(conversation_id, with_escalations)
    except SQLAlchemyError as error:
        _fail(error)
    typer.echo("Erased: " + ", ".join(f"{count} {what}" for what, count in erased.items()) + ".")


@app.command()
def purge() -> None:
    """Deletes what is older than clinic.yml allows. The worker does so every hour."""
    from rasa_project.privacy import stores

    try:
        deleted = stores.purge(clinic_settings(), utc_now())
    except SQLAlchemyError as error:
        _fail(error)
    typer.echo("Deleted: " + ", ".join(f"{count} {what}" for what, count in deleted.items()) + ".")


@app.command()
def compact() -> None:
    """Makes what was deleted vanish from the databases' files. PostgreSQL keeps everybody waiting meanwhile: do it at night."""
    from rasa_project.privacy import stores

    try:
        stores.compact_all()
    except SQLAlchemyError as error:
        _fail(error)
    typer.echo("Done.")
