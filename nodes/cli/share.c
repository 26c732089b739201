#include "share.h"

#include <unistd.h>

fq_err share_find(const struct cli *cli, const char *name, char out[SHARE_PATH_SIZE],
                  struct fq_why *out_why)
{
    /* Relative to the program: built for release, in another mode, installed. */
    static const char *const places[] = {"../../config", "../../../config",
                                         "../share/fengqiao/config"};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(out, SHARE_PATH_SIZE, "%s/%s/%s", cli->exe_dir, places[i], name);
        if (access(out, R_OK) == 0) {
            return FQ_OK;
        }
    }
    return fq_fail(out_why, FQ_REASON_FILE, "%s", out);
}
