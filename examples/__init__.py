"""Examples of what others build on Jianbiao. Nothing of the product imports them."""
