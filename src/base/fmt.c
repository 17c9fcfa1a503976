/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A subset of printf that never writes past its buffer.
 */
#include <stdbool.h>
#include <stdint.h>

#include <svsm/fmt.h>

/* 2^64 - 1 in decimal. */
#define DIGITS_MAX 20

struct out {
	char *buf;
	size_t room;	/* for characters, without the NUL */
	size_t len;
};

struct spec {
	bool left;
	bool zero;
	size_t width;
	size_t precision;	/* SIZE_MAX: none given */
	unsigned bytes;		/* of the integer argument */
	char conv;
};

/*@ predicate is_out(struct out *out) =
  \valid(out) && out->len <= out->room && \valid(out->buf + (0 .. out->room)) &&
  \separated(out, out->buf + (0 .. out->room)); */

/*@ requires is_out(out);
  assigns out->len, out->buf[0 .. out->room];
  ensures out->len <= out->room;
  ensures out->len ==
    (\old(out->len) < out->room ? \old(out->len) + 1 : out->room);
  ensures \old(out->len) < out->room ==> out->buf[\old(out->len)] == c; */
static void put(struct out *out, char c)
{
	if (out->len < out->room)
		out->buf[out->len++] = c;
}

/* A width beyond the buffer costs no more than the buffer. */
/*@ requires is_out(out);
  assigns out->len, out->buf[0 .. out->room];
  ensures out->len <= out->room;
  ensures out->len >= \old(out->len);
  ensures out->len - \old(out->len) <= n; */
static void pad(struct out *out, char c, size_t n)
{
	/*@ loop invariant is_out(out);
	  loop invariant 0 <= n <= \at(n, Pre);
	  loop invariant out->len >= \at(out->len, Pre);
	  loop invariant out->len - \at(out->len, Pre) <= \at(n, Pre) - n;
	  loop assigns n, out->len, out->buf[0 .. out->room];
	  loop variant n; */
	for (; n && out->len < out->room; n--)
		put(out, c);
}

static void field(struct out *out, const struct spec *spec, const char *text,
		size_t len)
{
	size_t fill = spec->width > len ? spec->width - len : 0;

	if (!spec->left)
		pad(out, ' ', fill);
	for (size_t i = 0; i < len; i++)
		put(out, text[i]);
	if (spec->left)
		pad(out, ' ', fill);
}

static void put_string(struct out *out, const struct spec *spec, const char *s)
{
	size_t len = 0;

	if (!s)
		s = "(null)";
	while (len < spec->precision && s[len])
		len++;
	field(out, spec, s, len);
}

/* Digits from the right end of `text`; returns where they begin. */
static size_t digits(char *text, size_t at, uint64_t v, char conv)
{
	unsigned base = conv == 'd' || conv == 'u' ? 10 : 16;
	unsigned letters = (conv == 'X' ? 'A' : 'a') - 10u;

	do {
		unsigned digit = (unsigned)(v % base);

		text[--at] = (char)(digit < 10 ? '0' + digit : letters + digit);
		v /= base;
	} while (v);
	return at;
}

static void put_number(struct out *out, const struct spec *spec, uint64_t v,
		bool minus)
{
	char text[DIGITS_MAX + 1];
	size_t at = digits(text, sizeof(text), v, spec->conv);
	size_t len = sizeof(text) - at;

	if (spec->zero && !spec->left) {
		if (minus)
			put(out, '-');
		pad(out, '0', spec->width > len + minus ?
				spec->width - len - minus : 0);
		field(out, &(struct spec){ 0 }, text + at, len);
		return;
	}
	if (minus)
		text[--at] = '-';
	field(out, spec, text + at, sizeof(text) - at);
}

static const char *parse_count(const char *fmt, size_t *count)
{
	size_t n = 0;

	for (; *fmt >= '0' && *fmt <= '9'; fmt++) {
		if (n < SIZE_MAX / 16)
			n = n * 10 + (size_t)(*fmt - '0');
	}
	*count = n;
	return fmt;
}

static const char *parse_length(const char *fmt, struct spec *spec)
{
	spec->bytes = sizeof(int);
	for (;; fmt++) {
		switch (*fmt) {
		case 'h':
			spec->bytes /= 2;
			break;
		case 'l':
		case 'z':
		case 'j':
		case 't':
			spec->bytes = sizeof(uint64_t);
			break;
		default:
			return fmt;
		}
	}
}

