"""Plans of faults as files: read strictly, armed in the folder of a sandbox, and the record of what struck.

The format is YAML or JSON::

    seed: 42                  # decides what is left to chance; 0 when missing
    rate: 0.1                 # short for a last rule: any connection fault, any operation
    rules:
      - fault: answer_lost    # a name of `ehcert sandbox faults --list`, or a list of names
        operation: generateCertificate   # '*' when missing
        call: 1               # strikes from this call on, 1 when missing
        times: 2              # so often, 1 when missing; 'always'
      - fault: late
        rate: 0.5             # by chance, always when `times` is missing
        seconds: 90           # a parameter of the fault
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from adapters.sandbox.fault_kinds import CARRIED_OUT
from adapters.sandbox.fault_plan import ANY_FAULT, ANY_OPERATION, FAULTS, FaultPlan, Rule
from workflow.errors import Exit, UserActionError
from workflow.texts import mark

LARGEST: Final = 64 * 1024
ALWAYS: Final = "always"
_PARAMETERS: Final = {name for fault in FAULTS.values() for name in fault.parameters} | {CARRIED_OUT}
_RULE: Final = {"fault", "operation", "call", "times", "rate"} | _PARAMETERS


class BadFaultPlanError(UserActionError):
    """A plan of faults cannot be read."""

    code: ClassVar[str] = "bad_fault_plan"
    exit: ClassVar[Exit] = Exit.USAGE
    text: ClassVar[str] = mark("{path}, line {line}: {problem}")
    hint: ClassVar[str] = mark("ehcert sandbox faults --list shows the names of the faults and their parameters")


def read_plan(path: Path) -> FaultPlan:
    """The plan in a file. Raises `BadFaultPlanError` with the line."""
    document = _parsed(path)
    if not isinstance(document, dict):
        raise BadFaultPlanError(path=path, line=1, problem=mark("'rules', or 'rate' and 'seed', are expected"))
    _check_names(path, document, {"seed", "rate", "rules"})
    rules = document.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        line = _line(document, "rules")
        raise BadFaultPlanError(path=path, line=line, problem=mark("'rules' is a list of rules"))
    made = [_rule(path, rule) for rule in rules]
    seed = _number(path, document, "seed", int, 0)
    if (rate := _number(path, document, "rate", float, None)) is not None:
        made.append(_valid(path, _line(document, "rate"), {"faults": ANY_FAULT, "times": None, "rate": rate}))
    if not made:
        raise BadFaultPlanError(path=path, line=1, problem=mark("there is no rule in it"))
    return FaultPlan(tuple(made), seed or 0)


def _rule(path: Path, rule: Any) -> Rule:
    _check_names(path, rule, _RULE)
    line = rule.lc.line + 1
    if "fault" not in rule:
        raise BadFaultPlanError(path=path, line=line, problem=mark("a rule names its 'fault'"))
    named = rule["fault"]
    faults = tuple(str(name) for name in named) if isinstance(named, list) else (str(named),)
    rate = _number(path, rule, "rate", float, None)
    values = {
        "faults": faults,
        "operation": str(rule.get("operation", ANY_OPERATION)),
        "call": _number(path, rule, "call", int, 1),
        "times": _times(path, rule, rate),
        "rate": rate,
        "parameters": _parameters(path, rule),
    }
    made = _valid(path, line, values)
    for name in made.faults:
        if made.operation != ANY_OPERATION and not FAULTS[name].knows_operation:
            problem = f"'{name}' strikes before the operation is known: leave 'operation' out"
            raise BadFaultPlanError(path=path, line=_line(rule, "operation"), problem=problem)
    return made


def _times(path: Path, rule: Any, rate: float | None) -> int | None:
    if rule.get("times") == ALWAYS or ("times" not in rule and rate is not None):
        return None
    return int(_number(path, rule, "times", int, 1))


def _parameters(path: Path, rule: Any) -> dict[str, float]:
    given = {str(name) for name in rule} & _PARAMETERS
    made: dict[str, float] = {}
    for name in sorted(given):
        if name == CARRIED_OUT:
            if not isinstance(rule[name], bool):
                problem = mark("'carried_out' must be true or false")
                raise BadFaultPlanError(path=path, line=_line(rule, name), problem=problem)
            made[name] = float(rule[name])
        else:
            made[name] = _number(path, rule, name, float, 0.0) or 0.0
    return made


def _valid(path: Path, line: int, values: Mapping[str, Any]) -> Rule:
    try:
        return Rule(**values)
    except ValueError as error:
        raise BadFaultPlanError(path=path, line=line, problem=str(error)) from error


def _number(path: Path, mapping: Any, name: str, kind: type[int] | type[float], default: Any) -> Any:
    if name not in mapping:
        return default
    value = mapping[name]
    # A bool is an int in Python, and nothing that was meant.
    if isinstance(value, bool) or not isinstance(value, (int, kind)):
        raise BadFaultPlanError(path=path, line=_line(mapping, name), problem=f"'{name}' must be a number")
    return kind(value)


def _check_names(path: Path, mapping: Any, allowed: set[str]) -> None:
    for name in mapping:
        if name not in allowed:
            raise BadFaultPlanError(path=path, line=_line(mapping, name), problem=f"unknown name '{name}'")


def _line(mapping: Any, name: Any) -> int:
    return int(mapping.lc.key(name)[0]) + 1


def _parsed(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = _text(path)
        return YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadFaultPlanError(path=path, line=line, problem=error.problem or mark("this is not YAML")) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise BadFaultPlanError(path=path, line=1, problem=mark("this is not YAML")) from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise BadFaultPlanError(path=path, line=1, problem=mark("the file is too large"))
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFaultPlanError(path=path, line=1, problem=mark("the file cannot be read")) from error
    if "&" in text and "*" in text:
        _refuse_aliases(path, text)
    return text


def _refuse_aliases(path: Path, text: str) -> None:
    """An alias can make a small file huge."""
    from ruamel.yaml import YAML
    from ruamel.yaml.events import AliasEvent

    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            line = event.start_mark.line + 1
            raise BadFaultPlanError(path=path, line=line, problem=mark("aliases are not accepted"))
