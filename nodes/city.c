/* The city: holds what its counties wrote, passes it on, feeds its coordinators. */
#include "node.h"

int main(int argument_count, char **arguments)
{
    static const struct fq_tier_row city = {
        .tier = FQ_TIER_CITY,
        .program = "fengqiao-city",
        .has_vault = false,
    };

    return fq_node_main(&city, argument_count, arguments);
}
