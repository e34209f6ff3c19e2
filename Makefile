# Everything from a fresh Debian 12 with a Rust toolchain. `make help` lists the targets.

CARGO ?= cargo
CARGO_FLAGS := --locked

# What compiling needs, what the demo runs, what only tests and benchmarks run.
BUILD_PACKAGES := build-essential nasm pkg-config cmake libxkbcommon-dev libxkbcommon-x11-dev libxcb1-dev libwayland-dev xkb-data
DEMO_PACKAGES  := xwayland dbus-daemon foot xterm l3afpad fonts-dejavu-core fonts-droid-fallback adwaita-icon-theme
TEST_PACKAGES  := weston gtk-4-examples gtk-3-examples cutemaze focuswriter qt6-wayland xvfb xdotool openbox wl-clipboard xclip x11-utils x11-xserver-utils xauth iproute2 iptables \
                  chromium firefox-esr webkit2gtk-driver openssl coturn default-jdk python3-gi gir1.2-gtk-3.0 tk \
                  docker.io docker-compose mmdebstrap podman dbus-daemon dbus-bin nginx wireguard-go wireguard-tools
APP_PACKAGES   := rxvt-unicode x11-apps featherpad mpv libreoffice-writer libreoffice-calc libreoffice-gtk3 gimp emacs-gtk gnome-terminal keepassxc nedit mesa-utils
PACKAGE_PACKAGES := lintian mmdebstrap xvfb x11-utils desktop-file-utils man-db
# A program for Windows is fetched and tried in its image.
IMAGE_PACKAGES := python3-pip unzip
BENCH_PACKAGES := tigervnc-standalone-server tigervnc-viewer

# Only where no Node.js of 18 or newer is on the path.
NODE_PACKAGES  := nodejs npm

# What `make deb` compiles: release, or dev for a trial that takes less time.
PROFILE       ?= release

WEB           := viewer/web
PAGE          := $(WEB)/dist/index.html
BROWSER_TESTS := tests/browser

.DEFAULT_GOAL := help
# What laws are tried with: the same histories every time. `make test LAW_SEED=random` tries others.
LAW_SEED ?= 1
.PHONY: help demo test check bench page image images build-images test-images figures base-image deb test-apps test-packages setup setup-build setup-node setup-test setup-bench fuzz

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: setup page ## build, run a session with demo apps, print the link to open
	@$(CARGO) build $(CARGO_FLAGS) --release -p dormer-server -p dormer-viewer
	@./demo

test: setup-test page $(BROWSER_TESTS)/node_modules/.package-lock.json ## install what tests need, then run every test
	cd $(WEB) && npx vitest run
	$(CARGO) build $(CARGO_FLAGS) --workspace --bins
	DORMER_TESTS_COMPLETE=1 PROPTEST_RNG_SEED=$(LAW_SEED) $(CARGO) test $(CARGO_FLAGS) --workspace
	cd $(BROWSER_TESTS) && npx vitest run
	fuzz/run fixed

check: setup-build page $(BROWSER_TESTS)/node_modules/.package-lock.json ## format, lints, docs, stale generated files, borders between crates
	cd $(WEB) && npx tsc --noEmit && npx prettier --check --log-level warn .
	cd $(BROWSER_TESTS) && npx tsc --noEmit && npx prettier --check --log-level warn .
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings
	$(CARGO) test $(CARGO_FLAGS) --quiet -p dormer-protocol --features typescript --test typescript
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(CARGO_FLAGS) --workspace --no-deps --quiet
	tests/borders
	tests/mirrors

bench: setup-bench page $(BROWSER_TESTS)/node_modules/.package-lock.json ## measure against the goals and the rivals, in one run
	$(CARGO) build $(CARGO_FLAGS) --release --workspace
	$(CARGO) run $(CARGO_FLAGS) --release --bin dormer-bench
	cd $(BROWSER_TESTS) && DORMER_BINARIES=$(CURDIR)/target/release npm run --silent bench

