/* The layout of a lab: one directory with every node of an area table.
 *
 *   DIR/lab.cfg  areas.csv  taxonomy.cfg      DIR/CODE/node.cfg  keys/  certs/  data/  log  pid
 *
 * L1  Ports are chosen once and outside the range from which the system takes ports for outgoing
 *     connections: else a child that calls a stopped parent could end up connected to itself.
 * L2  A node lets in its own operator, itself, the nodes above it and the nodes below it.
 * L3  lab.cfg is written last: a directory with it is whole. */
#ifndef FQ_NODES_CLI_LAB_LAYOUT_H
#define FQ_NODES_CLI_LAB_LAYOUT_H

#include "fq/core/area.h"

#include "cli.h"

#define LAB_NODES_MAX 1024
#define LAB_PATH_SIZE 512
#define LAB_ENDPOINT_SIZE 64

struct lab_node {
    uint32_t area, origin;
    uint32_t parent; /* area of the nearest node above; 0 none */
    enum fq_tier tier;
    char service[LAB_ENDPOINT_SIZE], feed[LAB_ENDPOINT_SIZE];
    char http[LAB_ENDPOINT_SIZE]; /* empty: not served */
};

struct lab {
    char dir[LAB_PATH_SIZE];              /* absolute */
    struct lab_node nodes[LAB_NODES_MAX]; /* province first, then cities, then counties */
    size_t count;
};

struct lab_plan {
    const char *dir, *areas_file, *taxonomy_file;
    const char *units_file, *places_file, *calendar_file,
        *metrics_file; /* NULL: the nodes have no such table */
    const char *only;  /* comma-separated codes; NULL all */
    bool has_http;
};

bool lab_exists(const char *dir);
/* Make the directory with all its keys, certificates and files. Fails with FILE, AREA_FILE,
 * AREA_UNKNOWN, NET when no ports are free. */
FQ_CHECKED fq_err lab_lay_out(const struct lab_plan *plan, struct fq_why *out_why);
/* Read a lab that was laid out. Gives a lab; release with free(). */
FQ_CHECKED fq_err lab_load(const char *dir, struct lab **out_lab, struct fq_why *out_why);
/* Whether the lab has exactly the areas of the plan. */
FQ_CHECKED fq_err lab_check_same(const struct lab *lab, const struct lab_plan *plan,
                                 struct fq_why *out_why);

/* The node of an area code (six digits) or origin (eight); NULL when there is none. */
const struct lab_node *lab_find(const struct lab *lab, const char *code);
const struct lab_node *lab_find_area(const struct lab *lab, uint32_t area);
/* DIR/CODE/name */
void lab_path(const struct lab *lab, const struct lab_node *node, const char *name,
              char out[LAB_PATH_SIZE + 64]);
/* The node's CURVE key in Z85. */
FQ_CHECKED fq_err lab_server_key(const struct lab *lab, const struct lab_node *node, char out[41],
                                 struct fq_why *out_why);

#endif
