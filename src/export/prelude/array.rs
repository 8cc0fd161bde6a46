//! Memory and arrays, and the functions between strings and arrays.

use super::Part;

/// The parts in the order in which they are written.
pub(super) const PARTS: &[Part] = &[
    (
        "NEW",
        &[],
        "\
/* A new record with these fields. */
#define NEW(type, ...) ((type *)memcpy(new_bytes(sizeof(type)), &(type){__VA_ARGS__}, sizeof(type)))
static void *new_bytes(size_t n)
{
    void *p = malloc(n);
    if (p == NULL)
        abort();
    return p;
}
",
    ),
    (
        "AT",
        &["in_range"],
        "\
/* The element i of a growable array. */
#define AT(a, i) ((a)->at[in_range((i), (a)->n)])
",
    ),
    (
        "array:type",
        &[],
        "\
/* A growable array of @E. */
typedef struct { @Tat; long n, room; } @A;
",
    ),
    (
        "array:of",
        &["array:push"],
        "\
static @A *@A_of(long n, const @Tfrom)
{
    @A *a = calloc(1, sizeof *a);
    if (a == NULL)
        abort();
    for (long i = 0; i < n; i++)
        @A_push(a, from[i]);
    return a;
}
",
    ),
    (
        "array:push",
        &["array:type"],
        "\
static void @A_push(@A *a, @Vx)
{
    if (a->n == a->room) {
        a->room = a->room == 0 ? 4 : 2 * a->room;
        a->at = realloc(a->at, a->room * sizeof *a->at);
        if (a->at == NULL)
            abort();
    }
    a->at[a->n++] = x;
}
",
    ),
    (
        "array:pop",
        &["array:type", "in_range"],
        "\
static @V@A_pop(@A *a)
{
    in_range(a->n - 1, a->n);
    return a->at[--a->n];
}
",
    ),
    (
        "array:fill",
        &["array:of"],
        "\
static @A *@A_fill(long n, @Vx)
{
    @A *a = @A_of(0, NULL);
    for (long i = 0; i < n; i++)
        @A_push(a, x);
    return a;
}
",
    ),
    (
        "array:slice",
        &["array:of", "in_range"],
        "\
static @A *@A_slice(@A *a, long from, long to)
{
    in_range(to, a->n + 1);
    in_range(from, to + 1);
    return @A_of(to - from, a->at + from);
}
",
    ),
    (
        "array:reverse",
        &["array:type"],
        "\
static void @A_reverse(@A *a)
{
    for (long i = 0, j = a->n - 1; i < j; i++, j--) {
        @Vx = a->at[i];
        a->at[i] = a->at[j];
        a->at[j] = x;
    }
}
",
    ),
    (
        "array:sort",
        &["array:type"],
        "\
static int @A_order(const void *a, const void *b)
{
    @Vx = *(@Tconst)a;
    @Vy = *(@Tconst)b;
    return (x > y) - (x < y);
}

static void @A_sort(@A *a)
{
    if (a->n > 1)
        qsort(a->at, a->n, sizeof *a->at, @A_order);
}
",
    ),
    (
        "array:sort_str",
        &["array:type", "str_cmp"],
        "\
static int @A_order(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static void @A_sort(@A *a)
{
    if (a->n > 1)
        qsort(a->at, a->n, sizeof *a->at, @A_order);
}
",
    ),
    (
        "str_split",
        &["array:of(strs)", "str_find", "str_slice"],
        "\
/* The parts between separators; with an empty one, the words between white space. */
static strs *str_split(str s, str separator)
{
    strs *parts = strs_of(0, NULL);
    long from = 0, at;
    if (separator.n == 0) {
        while (from < s.n) {
            while (from < s.n && isspace((unsigned char)s.p[from]))
                from++;
            for (at = from; at < s.n && !isspace((unsigned char)s.p[at]); at++)
                ;
            if (at > from)
                strs_push(parts, str_slice(s, from, at));
            from = at;
        }
        return parts;
    }
    while ((at = str_find(str_slice(s, from, s.n), separator)) >= 0) {
        strs_push(parts, str_slice(s, from, from + at));
        from += at + separator.n;
    }
    strs_push(parts, str_slice(s, from, s.n));
    return parts;
}
",
    ),
    (
        "str_join",
        &["array:type(strs)", "str_cat"],
        "\
static str str_join(strs *parts, str between)
{
    str result = STR(\"\");
    for (long i = 0; i < parts->n; i++)
        result = str_cat(i > 0 ? str_cat(result, between) : result, parts->at[i]);
    return result;
}
",
    ),
    (
        "c_argv",
        &["array:type(strs)"],
        "\
/* The arguments of a new program, as execv wants them. */
static char **c_argv(strs *words)
{
    char **argv = calloc(words->n + 1, sizeof *argv);
    if (argv == NULL)
        abort();
    for (long i = 0; i < words->n; i++)
        argv[i] = (char *)words->at[i].p;
    return argv;
}
",
    ),
    (
        "arguments",
        &["array:of(strs)", "str_of"],
        "\
/* The program's own arguments, argv[0] first. */
static strs *arguments;
",
    ),
];
