/* The vault fields by their names on the command line and in import maps. */
#ifndef FQ_NODES_CLI_VAULT_FIELDS_H
#define FQ_NODES_CLI_VAULT_FIELDS_H

/* The number of the field, 0 when there is none of that name. */
unsigned vault_field_find(const char *name);

#endif
