"""Which of two forms of a page a client would rather have: RFC 9110, 12.5.1."""

JSON = "application/json"
HTML = "text/html"


def prefers_json(accept: str) -> bool:
    """Tell whether an `Accept` header wants JSON more than HTML; a tie is HTML."""
    weights = dict(_weights(accept))
    return bool(weights) and _weight(JSON, weights) > _weight(HTML, weights)


def _weight(kind: str, weights: dict[str, float]) -> float:
    """Return how much a kind is wanted: what names it most exactly counts."""
    for name in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        if name in weights:
            return weights[name]
    return 0.0


def _weights(accept: str) -> list[tuple[str, float]]:
    found = []
    for part in accept[:2_000].split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter.removeprefix("q="))
                except ValueError:
                    weight = 0.0
        if name:
            found.append((name, weight if 0 <= weight <= 1 else 0.0))
    return found
