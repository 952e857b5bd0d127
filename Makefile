# Reverie's only entry point for building, testing and running. See README.md.

ADDR ?= 127.0.0.1:8080
PROMPT ?= a red apple

# Where make bench and make golden run: lavapipe or dawn-gpu (node + Dawn), swiftshader or chromium-gpu (Chromium), firefox (on lavapipe)
# or firefox-gpu. Without it the bench takes lavapipe, and golden Chromium with the adapter that it finds. ADAPTER is the older way to choose
# between Chromium's two.
HOST ?=
BENCH_HOST = $(or $(HOST),$(if $(filter hardware,$(ADAPTER)),chromium-gpu),$(if $(ADAPTER),swiftshader),lavapipe)
# On SwiftShader the slower peers take most of an hour.
PEERS ?= $(if $(filter swiftshader,$(BENCH_HOST)),jax-js,jax-js$(COMMA)tfjs$(COMMA)ort-web$(COMMA)torch)
RUN ?=
COMMA := ,

# How the model that judges the mini pair is trained: another architecture, seed and share of the pictures than the pair's own.
JUDGE := --tower squeezenet --name judge --minutes 10 --batch 160 --attack 0.5 --attack-from 0.5 --parts 0.8

# web/wasm/wasm.go explains these flags.
GOFLAGS_BUILD := -trimpath -buildvcs=false -ldflags='-s -w'

# Go programs for the browser.
WASM := GOOS=js GOARCH=wasm

# Everything that compiles for the browser.
WASM_PACKAGES := ./app/... ./gpu/... ./recipe/... ./shaders/... ./tools/bench/... ./tools/golden/... ./tools/compare/... ./tools/guidance/... ./tools/selftest/... ./weights

.DEFAULT_GOAL := build
.PHONY: build run dev demo test installed check fuzz audit test-native test-gpu test-commands test-beside test-browser golden golden-published bench tune bench-memory bench-load bench-startup bench-serve import-fullsize faults soak lavapipe docs screenshots axe lighthouse targets e2e recording eval-mini eval-guidance chromium firefox ffmpeg nginx clean

## build: the programs that browsers run, with their compressed forms, and bin/serve, which holds everything it serves
build:
	go run ./web/build web
	go build $(GOFLAGS_BUILD) -o bin/serve ./cmd/serve

## run: build everything and serve the page with the mini model at ADDR
run: build
	./bin/serve -addr $(ADDR)

## dev: the same, rebuilt and reloaded at every save
dev:
	go tool vgrun -no-generate -bin-dir=bin -watch-pattern='\.(go|wgsl|css|js)$$' ./cmd/serve -addr $(ADDR) -dev

## demo: one picture of PROMPT to out.png, without a window; small enough for a processor to make in minutes
demo: chromium
	go run ./cmd/render -prompt "$(PROMPT)" -size 64x64 -steps 40 -cuts 4 -o out.png

## test: everything; needs Go, git and, to install Chromium, Firefox with lavapipe, and node when they are missing, root or sudo
test:
	$(MAKE) -j2 --output-sync=target check installed
	$(MAKE) -j2 --output-sync=target test-beside test-gpu
	$(MAKE) test-browser

# What the tests need besides Go, one after another: apt works for one at a time.
installed:
	@for each in chromium firefox ffmpeg nginx; do $(MAKE) --no-print-directory $$each || exit; done

# Formatting and vet, for this machine and for the browser. gofmt lists what it would change.
check:
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change: $$unformatted"; exit 1; fi
	go vet -tags e2e ./...
	$(WASM) go vet $(WASM_PACKAGES)

# The runner's own tests start the browsers, too.
test-native: chromium firefox
	go test ./...

