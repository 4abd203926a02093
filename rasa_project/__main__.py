"""Commands: ``python -m rasa_project --help``."""

import signal
import sys
import warnings
from pathlib import Path
from typing import List, Optional

import typer

from rasa_project.escalation import command as escalations
from rasa_project.insights import command as insights
from rasa_project.operations import serving, training, web_packages
from rasa_project.privacy import command as privacy
from rasa_project.settings import EXAMPLES_FOLDER, PROJECT_FOLDER, UTTERANCES_FOLDER
from rasa_project.validation import InvalidFile
from rasa_project.watching import logs

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Runs and checks the hip and back pain information bot.", pretty_exceptions_enable=False
)

EVALUATED = (
    "questions.jsonl",
    "questions_blind.jsonl",
    "questions_second.jsonl",
    "questions_third.jsonl",
    "dialogues.jsonl",
    "followups.jsonl",
    "followups_second.jsonl",
    "several.jsonl",
    "comparisons.jsonl",
    "limits.jsonl",
)
SAFETY = (
    "redflags_blind.jsonl",
    "redflags_second.jsonl",
    "redflags_third.jsonl",
    "redflag_dialogues.jsonl",
    "redflag_dialogues_second.jsonl",
    "redflag_dialogues_third.jsonl",
)

app.add_typer(escalations.app, name="escalations")
app.add_typer(insights.app, name="insights")
app.add_typer(privacy.app, name="privacy")


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)


def _content_problems() -> "list[str]":
    from rasa_project.content.mentions import load_mentions
    from rasa_project.content.store import load_store
    from rasa_project.dialogue.languages import languages
    from rasa_project.dialogue.replies import facet_words
    from rasa_project.dialogue.thresholds import thresholds
    from rasa_project.escalation.delivery import InvalidTarget, targets
    from rasa_project.escalation.wording import flag_words
    from rasa_project.red_flags.answers import answer_patterns
    from rasa_project.red_flags.examples import load_examples
    from rasa_project.settings import clinic_settings
    from rasa_project.utterances.examples import load_utterances

    problems = []
    for load in (
        load_store,
        load_mentions,
        facet_words,
        languages,
        thresholds,
        flag_words,
        answer_patterns,
        lambda: load_examples(EXAMPLES_FOLDER),
        lambda: load_utterances(UTTERANCES_FOLDER),
        clinic_settings,
    ):
        try:
            load()  # type: ignore[operator]
        except InvalidFile as error:
            problems += error.problems
    if not problems:
        try:
            targets(clinic_settings())
        except InvalidTarget as error:
            problems.append(f"environment: {error}")
    return problems


@app.command()
def check() -> None:
    """Checks content, facet words and clinic.yml, and prints how the article is covered."""
    from rasa_project.content.coverage import citations, review_states, uncited
    from rasa_project.content.store import load_store

    problems = _content_problems()
    if problems:
        _fail("\n".join(problems) + f"\n{len(problems)} fault(s) found.")
    store = load_store()
    for paragraph, entries in citations(store).items():
        typer.echo(f"{paragraph:>5}  {', '.join(entries) or 'NOT CITED'}")
    missing = uncited(store)
    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in review_states(store).items())
    typer.echo(f"{len(store.topics)} topics, {len(store.entries())} entries ({states}).")
    if missing:
        _fail(
            f"{len(missing)} paragraph(s) of the article are not cited by any entry: {', '.join(missing)}. Add them to the entry that rests on them."
        )
    typer.echo("Every content paragraph of the article is cited.")


@app.command()
def train(if_needed: bool = typer.Option(False, "--if-needed", help="Only if data, content or pipeline changed.")) -> None:
    """Trains a model with Rasa."""
    problems = _content_problems()
    if problems:
        _fail("\n".join(problems))
    try:
        model = training.ensure_model() if if_needed else training.train()
    except training.TrainingFailed as error:
        _fail(str(error))
    typer.echo(f"Model: {model}")


