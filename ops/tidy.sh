#!/bin/bash
# What a program can check of the house's style. Errors: format, layers and the order of modules,
# purity of the core, one door per library, what stands at the root, a README per folder, Chinese
# for every message. Remarks: what grew past the guides. Ends with `tidy: clean`, or the findings.
set -u
cd "$(dirname "$0")/.." || exit 1
work="$(mktemp -d "${TMPDIR:-/tmp}/fengqiao-tidy.XXXXXX")" || exit 1
trap 'rm -rf "$work"' EXIT
errors="$work/errors"
: >"$errors"

# All files that are, or are about to be, part of the repository and still exist.
if git rev-parse --git-dir >/dev/null 2>&1; then
    git -c core.quotePath=false ls-files --cached --others --exclude-standard | sort -u
else
    find . -path ./build -prune -o -path ./.git -prune -o -type f -printf '%P\n' | sort
fi | while IFS= read -r file; do [ ! -e "$file" ] || echo "$file"; done >"$work/files"
grep -E '\.[ch]$' "$work/files" >"$work/sources"

check_format() {
    if ! command -v clang-format >/dev/null; then
        echo "clang-format is missing: make deps-test"
        return
    fi
    xargs -r clang-format --dry-run -Werror <"$work/sources" 2>&1 |
        sed -n 's/^\([^:]*\):\([0-9]*\):[0-9]*: error: code should be clang-formatted.*/\1:\2: format/p' |
        awk -F: '!seen[$1]++ { print $1 ":" $2 ": not as clang-format writes it" }'
}

check_root() {
    cut -d/ -f1 "$work/files" | sort -u |
        grep -vxE 'nodes|common|include|config|tests|ops|Makefile|README\.md|LICENSE|\..*' |
        sed 's/$/: does not belong at the root/'
}