# Kernels and gradients on a WebGPU device, and pictures and films by the browser's codecs: Chromium's SwiftShader, or what JSEXEC_ADAPTER names;
# then the kernels in Firefox, which has another compiler and other limits. One package at a time, because each browser takes all cores. A
# device that is missing fails the tests. The loop's tests fetch the embedded model. A software GPU is one thread while it compiles kernels, so that
# the tests of test-beside find room beside them.
test-gpu: chromium firefox
	go build -o bin/jsexec ./tools/jsexec
	JSEXEC_SERVE=/weights=$(CURDIR)/weights $(WASM) go test -p 1 -timeout 20m -exec "$(CURDIR)/bin/jsexec" ./gpu/... ./app/picture ./app/encode
	$(WASM) go test -p 1 -timeout 20m -exec "$(CURDIR)/bin/jsexec -host firefox" ./gpu/ops

# The commands that use a browser, with the real engine. They measure no time, so that they can share the processor.
test-commands: chromium ffmpeg
	go test -p 1 -timeout 30m -tags e2e ./cmd/render ./cmd/weights ./tools/golden

# What runs beside the tests on a device.
test-beside: test-native
	$(MAKE) test-commands

# The page in Chromium, with the real engine, and a visit with Firefox, alone, for it is timed. ffprobe says what films are.
test-browser: chromium firefox ffmpeg nginx
	go test -p 1 -timeout 30m -tags e2e ./web/e2e

## fuzz: every fuzz target for TIME (30s), one per core, with how many inputs each tried; RUN is a regular expression for package.target
fuzz:
	go run ./tools/fuzz -time $(or $(TIME),30s) -run "$(RUN)"

## audit: known vulnerabilities, natively and for the browser, the licences of all modules and packages, and their check sums; needs the network and npm
audit:
	@go build -o bin/govulncheck golang.org/x/vuln/cmd/govulncheck; failed=; \
	go mod verify || failed=1; \
	./bin/govulncheck -tags e2e ./... || failed=1; \
	$(WASM) ./bin/govulncheck $(WASM_PACKAGES) || failed=1; \
	go run ./tools/audit || failed=1; \
	if [ -n "$$failed" ]; then echo "audit: something above failed"; exit 1; fi

# What a host needs. Dawn comes with the bench's peers, in the versions that their package-lock.json pins.
host_needs = $(if $(filter lavapipe dawn-gpu,$(1)),tools/bench/peers/node_modules,$(if $(filter firefox%,$(1)),firefox,chromium)) \
	$(filter lavapipe,$(1))

## golden: the engine against reference tensors in the folder GOLDEN; HOST=lavapipe is the faster of the software devices
golden: $(call host_needs,$(HOST))
	@if [ -z "$(GOLDEN)" ]; then echo "golden: name the folder: make golden GOLDEN=/abs/dir"; exit 1; fi
	go run ./tools/golden -host "$(HOST)" -dir "$(GOLDEN)"

## golden-published: the same for published architectures at their full sizes with random weights, those whose names have RUN in them: PyTorch makes a folder of
## each, which is deleted before the next; HOST=lavapipe and several GB of memory and of disk
golden-published: $(call host_needs,$(HOST))
	go run ./tools/golden -published -host "$(HOST)" -run "$(RUN)"

## bench: speeds of kernels, models and whole steps, beside peers, as a table and to bench.jsonl. HOST is where, PEERS the engines
## beside, RUN a part of the workloads' names
bench: $(call host_needs,$(BENCH_HOST)) tools/bench/peers/node_modules
	go run ./tools/bench -host $(BENCH_HOST) -peers "$(PEERS)" -run "$(RUN)"

## tune: what the timing of kernels chooses on HOST, for the table in gpu/ops/shipped.go
tune: $(call host_needs,$(BENCH_HOST))
	go run ./tools/bench -host $(BENCH_HOST) -tune

## bench-memory: what runs take of a device's memory and how many FLOP a step has, planned without a device
bench-memory:
	go run ./tools/footprint

## bench-startup: the programs' sizes and the times of a first and a repeat visit
bench-startup: chromium
	go run ./tools/bench/startup

