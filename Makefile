# make run 即可使用；make test 运行全部测试。适用于 Debian 与 macOS（GNU make 3.81 起，POSIX sh）。
# Choices: PORT=9000 (make run), ARGS="-k name" (make test), ARGS="--seed 3 --sample 50" (make assure),
# PYTHON=python3.12 (which Python makes .venv).

SHELL = /bin/sh
BIN = .venv/bin
TEST_WORKERS = 3
ARGS =

.DEFAULT_GOAL := help
.PHONY: help run zone screenshots test assure tools lint catalogue lock clean venv run-packages test-packages bench-packages \
	assure-packages editable axe

help:
	@echo 'make run    建好环境、数据库与示范区，并启动网页服务（PORT=9000 另选端口）'
	@echo 'make zone   建一个真实的区（数据在 zone/），先问管理员的用户名和密码，再启动网页服务'
	@echo 'make test   安装测试所需并运行全部测试（ARGS="-k 名称" 只跑一部分）'
	@echo 'make assure 在规则里逐个放入错误，看测试能否发现（至多 60 分钟；ARGS="--seed 3 --sample 50"）'
	@echo 'make tools  只安装测试、检查与测速所需'
	@echo 'make lint   检查代码写法'
	@echo 'make lock   重新编译锁文件（UPGRADE=1 同时升级版本）'
	@echo 'make clean  删除环境与缓存；数据（instance/）保留'

run: run-packages editable
	@$(BIN)/oversight upgrade
	@$(BIN)/oversight demo --if-empty
	@exec $(BIN)/oversight serve

# A real zone, empty and apart from the demo; what is not given as ZONE=…, ADMIN=…, PASSWORD=… is asked.
# HOST=… listens beyond this machine. A second time it only serves.
zone: run-packages editable
	@set -e; OVERSIGHT_INSTANCE="$${OVERSIGHT_INSTANCE:-$(CURDIR)/zone}"; export OVERSIGHT_INSTANCE; \
	set -- --if-new; \
	[ -z "$$ZONE" ] || set -- "$$@" --zone "$$ZONE"; [ -z "$$ADMIN" ] || set -- "$$@" --admin "$$ADMIN"; \
	if [ -z "$$PASSWORD" ]; then $(BIN)/oversight init "$$@"; \
	else printf '%s\n' "$$PASSWORD" | $(BIN)/oversight init "$$@" --password-stdin; fi; \
	unset PASSWORD; exec $(BIN)/oversight serve --host "$${HOST:-127.0.0.1}"

# Files in their order: by the number of their tests the few long ones (kills, races) would come last, and alone.
# Compiled files are kept, whatever the shell says: every worker and every process of a test reads them.
test: export PYTHONDONTWRITEBYTECODE =
test: test-packages editable axe
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# What make test slices, whole. Then faults are put into the rules, 300 by a seed, each against the tests that reach it; 1 where under 85 % are found.
assure: test-packages assure-packages editable
	@OVERSIGHT_WHOLE=1 $(BIN)/python -m pytest -q -n $(TEST_WORKERS) --dist loadfile tests/db tests/web tests/unit
	@$(BIN)/python -m tests.assure $(ARGS)

tools: test-packages bench-packages editable axe

lint: test-packages
	@$(BIN)/ruff check .
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# Everything that people read, as a template for translators.
catalogue: test-packages
	@$(BIN)/python -c "from pathlib import Path; from oversight.commands import catalogue; \
	catalogue.write(Path('oversight'), Path('templates'), Path('oversight/translations/messages.pot'))"
	@$(BIN)/pybabel --quiet compile --domain click --directory oversight/translations

