/* A province under everything that can go wrong, from a few seeds: those that once found a bug, and
 * some that did not. tests/sim/README.md tells what is simulated; `make sim` goes on and on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

#define SEEDS_FILE "tests/sim/seeds"
#define SEEDS_MAX 256
#define FIRST_FRESH 1000
#define FRESH_SEEDS 100

static struct sim sim;
static int number, failed;

static void report(bool is_passed, const char *what, uint64_t seed)
{
    printf("%s %d - %s %llu\n", is_passed ? "ok" : "not ok", ++number, what,
           (unsigned long long)seed);
    failed += !is_passed;
}

static void run(const char *what, uint64_t seed)
{
    bool is_passed = sim_run(&sim, seed);

    if (!is_passed) {
        sim_print(&sim, "# ");
    }
    report(is_passed, what, seed);
}

/* One seed a line, then what it found. */
static size_t read_seeds(uint64_t seeds[SEEDS_MAX])
{
    FILE *file = fopen(SEEDS_FILE, "r");
    char line[512];
    size_t count = 0;

    while (file && count < SEEDS_MAX && fgets(line, sizeof line, file)) {
        uint64_t seed = strtoull(line, NULL, 10);
        if (seed > 0) {
            seeds[count++] = seed;
        }
    }
    if (file) {
        fclose(file);
    }
    return count;
}

static void z1_the_same_seed_gives_the_same_trace(void)
{
    (void)sim_run(&sim, 7);
    uint64_t first = sim.trace;
    (void)sim_run(&sim, 8);
    uint64_t other = sim.trace;
    (void)sim_run(&sim, 7);

    report(first == sim.trace, "Z1 the same seed gives the same trace:", 7);
    report(first != other, "Z1 another seed gives another trace:", 8);
}

int main(void)
{
    uint64_t seeds[SEEDS_MAX];
    size_t count = read_seeds(seeds);

    printf("1..%zu\n", count + FRESH_SEEDS + 2);
    z1_the_same_seed_gives_the_same_trace();
    for (size_t i = 0; i < count; i++) {
        run("found a bug once:", seeds[i]);
    }
    for (uint64_t i = 0; i < FRESH_SEEDS; i++) {
        run("seed", FIRST_FRESH + i);
    }
    return failed > 0;
}
