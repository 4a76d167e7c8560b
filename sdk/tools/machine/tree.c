/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct builder {
    struct tree *tree;
    struct errors *errors;
    struct node *open[TREE_MAX_DEPTH]; /* lists and mappings that go on */
    unsigned depth;
    unsigned documents;
    bool failed; /* nothing more is to be read */
};

static struct position position_of(yaml_mark_t mark)
{
    return (struct position){ .line = mark.line + 1, .column = mark.column + 1 };
}

static void fail(struct builder *builder, struct position at, const char *text)
{
    errors_add(builder->errors, at, "%s", text);
    builder->failed = true;
}

static struct node *add_node(struct builder *builder, enum node_kind kind, yaml_mark_t mark)
{
    struct tree *tree = builder->tree;
    struct node *parent = builder->depth > 0 ? builder->open[builder->depth - 1] : NULL;
    struct node *node;

    if (tree->count == TREE_MAX_NODES) {
        fail(builder, position_of(mark), "too many values; a description has at most 8192");
        return NULL;
    }
    node = malloc(sizeof(*node));
    if (!node) {
        fail(builder, position_of(mark), "out of memory");
        return NULL;
    }
    *node = (struct node){ .kind = kind, .at = position_of(mark), .older = tree->newest };
    tree->newest = node;
    tree->count++;
    if (!parent)
        tree->root = node;
    else if (!parent->first)
        parent->first = node;
    else
        parent->last->next = node;
    if (parent)
        parent->last = node;
    return node;
}

static void open_node(struct builder *builder, struct node *node)
{
    if (!node)
        return;
    if (builder->depth == TREE_MAX_DEPTH) {
        fail(builder, node->at, "nested too deeply; a description has at most 16 levels");
        return;
    }
    builder->open[builder->depth++] = node;
}

static void add_scalar(struct builder *builder, const yaml_event_t *event)
{
    struct node *node = add_node(builder, NODE_SCALAR, event->start_mark);
    size_t length = event->data.scalar.length;

    if (!node)
        return;
    node->text = malloc(length + 1);
    if (!node->text) {
        fail(builder, node->at, "out of memory");
        return;
    }
    memcpy(node->text, event->data.scalar.value, length);
    node->text[length] = 0;
    node->length = length;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static void refuse_properties(struct builder *builder, yaml_mark_t mark, const yaml_char_t *anchor,
                              const yaml_char_t *tag)
{
    if (anchor)
        errors_add(builder->errors, position_of(mark),
                   "anchors (&) are not allowed; write the value where it is needed");
    if (tag)
        errors_add(builder->errors, position_of(mark),
                   "tags (!) are not allowed; each key knows what its value means");
}

static void add_event(struct builder *builder, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (builder->documents++ == 1)
            fail(builder, position_of(event->start_mark),
                 "a second document; a description is one document");
        break;
    case YAML_ALIAS_EVENT:
        errors_add(builder->errors, position_of(event->start_mark),
                   "aliases (*) are not allowed; write the value where it is needed");
        add_node(builder, NODE_BAD, event->start_mark);
        break;
    case YAML_SCALAR_EVENT:
        refuse_properties(builder, event->start_mark, event->data.scalar.anchor,
                          event->data.scalar.tag);
        add_scalar(builder, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_properties(builder, event->start_mark, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
        open_node(builder, add_node(builder, NODE_LIST, event->start_mark));
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_properties(builder, event->start_mark, event->data.mapping_start.anchor,
                          event->data.mapping_start.tag);
        open_node(builder, add_node(builder, NODE_MAPPING, event->start_mark));
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        builder->depth--;
        break;
    default:
        break;
    }
}

/* Where a byte stands; before it there is nothing but UTF-8. */
static struct position position_at(const char *bytes, size_t offset)
{
    struct position at = { 1, 1 };

    for (size_t i = 0; i < offset; i++) {
        if (bytes[i] == '\n') {
            at.line++;
            at.column = 1;
        } else if (((unsigned char)bytes[i] & 0xC0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

/* libyaml tells of bytes by their offset, of all else by line and column. */
static void report(struct builder *builder, const yaml_parser_t *parser, const char *bytes,
                   size_t size)
{
    size_t offset = parser->problem_offset < size ? parser->problem_offset : size;

    if (parser->error == YAML_READER_ERROR)
        errors_add(builder->errors, position_at(bytes, offset),
                   "%s; a description is UTF-8 without control characters", parser->problem);
    else if (parser->error == YAML_MEMORY_ERROR)
        fail(builder, (struct position){ 1, 1 }, "out of memory");
    else
        errors_add(builder->errors, position_of(parser->problem_mark), "not YAML: %s%s%s",
                   parser->context ? parser->context : "", parser->context ? ", " : "",
                   parser->problem);
    builder->failed = true;
}

static void build(struct builder *builder, yaml_parser_t *parser, const char *bytes, size_t size)
{
    bool end = false;

    while (!end && !builder->failed && !errors_full(builder->errors)) {
        yaml_event_t event;

        if (!yaml_parser_parse(parser, &event)) {
            report(builder, parser, bytes, size);
            return;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        add_event(builder, &event);
        yaml_event_delete(&event);
    }
    if (!end)
        builder->failed = true;
}

/* A byte order mark, which says nothing of UTF-8, but which some editors put in front of it. */
static size_t mark_size(const char *bytes, size_t size)
{
    return size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

bool tree_read(struct tree *tree, const char *bytes, size_t size, struct errors *errors)
{
    struct builder builder = { .tree = tree, .errors = errors };
    size_t mark = mark_size(bytes, size);
    yaml_parser_t parser;

    *tree = (struct tree){ .root = NULL };
    if (size > TREE_MAX_BYTES)
        fail(&builder, (struct position){ 1, 1 }, "too large; a description has at most 256 KiB");
    else if (!yaml_parser_initialize(&parser))
        fail(&builder, (struct position){ 1, 1 }, "out of memory");
    if (builder.failed)
        return false;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes + mark, size - mark);
    build(&builder, &parser, bytes + mark, size - mark);
    yaml_parser_delete(&parser);
    return !builder.failed;
}

void tree_free(struct tree *tree)
{
    while (tree->newest) {
        struct node *node = tree->newest;

        tree->newest = node->older;
        free(node->text);
        free(node);
    }
}

bool node_is(const struct node *node, const char *text)
{
    return node->kind == NODE_SCALAR && node->length == strlen(text) &&
           memcmp(node->text, text, node->length) == 0;
}

bool node_is_null(const struct node *node)
{
    return node->kind == NODE_SCALAR && node->plain &&
           (node->length == 0 || node_is(node, "~") || node_is(node, "null"));
}

const char *node_kind_text(const struct node *node)
{
    if (node_is_null(node))
        return "nothing";
    switch (node->kind) {
    case NODE_LIST:
        return "a list";
    case NODE_MAPPING:
        return "a mapping";
    default:
        return "a single value";
    }
}
