#include "lab_layout.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fq/edge/area_file.h"
#include "fq/edge/clock.h"
#include "fq/edge/crypto.h"
#include "fq/edge/settings.h"

#define PORT_MIN 10240
#define PORT_TRIES 20000
#define PATH_SIZE (LAB_PATH_SIZE + 64)
#define LAB_FILE_MEMORY (8u << 20)

bool lab_exists(const char *dir)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/lab.cfg", dir);
    return access(path, F_OK) == 0;
}

const struct lab_node *lab_find_area(const struct lab *lab, uint32_t area)
{
    for (size_t i = 0; i < lab->count; i++) {
        if (lab->nodes[i].area == area) {
            return &lab->nodes[i];
        }
    }
    return NULL;
}

const struct lab_node *lab_find(const struct lab *lab, const char *code)
{
    char *end;
    unsigned long number = strtoul(code, &end, 10);

    if (end == code || *end || number > 99999999) {
        return NULL;
    }
    return lab_find_area(lab, (uint32_t)(number > 999999 ? number / 100 : number));
}

void lab_path(const struct lab *lab, const struct lab_node *node, const char *name,
              char out[LAB_PATH_SIZE + 64])
{
    int size = snprintf(out, PATH_SIZE, "%s/%06" PRIu32 "%s%s", lab->dir, node->area,
                        *name ? "/" : "", name);

    FQ_ASSERT(size > 0 && size < PATH_SIZE);
}

/* ---- files ---- */

static fq_err fail_file(struct fq_why *out_why, const char *path)
{
    return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
}

static fq_err make_directory(const char *path, struct fq_why *out_why)
{
    if (mkdir(path, 0700) && errno != EEXIST) {
        return fail_file(out_why, path);
    }
    return FQ_OK;
}

static fq_err copy_file(const char *from, const char *to, struct fq_why *out_why)
{
    char buffer[16384];
    size_t size;
    FILE *in = fopen(from, "rb");

    if (!in) {
        return fail_file(out_why, from);
    }
    FILE *out = fopen(to, "wb");
    if (!out) {
        fq_err err = fail_file(out_why, to);
        fclose(in);
        return err;
    }
    bool is_fine = true;
    while (is_fine && (size = fread(buffer, 1, sizeof buffer, in)) > 0) {
        is_fine = fwrite(buffer, 1, size, out) == size;
    }
    is_fine = !ferror(in) && is_fine;
    fclose(in);
    return fclose(out) == 0 && is_fine ? FQ_OK : fail_file(out_why, to);
}

/* ---- which nodes ---- */

static bool is_listed(const char *list, uint32_t code)
{
    char text[8];

    snprintf(text, sizeof text, "%06" PRIu32, code);
    for (const char *at = list; at && *at;) {
        size_t size = strcspn(at, ",");
        if (size == 6 && memcmp(at, text, 6) == 0) {
            return true;
        }
        at += size + (at[size] == ',');
    }
    return false;
}

static fq_err check_only(const struct fq_areas *areas, const char *only, struct fq_why *out_why)
{
    for (const char *at = only; at && *at;) {
        size_t size = strcspn(at, ",");
        char *end = NULL;
        unsigned long code = strtoul(at, &end, 10);
        if (size != 6 || end != at + size || !fq_areas_find(areas, (uint32_t)code)) {
            return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "--only %.*s", (int)size, at);
        }
        at += size + (at[size] == ',');
    }
    return FQ_OK;
}

static void find_parents(struct lab *lab, const struct fq_areas *areas)
{
    for (size_t i = 0; i < lab->count; i++) {
        uint32_t above = fq_areas_find(areas, lab->nodes[i].area)->parent;
        while (above && !lab_find_area(lab, above)) {
            above = fq_areas_find(areas, above)->parent; /* ends at the root */
        }
        lab->nodes[i].parent = above;
    }
}

/* One node per area that is valid today, tiers from the top. */
static fq_err choose_nodes(struct lab *lab, const struct fq_areas *areas, const char *only,
                           struct fq_why *out_why)
{
    uint16_t date = fq_clock_day(fq_clock_now().wall_ms);
    fq_err err = check_only(areas, only, out_why);