## bench-serve: requests a second of bin/serve beside nginx, which sends the same compressed files, in one run
bench-serve: build nginx
	@command -v wrk > /dev/null || { sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$sudo apt-get update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends wrk; }
	go run ./tools/bench/serve bin/serve

lavapipe:
	./tools/bench/lavapipe.sh

# What npm installs, in the versions of the folder's package-lock.json.
%/node_modules: %/package-lock.json
	@if ! command -v npm > /dev/null; then \
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$sudo apt-get update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nodejs npm; fi
	cd $* && npm ci
	touch $@

## bench-load: speed and memory of loading a model of MB megabytes (150), from the server and from what the browser keeps
bench-load: chromium
	go run ./tools/loadbench -mb $(or $(MB),150)

## import-fullsize: a page fetches ViT-B/32 and the f16 VQGAN with 16384 codes, of random weights, from a host like Hugging Face, and is killed at half: what that takes. Some minutes and 3 GB of disk
import-fullsize: chromium
	REVERIE_FULLSIZE=1 go test -p 1 -count 1 -timeout 60m -tags e2e -v ./web/e2e -run TestImportFullSize

## faults: what happens when the GPU, the worker, the server, the storage or the clock fail, a line each; make test runs it, too
faults: chromium
	@said=$$(go test -p 1 -count 1 -timeout 10m -tags e2e ./web/e2e -run TestFaults -v 2>&1); failed=$$?; \
	echo "$$said" | grep -vE '^(=== |PASS|ok)|--- PASS'; exit $$failed

## soak: a run of STEPS steps (5000) in BROWSER, with every kind of memory over time; fails where one grows or steps get slower
soak: chromium firefox
	go run ./tools/soak -steps $(or $(STEPS),5000) -browser $(or $(BROWSER),chromium)

## docs: docs/options.md and the schema of scripts, from the table of options
docs:
	go run ./tools/docs

## screenshots: the page's states as pictures, in docs/screens, and those that browsers show before installing it
screenshots: chromium
	go run ./tools/screenshots

## axe: what keeps people out of the page, by axe, in each of the states of screenshots, on desktop and telephone, light and dark
axe: chromium tools/lighthouse/node_modules
	go run ./tools/screenshots -axe -write=false

## lighthouse: the page as Lighthouse judges it on a telephone, with WebGPU and without, medians of three; on an idle machine
lighthouse: chromium tools/lighthouse/node_modules
	go run ./tools/lighthouse

# The browser tests that hold targets of use, and print them.
TARGETS := Walk|Installable|ProgramSizes|PictureOffline|UpdateWaitsForConsent|DownloadGoesOnAtTheByte|OneWrongByteIsFetchedAgain|PageStaysFreeDuringARun|$(strip \
	)ResumeAfterTheTabWasKilled|BadInputGetsASentence|ForeignPictureIsTheStart|NarrowScreen|Keys|ScreensThatSayWhyNothingRuns|ResumeAfterTheGPUWasReset|FullStorage

## targets: the fifteen targets of the page's use, a line each with what was measured and, in brackets, what is wanted; some minutes
targets: chromium firefox tools/lighthouse/node_modules
	@mkdir -p bin; failed=; echo "target 1: make lighthouse tells it (its own limits)" > bin/targets.log; \
	go test -count 1 -v ./app/ui -run TestTimeLeft >> bin/targets.log 2>&1 || failed=1; \
	go test -p 1 -count 1 -timeout 20m -tags e2e -v ./web/e2e -run '^Test($(TARGETS))$$' >> bin/targets.log 2>&1 || failed=1; \
	go run ./tools/screenshots -axe -write=false >> bin/targets.log 2>&1 || failed=1; \
	grep -oE 'target [0-9]+: .*' bin/targets.log | sort -s -k 2,2n | awk -F: '{ rest = substr($$0, length($$1) + 3); printf "%s%s", $$1 == last ? "; " : (NR > 1 ? "\n" : "") $$1 ": ", rest; last = $$1 } END { print "" }'; \
	if [ -n "$$failed" ]; then echo "targets: something failed, see bin/targets.log"; exit 1; fi

