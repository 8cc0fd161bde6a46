//! Strings and numbers.

use super::Part;

/// The parts in the order in which they are written.
pub(super) const PARTS: &[Part] = &[
    ("in_range", &[], "\
/* An index outside an array or string is a fault here: the process gets SIGSEGV. */
static long in_range(long i, long n)
{
    static volatile long *volatile nowhere = NULL;
    if (i < 0 || i >= n)
        *nowhere = i;
    return i;
}
"),
    ("str", &[], "\
/* A string: bytes that never change, and their number. There is always a '\\0' behind the last one, so p serves as a C string.
   Nothing is freed: these programs are small, and a process gives all its memory back when it ends. */
typedef struct { const char *p; long n; } str;
#define STR(literal) ((str){literal, sizeof(literal) - 1})
"),
    ("str_new", &["str"], "\
static str str_new(const char *p, long n)
{
    char *copy = malloc(n + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, p, n);
    copy[n] = '\\0';
    return (str){copy, n};
}
"),
    ("str_of", &["str_new"], "\
static str str_of(const char *text)
{
    return text == NULL ? STR(\"\") : str_new(text, strlen(text));
}
"),
    ("str_cat", &["str"], "\
static str str_cat(str a, str b)
{
    char *both = malloc(a.n + b.n + 1);
    if (both == NULL)
        abort();
    memcpy(both, a.p, a.n);
    memcpy(both + a.n, b.p, b.n);
    both[a.n + b.n] = '\\0';
    return (str){both, a.n + b.n};
}
"),
    ("str_eq", &["str"], "\
static bool str_eq(str a, str b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}
"),
    ("str_cmp", &["str"], "\
static int str_cmp(str a, str b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}
"),
    ("str_at", &["str", "in_range"], "\
static long str_at(str s, long i)
{
    return (unsigned char)s.p[in_range(i, s.n)];
}
"),
    ("str_slice", &["str_new", "in_range"], "\
static str str_slice(str s, long from, long to)
{
    in_range(to, s.n + 1);
    in_range(from, to + 1);
    return str_new(s.p + from, to - from);
}
"),
    ("str_find", &["str"], "\
static long str_find(str s, str t)
{
    const char *place = t.n == 0 ? s.p : memmem(s.p, s.n, t.p, t.n);
    return place == NULL ? -1 : place - s.p;
}
"),
    ("str_starts", &["str"], "\
static bool str_starts(str s, str t)
{
    return s.n >= t.n && memcmp(s.p, t.p, t.n) == 0;
}
"),
    ("str_ends", &["str"], "\
static bool str_ends(str s, str t)
{
    return s.n >= t.n && memcmp(s.p + s.n - t.n, t.p, t.n) == 0;
}
"),
    ("str_trim", &["str_new"], "\
static str str_trim(str s)
{
    long from = 0, to = s.n;
    while (from < to && isspace((unsigned char)s.p[from]))
        from++;
    while (to > from && isspace((unsigned char)s.p[to - 1]))
        to--;
    return str_new(s.p + from, to - from);
}
"),
    ("str_replace", &["str_new", "str_cat", "str_find"], "\
static str str_replace(str s, str old, str new)
{
    str result = STR(\"\");
    long at;
    while (old.n > 0 && (at = str_find(s, old)) >= 0) {
        result = str_cat(str_cat(result, str_new(s.p, at)), new);
        s = str_new(s.p + at + old.n, s.n - at - old.n);
    }
    return str_cat(result, s);
}
"),
    ("str_repeat", &["str"], "\
static str str_repeat(str s, long times)
{
    long n = times > 0 ? s.n * times : 0;
    char *all = malloc(n + 1);
    if (all == NULL)
        abort();
    for (long i = 0; i < n; i++)
        all[i] = s.p[i % s.n];
    all[n] = '\\0';
    return (str){all, n};
}
"),
    ("str_upper", &["str"], "\
static str str_upper(str s)
{
    char *copy = malloc(s.n + 1);
    if (copy == NULL)
        abort();
    for (long i = 0; i <= s.n; i++)
        copy[i] = toupper((unsigned char)s.p[i]);
    return (str){copy, s.n};
}
"),
    ("str_lower", &["str"], "\
static str str_lower(str s)
{
    char *copy = malloc(s.n + 1);
    if (copy == NULL)
        abort();
    for (long i = 0; i <= s.n; i++)
        copy[i] = tolower((unsigned char)s.p[i]);
    return (str){copy, s.n};
}
"),
    ("str_chr", &["str_new"], "\
static str str_chr(long byte)
{
    char c = byte;
    return str_new(&c, 1);
}
"),
    ("str_printf", &["str"], "\
/* printf into a new string. */
__attribute__((format(printf, 1, 2)))
static str str_printf(const char *how, ...)
{
    char *text;
    va_list values;
    va_start(values, how);
    int n = vasprintf(&text, how, values);
    va_end(values);
    if (n < 0)
        abort();
    return (str){text, n};
}
"),
    ("show_float", &["str_printf"], "\
/* The shortest text that reads back as the same number. */
static str show_float(double x)
{
    int digits = 0;
    if (x != x || x - x != 0)
        return x != x ? STR(\"nan\") : x > 0 ? STR(\"inf\") : STR(\"-inf\");
    while (digits < 17 && strtod(str_printf(\"%.*e\", digits, x).p, NULL) != x)
        digits++;
    str text = str_printf(\"%.*e\", digits, x);
    int exponent = atoi(strchr(text.p, 'e') + 1);
    if (x != 0 && (exponent < -4 || exponent >= 16))
        return text;
    return str_printf(\"%.*f\", digits - exponent > 1 ? digits - exponent : 1, x);
}
"),
    ("str_quoted", &["str_printf", "str_cat"], "\
static str str_quoted(str s)
{
    str result = STR(\"\\\"\");
    for (long i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c == '\"' || c == '\\\\')
            result = str_cat(result, str_printf(\"\\\\%c\", c));
        else if (c == '\\n')
            result = str_cat(result, STR(\"\\\\n\"));
        else if (c == '\\t')
            result = str_cat(result, STR(\"\\\\t\"));
        else if (c == '\\r')
            result = str_cat(result, STR(\"\\\\r\"));
        else if (c == 0)
            result = str_cat(result, STR(\"\\\\0\"));
        else if (c < ' ' || c == 127)
            result = str_cat(result, str_printf(\"\\\\x%02x\", c));
        else
            result = str_cat(result, str_printf(\"%c\", c));
    }
    return str_cat(result, STR(\"\\\"\"));
}
"),
    ("parse_int", &["str_trim"], "\
/* Whether the text is an integer, and its value. */
static bool parse_int(str text, long *value)
{
    char *end;
    text = str_trim(text);
    *value = 0;
    errno = 0;
    long number = strtol(text.p, &end, 10);
    if (text.n == 0 || end != text.p + text.n || errno != 0)
        return false;
    *value = number;
    return true;
}
"),
    ("to_long", &["parse_int"], "\
/* The number that a text stands for; a text that is none ends the process. */
static long to_long(str text)
{
    long value;
    int saved = errno;
    if (!parse_int(text, &value)) {
        fprintf(stderr, \"\\\"%s\\\" is not a number\\n\", text.p);
        abort();
    }
    errno = saved;
    return value;
}
"),
    ("to_double", &["str_trim"], "\
static double to_double(str text)
{
    char *end;
    text = str_trim(text);
    double value = strtod(text.p, &end);
    if (text.n == 0 || end != text.p + text.n) {
        fprintf(stderr, \"\\\"%s\\\" is not a number\\n\", text.p);
        abort();
    }
    return value;
}
"),
];