    if (err) {
        return err;
    }
    for (int tier = FQ_TIER_PROVINCE; tier >= FQ_TIER_COUNTY; tier--) {
        for (uint32_t i = 0; i < areas->count; i++) {
            const struct fq_area *area = &areas->rows[i];
            if ((int)area->tier != tier || !fq_area_is_valid_on(area, date) ||
                (only && !is_listed(only, area->code))) {
                continue;
            }
            if (lab->count == LAB_NODES_MAX) {
                return fq_fail(out_why, FQ_REASON_LIMIT, "%d nodes", LAB_NODES_MAX);
            }
            lab->nodes[lab->count++] = (struct lab_node){
                .area = area->code, .origin = area->code * 100 + 1, .tier = area->tier};
        }
    }
    if (lab->count == 0) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "--only %s", only ? only : "");
    }
    find_parents(lab, areas);
    return FQ_OK;
}

/* ---- ports (L1) ---- */

static unsigned port_limit(void)
{
    unsigned low = 32768;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");

    if (file) {
        if (fscanf(file, "%u", &low) != 1) {
            low = 32768;
        }
        fclose(file);
    }
    return low > PORT_MIN + 2000 ? low : 65000;
}

/* A bound socket, which keeps the port ours until all are chosen; -1 when the port is taken. */
static int bind_port(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (handle >= 0 && bind(handle, (struct sockaddr *)&address, sizeof address)) {
        close(handle);
        return -1;
    }
    return handle;
}

static bool take_port(int *out_handle, unsigned *out_port)
{
    unsigned limit = port_limit();

    for (int i = 0; i < PORT_TRIES; i++) {
        uint32_t random;
        fq_random_bytes(&random, sizeof random);
        *out_port = PORT_MIN + random % (limit - PORT_MIN);
        *out_handle = bind_port(*out_port);
        if (*out_handle >= 0) {
            return true;
        }
    }
    return false;
}

static fq_err choose_ports(struct lab *lab, bool has_http, struct fq_why *out_why)
{
    size_t most = lab->count * 3, taken = 0;
    int *handles = calloc(most, sizeof *handles);
    bool is_fine = handles != NULL;

    for (size_t i = 0; i < lab->count && is_fine; i++) {
        struct lab_node *node = &lab->nodes[i];
        unsigned ports[3] = {0};
        for (size_t j = 0; j < (has_http ? 3u : 2u) && is_fine; j++) {
            is_fine = take_port(&handles[taken], &ports[j]);
            taken += is_fine;
        }
        snprintf(node->service, sizeof node->service, "tcp://127.0.0.1:%u", ports[0]);
        snprintf(node->feed, sizeof node->feed, "tcp://127.0.0.1:%u", ports[1]);
        if (has_http) {
            snprintf(node->http, sizeof node->http, "127.0.0.1:%u", ports[2]);
        }
    }
    for (size_t i = 0; i < taken; i++) {
        close(handles[i]);
    }
    free(handles);
    return is_fine ? FQ_OK : fq_fail(out_why, FQ_REASON_NET, "127.0.0.1");
}

/* ---- keys and certificates (L2) ---- */

static fq_err make_identity(const struct lab *lab, const struct lab_node *node, bool is_node,
                            uint64_t serial, struct fq_certificate *out_certificate,
                            struct fq_why *out_why)
{
    struct fq_certificate holder = {.is_node = is_node,
                                    .role = is_node ? FQ_ROLE_NODE : FQ_ROLE_OPERATOR,
                                    .area = node->area,
                                    .index = is_node ? 1 : 0,
                                    .serial = serial};
    struct fq_identity identity;
    char cert_path[PATH_SIZE], key_path[PATH_SIZE];

    snprintf(holder.name, sizeof holder.name, "%s-%06" PRIu32, is_node ? "node" : "operator",
             node->area);
    lab_path(lab, node, is_node ? "keys/node.cert" : "keys/operator.cert", cert_path);
    lab_path(lab, node, is_node ? "keys/node.key" : "keys/operator.key", key_path);
    fq_err err = fq_identity_create(&holder, &identity, out_why);
    if (err) {
        return err;
    }
    err = fq_identity_save(&identity, cert_path, key_path, out_why);
    *out_certificate = identity.certificate;
    fq_identity_wipe(&identity);
    return err;
}

