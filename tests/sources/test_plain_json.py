import itertools
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInputError
from sources import plain_json, strict_json
from sources.strict_json import MAX_DEPTH, MAX_EVENT

# A busy machine is no failure.
unhurried = settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])


def judged(data):
    """What the strict reader alone makes of it: the value to the letter, or the rule it breaks."""
    try:
        return repr(strict_json.judge(data))
    except InvalidInputError as error:
        return error


def assert_no_contradiction(data):
    value = plain_json.parse(data, MAX_DEPTH)

    if value is not None:
        assert repr(value) == judged(data)  # repr tells 1 from True, "1" and 1.0, and keeps order


PLAIN = [
    b"{}",
    b'{"a":1}',
    b' {\t"a" :\r\n[ 1 , -9007199254740992 , { "b" : null } , "" ] } ',
    b'{"a":9007199254740992,"b":12.80,"c":1e400,"d":-0.0,"e":-0,"f":[0.1]}',
    '{"é":"退款 𠮷 e\u0301 \u202e"}'.encode(),
    b'{"\\u9000\\/\\n\\\\":"\\u00e9 \\ud842\\udfb7 \\" ,"}',
    b'{"t":"12:30:00","u":"https://example.org/a:b"}',
    b'{"a":{"a":{"a":1}},"A":[{"a":1},{"a":1}]}',
    b'{"x":"' + b"[{" * 100 + b'"}',
]


@pytest.mark.parametrize("data", PLAIN)
def test_what_is_usual_is_read_fast_and_as_the_strict_reader_does(data):
    value = plain_json.parse(data, MAX_DEPTH)

    assert value is not None
    assert repr(value) == judged(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":1}',
        b'{"a":":","a":1}',
        b'{"a" :":" , "a"\t:1}',
        b'{"a":1,"a":2,"b":"\\u0022:"}',
        b'{"a":1,"a":2,"b":"\\":"}',
        b'{"a":{"x":1,"x":2},"b":":"}',
        b'{"a":[[{"x":1,"x":2}]]}',
        b'{"a":1 ,"a"  :2,"b":"\\" :"}',
        b'{"":1,"":2}',
        b'{"a":9007199254740993}',
        b'{"a":[-9007199254740993]}',
        b'{"a":18446744073709551616}',
        b'{"a":' + b"7" * 5000 + b"}",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":"\\u0000"}',
        b'{"a\\u0000":1}',
        b'{"a":"\x00"}',
        b'{"a":1}\x00',
        b'{"a":"\x1f"}',
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":"\\udfb7\\ud842"}',
        b'{"a":"\\ud800\\ud842\\udfb7"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xc0\x80"}',
        b'{"\xf5\x80\x80\x80":1}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1,}',
        b'{"a":01}',
        b'{"a":1.}',
        b'{"a":+1}',
        b"{'a':1}",
        b"{a:1}",
        b'{"a":1}{',
        b'{"a":1',
        b'{"a":"\\x41"}',
        b'{"a":\x0c1}',
        b'{"a":/**/1}',
        b"[1]",
        b"null",
        b"",
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"a":' * (MAX_EVENT // 5),
        b'{"a":' + b"[" * (MAX_EVENT - 5),
    ],
)
def test_what_breaks_a_rule_or_may_do_so_is_left_to_the_strict_reader(data):
    assert plain_json.parse(data, MAX_DEPTH) is None


def test_sixty_four_levels_are_plain():
    data = b'{"a":' * 64 + b"1" + b"}" * 64

    assert repr(plain_json.parse(data, MAX_DEPTH)) == judged(data)


def test_every_way_to_write_a_short_number_is_read_as_the_strict_reader_does():
    for length in range(1, 7):
        for letters in itertools.product(b"01-+.eE", repeat=length):
            assert_no_contradiction(b'{"n":%b}' % bytes(letters))


@pytest.mark.parametrize("digits", range(15, 31))
def test_integers_about_every_limit_of_machines_are_read_as_the_strict_reader_does(digits):
    for first in (*range(-2, 3), 9 * 10 ** (digits - 1), 2**53, 2**63, 2**64):
        for off in range(-2, 3):
            for sign in (b"", b"-"):
                assert_no_contradiction(b'{"n":%b%d}' % (sign, abs(first + off)))
                assert_no_contradiction(b'{"n":%b%d}' % (sign, abs(10**digits + off)))


