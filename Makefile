# Fengqiao: one Makefile, no file lists. `make help` says what there is.

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
JOBS    ?= $(shell nproc)
MODE    ?= release
SECONDS ?=
MUTANT  ?=
QUICK   ?=

# The file that `make bench OUT=file` asks for; objects lie where they always do.
ifeq ($(origin OUT),command line)
BENCH_OUT := $(OUT)
endif
override OUT := build/$(MODE)
BIN := $(if $(filter release,$(MODE)),build/bin,$(OUT)/bin)

# --- packages -----------------------------------------------------------------------------------

DEPS := gcc libc6-dev make pkgconf gettext libzmq3-dev librocksdb-dev libmsgpack-dev \
        libconfig-dev libsodium-dev libxxhash-dev libzstd-dev libjansson-dev libsmartcols-dev \
        libcsv-dev libedit-dev libutf8proc-dev libxlsxwriter-dev libzip-dev libexpat1-dev scdoc
DEPS_TEST := git perl procps python3 python3-zmq python3-msgpack python3-openpyxl \
        libcmocka-dev rocksdb-tools groff-base clang libclang-rt-14-dev clang-format
MODULES := libzmq rocksdb msgpack libconfig libsodium libxxhash libzstd jansson smartcols libedit \
        libutf8proc xlsxwriter libzip expat

# Install what is missing of $(1), say so, and be silent when nothing is.
define install
@missing=; \
for package in $(1); do \
    case $$(dpkg-query -W -f='$${db:Status-Abbrev}' $$package 2>/dev/null) in \
    ii*) ;; \
    *) missing="$$missing $$package" ;; \
    esac; \
done; \
[ -n "$$missing" ] || exit 0; \
if [ "$$(id -u)" = 0 ]; then as=; \
elif command -v sudo >/dev/null; then as=sudo; \
else echo "make $@: neither root nor sudo; as root: apt-get install$$missing" >&2; exit 1; fi; \
echo "Installing Debian packages with $${as:+sudo }apt-get:$$missing"; \
$$as apt-get -q update || echo "make $@: apt-get update failed; trying with the lists at hand" >&2; \
$$as env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 install $$missing
endef

# --- flags --------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wcast-qual -Wformat=2 -Wundef -Wvla -Wnull-dereference -Werror
WARNINGS_GCC := -Wduplicated-cond -Wlogical-op
# What gcc infers by optimizing is wrong about code it instruments: the release build judges it.
WARNINGS_NOT := -Wno-null-dereference -Wno-maybe-uninitialized -Wno-format-truncation
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

CC := gcc
ifeq ($(MODE),release)
MODE_FLAGS := -O2 $(WARNINGS_GCC)
else ifeq ($(MODE),sanitize)
MODE_FLAGS := -O1 $(SANITIZE) $(WARNINGS_GCC) $(WARNINGS_NOT)
else ifeq ($(MODE),coverage)
MODE_FLAGS := -O0 --coverage -fprofile-update=atomic $(WARNINGS_GCC) $(WARNINGS_NOT)
else ifeq ($(MODE),fuzz)
CC := clang
MODE_FLAGS := -O1 $(SANITIZE) -fsanitize=fuzzer-no-link
else
$(error MODE is release, sanitize, coverage or fuzz)
endif

CPPFLAGS := -D_GNU_SOURCE -DFQ_VERSION='"$(VERSION)"' -DFQ_LOCALEDIR='"$(PREFIX)/share/locale"' \
        -Iinclude $(patsubst -I%,-isystem%,$(shell pkg-config --cflags $(MODULES) 2>/dev/null))
CFLAGS   := -std=c17 -g $(WARNINGS) $(MODE_FLAGS)
LDFLAGS  := -g $(MODE_FLAGS) -Wl,--as-needed
LDLIBS   := $(shell pkg-config --libs $(MODULES) 2>/dev/null) -lcsv -lm

# --- what is built ------------------------------------------------------------------------------

objects = $(patsubst %.c,$(OUT)/%.o,$(1))

