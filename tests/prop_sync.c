/* A small province under loss, doubling, reordering, crashes at both sides of the commit, and older
 * images restored: when the faults stop, all tiers agree and nothing acknowledged is lost. */
#include <stdio.h>
#include <stdlib.h>

#include "support/cluster.h"

#define SEEDS 12
#define TURNS 3000
#define SETTLE_TURNS 60000

/* Y1 to Y6, N2 to N5, M1 to M4 together. */
static const char *run(uint64_t seed)
{
    static struct cluster cluster;

    cluster_open(&cluster, seed);
    cluster.loss_percent = (unsigned)cluster_random(&cluster, 40);
    cluster.double_percent = (unsigned)cluster_random(&cluster, 40);
    cluster.crash_percent = (unsigned)cluster_random(&cluster, 3);
    for (int i = 0; i < TURNS; i++) {
        cluster_step(&cluster, true);
    }
    cluster_settle(&cluster, SETTLE_TURNS);
    const char *difference = cluster_difference(&cluster);
    printf("# seed %llu: %u commands, %llu frames, %llu lost, %llu doubled, %llu crashes, %llu "
           "older images\n",
           (unsigned long long)seed, cluster.command_count, (unsigned long long)cluster.deliveries,
           (unsigned long long)cluster.losses, (unsigned long long)cluster.doubles,
           (unsigned long long)cluster.crashes, (unsigned long long)cluster.rewinds);
    cluster_close(&cluster);
    return difference;
}

int main(void)
{
    const char *given = getenv("SEED");
    uint64_t first = given ? strtoull(given, NULL, 10) : 1;
    int failed = 0;

    printf("1..%d\n", SEEDS);
    for (int i = 0; i < SEEDS; i++) {
        const char *difference = run(first + (uint64_t)i);
        printf("%s %d - seed %llu%s%s\n", difference ? "not ok" : "ok", i + 1,
               (unsigned long long)(first + (uint64_t)i), difference ? ": " : "",
               difference ? difference : "");
        failed += difference != NULL;
    }
    return failed > 0;
}