image: IMAGES = base linux
image: build-images ## build the images of subsystems, base and linux; BASE=NAME names what base begins with

images: IMAGES = base linux desktop web wine
images: build-images ## build all images of subsystems

build-images: page
	packages/tools
	packages/licences
	$(CARGO) build $(CARGO_FLAGS) --release -p dormer-server
	images/build $(IMAGES)

test-images: setup-test page ## build all images in a Docker of the test's own, and use what they hold; as root
	@$(call install,$(IMAGE_PACKAGES))
	$(CARGO) build $(CARGO_FLAGS) --workspace --bins
	DORMER_TESTS_COMPLETE=1 DORMER_BINARIES=$(CURDIR)/target/debug target/debug/dormer-images

figures: setup-test page ## measure images, one shared and several; prints the tables of docs/subsystems.md; as root
	$(CARGO) build $(CARGO_FLAGS) --release --workspace --bins
	DORMER_BINARIES=$(CURDIR)/target/release target/release/dormer-images --figures

base-image: ## make dormer/debian:12 without a registry, for `make image BASE=dormer/debian:12`
	images/base-image

deb: setup-build page ## make the packages dormer and dormer-view for Debian 12 in target/debian; PROFILE=dev is faster
	packages/tools
	$(CARGO) build $(CARGO_FLAGS) --profile $(PROFILE) -p dormer-server -p dormer-viewer
	packages/build $(PROFILE)

test-apps: setup-test page ## use thirty real apps as people do, and write docs/apps.md
	@$(call install,$(APP_PACKAGES))
	$(CARGO) build $(CARGO_FLAGS) --workspace --bins
	DORMER_BINARIES=$(CURDIR)/target/debug $(CARGO) test $(CARGO_FLAGS) -p dormer-tests --test matrix -- --ignored

test-packages: deb ## install both packages in a bare Debian 12 and open a window there; as root
	@$(call install,$(PACKAGE_PACKAGES))
	$(CARGO) build $(CARGO_FLAGS) -p dormer-tests --bins
	tests/packages

fuzz: setup-build ## fuzz every decoder for a minute each
	fuzz/run 60

page: $(PAGE) ## build the browser viewer, which the host embeds

# Remade when a source changed. What lies in public/ is copied, not compiled, and counts as well.
$(PAGE): $(WEB)/node_modules/.package-lock.json $(WEB)/index.html $(WEB)/vite.config.ts $(WEB)/tsconfig.json \
		$(shell find $(WEB)/src $(WEB)/build $(WEB)/public 2>/dev/null)
	cd $(WEB) && npx vite build --logLevel warn
	@touch $@

%/node_modules/.package-lock.json: %/package.json %/package-lock.json | setup-node
	cd $* && npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

setup: setup-build ## install the packages that building and the demo need
	@$(call install,$(DEMO_PACKAGES))

setup-build:
	@$(call install,$(BUILD_PACKAGES))

setup-node:
	@node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null || { $(call install,$(NODE_PACKAGES)); }

# Tests start coturn and nginx themselves. As services, which Debian's packages start at once, they would relay
# for anybody and serve a page.
setup-test: setup setup-node
	@! command -v systemctl >/dev/null || for pair in turnserver:coturn nginx:nginx; do \
		PATH=$$PATH:/usr/sbin command -v $${pair%:*} >/dev/null || { \
			as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; $$as_root systemctl -q mask $${pair#*:}.service; }; done
	@policy=/usr/sbin/policy-rc.d; as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	if [ -e $$policy ] || PATH=$$PATH:/usr/sbin command -v nginx >/dev/null; then $(call install,$(TEST_PACKAGES)); else \
		printf '#!/bin/sh\ncase "$$1" in nginx|coturn) exit 101;; esac\n' | $$as_root tee $$policy >/dev/null; \
		$$as_root chmod 755 $$policy; \
		( $(call install,$(TEST_PACKAGES)) ); result=$$?; $$as_root rm $$policy; exit $$result; fi

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
