/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A YAML document as a tree of values that know where they stand. */
#ifndef MACHINE_TREE_H
#define MACHINE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "errors.h"

/* Of a document; what goes beyond them is refused before it costs much. */
#define TREE_MAX_BYTES (256u << 10)
#define TREE_MAX_NODES 8192u
#define TREE_MAX_DEPTH 16u

enum node_kind {
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAPPING, /* children are a key, its value, the next key ... */
    NODE_BAD,     /* something that an error was reported about */
};

struct node {
    enum node_kind kind;
    struct position at;
    bool plain; /* a scalar without quotes */
    char *text; /* of a scalar; with a 0 behind it, and maybe others in it */
    size_t length;
    struct node *first; /* child */
    struct node *last;
    struct node *next;  /* sibling */
    struct node *older; /* of all nodes of the tree */
};

struct tree {
    struct node *root; /* NULL if the document is empty */
    struct node *newest;
    unsigned count;
};

/*
 * Reads a document. Anchors, aliases and tags are refused: what stands in a description is what it
 * means, and no line of it can stand for thousands. Returns false if the document isn't YAML, or
 * beyond the limits; then the tree is of no use. In each case tree_free() is needed.
 */
bool tree_read(struct tree *tree, const char *bytes, size_t size, struct errors *errors);

void tree_free(struct tree *tree);

/* A scalar without quotes that stands for nothing: "", ~ or null. */
bool node_is_null(const struct node *node);

bool node_is(const struct node *node, const char *text);

/* "a list" ... for messages. */
const char *node_kind_text(const struct node *node);

#endif
