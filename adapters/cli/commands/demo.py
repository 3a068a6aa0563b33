"""`ehcert demo`: the main job from end to end, in processes that share nothing but what is on disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from adapters.cli.demonstration import Demonstration, DemonstrationError
from adapters.cli.options import json_option
from adapters.cli.output import emit, result, say_error
from adapters.cli.words import _
from workflow.errors import Exit


@click.command()
@click.option("--keep", type=click.Path(path_type=Path), help="Keep its files and every message in this folder.")
@click.option(
    "--card",
    type=click.Choice(["software", "softhsm"]),
    default="software",
    help="The identity card: made of files, or a token of SoftHSM2, through PKCS#11.",
)
@json_option
def demo(keep: Path | None, card: str, as_json: bool) -> int:
    """Renew a certificate against the sandbox: interrupted, and resumed days later by other processes."""
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise click.UsageError(_("{path} is not empty").format(path=keep))
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _run(keep.absolute(), card, as_json)
    with tempfile.TemporaryDirectory(prefix="ehcert-demo-") as folder:
        return _run(Path(folder), card, as_json)


def _run(home: Path, card: str, as_json: bool) -> int:
    def tell(schema: str, text: str, **body: object) -> None:
        if as_json:
            emit(schema, **body)
        else:
            result(text)

    try:
        Demonstration(home, tell, card=card).run()
    except DemonstrationError as error:
        if as_json:
            emit("error", error={"code": "demo_failed", "message": str(error), "hint": "", "next": [], "exit": 1})
        else:
            say_error(str(error))
        return Exit.FAILED
    return Exit.OK
