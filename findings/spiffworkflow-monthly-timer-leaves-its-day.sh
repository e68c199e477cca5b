#!/bin/sh
# SpiffWorkflow 3.2.0, a timer of BPMN with timeCycle.
#
# Expected: R12/2026-01-05T09:00:00+08:00/P1M (ISO 8601) comes on the 5th of each month, as the timer of one month
#   (timeDuration P1M), which knows how long months are, comes on the same day of the next.
# Seen: the length of the first month, 31 days, is worked out once and kept in seconds; each further time is that much
#   later: 5 January, 5 February, 8 March, 8 April, 9 May, … By December it's the 12th; a cycle that begins in
#   February goes 28 days at a time and comes twice in April.
# Why it matters here: the month's activity day and what has to be handed in by a day of the month are just such cycles. The first
#   two days are always right, so that a trial of some weeks shows nothing.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'SpiffWorkflow==3.2.0'
"$work/venv/bin/python" - <<'PY'
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.specs.event_definitions import timer

BEIJING = timezone(timedelta(hours=8))
PROCESS = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="all" targetNamespace="month">
<process id="month" isExecutable="true"><startEvent id="start"/>
<sequenceFlow id="in" sourceRef="start" targetRef="due"/><intermediateCatchEvent id="due"><timerEventDefinition id="every">
<timeCycle>"%s"</timeCycle></timerEventDefinition></intermediateCatchEvent>
<sequenceFlow id="out" sourceRef="due" targetRef="end"/><endEvent id="end"/></process></definitions>"""


class Clock(datetime):
    at = None

    @classmethod
    def now(cls, tz=None):
        return cls.at.astimezone(tz)


def days(cycle):
    Clock.at, found = datetime(2026, 1, 1, tzinfo=BEIJING), []
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(PROCESS % cycle))
    workflow = BpmnWorkflow(parser.get_spec("month"))
    workflow.do_engine_steps()
    while Clock.at.year == 2026:
        workflow.refresh_waiting_tasks()
        workflow.do_engine_steps()
        for event in workflow.waiting_events():
            day = f"{datetime.fromisoformat(event.value).astimezone(BEIJING):%m-%d}"
            if day not in found:
                found.append(day)
        Clock.at += timedelta(days=1)
    return found


print("SpiffWorkflow", version("SpiffWorkflow"))
timer.datetime = Clock
january = days("R12/2026-01-05T09:00:00+08:00/P1M")
february = days("R13/2026-02-05T09:00:00+08:00/P1M")
print("from 5 January: ", *january)
print("from 5 February:", *february)
once = [
    timer.TimerEventDefinition.get_timedelta_from_start({"months": 1}, datetime(2026, month, 5)).days for month in (1, 2, 4)
]
print("one month from 5 January, February and April:", once, "days")
seen = (
    january == "01-05 02-05 03-08 04-08 05-09 06-09 07-10 08-10 09-10 10-11 11-11 12-12".split()
    and february[:4] == ["02-05", "03-05", "04-02", "04-30"]
    and once == [31, 28, 30]
)
raise SystemExit(0 if seen else "no longer as seen")
PY
