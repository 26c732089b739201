#include "node.h"

#include <stdarg.h>
#include <stdio.h>

void fq_node_log(const char *level, const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "<%s> %s\n", level, line);
}
