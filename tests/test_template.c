/* Templates: what a value holds prints as text, blocks come as often as they should, and a template
 * that is wrong prints nothing and names its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../nodes/cli/template.c"

static uint8_t value_bytes[4096], page_bytes[8192];
static struct fq_writer values, page;
static struct fq_why why;

static int begin(void **state)
{
    (void)state;
    values = fq_writer_over(value_bytes, sizeof value_bytes);
    page = fq_writer_over(page_bytes, sizeof page_bytes);
    return 0;
}

static void put(const char *key, const char *text)
{
    fq_write_text(&values, key);
    fq_write_text(&values, text);
}

static fq_err fill(const char *text)
{
    return template_render("form.html", fq_span_text(text), fq_writer_span(&values), &page, &why);
}

static void assert_prints(const char *text, const char *expected)
{
    page.used = 0;
    assert_int_equal(fill(text), FQ_OK);
    assert_int_equal(page.used, strlen(expected));
    assert_memory_equal(page_bytes, expected, page.used);
}

static void assert_wrong(const char *text, const char *place)
{
    page.used = 0;
    fq_write_raw(&page, fq_span_text("before"));
    assert_int_equal(fill(text), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_TEMPLATE);
    assert_non_null(strstr(why.detail, place));
    assert_int_equal(page.used, 6); /* W3 */
}

static void test_a_value_stands_where_its_name_stood(void **state)
{
    (void)state;
    fq_write_map(&values, 3);
    put("name", "王小明");
    fq_write_text(&values, "count");
    fq_write_uint(&values, 18446744073709551615u);
    fq_write_text(&values, "debt");
    fq_write_int(&values, -7);

    assert_prints("{{name}}, {{count}}, {{debt}}.", "王小明, 18446744073709551615, -7.");
    assert_prints("} } { {name} {}", "} } { {name} {}");
    assert_prints("", "");
}

static void test_w1_a_value_prints_as_text(void **state)
{
    (void)state;
    fq_write_map(&values, 2);
    put("party", "<script>alert(\"1\" + '2')</script> & {{other}}");
    put("other", "a\r\x1b[31m\x7f\tb\nc");

    assert_prints("{{party}}", "&lt;script&gt;alert(&quot;1&quot; + &#39;2&#39;)&lt;/script&gt; "
                               "&amp; {{other}}");
    assert_prints("{{other}}", "a  [31m \tb\nc");
}

static void test_w2_a_name_nobody_gave_prints_nothing(void **state)
{
    (void)state;
    fq_write_map(&values, 2);
    fq_write_text(&values, "list");
    fq_write_array(&values, 0);
    fq_write_text(&values, "nothing");
    fq_write_nil(&values);

    assert_prints("[{{unknown}}{{list}}{{nothing}}]", "[]");
    assert_prints("{{#each unknown}}x{{/each}}{{#each list}}x{{/each}}", "");
}

static void test_a_block_is_shown_when_there_is_something(void **state)
{
    (void)state;
    fq_write_map(&values, 5);
    put("name", "x");
    put("empty", "");
    fq_write_text(&values, "no");
    fq_write_bool(&values, false);
    fq_write_text(&values, "yes");
    fq_write_bool(&values, true);
    fq_write_text(&values, "zero");
    fq_write_uint(&values, 0);

    assert_prints("{{#if name}}a{{else}}b{{/if}}{{#if yes}}c{{/if}}", "ac");
    assert_prints("{{#if empty}}a{{else}}b{{/if}}{{#if no}}c{{/if}}{{#if zero}}d{{/if}}", "b");
    assert_prints(
        "{{#if no}}{{#if yes}}a{{else}}b{{/if}}{{name}}{{else}}{{#if no}}c{{else}}d{{/if}}"
        "{{/if}}",
        "d");
}

static void test_each_prints_once_for_every_item_and_its_keys_come_first(void **state)
{
    (void)state;
    fq_write_map(&values, 2);
    put("name", "outer");
    fq_write_text(&values, "rows");
    fq_write_array(&values, 3);
    for (int i = 0; i < 3; i++) {
        fq_write_map(&values, i == 1 ? 0 : 1);
        if (i != 1) {
            put("name", i == 0 ? "first" : "third");
        }
    }

    assert_prints("{{#each rows}}<{{name}}>{{/each}}{{name}}", "<first><outer><third>outer");
    assert_prints("{{#each rows}}{{#each rows}}.{{/each}}/{{/each}}", ".../.../.../");
}

static void test_w3_a_wrong_template_names_its_line(void **state)
{
    (void)state;
    fq_write_map(&values, 1);
    put("name", "x");

    assert_wrong("a\nb {{name\n", "form.html:2: ");
    assert_wrong("a\n{{#if name}}\n\n", "form.html:2: ");
    assert_wrong("{{#each name}}\n{{/if}}", "form.html:2: ");
    assert_wrong("{{#if name}}\n{{/each}}", "form.html:2: ");
    assert_wrong("{{/if}}", "form.html:1: ");
    assert_wrong("{{else}}", "form.html:1: ");
    assert_wrong("{{#if name}}{{else}}{{else}}{{/if}}", "form.html:1: ");
    assert_wrong("\n\n{{ name }}", "form.html:3: ");
    assert_wrong("{{#include name}}", "form.html:1: ");
    assert_wrong("{{}}", "form.html:1: ");
    assert_wrong("{{#if name}}{{#if name}}{{#if name}}{{#if name}}{{#if name}}{{#if name}}"
                 "{{#if name}}{{#if name}}{{#if name}}",
                 "too deep");
}

static void test_w3_a_page_that_does_not_fit_is_taken_back(void **state)
{
    (void)state;
    fq_write_map(&values, 1);
    put("name", "a name that is longer than the page");
    page = fq_writer_over(page_bytes, 20);

    assert_int_equal(fill("name: {{name}}"), FQ_ERR_LIMIT);

    assert_int_equal(page.used, 0);
}

static void test_plain_pages_print_values_as_they_are(void **state)
{
    (void)state;
    fq_write_map(&values, 1);
    put("name", "Xin'an <County> & others");

    assert_int_equal(template_render_plain("page.txt", fq_span_text("{{name}}."),
                                           fq_writer_span(&values), &page, &why),
                     FQ_OK);

    assert_int_equal(page.used, strlen("Xin'an <County> & others."));
    assert_memory_equal(page.base, "Xin'an <County> & others.", page.used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_value_stands_where_its_name_stood, begin),
        cmocka_unit_test_setup(test_w1_a_value_prints_as_text, begin),
        cmocka_unit_test_setup(test_w2_a_name_nobody_gave_prints_nothing, begin),
        cmocka_unit_test_setup(test_a_block_is_shown_when_there_is_something, begin),
        cmocka_unit_test_setup(test_each_prints_once_for_every_item_and_its_keys_come_first, begin),
        cmocka_unit_test_setup(test_w3_a_wrong_template_names_its_line, begin),
        cmocka_unit_test_setup(test_plain_pages_print_values_as_they_are, begin),
        cmocka_unit_test_setup(test_w3_a_page_that_does_not_fit_is_taken_back, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
