"""`ehcert sandbox faults`: let the sandbox hurt on purpose, to rehearse failures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.options import json_option
from adapters.cli.output import emit, result
from adapters.cli.wiring import wire
from adapters.cli.words import _, set_language
from workflow.errors import Exit

if TYPE_CHECKING:
    from adapters.sandbox.fault_kinds import Fault
    from adapters.sandbox.fault_plan import FaultPlan, Rule


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option("--rate", type=click.FloatRange(0, 1), help="Let so many of all calls fail by chance: 0.1 is one in ten.")
@click.option("--seed", type=int, default=0, help="The same seed gives the same failures.")
@click.option("--list", "as_list", is_flag=True, help="List the faults that there are.")
@click.option("--clear", is_flag=True, help="From now on everything goes well.")
@json_option
def faults(file: Path | None, rate: float | None, seed: int, as_list: bool, clear: bool, as_json: bool) -> int:
    """Make the sandbox fail as the plan in FILE says; without one, show the plan and what struck.

    A sandbox that serves takes the plan up at once. The format of the file is in docs/how-to/faults.md.
    """
    from adapters.sandbox.fault_folder import arm, disarm

    if sum((file is not None, rate is not None, as_list, clear)) > 1:
        raise click.UsageError(_("give FILE, --rate, --list or --clear, and only one of them"))
    wiring = wire(environment="sandbox")
    set_language(wiring.settings.language)
    if as_list:
        return _list(as_json)
    folder = wiring.folders.sandbox
    plan = plan_of(file, rate, seed)
    if plan is not None:
        arm(folder, plan)
    elif clear:
        disarm(folder)
    return _show(folder, as_json)


def plan_of(file: Path | None, rate: float | None = None, seed: int = 0) -> FaultPlan | None:
    """The plan in a file, or one by chance. Raises `BadFaultPlanError`."""
    from adapters.sandbox.fault_file import read_plan
    from adapters.sandbox.fault_plan import FaultPlan

    if file is not None:
        return read_plan(file)
    return None if rate is None else FaultPlan.random(rate, seed)


def _list(as_json: bool) -> int:
    from adapters.sandbox.fault_plan import FAULTS

    if as_json:
        emit("sandbox.faults", faults=[_fault_json(fault) for fault in FAULTS.values()])
        return Exit.OK
    for fault in FAULTS.values():
        more = [f"{name}: {value:g}" for name, value in fault.parameters.items()]
        more += sorted(fault.operations)
        result(f"{fault.name}\n  {_(fault.says)}" + (f" ({', '.join(more)})" if more else ""))
    return Exit.OK


def _fault_json(fault: Fault) -> dict[str, Any]:
    return {
        "name": fault.name,
        "says": fault.says,
        "carried_out": fault.carried_out,
        "either": fault.either,
        "operations": sorted(fault.operations),
        "parameters": dict(fault.parameters),
    }


def _show(folder: Path, as_json: bool) -> int:
    from dataclasses import asdict

    from adapters.sandbox.fault_folder import armed, fired

    known, struck = armed(folder), fired(folder)
    if as_json:
        rules = [] if known is None else [asdict(rule) for rule in known[1].rules]
        emit("sandbox.faults", armed=known and known[0], rules=rules, fired=[asdict(one) for one in struck])
        return Exit.OK
    if known is None:
        result(_("No faults are planned."))
    for rule in () if known is None else known[1].rules:
        result(_rule_text(rule))
    for one in struck:
        result(f"{one.at}  {one.operation}  {one.fault}")
    return Exit.OK


def _rule_text(rule: Rule) -> str:
    from adapters.sandbox.fault_plan import ANY_FAULT

    names = _("any fault of the connection") if rule.faults == ANY_FAULT else ", ".join(rule.faults)
    when = f"{rule.rate:.0%}" if rule.rate is not None else f"#{rule.call}"
    often = "" if rule.times is None else f" x{rule.times}"
    return f"{rule.operation}  {when}{often}  {names}"