static int64_t sign_extend(uint64_t v, unsigned bytes)
{
	switch (bytes) {
	case 1:
		return (int8_t)v;
	case 2:
		return (int16_t)v;
	case 4:
		return (int32_t)v;
	default:
		return (int64_t)v;
	}
}

/*@ requires bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  assigns \nothing;
  ensures bytes == 1 ==> \result == v % 0x100;
  ensures bytes == 2 ==> \result == v % 0x10000;
  ensures bytes == 4 ==> \result == v % 0x100000000;
  ensures bytes == 8 ==> \result == v; */
static uint64_t zero_extend(uint64_t v, unsigned bytes)
{
	return bytes < 8 ? v & ((1ull << bytes * 8) - 1) : v;
}

/* va_list is an array type: hand it down inside a struct. */
struct args {
	va_list list;
};

static uint64_t next_integer(struct args *args, unsigned bytes)
{
	if (bytes == sizeof(uint64_t))
		return va_arg(args->list, uint64_t);
	return va_arg(args->list, unsigned int);
}

static const char *parse_star(const char *fmt, struct args *args, bool *minus,
		size_t *count)
{
	int n;

	if (*fmt != '*')
		return parse_count(fmt, count);
	n = va_arg(args->list, int);
	*minus = n < 0;
	*count = n < 0 ? (size_t)-(int64_t)n : (size_t)n;
	return fmt + 1;
}

static const char *parse(const char *fmt, struct args *args, struct spec *spec)
{
	bool minus = false;

	for (;; fmt++) {
		if (*fmt == '-')
			spec->left = true;
		else if (*fmt == '0')
			spec->zero = true;
		else
			break;
	}
	fmt = parse_star(fmt, args, &minus, &spec->width);
	spec->left |= minus;
	spec->precision = SIZE_MAX;
	if (*fmt == '.') {
		minus = false;
		fmt = parse_star(fmt + 1, args, &minus, &spec->precision);
		if (minus)
			spec->precision = SIZE_MAX;
	}
	fmt = parse_length(fmt, spec);
	spec->conv = *fmt == 'i' ? 'd' : *fmt;
	return *fmt ? fmt + 1 : fmt;
}

static void put_signed(struct out *out, const struct spec *spec, uint64_t raw)
{
	int64_t v = sign_extend(raw, spec->bytes);
	uint64_t magnitude = v < 0 ? -(uint64_t)v : (uint64_t)v;

	put_number(out, spec, magnitude, v < 0);
}

/* False: not of the subset. */
static bool convert(struct out *out, struct spec *spec, struct args *args)
{
	char c;

	switch (spec->conv) {
	case 'd':
		put_signed(out, spec, next_integer(args, spec->bytes));
		return true;
	case 'u':
	case 'x':
	case 'X':
		put_number(out, spec, zero_extend(next_integer(args,
				spec->bytes), spec->bytes), false);
		return true;
	case 'p':
		put(out, '0');
		put(out, 'x');
		put_number(out, spec, (uintptr_t)va_arg(args->list, void *),
				false);
		return true;
	case 's':
		put_string(out, spec, va_arg(args->list, const char *));
		return true;
	case 'c':
		c = (char)va_arg(args->list, int);
		field(out, spec, &c, 1);
		return true;
	case '%':
		put(out, '%');
		return true;
	default:
		return false;
	}
}

static void put_rest(struct out *out, const char *text)
{
	while (*text && out->len < out->room)
		put(out, *text++);
}

static void format(struct out *out, const char *fmt, struct args *args)
{
	while (*fmt && out->len < out->room) {
		struct spec spec = { 0 };
		const char *from = fmt;

		if (*fmt != '%') {
			put(out, *fmt++);
			continue;
		}
		fmt = parse(fmt + 1, args, &spec);
		if (!convert(out, &spec, args)) {
			put_rest(out, from);
			return;
		}
	}
}

size_t svsm_vfmt(char *buf, size_t size, const char *fmt, va_list list)
{
	struct out out = { buf, size - 1, 0 };
	struct args args;

	if (!size)
		return 0;
	va_copy(args.list, list);
	format(&out, fmt, &args);
	va_end(args.list);
	buf[out.len] = '\0';
	return out.len;
}

size_t svsm_fmt(char *buf, size_t size, const char *fmt, ...)
{
	va_list list;
	size_t len;

	va_start(list, fmt);
	len = svsm_vfmt(buf, size, fmt, list);
	va_end(list);
	return len;
}
