"""What the product does, step by step; each service gets what it needs from outside through `jianbiao.ports`."""
