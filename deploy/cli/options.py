"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Directory of the store. Default: WIKITALLY_DATA.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides it. Default: your login name.")]
Reason = Annotated[str, typer.Option(help="Why, in your own words: it stays in the history.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before contributions go.")]
Slug = Annotated[str, typer.Argument(metavar="PROGRAM", help="Slug of the program.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Program definitions (YAML).")]
