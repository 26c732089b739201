/* The county: registers disputes, keeps party data in its vault, reports to the tier above. */
#include "node.h"

int main(int argument_count, char **arguments)
{
    static const struct fq_tier_row county = {
        .tier = FQ_TIER_COUNTY,
        .program = "fengqiao-county",
        .has_vault = true,
    };

    return fq_node_main(&county, argument_count, arguments);
}