@app.command("web-packages")
def fetch_web_packages() -> None:
    """Fetches what the chat widget takes from npm, if it is not there yet, and checks it."""
    try:
        web_packages.fetch()
    except web_packages.PackagesUnavailable as error:
        _fail(str(error))
    except InvalidFile as error:
        _fail("\n".join(error.problems))


@app.command("train-encoder")
def train_encoder() -> None:
    """Trains the sentence encoder anew on data/utterances and makes its weights those of the project; evaluate them before you serve them."""
    from rasa_project.encoder.sentence_encoder import TUNED_WEIGHTS
    from rasa_project.utterances.training import fit_and_save

    logs.begin("%(message)s")
    try:
        fit_and_save()
    except InvalidFile as error:
        _fail("\n".join(error.problems))
    typer.echo(f"Weights: {TUNED_WEIGHTS}. Next: make train evaluate")


@app.command("train-red-flags")
def train_red_flags() -> None:
    """Trains the red-flag classifier where its examples have changed, weighs it beside the rules, and makes that the project's; evaluate it before
    you serve it."""
    from rasa_project.red_flags.reading import detector
    from rasa_project.red_flags.training import SHIPPED_WEIGHTS, train_shipped

    logs.begin("%(message)s")
    try:
        train_shipped(detector())
    except InvalidFile as error:
        _fail("\n".join(error.problems))
    typer.echo(f"Weights: {SHIPPED_WEIGHTS}. Next: make evaluate-safety")


@app.command("evaluate-safety")
def evaluate_safety(
    sets: Optional[List[Path]] = typer.Argument(None, help="Test sets (*.jsonl); those of tests/data without it. Lines with 'turns' are dialogues."),
    misses: Path = typer.Option(Path("results/misses"), help="Folder for what did not go right, each with its explanation."),
    report: Optional[Path] = typer.Option(None, help="Markdown file for the figures."),
) -> None:
    """Counts danger signs found and missed, levels that are too low, and false alarms."""
    from rasa_project.evaluation import safety

    shipped = [PROJECT_FOLDER / "tests/data" / name for name in SAFETY]
    safety.evaluate_safety(sets or shipped, _model_to_serve(), misses, report)


@app.command()
def run(port: int = typer.Option(5005, help="Port of the bot."), action_port: int = typer.Option(5055, help="Port of the action server.")) -> None:
    """Trains if needed, starts action server and Rasa server, and stops both on Ctrl-C."""
    model = _model_to_serve()
    try:
        serving.serve(model, port, action_port)
    except serving.ServerFailed as error:
        _fail(str(error))


@app.command()
def cluster(
    rasa: int = typer.Option(2, min=1, help="Rasa servers."),
    actions: int = typer.Option(2, min=1, help="Action servers."),
) -> None:
    """Starts what several machines of a clinic would run, on this one: nginx, Rasa and action servers, the worker, PostgreSQL and Redis."""
    from rasa_project.operations.cluster import cluster as running
    from rasa_project.operations.own_servers import MissingProgram

    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        with running(_model_to_serve(), rasa, actions) as started:
            typer.echo(f"\nThe bot answers at {started.url}/webhooks/rest/webhook (use curl -k), a demo of a clinic's site is at")
            typer.echo(f"{started.url}/webhooks/widget/demo. Logs: {started.folder}. Ctrl-C stops it, and nothing of it is kept.")
            signal.pause()
    except KeyboardInterrupt:
        typer.echo("\nStopped.")
    except (MissingProgram, TimeoutError) as error:
        _fail(str(error))


@app.command()
def work(once: bool = typer.Option(False, "--once", help="What is due now, then end.")) -> None:
    """Brings notices of danger signs to the clinic, and deletes what is past its time; runs until it is stopped."""
    from rasa_project.operations.worker import work as run_worker

    run_worker(once)


