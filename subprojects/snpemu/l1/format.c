// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The part of printf that log lines use. */
#include "log.h"

struct output {
	char *buffer;
	unsigned size;
	unsigned used;
};

struct field {
	unsigned width;
	bool zero;
	bool left;
	bool wide;	/* 'l' was there */
};

static void put(struct output *out, char c)
{
	if (out->used + 1 < out->size)
		out->buffer[out->used] = c;
	out->used++;
}

static void pad(struct output *out, char c, unsigned have, unsigned want)
{
	for (; have < want; have++)
		put(out, c);
}

static void put_text(struct output *out, const struct field *field,
		     const char *text)
{
	unsigned len = 0;

	while (text[len])
		len++;
	if (!field->left)
		pad(out, ' ', len, field->width);
	for (unsigned i = 0; i < len; i++)
		put(out, text[i]);
	if (field->left)
		pad(out, ' ', len, field->width);
}

static void put_number(struct output *out, const struct field *field,
		       uint64_t value, unsigned base, bool negative)
{
	char digits[24];
	unsigned at = sizeof(digits), len;

	digits[--at] = 0;
	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	len = (unsigned)sizeof(digits) - 1 - at + negative;
	if (field->zero) {
		if (negative)
			put(out, '-');
		pad(out, '0', len, field->width);
		put_text(out, &(struct field){ 0 }, digits + at);
		return;
	}
	if (negative)
		digits[--at] = '-';
	put_text(out, field, digits + at);
}

static const char *parse_field(const char *f, struct field *field)
{
	*field = (struct field){ 0 };
	for (; *f == '0' || *f == '-'; f++) {
		field->zero |= *f == '0';
		field->left |= *f == '-';
	}
	for (; *f >= '0' && *f <= '9'; f++)
		field->width = field->width * 10 + (unsigned)(*f - '0');
	for (; *f == 'l'; f++)
		field->wide = true;
	return f;
}

static void put_signed(struct output *out, const struct field *field,
		       int64_t value)
{
	uint64_t magnitude = (uint64_t)value;

	if (value < 0)
		magnitude = 0 - magnitude;
	put_number(out, field, magnitude, 10, value < 0);
}

int log_format(char *buffer, unsigned size, const char *format, va_list args)
{
	struct output out = { buffer, size, 0 };
	struct field field;

	for (const char *f = format; *f; f++) {
		if (*f != '%') {
			put(&out, *f);
			continue;
		}
		f = parse_field(f + 1, &field);
		if (*f == 's') {
			put_text(&out, &field, va_arg(args, const char *));
		} else if (*f == 'c') {
			put(&out, (char)va_arg(args, int));
		} else if (*f == 'd') {
			put_signed(&out, &field, field.wide ?
				   va_arg(args, int64_t) : va_arg(args, int));
		} else if (*f == 'u' || *f == 'x') {
			uint64_t value = field.wide ? va_arg(args, uint64_t) :
						      va_arg(args, unsigned);

			put_number(&out, &field, value, *f == 'u' ? 10 : 16,
				   false);
		} else if (*f == 'p') {
			put_number(&out, &field,
				   (uint64_t)va_arg(args, void *), 16, false);
		} else {
			put(&out, *f);
		}
		if (!*f)
			break;
	}
	if (size)
		buffer[out.used < size ? out.used : size - 1] = 0;
	return (int)out.used;
}