static bool is_above(const struct lab *lab, const struct lab_node *above,
                     const struct lab_node *node)
{
    while (node && node != above) {
        node = node->parent ? lab_find_area(lab, node->parent) : NULL;
    }
    return node != NULL;
}

static fq_err admit(const struct lab *lab, const struct lab_node *node,
                    const struct fq_certificate *certificate, struct fq_why *out_why)
{
    char name[FQ_CERTIFICATE_NAME_SIZE + 16], path[PATH_SIZE];

    snprintf(name, sizeof name, "certs/%s.cert", certificate->name);
    lab_path(lab, node, name, path);
    return fq_certificate_save(certificate, path, out_why);
}

static fq_err admit_nodes(const struct lab *lab, const struct fq_certificate *nodes,
                          const struct fq_certificate *operators, struct fq_why *out_why)
{
    for (size_t i = 0; i < lab->count; i++) {
        fq_err err = admit(lab, &lab->nodes[i], &operators[i], out_why);
        for (size_t j = 0; j < lab->count && !err; j++) {
            if (is_above(lab, &lab->nodes[i], &lab->nodes[j]) ||
                is_above(lab, &lab->nodes[j], &lab->nodes[i])) {
                err = admit(lab, &lab->nodes[i], &nodes[j], out_why);
            }
        }
        if (err) {
            return err;
        }
    }
    return FQ_OK;
}

static fq_err make_node_directories(const struct lab *lab, const struct lab_node *node,
                                    struct fq_why *out_why)
{
    static const char *const names[] = {"", "keys", "certs", "data"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_SIZE];
        lab_path(lab, node, names[i], path);
        fq_err err = make_directory(path, out_why);
        if (err) {
            return err;
        }
    }
    return FQ_OK;
}

static fq_err write_node_config(const struct lab *lab, const struct lab_node *node,
                                const struct lab_plan *plan,
                                const struct fq_certificate *certificates, struct fq_why *out_why)
{
    char path[PATH_SIZE], key[FQ_Z85_KEY_SIZE];

    lab_path(lab, node, "node.cfg", path);
    FILE *file = fopen(path, "w");
    if (!file) {
        return fail_file(out_why, path);
    }
    fprintf(file, "node     = { area = \"%06" PRIu32 "\"; index = 1; data = \"data\"; };\n",
            node->area);
    fprintf(file, "listen   = { service = \"%s\"; feed = \"%s\";", node->service, node->feed);
    if (node->http[0]) {
        fprintf(file, " http = \"%s\";", node->http);
    }
    fprintf(file, " };\n");
    if (node->parent) {
        const struct lab_node *parent = lab_find_area(lab, node->parent);
        fq_z85_encode(certificates[parent - lab->nodes].curve_public, key);
        fprintf(file, "parent   = { endpoint = \"%s\"; key = \"%s\"; };\n", parent->service, key);
    }
    fprintf(file,
            "tables   = { areas = \"../areas.csv\"; taxonomy = \"../taxonomy.cfg\";%s%s%s%s };\n"
            "security = { curve = true; keys = \"keys/\"; certificates = \"certs/\"; };\n"
            "limits   = { heartbeat_ms = 500; silence_ms = 5000; reconnect_ms = 200; };\n",
            plan->units_file ? " units = \"../units.csv\";" : "",
            plan->places_file ? " places = \"../places.csv\";" : "",
            plan->calendar_file ? " calendar = \"../calendar.cfg\";" : "",
            plan->metrics_file ? " metrics = \"../metrics.cfg\";" : "");
    return fclose(file) == 0 ? FQ_OK : fail_file(out_why, path);
}

