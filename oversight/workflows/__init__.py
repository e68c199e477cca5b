"""The law, one file each. Definitions are discovered here: modules with a WORKFLOW.

A module may keep older versions in EARLIER while cases live on them.
"""

from __future__ import annotations

import importlib.util
import pkgutil
from importlib import import_module
from pathlib import Path

from oversight.base.refusals import InvalidDefinition, NotFound
from oversight.base.sentences import N_, say
from oversight.base.settings import ON, ZONE_SETTINGS
from oversight.law.definition import State, Workflow
from oversight.law.roles import BRANCH

_found: dict[tuple[str, int], Workflow] = {}
_current: dict[str, Workflow] = {}


def register(workflow: Workflow, *, current: bool = True) -> None:
    """Make a definition known.

    Raises InvalidDefinition where the same version already says something else.
    """
    known = _found.get((workflow.name, workflow.version))
    if known is not None and known.fingerprint() != workflow.fingerprint():
        raise InvalidDefinition(
            f"{workflow.name} version {workflow.version} exists and reads otherwise"
        )
    _found[workflow.name, workflow.version] = workflow
    if workflow.setting is not None:
        ZONE_SETTINGS[workflow.setting.name] = workflow.setting
    if current:
        _current[workflow.name] = workflow


def load(folder: Path) -> None:
    """Register the definitions in a folder outside the package, one file each."""
    for path in sorted(folder.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"oversight.workflows.{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        _register_module(module)


def _register_module(module) -> None:
    if isinstance(getattr(module, "WORKFLOW", None), Workflow):
        register(module.WORKFLOW)
        for earlier in getattr(module, "EARLIER", ()):
            register(earlier, current=False)


def forget(name: str) -> None:
    """Take a definition out again; for tests that bring their own."""
    found = _current.pop(name, None)
    if found is not None and found.setting is not None:
        ZONE_SETTINGS.pop(found.setting.name, None)
    for key in [key for key in _found if key[0] == name]:
        del _found[key]


def every() -> list[Workflow]:
    """Return the current definitions by name."""
    return [_current[name] for name in sorted(_current)]


def keeping_members_out() -> list[tuple[str, int]]:
    """Return the definitions, older versions too, in which no member of the branch judges."""
    return [key for key, workflow in _found.items() if workflow.outsiders]


def offered(settings: dict[str, str]) -> list[Workflow]:
    """Return what a zone with these settings offers."""
    return [workflow for workflow in every() if offers(settings, workflow)]


def offers(settings: dict[str, str], workflow: Workflow) -> bool:
    """True where a zone with these settings opens new cases of a workflow."""
    return workflow.setting is None or settings.get(workflow.setting.name) == ON


def current(name: str) -> Workflow:
    """Return the definition that new cases begin with. Raises NotFound."""
    if name not in _current:
        raise NotFound("没有这种业务。")
    return _current[name]


def get(name: str, version: int) -> Workflow:
    """Return the version a case lives on. Raises NotFound."""
    if (name, version) not in _found:
        raise NotFound(
            say(
                "这件事按旧版流程办理（%(name)s 第 %(version)s 版），当前程序没有该版本。",
                name=name,
                version=version,
            )
        )
    return _found[name, version]


def of(case) -> Workflow:
    """Return the version that a case lives on. Raises NotFound."""
    return get(case.workflow, case.definition_version)


def reading(case) -> Workflow:
    """Return the definition to show a case by; never for moving it.

    Where its version or its state is not known here: a stand-in with the stored state, which says so
    and has no moves.
    """
    known = _found.get((case.workflow, case.definition_version))
    if known is not None and known.knows(case.state):
        return known
    current = _current.get(case.workflow)
    said = (
        N_("%(state)s（流程第 %(version)s 版不在当前程序中，只能查看）")
        if known is None
        else N_("%(state)s（流程第 %(version)s 版没有这个状态，只能查看，请告诉系统管理员）")
    )
    label = say(said, state=case.state, version=case.definition_version)
    return Workflow(
        case.workflow,
        current.title if current else case.workflow,
        case.definition_version,
        opens=State(case.state, label),
        opened_by=current.opened_by if current else BRANCH,
        moves=(),
        short=current.short if current else "",
    )


for _module in pkgutil.iter_modules(__path__):
    _register_module(import_module(f"{__name__}.{_module.name}"))
