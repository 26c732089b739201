/* `proof`: that a dispute counts in a sealed figure, for anyone who has the public key. */
#include <string.h>

#include "fq/core/proof.h"
#include "fq/edge/crypto.h"
#include "seal_file.h"

#define LOOKING_BACK_MS 120000

/* ---- case ---- */

static fq_err find_dispute(struct cli_client *client, const char *name, struct fq_id *out_id,
                           struct fq_why *out_why)
{
    struct cli_answer answer;
    struct cli_args args;

    cli_args_open(&args);
    cli_args_text(&args, "dispute", name);
    fq_err err = cli_call(client, "dispute.find", &args, &answer, out_why);
    struct fq_span id = err ? (struct fq_span){0} : fq_map_text(answer.result, "id");
    if (!err && !fq_hex_decode((const char *)id.data, id.size, out_id->bytes, FQ_ID_SIZE)) {
        err = fq_fail(out_why, FQ_REASON_DISPUTE_UNKNOWN, "%s", name);
    }
    cli_args_close(&args);
    return err;
}

static void write_term(const struct fq_term *term, struct fq_writer *writer)
{
    char text[16];

    fq_write_map(writer, 4);
    snprintf(text, sizeof text, "%06u", term->area);
    cli_write_pair_text(writer, "area", text);
    fq_month_format(term->month, text);
    cli_write_pair_text(writer, "month", text);
    cli_write_pair_text(writer, "measure", fq_measure_row((enum fq_measure)term->measure)->name);
    fq_write_text(writer, "value");
    fq_write_int(writer, term->value);
}

/* What the leaf says; a leaf whose terms are hashed says nothing but that. */
static void write_terms(const struct fq_proof *proof, struct fq_writer *writer)
{
    struct fq_writer terms = cli_build_open(1u << 20);
    struct fq_leaf_reader reader;
    struct fq_term term;
    uint32_t count = 0;

    if (fq_leaf_reader_init(&proof->leaf, &reader)) {
        while (fq_leaf_next(&reader, &term)) {
            write_term(&term, &terms);
            count++;
        }
    }
    fq_write_text(writer, "counts");
    fq_write_array(writer, count);
    fq_write_raw(writer, fq_writer_span(&terms));
    cli_build_close(&terms);
}

static fq_err print_proof(struct cli *cli, const struct fq_proof *proof, size_t size,
                          const char *signature, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct fq_writer writer = cli_build_open(1u << 20);
    char text[2 * FQ_HASH_SIZE + 1];

    fq_write_map(&writer, 10);
    fq_hex_encode(fq_span_of(proof->leaf.id.bytes, FQ_ID_SIZE), text);
    cli_write_pair_text(&writer, "id", text);
    cli_write_pair_text(&writer, "period", proof->seal.period);
    snprintf(text, sizeof text, "%06u", proof->seal.area);
    cli_write_pair_text(&writer, "area", text);
    snprintf(text, sizeof text, "%08u", proof->seal.node);
    cli_write_pair_text(&writer, "node", text);
    fq_hex_encode(fq_span_of(proof->seal.id.bytes, FQ_ID_SIZE), text);
    cli_write_pair_text(&writer, "seal", text);
    fq_hex_encode(fq_span_of(proof->seal.root.bytes, FQ_HASH_SIZE), text);
    cli_write_pair_text(&writer, "root", text);
    cli_write_pair_uint(&writer, "of", proof->seal.count);
    cli_write_pair_uint(&writer, "bytes", size);
    cli_write_pair_text(&writer, "signature", signature);
    write_terms(proof, &writer);
    fq_err err = cli_print(cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err;
}

static fq_err ask_case(struct cli *cli, struct cli_client *client, struct fq_writer *out_proof,
                       struct fq_why *out_why)
{
    const char *seal = cli_value(cli, "seal") ? cli_value(cli, "seal") : cli_value(cli, "period");
    struct cli_answer answer;
    struct cli_args args;
    struct fq_id id = {{0}};

    if (!seal) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--period PERIOD | --seal ID");
    }
    fq_err err = find_dispute(client, cli->arguments[0], &id, out_why);
    cli_args_open(&args);
    cli_args_text(&args, "seal", seal);
    if (cli_value(cli, "area")) {
        cli_args_text(&args, "area", cli_value(cli, "area"));
    }
    cli_args_key(&args, "dispute");
    fq_write_bytes(&args.pairs, id.bytes, FQ_ID_SIZE);
    err =
        err ? err : cli_call_within(client, "proof.case", &args, LOOKING_BACK_MS, &answer, out_why);
    if (!err) {
        fq_write_raw(out_proof, fq_map_bytes(answer.result, "proof"));
    }
    cli_args_close(&args);
    return err;
}

static fq_err run_case(struct cli *cli, struct fq_why *out_why)
{
    struct fq_writer bytes = cli_build_open(1u << 16);
    const char *to = cli_value(cli, "to");
    struct cli_client *client = NULL;
    struct fq_proof proof;
    fq_err err = cli_connect(cli, &client, out_why);

    err = err ? err : ask_case(cli, client, &bytes, out_why);
    err = err ? err : fq_proof_decode(fq_writer_span(&bytes), &proof, out_why);
    err = err || !to ? err : seal_write_whole(to, fq_writer_span(&bytes), out_why);
    err = err ? err : print_proof(cli, &proof, bytes.used, "unchecked", out_why);
    cli_disconnect(client);
    cli_build_close(&bytes);
    return err;
}

