"""How `rasa shell` shows replies: as text that is easy to read, with numbered options of which one is chosen by its number.

Stock Rasa shows the payloads of options and takes arrow keys instead. It has no setting or hook for that, so the two functions of its console
that print and ask are replaced. A test pins their source.
"""

import shutil
import textwrap
from typing import Any, Dict, Optional

import questionary
import rasa.core.channels.console
from rich.console import Console
from rich.text import Text

from rasa_project.messaging.replies import Option, chosen

WIDEST = 100  # columns
_screen = Console(highlight=False)


def show(message: Dict[str, Any], *_: Any, **__: Any) -> None:
    """Prints a message of the bot as the REST channel sends it."""
    width = min(WIDEST, shutil.get_terminal_size().columns)
    lines = [part for line in (message.get("text") or "").split("\n") for part in textwrap.wrap(line, width) or [""]]
    _screen.print(Text("\n".join(["", *lines]), style="blue"))
    for number, button in enumerate(message.get("buttons") or [], start=1):
        _screen.print(Text(f"  {number}. {button['title']}", style="cyan"))


async def ask(previous_response: Optional[Dict[str, Any]]) -> Optional[str]:
    """Shows the last message of a turn, then asks for the next one; ``None`` at the end of input. A number stands for its option."""
    options = []
    if previous_response is not None:
        show(previous_response)
        options = [Option(button["title"], button["payload"]) for button in previous_response.get("buttons") or []]
    prompt = "Your message, or the number of an option ->" if options else "Your message ->"
    text = await questionary.text("", qmark=prompt).ask_async()
    return None if text is None else chosen(text, options) or text.strip()


def install() -> None:
    """Makes `rasa shell` show and ask so."""
    rasa.core.channels.console._print_bot_output = show  # type: ignore[assignment]
    rasa.core.channels.console._get_user_input = ask  # type: ignore[assignment]
