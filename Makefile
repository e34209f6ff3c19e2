# Everything from a fresh Debian 12 with a Rust toolchain. `make help` lists the targets.

CARGO ?= cargo
CARGO_FLAGS := --locked

# What compiling needs, what the demo runs, what only tests and benchmarks run.
BUILD_PACKAGES := build-essential nasm pkg-config cmake libpixman-1-dev libxkbcommon-dev libxkbcommon-x11-dev libxcb1-dev libwayland-dev xkb-data
DEMO_PACKAGES  := xwayland foot xterm l3afpad fonts-dejavu-core fonts-droid-fallback adwaita-icon-theme
TEST_PACKAGES  := gtk-4-examples gtk-3-examples cutemaze qt6-wayland xvfb xdotool openbox wl-clipboard xclip x11-utils x11-xserver-utils xauth
BENCH_PACKAGES := tigervnc-standalone-server tigervnc-viewer

.DEFAULT_GOAL := help
.PHONY: help demo test check bench setup setup-build setup-test setup-bench fuzz

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: setup ## build, run a session with demo apps, print the link to open
	@$(CARGO) build $(CARGO_FLAGS) --release -p dormer-server -p dormer-viewer
	@./demo

test: setup-test ## install what tests need, then run every test
	$(CARGO) build $(CARGO_FLAGS) --workspace --bins
	$(CARGO) test $(CARGO_FLAGS) --workspace
	fuzz/run 5

check: setup-build ## format, lints, docs, stale generated files, borders between crates
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(CARGO_FLAGS) --workspace --no-deps --quiet
	tests/borders

bench: setup-bench ## measure against the goals and the rivals, in one run
	$(CARGO) build $(CARGO_FLAGS) --release --workspace
	$(CARGO) run $(CARGO_FLAGS) --release -p dormer-benches

fuzz: setup-build ## fuzz every decoder for a minute each
	fuzz/run 60

setup: setup-build ## install the packages that building and the demo need
	@$(call install,$(DEMO_PACKAGES))

setup-build:
	@$(call install,$(BUILD_PACKAGES))

setup-test: setup
	@$(call install,$(TEST_PACKAGES))

setup-bench: setup-test
	@$(call install,$(BENCH_PACKAGES))

# Installs only what is missing, so that nothing happens, and nobody needs to be root, when all is there.
define install
missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q '^install ok installed' || echo $$p; done); \
[ -z "$$missing" ] || { echo "installing" $$missing; \
	command -v apt-get >/dev/null || { echo "make: this is no Debian; install the like of:" $$missing >&2; exit 1; }; \
	as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	$$as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }
endef
