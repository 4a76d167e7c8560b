/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The printf language.
 */
#include "private.h"

struct spec {
    bool left, zero, alternate, upper;
    int width;
    int precision; /* -1 for none */
    int length;    /* -2 hh, -1 h, 0 int, 1 l z j t, 2 ll */
};

struct output {
    format_sink *sink;
    void *context;
    int count;
};

static void emit(struct output *out, char c)
{
    out->sink(out->context, c);
    out->count++;
}

static void pad(struct output *out, char c, int count)
{
    for (; count > 0; count--)
        emit(out, c);
}

static void emit_string(struct output *out, const struct spec *spec, const char *s)
{
    int length = 0;

    if (s == NULL)
        s = "(null)";
    while ((spec->precision < 0 || length < spec->precision) && s[length] != 0)
        length++;
    if (!spec->left)
        pad(out, ' ', spec->width - length);
    for (int i = 0; i < length; i++)
        emit(out, s[i]);
    if (spec->left)
        pad(out, ' ', spec->width - length);
}

/* Prefix ("-", "0x" or ""), then the number with at least precision digits. */
static void emit_number(struct output *out, const struct spec *spec, const char *prefix,
                        uint64_t value, unsigned int base)
{
    const char *alphabet = spec->upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char digits[20];
    int count = 0, prefix_length = (int)strlen(prefix), zeros, spaces;

    while (value != 0) {
        digits[count++] = alphabet[value % base];
        value /= base;
    }
    zeros = (spec->precision < 0 ? 1 : spec->precision) - count;
    if (zeros < 0)
        zeros = 0;
    if (spec->zero && !spec->left && spec->precision < 0 &&
        spec->width > prefix_length + count + zeros)
        zeros = spec->width - prefix_length - count;
    spaces = spec->width - prefix_length - zeros - count;
    if (!spec->left)
        pad(out, ' ', spaces);
    for (int i = 0; i < prefix_length; i++)
        emit(out, prefix[i]);
    pad(out, '0', zeros);
    while (count > 0)
        emit(out, digits[--count]);
    if (spec->left)
        pad(out, ' ', spaces);
}

static int parse_number(const char **fmt)
{
    int value = 0;

    while (**fmt >= '0' && **fmt <= '9' && value < 1000)
        value = value * 10 + *(*fmt)++ - '0';
    return value;
}

static void parse_flags(const char **fmt, struct spec *spec)
{
    for (;; (*fmt)++) {
        if (**fmt == '-')
            spec->left = true;
        else if (**fmt == '0')
            spec->zero = true;
        else if (**fmt == '#')
            spec->alternate = true;
        else
            return;
    }
}

static void parse_length(const char **fmt, struct spec *spec)
{
    for (;; (*fmt)++) {
        if (**fmt == 'h')
            spec->length--;
        else if (**fmt == 'l' || **fmt == 'z' || **fmt == 'j' || **fmt == 't')
            spec->length++;
        else
            return;
    }
}

/* An argument may be wider on the stack than its length says. */
static uint64_t narrow(uint64_t value, int length, bool is_signed)
{
    switch (length) {
    case -2:
        return is_signed ? (uint64_t)(int8_t)value : (uint8_t)value;
    case -1:
        return is_signed ? (uint64_t)(int16_t)value : (uint16_t)value;
    case 0:
        return is_signed ? (uint64_t)(int32_t)value : (uint32_t)value;
    default:
        return value;
    }
}

static void emit_signed(struct output *out, const struct spec *spec, uint64_t raw)
{
    uint64_t value = narrow(raw, spec->length, true);

    if ((int64_t)value < 0)
        emit_number(out, spec, "-", 0 - value, 10);
    else
        emit_number(out, spec, "", value, 10);
}

static void emit_hex(struct output *out, const struct spec *spec, uint64_t raw)
{
    uint64_t value = narrow(raw, spec->length, false);

    emit_number(out, spec, spec->alternate && value != 0 ? "0x" : "", value, 16);
}

/* "%5", "%*", "%.3", "%.*": a number, perhaps from the arguments. */
static int parse_count(const char **fmt, va_list args)
{
    if (**fmt != '*')
        return parse_number(fmt);
    (*fmt)++;
    return va_arg(args, int);
}

static struct spec parse_spec(const char **fmt, va_list args)
{
    struct spec spec = { .precision = -1 };

    parse_flags(fmt, &spec);
    spec.width = parse_count(fmt, args);
    if (**fmt == '.') {
        (*fmt)++;
        spec.precision = parse_count(fmt, args);
    }
    parse_length(fmt, &spec);
    spec.upper = **fmt == 'X';
    return spec;
}

static void emit_char(struct output *out, const struct spec *spec, int c)
{
    char text[2] = { (char)c, 0 };

    emit_string(out, spec, text);
}

/* Integers are fetched as 64 bits, whatever their length: each takes one slot in this ABI. */
static void convert(struct output *out, const struct spec *spec, char conversion, va_list args)
{
    switch (conversion) {
    case 'd':
    case 'i':
        emit_signed(out, spec, va_arg(args, uint64_t));
        break;
    case 'u':
        emit_number(out, spec, "", narrow(va_arg(args, uint64_t), spec->length, false), 10);
        break;
    case 'x':
    case 'X':
        emit_hex(out, spec, va_arg(args, uint64_t));
        break;
    case 'p':
        emit_number(out, spec, "0x", va_arg(args, uint64_t), 16);
        break;
    case 's':
        emit_string(out, spec, va_arg(args, const char *));
        break;
    case 'c':
        emit_char(out, spec, va_arg(args, int));
        break;
    default:
        emit(out, conversion);
    }
}

int format(format_sink *sink, void *context, const char *fmt, va_list args)
{
    struct output out = { sink, context, 0 };

    while (*fmt != 0) {
        struct spec spec;

        if (*fmt != '%') {
            emit(&out, *fmt++);
            continue;
        }
        fmt++;
        spec = parse_spec(&fmt, args);
        if (*fmt == 0)
            break;
        convert(&out, &spec, *fmt++, args);
    }
    return out.count;
}

struct buffer {
    char *bytes;
    size_t size;
    size_t used;
};

static void buffer_put(void *context, char c)
{
    struct buffer *buffer = context;

    if (buffer->used + 1 < buffer->size)
        buffer->bytes[buffer->used++] = c;
}

int vsnprintf(char *bytes, size_t size, const char *fmt, va_list args)
{
    struct buffer buffer = { bytes, size, 0 };
    int count = format(buffer_put, &buffer, fmt, args);

    if (size > 0)
        bytes[buffer.used] = 0;
    return count;
}

int snprintf(char *bytes, size_t size, const char *fmt, ...)
{
    va_list args;
    int count;

    va_start(args, fmt);
    count = vsnprintf(bytes, size, fmt, args);
    va_end(args);
    return count;
}
