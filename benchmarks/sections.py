"""Reports that several benchmarks share, each with sections of its own."""

import re
from pathlib import Path


def write_section(report: Path, title: str, text: str) -> None:
    """Replaces the section ``## title`` of a Markdown file, or adds it at the end; what else is in the file stays."""
    before = report.read_text(encoding="utf-8") if report.exists() else ""
    section = f"## {title}\n\n{text.strip()}\n"
    parts = re.split(r"^(?=## )", before, flags=re.MULTILINE)
    kept = [section if part.startswith(f"## {title}\n") else part.rstrip() + "\n" for part in parts if part.strip()]
    report.write_text("\n".join(kept if section in kept else [*kept, section]), encoding="utf-8")