static fq_err make_nodes(const struct lab *lab, const struct lab_plan *plan, struct fq_why *out_why)
{
    struct fq_certificate *nodes = calloc(lab->count, sizeof *nodes);
    struct fq_certificate *operators = calloc(lab->count, sizeof *operators);
    fq_err err = nodes && operators ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "lab");

    for (size_t i = 0; i < lab->count && !err; i++) {
        err = make_node_directories(lab, &lab->nodes[i], out_why);
        err = err ? err : make_identity(lab, &lab->nodes[i], true, 2 * i + 1, &nodes[i], out_why);
        err = err ? err
                  : make_identity(lab, &lab->nodes[i], false, 2 * i + 2, &operators[i], out_why);
    }
    err = err ? err : admit_nodes(lab, nodes, operators, out_why);
    for (size_t i = 0; i < lab->count && !err; i++) {
        err = write_node_config(lab, &lab->nodes[i], plan, nodes, out_why);
    }
    free(nodes);
    free(operators);
    return err;
}

/* ---- lab.cfg ---- */

static fq_err write_lab_file(const struct lab *lab, struct fq_why *out_why)
{
    char path[PATH_SIZE], fresh[PATH_SIZE];

    snprintf(path, sizeof path, "%s/lab.cfg", lab->dir);
    snprintf(fresh, sizeof fresh, "%s/lab.cfg.new", lab->dir);
    FILE *file = fopen(fresh, "w");
    if (!file) {
        return fail_file(out_why, fresh);
    }
    fprintf(file, "version = 1;\nnodes = (");
    for (size_t i = 0; i < lab->count; i++) {
        const struct lab_node *node = &lab->nodes[i];
        fprintf(file,
                "%s\n  { area = \"%06" PRIu32 "\"; tier = \"%s\"; parent = \"%06" PRIu32 "\";\n"
                "    service = \"%s\"; feed = \"%s\"; http = \"%s\"; }",
                i ? "," : "", node->area, fq_tier_name(node->tier), node->parent, node->service,
                node->feed, node->http);
    }
    fprintf(file, "\n);\n");
    if (fclose(file) || rename(fresh, path)) {
        return fail_file(out_why, path);
    }
    return FQ_OK;
}

static fq_err set_dir(struct lab *lab, const char *dir, struct fq_why *out_why)
{
    char *real = realpath(dir, NULL);

    if (!real) {
        return fail_file(out_why, dir);
    }
    size_t size = strlen(real);
    if (size < sizeof lab->dir) {
        memcpy(lab->dir, real, size + 1);
    }
    free(real);
    return size < sizeof lab->dir ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "%s", dir);
}

static fq_err load_areas(const char *path, struct fq_areas *out_areas, void **out_memory,
                         struct fq_why *out_why)
{
    size_t size = FQ_AREAS_MEMORY + (1u << 20);
    void *memory = malloc(size);

    if (!memory) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s", path);
    }
    struct fq_arena arena = fq_arena_over(memory, size);
    fq_err err = fq_areas_load_csv(path, &arena, out_areas, out_why);
    if (err) {
        free(memory);
        return err;
    }
    *out_memory = memory;
    return FQ_OK;
}

/* The tables that all nodes share, beside lab.cfg. */
static fq_err copy_tables(const struct lab *lab, const struct lab_plan *plan,
                          struct fq_why *out_why)
{
    const struct {
        const char *file, *name;
    } tables[] = {
        {plan->areas_file, "areas.csv"},       {plan->taxonomy_file, "taxonomy.cfg"},
        {plan->units_file, "units.csv"},       {plan->places_file, "places.csv"},
        {plan->calendar_file, "calendar.cfg"}, {plan->metrics_file, "metrics.cfg"},
    };
    char path[PATH_SIZE];
    fq_err err = FQ_OK;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && !err; i++) {
        if (tables[i].file) {
            snprintf(path, sizeof path, "%s/%s", lab->dir, tables[i].name);
            err = copy_file(tables[i].file, path, out_why);
        }
    }
    return err;
}

fq_err lab_lay_out(const struct lab_plan *plan, struct fq_why *out_why)
{
    struct fq_areas areas;
    void *memory = NULL;
    struct lab *lab = calloc(1, sizeof *lab);

    if (!lab) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "lab");
    }
    fq_err err = load_areas(plan->areas_file, &areas, &memory, out_why);
    err = err ? err : choose_nodes(lab, &areas, plan->only, out_why);
    err = err ? err : make_directory(plan->dir, out_why);
    err = err ? err : set_dir(lab, plan->dir, out_why);
    err = err ? err : choose_ports(lab, plan->has_http, out_why);
    err = err ? err : copy_tables(lab, plan, out_why);
    err = err ? err : make_nodes(lab, plan, out_why);
    err = err ? err : write_lab_file(lab, out_why); /* L3 */
    free(memory);
    free(lab);
    return err;
}