# A folder that holds data alone may share its parent's README.
check_readmes() {
    grep / "$work/files" | sed 's,/[^/]*$,,' | sort -u | grep -vE '^\.|/\.|^tests/corpus(/|$)' |
        while IFS= read -r folder; do
            [ ! -e "$folder/README.md" ] || continue
            if ! ls "$folder" | grep -qE '\.(c|h|sh|py|js)$' && [ -e "$folder/../README.md" ] &&
                [[ $folder == */* ]]; then
                continue
            fi
            echo "$folder: has no README.md"
        done
}

check_translations() {
    if ! command -v xgettext >/dev/null; then
        echo "xgettext is missing: make deps"
        return
    fi
    /usr/bin/python3 ops/po.py check 2>&1
}

# Layers, order, purity, doors and sizes: one pass over the code, with comments and strings blanked.
check_code() {
    perl - "$work/sources" "$work/remarks" <<'PERL'
use strict;
use warnings;

my ($list, $remarks_path) = @ARGV;
open my $remarks, '>', $remarks_path or die;
my %rank = (base => 0, core => 1, edge => 2, nodes => 3);
my $c_library = qr{^(?:
    argp|arpa/.*|assert|byteswap|ctype|dirent|endian|errno|execinfo|fcntl|fnmatch|ftw|getopt|glob|
    grp|ifaddrs|inttypes|langinfo|libgen|libintl|limits|linux/.*|locale|malloc|math|net/.*|netdb|
    netinet/.*|poll|pthread|pwd|regex|sched|setjmp|signal|spawn|std[a-z]+|string|strings|
    sys/.*|syslog|termios|threads|time|unistd|wchar|wctype
)\.h$}x;
my $sodium_door = qr{^common/(?:base/(?:hash|sign)|edge/(?:crypto|vault)(?:_\w+)?)\.c$};
my %pure_door = (base => qr{^common/base/(hash|sign)\.c (sodium|xxhash)\.h$},
    core => qr{^common/core/codec\.c msgpack\.h$});
my $impure_header = qr{^(?:unistd|time|fcntl|poll|pthread|signal|threads|dirent|errno|locale|sched|
    syslog|termios|malloc|sys/.*|net.*|arpa/.*|linux/.*)}x;
my $impure_call = qr{\b(malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|alloca|
    aligned_alloc|posix_memalign|mmap|munmap|printf|fprintf|vprintf|vfprintf|dprintf|puts|fputs|
    putchar|fputc|fopen|fclose|fread|fwrite|fflush|fgets|getenv|setlocale|time|clock|
    clock_gettime|gettimeofday|localtime|localtime_r|gmtime|mktime|rand|random|getrandom|
    randombytes_buf|qsort|system|exit|abort|signal|open|close|read|write|perror)\s*\(}x;

# The order of modules, from common/README.md: lines like "- `core/area` — ...".
my %place;
my $order = 'common/README.md';
if (open my $file, '<', $order) {
    while (<$file>) {
        $place{$1} //= scalar keys %place if m{^\s*[-*]\s+`((?:base|core|edge)/\w+)`};
    }
    print "$order: lists no module as - `layer/name`\n" unless %place;
}

open my $sources, '<', $list or die;
chomp(my @files = <$sources>);
my %exists = map { $_ => 1 } @files;
my (%door, %listed);
for my $path (@files) {
    open my $file, '<', $path or next;
    my $text = do { local $/; <$file> } // '';
    my $plain = $text;
    $plain =~ s{(/\*.*?\*/)|(//[^\n]*)|("(?:\\.|[^"\\\n])*")|('(?:\\.|[^'\\\n])*')}
               {my $was = $&; my $kept = substr($was, 0, 1) eq '"' ? '""' : ' ';
                $kept . "\n" x ($was =~ tr/\n//)}gse;
    my ($layer, $name) = $path =~ m{^(?:common|include/fq)/(base|core|edge)/(\w+)\.[ch]$};
    $layer = 'nodes' if $path =~ m{^nodes/};
    # A file without a header of its own, such as store_rocksdb.c, is a part of its module, store.
    if ($name && !-e "include/fq/$layer/$name.h") {
        for (my $whole = $name; $whole =~ s/_[^_]+$//;) {
            $name = $whole if defined $place{"$layer/$whole"};
        }
    }
    my $module = $name ? "$layer/$name" : undef;
    my ($folder) = $path =~ m{^(.*)/};
    my $is_product = defined $layer;
    my $is_pure = $is_product && ($layer eq 'core' || $layer eq 'base');
    my $is_err = $path eq 'common/base/err.c';

    if ($module && %place && !defined $place{$module}) {
        print "$path: $order does not list `$module`\n" unless $listed{$module}++;
    }
    my $line = 0;
    my @plain = split /\n/, $plain, -1;
    for (split /\n/, $text) {
        my $code = $plain[$line++];
        my $at = "$path:$line";
        if (m{^\s*#\s*include\s+"([^"]+)"} && $is_product) {
            my $header = $1;
            if ($header =~ m{^fq/(\w+)/(\w+)\.h$}) {
                my ($to, $other) = ($1, "$1/$2");
                if (!defined $rank{$to} || $rank{$to} > $rank{$layer}) {
                    print "$at: $layer may not include $header\n";
                } elsif ($module && $other ne $module && defined $place{$module} &&
                         defined $place{$other} && $place{$other} > $place{$module}) {
                    print "$at: $other stands below $module in $order\n";
                }
            } elsif (!-e "$folder/$header") {
                print "$at: $header is neither fq/ nor beside this file\n";
            }
        } elsif (m{^\s*#\s*include\s+<([^>]+)>} && $is_product) {
            my $header = $1;
            my $is_library = $header !~ $c_library;
            if ($is_library && $path =~ /\.h$/) {
                print "$at: a header may not include <$header>\n";
            } elsif ($is_library) {
                $door{$header}{$path} = $at;
            }
            if ($is_library && defined $pure_door{$layer} && "$path $header" !~ $pure_door{$layer}) {
                print "$at: $layer may not include <$header>\n";
            }
            if ($is_pure && $header =~ $impure_header) {
                print "$at: $layer may not include <$header>\n";
            }
        } elsif ($is_pure && !$is_err) {
            print "$at: $layer may not call $1\n" if $code =~ $impure_call;
            print "$at: $layer keeps no globals\n"
                if $code =~ /^\s*(?:static|extern)\s(?!.*\bconst\b)(?!inline)[^(]*[;=]/;
        }
    }
    next unless $is_product;

    print $remarks "$path: $line lines, aim at 500\n" if $line > 500;
    if ($path =~ /\.h$/) {
        my $count = () = $plain =~ /^(?!\s|#|typedef|static)[^\n]*\bfq_\w+\(/mg;
        print $remarks "$path: $count public functions, aim at 12\n" if $count > 12;
    }
    my ($begin, $title, $number) = (0, '', 0);
    for (@plain) {
        $number++;
        if (/^\{/) {
            $begin = $number;
        } elsif (/^\}/ && $begin) {
            my $size = $number - $begin + 1;
            print $remarks "$path:$begin: $title: $size lines, aim at 70\n" if $size > 70;
            $begin = 0;
        } elsif (!$begin && /^[A-Za-z].*?(\w+)\(/) {
            $title = $1;
        }
    }
}
for my $header (sort keys %door) {
    my @files = sort keys %{$door{$header}};
    if ($header =~ /^sodium/) {
        print "$door{$header}{$_}: <$header> belongs to hash, sign, crypto and vault\n"
            for grep { $_ !~ $sodium_door } @files;
    } elsif ($header eq 'iconv.h') {
        print "$door{$header}{$_}: <iconv.h> belongs to csv\n"
            for grep { $_ ne 'common/edge/csv.c' } @files;
    } elsif (@files > 1) {
        print "$door{$header}{$_}: <$header> has more than one door\n" for @files;
    }
}
PERL
    [ $? = 0 ] || echo "ops/tidy.sh: the code check did not run"
}

: >"$work/remarks"
{
    check_root
    check_readmes
    check_code
    check_translations
    check_format
} >"$errors"

cat "$work/remarks" "$errors"
count="$(wc -l <"$errors")"
if [ "$count" != 0 ]; then
    echo "tidy: $count findings"
    exit 1
fi
echo "tidy: clean"