TIERS    := $(patsubst nodes/%.c,%,$(wildcard nodes/county.c nodes/city.c nodes/province.c))
NODE_SRC := $(filter-out $(TIERS:%=nodes/%.c),$(wildcard nodes/*.c))
CLI_SRC  := $(wildcard nodes/cli/*.c)
LIB_SRC  := $(wildcard common/*/*.c)
HELP_SRC := $(filter-out tests/support/replay.c,$(wildcard tests/support/*.c))
TEST_SRC := $(wildcard tests/test_*.c tests/prop_*.c)
FUZZ_SRC := $(wildcard tests/fuzz_*.c)
BENCH_SRC := $(filter-out tests/bench/count_syncs.c,$(wildcard tests/bench/*.c))
HENAN_SRC := $(wildcard tests/henan/*.c)
SIM_SRC  := $(filter-out tests/sim/main.c,$(wildcard tests/sim/*.c))

LIB      := $(OUT)/libfengqiao.a
NODES    := $(OUT)/libnodes.a
HELP     := $(OUT)/libsupport.a
DAEMONS  := $(TIERS:%=$(BIN)/fengqiao-%)
PROGRAMS := $(DAEMONS) $(if $(CLI_SRC),$(BIN)/fengqiao $(BIN)/fq)
CATALOGS := $(patsubst ops/po/%.po,build/locale/%/LC_MESSAGES/fengqiao.mo,$(wildcard ops/po/*.po))
MANUALS  := $(patsubst ops/man/%.scd,build/man/%,$(wildcard ops/man/*.scd ops/man/*/*.scd))
COMPLETION := build/completion/fengqiao
TESTS    := $(TEST_SRC:%.c=$(OUT)/%)
FUZZERS  := $(FUZZ_SRC:%.c=$(OUT)/%)
REPLAYS  := $(FUZZ_SRC:tests/fuzz_%.c=$(OUT)/tests/replay_%)
SCRIPTS  := $(wildcard tests/test_*.py tests/prop_*.py tests/test_*.sh)
E2E      := $(wildcard tests/e2e_*.sh tests/e2e_*.py)
BENCH    := $(OUT)/tests/bench/bench
SIM      := $(OUT)/tests/sim/simulate
HENAN    := $(OUT)/tests/henan/henan
SOURCES  := $(wildcard $(LIB_SRC) nodes/*.c nodes/*/*.c tests/*.c tests/*/*.c)

# What tests of the program run: the one of this mode.
export FQ := $(abspath $(BIN)/fengqiao)
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps deps-test tests replays fuzzers benches simulators henans test check demo sim \
        henan mutants bench sanitize sanitized fuzz po tidy coverage install clean help
.DEFAULT_GOAL := $(if $(MUTANT),mutants,all)

# --- targets ------------------------------------------------------------------------------------

all: $(PROGRAMS) $(CATALOGS) $(MANUALS) $(COMPLETION) ## build the programs (the default)

deps: ## install what building and running need (apt, root or sudo)
	$(call install,$(DEPS))

deps-test: ## install what only tests need
	$(call install,$(DEPS_TEST))

tests: $(TESTS)
replays: $(REPLAYS)
fuzzers: $(FUZZERS)
henans: $(HENAN)
benches: $(BENCH) $(OUT)/tests/bench/count_syncs.so
simulators: $(SIM)
all tests replays fuzzers benches simulators henans: ; @:

test: ## build and run unit and property tests
	@$(MAKE) -j$(JOBS) all tests
	@tests/run.sh -j $(JOBS) $(TESTS) $(SCRIPTS)

check: ## all a release must pass; needs nothing before it
	@$(MAKE) deps
	@$(MAKE) deps-test
	@$(MAKE) -j$(JOBS) all tests replays henans
	@tests/run.sh -j $(JOBS) $(TESTS) $(SCRIPTS) $(REPLAYS) -j 1 $(E2E)

demo: ## a province on loopback with the real ledger (KEEP=1 leaves it running)
	@$(MAKE) deps
	@$(MAKE) -j$(JOBS) all
	@KEEP=$(KEEP) ops/demo.sh

sim: ## a province from a seed, with every fault: SECONDS= from SEED=, or the one SEED=
	@$(MAKE) deps
	@$(MAKE) -j$(JOBS) simulators
	@$(SIM) '$(SECONDS)' '$(SEED)'

henan: ## the half-year of the article through real nodes, and its bulletin (QUICK=1: a hundredth)
	@$(MAKE) deps
	@$(MAKE) -j$(JOBS) all henans
	@QUICK='$(QUICK)' KEEP='$(KEEP)' tests/henan/run.sh

mutants: ## seeded bugs, each killed by a test (MUTANT=name for one, QUICK=1 for a few)
	@$(MAKE) deps
	@$(MAKE) deps-test
	@$(MAKE) -j$(JOBS) all tests
	@/usr/bin/python3 tests/mutants/hunt.py --jobs $(JOBS) $(if $(QUICK),--quick) \
	    $(if $(MUTANT),--verbose $(MUTANT))

bench: ## how fast, how small: one table (QUICK=1 less, BENCH_ONLY=part, OUT=file for JSON lines)
	@$(MAKE) deps
	@$(MAKE) -j$(JOBS) all benches
	@QUICK='$(QUICK)' BENCH_ONLY='$(BENCH_ONLY)' BENCH_OUT='$(BENCH_OUT)' $(BENCH) $(BIN)

sanitize: ## unit and property tests and the fuzz corpus under ASan and UBSan
	@$(MAKE) MODE=sanitize sanitized

sanitized:
	@$(MAKE) -j$(JOBS) all tests replays
	@tests/run.sh -j $(JOBS) $(TESTS) $(SCRIPTS) $(REPLAYS)

fuzz: ## fuzz for SECONDS= in all, or until told to stop
	@$(MAKE) MODE=fuzz -j$(JOBS) fuzzers
	@tests/fuzz.sh '$(SECONDS)' $(FUZZ_SRC:%.c=build/fuzz/%)

po: ## append what has no translation yet to the catalogues, and name what nobody says any more
	@ops/po.py update

tidy: ## format, layers, library doors, translations, READMEs
	@ops/tidy.sh

coverage: ## how many lines unit and property tests reach
	@rm -rf build/coverage
	@$(MAKE) MODE=coverage test
	@cd build/coverage && find common -name '*.gcda' -exec gcov -n {} + 2>/dev/null | awk -F"['%:]" ' \
	    /^File/ { file = $$2 } \
	    /^Lines/ && file ~ /^common/ { split($$0, part, "of "); lines = part[2]; \
	        printf "%6.1f%% of %5d  %s\n", $$2, lines, file; all += lines; hit += $$2 * lines / 100 } \
	    /^Lines/ { file = "" } \
	    END { if (all) printf "%6.1f%% of %5d  total\n", 100 * hit / all, all }' | sort -k4

install: all ## into DESTDIR/PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/fengqiao
	install -m 755 $(filter-out %/fq,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	ln -sf fengqiao $(DESTDIR)$(PREFIX)/bin/fq
	cp -R config $(DESTDIR)$(PREFIX)/share/fengqiao/
	for catalog in $(CATALOGS:build/%=%); do \
	    install -D -m 644 build/$$catalog $(DESTDIR)$(PREFIX)/share/$$catalog || exit 1; \
	done
	for manual in $(MANUALS:build/man/%=%); do \
	    folder=$$(dirname $$manual)/man$${manual##*.}; \
	    install -D -m 644 build/man/$$manual \
	        $(DESTDIR)$(PREFIX)/share/man/$$folder/$${manual##*/} || exit 1; \
	done
	for folder in man8 zh_CN/man8; do \
	    for tier in city province; do \
	        echo ".so man8/fengqiao-county.8" >$(DESTDIR)$(PREFIX)/share/man/$$folder/fengqiao-$$tier.8; \
	    done; \
	done
	install -D -m 644 $(COMPLETION) $(DESTDIR)$(PREFIX)/share/bash-completion/completions/fengqiao
	ln -sf fengqiao $(DESTDIR)$(PREFIX)/share/bash-completion/completions/fq

clean: ## forget all that was built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

# --- rules --------------------------------------------------------------------------------------

$(OUT)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  cc    $(MODE) $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(call objects,$(LIB_SRC))
$(NODES): $(call objects,$(NODE_SRC))
$(HELP): $(call objects,$(HELP_SRC))
$(LIB) $(NODES) $(HELP):
	@mkdir -p $(@D)
	@rm -f $@
	@ar rcs $@ $^

define link
@mkdir -p $(@D)
@echo "  link  $@"
@$(CC) $(LDFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(1) $(LDLIBS) -o $@
endef

$(BIN)/fengqiao: $(call objects,$(CLI_SRC)) $(LIB)
	$(call link)
$(DAEMONS): $(BIN)/fengqiao-%: $(OUT)/nodes/%.o $(call objects,$(NODE_SRC)) $(LIB)
	$(call link)
$(BIN)/fq: $(BIN)/fengqiao
	@ln -sf fengqiao $@

$(OUT)/tests/prop_sim: $(call objects,$(SIM_SRC))
$(OUT)/tests/test_register: $(call objects,$(addprefix nodes/cli/,import_cell.c import_compare.c \
        import_map.c import_past.c import_row.c register.c sheet.c xlsx.c))
$(TESTS): $(OUT)/tests/%: $(OUT)/tests/%.o $(HELP) $(NODES) $(LIB)
	$(call link,-lcmocka)
$(BENCH): $(call objects,$(BENCH_SRC) nodes/cli/lab_layout.c nodes/cli/text.c \
    nodes/cli/width.c nodes/cli/words.c) $(HELP) $(LIB)
	$(call link)
$(HENAN): $(call objects,$(HENAN_SRC) nodes/cli/lab_layout.c nodes/cli/text.c \
    nodes/cli/width.c nodes/cli/words.c) $(HELP) $(LIB)
	$(call link)
$(OUT)/tests/bench/count_syncs.so: tests/bench/count_syncs.c Makefile
	@mkdir -p $(@D)
	@echo "  link  $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared $< -o $@
# The simulation's objects stand in for doors of the edge, so they come before the libraries.
$(SIM): $(OUT)/tests/sim/main.o $(call objects,$(SIM_SRC)) $(HELP) $(NODES) $(LIB)
	$(call link)
$(REPLAYS): $(OUT)/tests/replay_%: $(OUT)/tests/fuzz_%.o $(OUT)/tests/support/replay.o $(HELP) $(LIB)
	$(call link)
$(FUZZERS): $(OUT)/tests/%: $(OUT)/tests/%.o $(HELP) $(LIB)
	$(call link,-fsanitize=fuzzer)

build/locale/%/LC_MESSAGES/fengqiao.mo: ops/po/%.po
	@mkdir -p $(@D)
	@echo "  msg   $<"
	@msgfmt --check -o $@ $<

# The reference within a page is the program's own, in the language of the page.
build/man/%: ops/man/%.scd ops/man/head.roff ops/man/zh_CN/head.roff $(BIN)/fengqiao $(CATALOGS)
	@mkdir -p $(@D)
	@echo "  man   $<"
	@FQ_LOCALEDIR=build/locale $(BIN)/fengqiao completion man \
	    --lang $(if $(filter zh_CN/%,$*),zh,en) >$@.reference
	@sed -e '/^@REFERENCE@$$/{r $@.reference' -e 'd}' $< | scdoc | \
	    sed '/^\.TH /r $(<D)/head.roff' >$@
	@rm -f $@.reference

$(COMPLETION): $(BIN)/fengqiao
	@mkdir -p $(@D)
	@$(BIN)/fengqiao completion bash >$@

-include $(patsubst %.c,$(OUT)/%.d,$(SOURCES))