static const char *text_of(const struct fq_setting *first, size_t index, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "nodes.%zu.%s", index, name);
    const struct fq_setting *setting = fq_settings_find(first, path);
    return setting ? setting->text : NULL;
}

static bool read_node(const struct fq_setting *first, size_t index, struct lab_node *node)
{
    const char *area = text_of(first, index, "area"), *tier = text_of(first, index, "tier");
    const char *parent = text_of(first, index, "parent");
    const char *service = text_of(first, index, "service"), *feed = text_of(first, index, "feed");
    const char *http = text_of(first, index, "http");

    if (!area || !tier || !parent || !service || !feed || !http ||
        !fq_tier_parse(fq_span_text(tier), &node->tier)) {
        return false;
    }
    node->area = (uint32_t)strtoul(area, NULL, 10);
    node->origin = node->area * 100 + 1;
    node->parent = (uint32_t)strtoul(parent, NULL, 10);
    snprintf(node->service, sizeof node->service, "%s", service);
    snprintf(node->feed, sizeof node->feed, "%s", feed);
    snprintf(node->http, sizeof node->http, "%s", http);
    return true;
}

fq_err lab_load(const char *dir, struct lab **out_lab, struct fq_why *out_why)
{
    char path[PATH_SIZE];
    const struct fq_setting *first = NULL;
    struct lab *lab = calloc(1, sizeof *lab);
    void *memory = malloc(LAB_FILE_MEMORY);
    fq_err err = lab && memory ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "lab");

    if (!err && !lab_exists(dir)) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s/lab.cfg", dir);
    }
    err = err ? err : set_dir(lab, dir, out_why);
    if (!err) {
        struct fq_arena arena = fq_arena_over(memory, LAB_FILE_MEMORY);
        snprintf(path, sizeof path, "%s/lab.cfg", lab->dir);
        err = fq_settings_read(path, &arena, &first, out_why);
    }
    while (!err && text_of(first, lab->count, "area")) {
        if (lab->count == LAB_NODES_MAX || !read_node(first, lab->count, &lab->nodes[lab->count])) {
            err = fq_fail(out_why, FQ_REASON_CONFIG, "%s", path);
            break;
        }
        lab->count++;
    }
    free(memory);
    if (err) {
        free(lab);
        return err;
    }
    *out_lab = lab;
    return FQ_OK;
}

fq_err lab_check_same(const struct lab *lab, const struct lab_plan *plan, struct fq_why *out_why)
{
    struct fq_areas areas;
    void *memory = NULL;
    struct lab *wanted = calloc(1, sizeof *wanted);
    fq_err err = wanted ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "lab");

    err = err ? err : load_areas(plan->areas_file, &areas, &memory, out_why);
    err = err ? err : choose_nodes(wanted, &areas, plan->only, out_why);
    for (size_t i = 0; i < LAB_NODES_MAX && !err; i++) {
        if ((i < wanted->count) != (i < lab->count) ||
            (i < lab->count && (lab->nodes[i].area != wanted->nodes[i].area ||
                                lab->nodes[i].parent != wanted->nodes[i].parent))) {
            err = fq_fail(out_why, FQ_REASON_USAGE, _("%s is a lab of other areas"), lab->dir);
        }
    }
    free(memory);
    free(wanted);
    return err;
}

fq_err lab_server_key(const struct lab *lab, const struct lab_node *node, char out[41],
                      struct fq_why *out_why)
{
    struct fq_certificate certificate;
    char path[PATH_SIZE];

    lab_path(lab, node, "keys/node.cert", path);
    fq_err err = fq_certificate_load(path, &certificate, out_why);
    if (!err) {
        fq_z85_encode(certificate.curve_public, out);
    }
    return err;
}