def test_every_escape_of_half_a_character_is_left_to_the_strict_reader():
    for code in range(0xD800, 0xE000):
        assert plain_json.parse(b'{"a":"\\u%04x"}' % code, MAX_DEPTH) is None
        assert plain_json.parse(b'{"\\u%04Xx":1}' % code, MAX_DEPTH) is None


def test_every_byte_in_every_part_of_an_object_is_read_as_the_strict_reader_does():
    whole = b'{"a\\n":[1,-2.5e1,true,"\xc3\xa9:"],"b" :{"c":null}}'

    for at in range(len(whole) + 1):
        for byte in range(256):
            assert_no_contradiction(whole[:at] + bytes([byte]) + whole[at:])
            assert_no_contradiction(whole[:at] + bytes([byte]) + whole[at + 1 :])


blanks = st.sampled_from([b"", b"", b"", b" ", b"\t", b"\n", b"\r\n  "])
pieces = st.sampled_from(
    [
        *(b"a", b"b", b":", b" :", b"{", b"[", b",", b"7"),
        *(b'\\"', b"\\\\", b"\\/", b"\\n", b"\\u0061", b"\\u003a", b"\\u0022", b"\\u0000"),
        *(b"\\ud842", b"\\udfb7", b"\\ud842\\udfb7", b"\\uD800", b"\\u00E9"),
        *("é".encode(), "退".encode(), "𠮷".encode(), b"\xff", b"\xed\xa0\x80", b"\x00", b"\n"),
    ]
)
strings = st.lists(pieces, max_size=4).map(lambda parts: b'"' + b"".join(parts) + b'"')
numbers = st.one_of(
    st.integers().map(b"%d".__mod__),
    st.sampled_from([2**53, 2**63, 2**64]).flatmap(
        lambda n: st.integers(-2, 2).map(lambda off: b"%d" % (n + off))
    ),
    st.from_regex(rb"-?[0-9]{1,25}(\.[0-9]{0,3})?([eE][+-]?[0-9]{0,4})?", fullmatch=True),
    st.sampled_from([b"NaN", b"-Infinity", b"-0", b"0.0", b"1E400", b"true", b"false", b"null"]),
)


def spaced(token):
    return st.tuples(blanks, token, blanks).map(b"".join)


def objects(inner):
    member = st.tuples(spaced(strings), st.just(b":"), inner).map(b"".join)
    return spaced(st.lists(member, max_size=4).map(lambda m: b"{" + b",".join(m) + b"}"))


def arrays(inner):
    return spaced(st.lists(inner, max_size=4).map(lambda m: b"[" + b",".join(m) + b"]"))


hostile = objects(
    st.recursive(
        spaced(strings | numbers), lambda inner: objects(inner) | arrays(inner), max_leaves=12
    )
)


@unhurried
@given(hostile)
def test_hostile_json_is_read_as_the_strict_reader_does(data):
    assert_no_contradiction(data)


@unhurried
@given(hostile, st.data())
def test_hostile_json_that_is_broken_somewhere_is_read_as_the_strict_reader_does(data, draw):
    at = draw.draw(st.integers(0, len(data)))
    instead = draw.draw(pieces | blanks | st.binary(max_size=2))
    gone = draw.draw(st.integers(0, 3))

    assert_no_contradiction(data[:at] + instead + data[at + gone :])


@unhurried
@given(st.binary())
@example(b'{"a":1}')
def test_any_bytes_are_read_as_the_strict_reader_does(data):
    assert_no_contradiction(data)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\0":'), max_size=5)
json_objects = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@settings(unhurried, max_examples=100)
@given(json_objects, st.sampled_from([(",", ":"), (", ", ": ")]), st.booleans())
def test_what_other_programs_write_is_read_fast(value, separators, ascii_only):
    data = json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode()

    assert plain_json.parse(data, MAX_DEPTH) == value
