/* simulate: seed after seed for SECONDS from SEED; or, without SECONDS, the one seed. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim.h"

#define SECONDS_WITHOUT 60

struct sums {
    uint64_t passed, failed, steps, deliveries, checks;
    uint64_t faults[SIM_FAULTS_COUNT], seeds_with[SIM_FAULTS_COUNT];
    uint64_t settled_ms, relays;
};

static double elapsed(const struct timespec *began)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

static void add(struct sums *sums, const struct sim *sim, bool is_passed)
{
    sums->passed += is_passed;
    sums->failed += !is_passed;
    sums->steps += sim->step;
    sums->deliveries += sim->deliveries;
    sums->checks += sim->checks;
    sums->relays += sim->relays;
    sums->settled_ms = sim->settled_ms > sums->settled_ms ? sim->settled_ms : sums->settled_ms;
    for (int i = 0; i < SIM_FAULTS_COUNT; i++) {
        sums->faults[i] += sim->faults[i];
        sums->seeds_with[i] += sim->faults[i] > 0;
    }
}

static void print_sums(const struct sums *sums, double seconds)
{
    uint64_t seeds = sums->passed + sums->failed;

    printf(
        "%llu seeds, %.1f per second; %llu steps, %llu deliveries, %llu relays, %llu views folded "
        "again; all agreed after %.1f s of calm at most\n",
        (unsigned long long)seeds, (double)seeds / seconds, (unsigned long long)sums->steps,
        (unsigned long long)sums->deliveries, (unsigned long long)sums->relays,
        (unsigned long long)sums->checks, (double)sums->settled_ms / 1000);
    for (int i = 0; i < SIM_FAULTS_COUNT; i++) {
        printf("  %-36s %9llu in %5.1f%% of seeds\n", sim_fault_name((enum sim_fault)i),
               (unsigned long long)sums->faults[i],
               100.0 * (double)sums->seeds_with[i] / (double)seeds);
    }
    printf("%llu passed, %llu failed\n", (unsigned long long)sums->passed,
           (unsigned long long)sums->failed);
}

int main(int argc, char **argv)
{
    static struct sim sim;
    struct timespec began;
    struct sums sums = {0};
    uint64_t seconds = random_setting(argc, argv, 1, "SECONDS", 0);
    uint64_t seed = random_setting(argc, argv, 2, "SEED", 0);
    uint64_t failures_max = random_setting(argc, argv, 3, "FAILURES", 1);
    bool is_one = seed > 0 && seconds == 0;

    clock_gettime(CLOCK_MONOTONIC, &began);
    seconds = seconds ? seconds : SECONDS_WITHOUT;
    if (seed == 0) {
        seed = (uint64_t)time(NULL) * 1000;
    }
    printf("from seed %llu\n", (unsigned long long)seed);
    do {
        bool is_passed = sim_run(&sim, seed++);
        add(&sums, &sim, is_passed);
        if (!is_passed) {
            sim_print(&sim, "");
        }
        if (is_one) {
            printf("trace %016llx\n", (unsigned long long)sim.trace);
        }
        fflush(stdout);
    } while (!is_one && sums.failed < failures_max && elapsed(&began) < (double)seconds);
    print_sums(&sums, elapsed(&began));
    return sums.failed > 0;
}
