# The two commands of the README are `make prove` and `make test`; both set up what they need.
PYTHON ?= python3
PROFILE ?= release
BIN := .venv/bin
CARGO := $(abspath $(BIN)/cargo)
TEST_WORKERS ?= 2
# Runs the target given as argument and says how long it took, also when it fails.
timed = begin=$$(date +%s); $(MAKE) --no-print-directory $(1); code=$$?; \
  echo "make $@: $$(( $$(date +%s) - begin )) s" >&2; exit $$code

.PHONY: guest-keys calibration differences fuzz guests guest-toolchain help setup prove prove-now test test-now test-variants test-slow check format lock clean

help:  ## what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## virtual environment, locked packages, Rust toolchain, native module
	@$(PYTHON) tools/setup_environment.py --profile $(PROFILE)

prove:  ## set up and run the main job
	@$(call timed,prove-now)

test:  ## set up and run the tests that CI needs
	@$(call timed,test-now)

prove-now: setup
	$(BIN)/hstar doctor
	$(BIN)/hstar prove -o build/example-block.hstar --work-dir build/prove
	$(BIN)/hstar verify build/example-block.hstar

test-now: setup
	$(BIN)/python -m pytest -m "not slow" -n $(TEST_WORKERS)
	cd rust && $(CARGO) test --profile quick --locked --quiet

# Processors that narrower builds are made for, and the instruction set that the field kernels then use.
VARIANTS := x86-64-v3 x86-64-v2
SET_OF_x86-64-v3 := avx2
SET_OF_x86-64-v2 := portable

test-variants:  ## kernel tests on builds for narrower processors
	@$(call timed,$(VARIANTS:%=test-variant-%))

test-variant-%: setup
	cd rust && RUSTFLAGS=-Ctarget-cpu=$* $(CARGO) build --profile quick --locked --quiet -p hstar-py --target-dir target/$*
	HSTAR_NATIVE_PATH=rust/target/$*/quick/lib_native.so HSTAR_EXPECTED_INSTRUCTION_SET=$(SET_OF_$*) \
	  $(BIN)/python -m pytest tests/kernels -m "not slow" -n $(TEST_WORKERS) \
	  -W "ignore:hstar's native module was built for:RuntimeWarning"

test-slow: setup  ## every test, also the long ones
	$(BIN)/python -m pytest -n $(TEST_WORKERS)

# Targets of tests/fuzz/fuzz_proofs.py, and how long each is fuzzed.
FUZZ_TARGETS := decode verify file final
SECONDS_EACH ?= 60

fuzz: setup  ## coverage-guided fuzzing of proof decoder and verifier (SECONDS_EACH=60)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	for target in $(FUZZ_TARGETS); do \
	  $(BIN)/python tests/fuzz/fuzz_proofs.py $$target build/fuzz/corpus/$$target \
	    -max_total_time=$(SECONDS_EACH) -artifact_prefix=build/fuzz/$$target- || exit 1; \
	done

check: setup  ## format, lint, types, layers, links
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/check_links.py
	@$(CARGO) fmt --version >/dev/null 2>&1 || { echo 'rustfmt is missing: rustup component add rustfmt, or the package rustfmt-web'; exit 1; }
	cd rust && $(CARGO) fmt --all --check
	@$(CARGO) clippy --version >/dev/null 2>&1 || { echo 'clippy is missing: rustup component add clippy, or the package rust-web-clippy'; exit 1; }
	cd rust && $(CARGO) clippy --release --locked --quiet --all-targets -- -D warnings

format: setup  ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	cd rust && $(CARGO) fmt --all

lock:  ## choose and lock newer versions of the Python packages (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	  --custom-compile-command "make lock" requirements/dev.in -o requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	  --custom-compile-command "make lock" requirements/fuzz.in -o requirements/fuzz.txt

DATA = $(or $(HSTAR_DATA),../shared/data)

differences: setup  ## rewrite docs/soundness/differences.md (needs the data folder)
	$(BIN)/hstar soundness differences $(DATA)/soundcalc/toml -o docs/soundness/differences.md

calibration: setup  ## rewrite the table and the picture of docs/soundness/calibration.md
	$(BIN)/hstar soundness calibrate --into docs/soundness/calibration.md --plot docs/soundness/calibration.svg

guest-toolchain:  ## Debian packages that build guest programs (as root)
	@$(PYTHON) tools/build_guests.py --toolchain

guests:  ## build the guest library and example guests, compare their digests
	@$(PYTHON) tools/build_guests.py

guest-keys: setup  ## make the verifying keys of the shipped guests from their programs
	$(BIN)/python tools/record_guest_keys.py

clean:  ## remove what was built
	rm -rf .venv rust/target src/hstar/_native*.so