@app.command()
def backup(archive: Path = typer.Argument(..., help="File to write, such as bot.tar.gz.")) -> None:
    """Backs up the state folder while the bot runs (databases of PostgreSQL: pg_dump)."""
    from rasa_project.operations import backup as backups

    try:
        names = backups.backup(archive)
    except backups.UnusableBackup as error:
        _fail(str(error))
    typer.echo(f"{archive} holds {', '.join(names)}. It is as confidential as they are.")


@app.command()
def restore(archive: Path = typer.Argument(..., help="File that 'backup' wrote.", exists=True)) -> None:
    """Puts a backup back; the bot must not run."""
    from rasa_project.operations import backup as backups

    try:
        names = backups.restore(archive)
    except backups.UnusableBackup as error:
        _fail(str(error))
    typer.echo(f"Restored: {', '.join(names)}.")


@app.command()
def doctor(
    bot: str = typer.Option("http://127.0.0.1:5005", help="Address of the Rasa server."),
    actions: str = typer.Option("http://127.0.0.1:5055", help="Address of the action server."),
) -> None:
    """Checks a deployment, with the environment that its servers have, and says what to do about what is wrong."""
    from rasa_project.operations.doctor import State, examine

    found = examine(_content_problems, bot.rstrip("/"), actions.rstrip("/"))
    for name, findings in found:
        for finding in findings:
            typer.echo(f"{finding.state.value:>5}  {name}: {finding.what}" + (f"\n       → {finding.todo}" if finding.todo else ""))
    bad = sum(finding.state is State.bad for _, findings in found for finding in findings)
    if bad:
        _fail(f"{bad} thing(s) must be mended.")


@app.command()
def shell() -> None:
    """Talk to the bot in the terminal: `rasa shell` with the action server beside it."""
    try:
        code = serving.shell(_model_to_serve())
    except serving.ServerFailed as error:
        _fail(str(error))
    raise typer.Exit(code)


@app.command()
def evaluate(
    sets: Optional[List[Path]] = typer.Argument(None, help="Test sets (*.jsonl); those of tests/data without it."),
    url: Optional[str] = typer.Option(None, help="REST address of a running bot; starts one without it."),
    misses: Path = typer.Option(Path("results/misses"), help="Folder for the questions that did not go right."),
    report: Optional[Path] = typer.Option(None, help="Markdown file for the figures by group."),
) -> None:
    """Asks a bot the test questions over REST and counts right, wrong, asked back and gave up."""
    from rasa_project.evaluation.command import evaluate_sets

    shipped = [PROJECT_FOLDER / "tests/data" / name for name in EVALUATED]
    evaluate_sets(sets or shipped, url, misses, report, _model_to_serve)


@app.command()
def document_settings() -> None:
    """Writes docs/settings.md anew."""
    from rasa_project.operations import settings_page

    settings_page.PAGE.write_text(settings_page.text(), encoding="utf-8")


@app.command()
def tune(
    questions: Path = typer.Argument(PROJECT_FOLDER / "tests/data/tuning.jsonl", help="Questions that neither train nor test the bot (*.jsonl)."),
    dialogues: Path = typer.Argument(PROJECT_FOLDER / "tests/data/tuning_dialogues.jsonl", help="The same as dialogues."),
) -> None:
    """Chooses the limits of the bot's decisions (data/thresholds.yml) at a stated cost of each mistake."""
    from rasa_project.evaluation import tuning

    tuning.tune(questions, dialogues, _model_to_serve())


def _model_to_serve() -> Path:
    """The current model. With faulty content the last good one: patients keep their answers while the fault is mended."""
    problems = _content_problems()
    last: Optional[Path] = training.latest_model()
    if problems:
        typer.echo("\n".join(problems), err=True)
        if last is None:
            _fail("Mend the faults above, then start again.")
        typer.echo(f"Serving the last good model ({last.name if last else ''}); topics with faults answer that something went wrong.", err=True)
        return last  # type: ignore[return-value]
    try:
        return training.ensure_model()
    except training.TrainingFailed as error:
        _fail(str(error))
        raise


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)  # of libraries that Rasa holds to old releases
    logs.install()
    sys.exit(app())