# The first Python that is new enough; .venv is made anew where it is broken or the folder was moved.
venv:
	@set -e; \
	if [ -x $(BIN)/python ] && [ "`cat .venv/made-in 2>/dev/null`" = "$(CURDIR)" ] \
	    && $(BIN)/python -m pip --version >/dev/null 2>&1; then exit 0; fi; \
	python=; \
	for name in $(if $(PYTHON),$(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    python=$$name; break; \
	  fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo '需要 Python 3.11 或更新的版本：请先安装（Debian：apt-get install python3；macOS：brew install python），或用 PYTHON=… 指明。' >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then \
	  echo '缺少 venv：请先安装 python3-venv（Debian：apt-get install python3-venv）。' >&2; exit 1; \
	fi; \
	rm -rf .venv; \
	"$$python" -m venv .venv; \
	printf '%s\n' "$(CURDIR)" > .venv/made-in

# Packages are installed again only when their lock file differs from the copy kept in .venv.
run-packages: venv
	@cmp -s requirements/run.lock .venv/run.lock || { \
	  echo '正在安装运行所需的软件包……'; \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/run.lock \
	    && cp requirements/run.lock .venv/run.lock; }

test-packages: venv
	@cmp -s requirements/test.lock .venv/test.lock || { \
	  echo '正在安装测试所需的软件包……'; \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/test.lock \
	    && cp requirements/test.lock .venv/test.lock && cp requirements/run.lock .venv/run.lock; }

# The peers of `oversight bench`: in the same .venv, their common parts in the tests' versions.
bench-packages: test-packages
	@cmp -s requirements/bench.lock .venv/bench.lock || { \
	  echo '正在安装测速所需的软件包……'; \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/bench.lock \
	    && cp requirements/bench.lock .venv/bench.lock; }

assure-packages: test-packages
	@cmp -s requirements/assure.lock .venv/assure.lock || { \
	  echo '正在安装查验测试所需的软件包……'; \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/assure.lock \
	    && cp requirements/assure.lock .venv/assure.lock; }

editable: venv
	@{ [ -x $(BIN)/oversight ] && cmp -s pyproject.toml .venv/pyproject.toml; } || { \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . \
	    && cp pyproject.toml .venv/pyproject.toml; }

# The pictures of the README, taken anew in a headless Chromium of the demo zone.
screenshots: test-packages editable
	@$(BIN)/python -m tests.support.screenshots

# axe-core checks accessibility in the browser tests, caniuse-lite tells what old browsers read; the
# program itself needs no Node.
axe:
	@set -e; \
	if cmp -s package-lock.json node_modules/package-lock.json; then exit 0; fi; \
	if ! command -v npm >/dev/null 2>&1; then \
	  why='缺少 Node：不能做无障碍检查，请先安装 nodejs 与 npm（Debian：apt-get install nodejs npm）。'; \
	elif npm ci --silent --no-audit --no-fund --ignore-scripts; then \
	  cp package-lock.json node_modules/package-lock.json; exit 0; \
	else \
	  why='npm 没有装上 axe-core 和 caniuse-lite：不能做无障碍和旧浏览器检查，请检查网络后再试。'; \
	fi; \
	echo "$$why" >&2; \
	[ "$$CI" != true ]

# Locks are compiled on Python 3.11, the oldest supported, and name no host and no path.
COMPILE = CUSTOM_COMPILE_COMMAND='make lock' ../.lockenv/bin/pip-compile --quiet --generate-hashes --strip-extras \
	--allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host $(if $(UPGRADE),--upgrade)

lock:
	@set -e; \
	python=$(if $(PYTHON),$(PYTHON),python3.11); \
	if ! "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then \
	  echo '锁文件要在 Python 3.11 上编译：请先安装，或用 PYTHON=… 指明。' >&2; exit 1; \
	fi; \
	[ -x .lockenv/bin/pip-compile ] || { \
	  rm -rf .lockenv; "$$python" -m venv .lockenv; \
	  .lockenv/bin/python -m pip install -qq --disable-pip-version-check --upgrade pip pip-tools; }; \
	cd requirements; \
	$(COMPILE) --output-file run.lock run.in; \
	$(COMPILE) --output-file test.lock test.in; \
	$(COMPILE) --output-file bench.lock bench.in; \
	$(COMPILE) --output-file assure.lock assure.in

clean:
	@rm -rf .venv .lockenv .assure node_modules build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis \
	  .import_linter_cache .grimp_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
