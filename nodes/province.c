/* The province: the top of the tree, where figures are rolled up and published. */
#include "node.h"

int main(int argument_count, char **arguments)
{
    static const struct fq_tier_row province = {
        .tier = FQ_TIER_PROVINCE,
        .program = "fengqiao-province",
        .has_vault = false,
    };

    return fq_node_main(&province, argument_count, arguments);
}