/* ---- verify: needs no node ---- */

/* The public key: of a certificate, or 64 hex digits in a file. */
static fq_err read_key(struct cli *cli, struct fq_sign_public *out_key, uint32_t *out_node,
                       struct fq_why *out_why)
{
    const char *certificate_path = cli_value(cli, "key"), *key_path = cli_value(cli, "key-file");
    struct fq_writer text = cli_build_open(1u << 16);
    struct fq_certificate certificate;
    fq_err err = FQ_OK;

    *out_node = 0;
    if (certificate_path) {
        err = fq_certificate_load(certificate_path, &certificate, out_why);
        if (!err) {
            *out_key = certificate.sign_key;
            *out_node = certificate.origin;
        }
    } else if (key_path) {
        err = seal_read_whole(key_path, 256, &text, out_why);
        while (!err && text.used && strchr(" \r\n", text.base[text.used - 1])) {
            text.used--;
        }
        if (!err && !fq_hex_decode((const char *)text.base, text.used, out_key->bytes,
                                   FQ_SIGN_PUBLIC_SIZE)) {
            err =
                fq_fail(out_why, FQ_REASON_CRYPTO, "%s: %d hex", key_path, 2 * FQ_SIGN_PUBLIC_SIZE);
        }
    } else {
        err = fq_fail(out_why, FQ_REASON_USAGE, "--key CERT | --key-file FILE");
    }
    cli_build_close(&text);
    return err;
}

/* A certificate says whose key it is: then the seal must be that node's. */
static fq_err check_node(const struct fq_period_seal *seal, uint32_t node, struct fq_why *out_why)
{
    return node == 0 || node == seal->node
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_PROOF, "node: %08u / %08u", seal->node, node);
}

static fq_err verify_proof(struct cli *cli, const char *path, const struct fq_sign_public *key,
                           uint32_t node, struct fq_why *out_why)
{
    struct fq_writer bytes = cli_build_open(1u << 20);
    struct fq_proof proof;
    fq_err err = seal_read_whole(path, 8 * FQ_PROOF_MAX, &bytes, out_why);

    err = err ? err : fq_proof_decode(fq_writer_span(&bytes), &proof, out_why);
    err = err ? err : check_node(&proof.seal, node, out_why);
    err = err ? err : fq_proof_verify(&proof, key, out_why);
    err = err ? err : print_proof(cli, &proof, bytes.used, "good", out_why);
    cli_build_close(&bytes);
    return err;
}

/* A saved seal: its parts fit its head, and the head is signed. */
static fq_err verify_seal(struct cli *cli, const char *path, const struct fq_sign_public *key,
                          uint32_t node, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct seal_file file = {.cells = {0}};
    struct fq_writer writer = cli_build_open(4096);
    char text[2 * FQ_ID_SIZE + 1];
    fq_err err = seal_file_read(path, &file, out_why);

    err = err ? err : seal_file_check(&file, out_why);
    err = err ? err : check_node(&file.seal, node, out_why);
    if (!err && !fq_period_seal_verify(key, file.head, file.signature)) {
        err = fq_fail(out_why, FQ_REASON_PROOF, "%s", "signature");
    }
    if (!err) {
        fq_write_map(&writer, 4);
        fq_hex_encode(fq_span_of(file.seal.id.bytes, FQ_ID_SIZE), text);
        cli_write_pair_text(&writer, "seal", text);
        cli_write_pair_text(&writer, "period", file.seal.period);
        cli_write_pair_uint(&writer, "count", file.seal.count);
        cli_write_pair_text(&writer, "signature", "good");
        err = cli_print(cli, fq_writer_span(&writer), &view, out_why);
    }
    seal_file_close(&file);
    cli_build_close(&writer);
    return err;
}

static fq_err run_verify(struct cli *cli, struct fq_why *out_why)
{
    const char *path = cli->arguments[0];
    struct fq_sign_public key;
    uint32_t node = 0;
    fq_err err = read_key(cli, &key, &node, out_why);

    if (err) {
        return err;
    }
    return seal_file_is(path) ? verify_seal(cli, path, &key, node, out_why)
                              : verify_proof(cli, path, &key, node, out_why);
}

static const struct cli_option case_options[] = {
    {"period", 0, "PERIOD", N_("the sealed period; of several seals the newest")},
    {"seal", 0, "ID", N_("the seal")},
    {"area", 0, "CODE", N_("area whose seal is meant (default: the node's own)")},
    {"to", 0, "FILE", N_("write the proof to a file, for `proof verify`")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option verify_options[] = {
    {"key", 0, "CERT", N_("certificate of the node that sealed")},
    {"key-file", 0, "FILE", N_("its public signing key, 64 hex digits")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_proof_commands[] = {
    {"proof", "case", "DISPUTE", 1, 1, N_("Prove that a dispute counts in a sealed period."),
     case_options, run_case},
    {"proof", "verify", "FILE", 1, 1, N_("Verify a proof or a saved seal; needs no node."),
     verify_options, run_verify},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
