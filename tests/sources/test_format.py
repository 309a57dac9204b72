"""How payloads are found in what holds them."""

from sources.format import Format, payloads


def parts_of(value):
    parts = value.get("parts")
    return [{"parts": [part]} for part in parts] if len(parts or ()) > 1 else []


BOXED = Format(
    name="boxed",
    title="Boxed",
    kind_of=lambda value: "box" if "parts" in value else None,
    translate=lambda kind, value, raw: None,
    split=parts_of,
)
PLAIN = Format(
    name="plain",
    title="Plain",
    kind_of=lambda value: "plain" if value.get("plain") else None,
    translate=lambda kind, value, raw: None,
)


def found(value):
    return [(each.name, kind, item) for each, kind, item in payloads((PLAIN, BOXED), value)]


def test_payloads_lie_at_any_depth_and_the_outermost_counts():
    inner = {"plain": 1, "below": {"plain": 2}}

    assert found([{"a": {"b": [inner]}}, 7, None, "x"]) == [("plain", "plain", inner)]


def test_a_container_is_taken_apart_in_its_order():
    value = {"page": {"parts": [1, 2, {"plain": 3}]}, "after": {"plain": 4}}

    assert found(value) == [
        ("boxed", "box", {"parts": [1]}),
        ("boxed", "box", {"parts": [2]}),
        ("boxed", "box", {"parts": [{"plain": 3}]}),
        ("plain", "plain", {"plain": 4}),
    ]
