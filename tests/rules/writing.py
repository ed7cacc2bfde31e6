"""Write texts that nobody has checked, with names as a shop has them."""

from bot.rules.names import MESSAGE
from bot.rules.tables import Row
from bot.rules.templates import Environment, Text, standalone_tags

ROWS = tuple(Row({"id": f"p{n}", "nama": "Kopi" * 20, "harga": n}, "Kopi") for n in range(300))
NAMES = {**MESSAGE, "tables": {"produk": ROWS}, "vars": {"toko": "Melati"}}


def unchecked(text: str) -> Text:
    """Compile a text without looking for mistakes, as a hole in the checks would let it."""
    environment = Environment()
    tree = environment.limited(environment.parse(standalone_tags(text)))
    template = environment.template_class.from_code(
        environment, environment.compile(tree), environment.make_globals(None)
    )
    return Text(template)