## e2e: the browser tests whose names match RUN, with what they print
e2e: chromium firefox ffmpeg nginx
	go test -p 1 -count 1 -timeout 30m -tags e2e -v ./web/e2e -run "$(RUN)"

## recording: the run that a first visit plays (its words stand in app/ui/words.go) and README shows, made anew: each step's picture by render, as WebPs by ffmpeg, in the size at which it stays a first visit's largest. Some minutes
recording: chromium ffmpeg
	rm -rf bin/recording && mkdir -p bin/recording
	go run ./cmd/render -prompt "a blue heart on a white background" -size 128x128 -steps 60 -cuts 10 -seed 7 -save-every 1 -o bin/recording/run.png
	ffmpeg -v error -y -framerate 15 -i bin/recording/run-%06d.png -vf scale=256:-1:flags=lanczos -c:v libwebp_anim -quality 75 -loop 1 web/recorded.webp
	ffmpeg -v error -y -i bin/recording/run.png -vf scale=512:-1:flags=lanczos -c:v libwebp -quality 80 web/recorded-still.webp
	ffmpeg -v error -y -framerate 15 -i bin/recording/run-%06d.png -vf scale=384:-1:flags=lanczos,tpad=stop_mode=clone:stop_duration=2 \
		-c:v libwebp_anim -quality 80 -loop 0 docs/recorded.webp

## eval-mini: judge the mini pair goal by goal; 38 minutes with two cores, other work beside it. EVAL="--prompts 24 --steps 100 --cuts 8" is the short form
eval-mini: weights/train/runs/judge/done
	cd weights/train && /usr/bin/python3 evaluate.py $(EVAL)

## eval-guidance: ways of guiding at equal work, by that judge: PROMPTS (60) prompts with each variant whose name matches RUN, on HOST (lavapipe). What is painted stays, so
## that a run that was stopped goes on; tools/guidance/README.md has the variants and what was found
eval-guidance: weights/train/runs/judge/done $(call host_needs,$(or $(HOST),lavapipe))
	go run ./tools/guidance -run "$(RUN)" -prompts $(or $(PROMPTS),60) -host $(or $(HOST),lavapipe) $(EVAL)

# The pictures and the judge are built once. weights/train/README.md names the Debian packages that this takes.
weights/train/data/records.json:
	cd weights/train && npm install --ignore-scripts --no-package-lock && /usr/bin/python3 data.py

weights/train/runs/judge/done: weights/train/data/records.json
	cd weights/train && /usr/bin/python3 train_clip.py $(JUDGE)
	touch $@

# ffmpeg from Debian when the PATH has none.
ffmpeg:
	@if command -v ffmpeg > /dev/null && command -v ffprobe > /dev/null; then exit 0; fi; \
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$sudo apt-get update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ffmpeg

# Chromium from Debian when neither CHROMIUM nor the PATH has one.
chromium:
	@if [ -n "$$CHROMIUM" ]; then exit 0; fi; \
	for name in chromium chromium-browser google-chrome google-chrome-stable; do if command -v $$name > /dev/null; then exit 0; fi; done; \
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$sudo apt-get update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium

# nginx from Debian, which may lie where only root's PATH looks. No service is started.
nginx:
	@if PATH="$$PATH:/usr/sbin" command -v nginx > /dev/null; then exit 0; fi; \
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$sudo apt-get update && $$sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y --no-install-recommends nginx

# Firefox from Debian when neither FIREFOX nor the PATH has one, and the driver on which it computes without a GPU.
firefox: lavapipe
	@if [ -n "$$FIREFOX" ]; then exit 0; fi; \
	for name in firefox-esr firefox; do if command -v $$name > /dev/null; then exit 0; fi; done; \
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$sudo apt-get update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends firefox-esr

clean:
	rm -rf bin dist out.png web/*.wasm web/*.wasm.br web/*.wasm.gz
